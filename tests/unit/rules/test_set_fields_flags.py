"""--set-image and its like, as they are typed: what they mean, and what is refused before anything is asked."""

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.set_fields import EVERY, ContainerFields, SetFields, parse_set_fields

SECRET = "s3cret-value"


def parsed(
    images: tuple[str, ...] = (),
    env: tuple[str, ...] = (),
    commands: tuple[str, ...] = (),
    args: tuple[str, ...] = (),
) -> SetFields:
    return parse_set_fields(images, env, commands, args)


def only(fields: SetFields) -> ContainerFields:
    (one,) = fields.containers.values()
    return one


def test_images_as_kubectl_debug_takes_them() -> None:
    fields = parsed(("web=nginx:1.28,proxy=envoy", "*=h:5000/a@sha256:" + "0" * 64))
    assert fields == SetFields(
        {
            "web": ContainerFields("nginx:1.28"),
            "proxy": ContainerFields("envoy"),
            EVERY: ContainerFields("h:5000/a@sha256:" + "0" * 64),
        }
    )


def test_nothing_is_set_where_nothing_is_given() -> None:
    assert not parsed()


def test_all_four_together_by_container() -> None:
    fields = parsed(
        ("web=nginx:1.28", "proxy=envoy"), ("web:LOG=debug", "web:OLD-"), ("web=sh -c 'a b'",), ("web=--x",)
    )
    web = ContainerFields("nginx:1.28", {"LOG": "debug", "OLD": None}, ("sh", "-c", "a b"), ("--x",))
    assert fields == SetFields({"web": web, "proxy": ContainerFields("envoy")})
    assert fields.names == (
        "image web",
        "env web:LOG",
        "env web:OLD",
        "command web",
        "args web",
        "image proxy",
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("web:A=b=c:d", "A", "b=c:d"),
        ("web:A=", "A", ""),
        ("web:A-", "A", None),
        ("web:A-=x", "A-", "x"),
        ("web:A--", "A-", None),
        ("web:my.var-1=ü $(B)", "my.var-1", "ü $(B)"),
        ("web:1 x=y", "1 x", "y"),
    ],
)
def test_variables(text: str, name: str, value: str | None) -> None:
    assert only(parsed(env=(text,))).environment == {name: value}


def test_an_empty_command_is_the_images_own() -> None:
    assert only(parsed(commands=("web=",))).command == ()
    assert only(parsed(args=("web=",))).args == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"images": ("web",)}, "--set-image: no container is named: write CONTAINER=IMAGE"),
        ({"images": ("=x",)}, "--set-image: '' is not a container's name"),
        ({"images": ("Web=x",)}, "--set-image: 'Web' is not a container's name"),
        ({"images": ("web=a,b",)}, "--set-image: no container is named: write CONTAINER=IMAGE"),
        (
            {"images": ("web=http://me:pw@h/x:1",)},
            "--set-image: 'http://***@h/x:1' is not an image reference",
        ),
        ({"args": ("*=x",)}, "--set-args: '*' is not a container's name"),
        ({"env": ("*:A=x",)}, "--set-env: '*' is not a container's name"),
        ({"images": ("web=nginx:",)}, "--set-image: 'nginx:' is not an image reference"),
        ({"images": ("web=",)}, "--set-image: '' is not an image reference"),
        ({"images": ("web=a", "web=b")}, "--set-image: container web is given twice"),
        ({"commands": ("web=a", "web=a")}, "--set-command: container web is given twice"),
        ({"commands": ("web=sh 'x",)}, "--set-command: what is given for container web cannot be split"),
        ({"commands": ("web='' x",)}, "--set-command: an empty word is not a program"),
        ({"args": ("web=a\x1bb",)}, "--set-args: what is given for container web holds control characters"),
        ({"env": ("web=x",)}, "--set-env: no container is named: write CONTAINER:NAME=VALUE"),
        ({"env": ("web:A",)}, "--set-env: variable 'A' of container web has no value"),
        ({"env": ("web:",)}, "--set-env: what is given for a variable of container web has no value"),
        (
            {"env": ("web:PASSWORD:x",)},
            "--set-env: what is given for a variable of container web has no value",
        ),
        ({"env": ("web:=x",)}, "--set-env: '' cannot name a variable"),
        ({"env": ("web:-",)}, "--set-env: '' cannot name a variable"),
        ({"env": ("web:ÄÖ=x",)}, "--set-env: 'ÄÖ' cannot name a variable"),
        ({"env": ("web:A\tB=x",)}, "--set-env: 'A\\tB' cannot name a variable"),
        ({"env": ("web:A=1", "web:A=2")}, "--set-env: variable A of container web is given twice"),
        ({"env": ("web:A=1", "web:A-")}, "--set-env: variable A of container web is given twice"),
        ({"env": ("web:KUBECTL_NETSHOOT=x",)}, "--set-env: KUBECTL_NETSHOOT is set by kubectl-netshoot"),
        ({"env": (f"web:A={SECRET}\n",)}, "--set-env: the value of web:A holds control characters"),
        ({"env": (f"web:A={SECRET}\x1b",)}, "--set-env: the value of web:A holds control characters"),
    ],
)
def test_bad_input(given: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parsed(**given)
    assert raised.value.message.startswith(said)
    assert raised.value.message.isprintable()
    assert SECRET not in raised.value.message + raised.value.hint
