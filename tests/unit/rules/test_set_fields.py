"""What is set in a copy: laid on a pod, looked for in what admission made of it, held against what came to be."""

from typing import Any

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.set_fields import (
    ContainerFields,
    SetFields,
    container_of,
    fitted,
    laid_on,
    undone,
)

Json = dict[str, Any]
SECRET = {"secretKeyRef": {"name": "db", "key": "password"}}


def web(**more: Any) -> Json:
    env = [
        {"name": "A", "value": "1"},
        {"name": "PASSWORD", "valueFrom": SECRET},
        {"name": "B", "value": "$(A)"},
    ]
    return {"name": "web", "image": "web:1", "command": ["run"], "args": ["--fast"], "env": env, **more}


def pod(*containers: Json) -> Json:
    starters = [
        {"name": "migrate", "image": "m:1"},
        {"name": "mesh", "image": "s:1", "restartPolicy": "Always"},
    ]
    spec = {
        "initContainers": starters,
        "containers": [*(containers or (web(),)), {"name": "log", "image": "l:1"}],
    }
    return {"metadata": {"name": "web-1"}, "spec": spec}


def of(container: str = "web", **fields: Any) -> SetFields:
    return SetFields({container: ContainerFields(**fields)})


def laid(fields: SetFields) -> Json:
    return {**pod(), "spec": laid_on(pod()["spec"], fields)}


def the_web(made: Json) -> Json:
    found: Json = made["spec"]["containers"][0]
    return found


def test_nothing_set_is_the_same_pod_and_another_object() -> None:
    spec = pod()["spec"]
    assert laid_on(spec, SetFields()) == spec
    assert laid_on(spec, SetFields())["containers"][0] is not spec["containers"][0]


def test_each_field_and_only_in_its_container() -> None:
    made = laid(of(image="web:2", command=("go", "now"), args=()))
    assert the_web(made)["image"] == "web:2"
    assert the_web(made)["command"] == ["go", "now"]
    assert "args" not in the_web(made)
    assert the_web(made)["env"] == web()["env"]
    assert made["spec"]["containers"][1:] == pod()["spec"]["containers"][1:]
    assert made["spec"]["initContainers"] == pod()["spec"]["initContainers"]


def test_a_native_sidecar_too() -> None:
    made = laid(of("mesh", image="s:2"))
    assert [c["image"] for c in made["spec"]["initContainers"]] == ["m:1", "s:2"]


def test_a_variable_keeps_its_place_and_is_replaced_whole() -> None:
    made = the_web(laid(of(environment={"PASSWORD": "x", "A": None, "NEW": "y"})))
    assert made["env"] == [
        {"name": "PASSWORD", "value": "x"},
        {"name": "B", "value": "$(A)"},
        {"name": "NEW", "value": "y"},
    ]


def test_a_container_without_variables_gets_some() -> None:
    made = laid(of("log", environment={"A": ""}))
    assert made["spec"]["containers"][1]["env"] == [{"name": "A", "value": ""}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (of("mehs", image="x"), "--set-image: pod web-1 has no container mehs; did you mean mesh?"),
        (of("netshoot", environment={"A": "1"}), "--set-env: pod web-1 has no container netshoot"),
        (of("migrate", command=()), "--set-command: container migrate is an init container"),
        (of(environment={"NOT": None}), "--set-env: container web has no variable NOT"),
        (of("log", environment={"A": None}), "--set-env: container log has no variable A"),
    ],
)
def test_what_the_pod_has_not(fields: SetFields, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        fitted(fields, pod())
    assert raised.value.message.startswith(said)


@pytest.mark.parametrize(
    "fields", [of(environment={"A": None, "NEW": "1"}), of("mesh", image="x"), SetFields()]
)
def test_what_the_pod_has(fields: SetFields) -> None:
    assert fitted(fields, pod()) == fields


def test_an_image_of_every_container_is_that_of_those_without_another() -> None:
    """Not of init containers, native sidecars among them: as kubectl debug does it."""
    every = SetFields(
        {"*": ContainerFields("all:1"), "web": ContainerFields("web:2"), "log": ContainerFields(args=())}
    )
    assert fitted(every, pod()) == SetFields(
        {"web": ContainerFields("web:2"), "log": ContainerFields("all:1", args=())}
    )
    assert fitted(SetFields({"*": ContainerFields("all:1")}), pod()).names == ("image web", "image log")


ALL = of(image="web:2", environment={"A": "2", "PASSWORD": None, "NEW": ""}, command=("go",), args=())


def test_what_admission_lets_stand_is_not_undone() -> None:
    planned = laid(ALL)
    # As the API gives it back: an empty value is left out.
    the_web(planned)["env"][-1].pop("value")
    the_web(planned)["env"].append({"name": "ADDED", "value": "by admission"})
    assert undone(ALL, planned) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": "mirror/web:2"}, "the image of container web"),
        ({"command": ["stop"]}, "the command of container web"),
        ({"args": ["--more"]}, "the args of container web"),
        ({"env": [{"name": "A", "value": "1"}, {"name": "NEW"}]}, "variable A of container web"),
        ({"env": [{"name": "A", "value": "2"}]}, "variable NEW of container web"),
        ({"env": [{"name": "A", "value": "2"}, {"name": "NEW"}, *web()["env"][1:2]]}, "variable PASSWORD of"),
    ],
)
def test_what_admission_undoes(change: Json, said: str) -> None:
    planned = laid(ALL)
    the_web(planned).update(change)
    (found,) = undone(ALL, planned)
    assert found.startswith(said)


def test_of_two_variables_of_a_name_the_last_one_counts() -> None:
    """The API takes such a pod, with a warning."""
    twice = pod(web(env=[{"name": "A", "value": "0"}, {"name": "A", "value": "1"}]))
    planned = laid_on(twice["spec"], of(environment={"A": "2"}))
    assert undone(of(environment={"A": "2"}), {"spec": planned}) == ()
    planned["containers"][0]["env"].append({"name": "A", "value": "1"})
    assert undone(of(environment={"A": "2"}), {"spec": planned}) == ("variable A of container web",)


def test_a_container_that_admission_takes_away_is_undone() -> None:
    planned = laid(of(image="web:2"))
    planned["spec"]["containers"].pop(0)
    assert undone(of(image="web:2"), planned) == ("the image of container web",)


def test_the_container_of_a_name() -> None:
    assert [container_of(name) for name in ALL.names] == ["web"] * len(ALL.names)
