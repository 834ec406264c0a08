"""What is set in a copy: laid on a pod, looked for in what admission made of it, held against what came to be."""

import copy as copying
from typing import Any

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.set_fields import (
    ContainerFields,
    SetFields,
    check_containers,
    container_of,
    is_kubectls,
    laid_on,
    undone,
    unlike,
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


def test_what_kubectl_can_do_itself() -> None:
    assert is_kubectls(of(image="x"), pod()["spec"])
    assert not is_kubectls(of(image="x", environment={"A": "1"}), pod()["spec"])
    assert not is_kubectls(of(command=()), pod()["spec"])
    assert not is_kubectls(of("mesh", image="x"), pod()["spec"])


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
        check_containers(fields, pod())
    assert raised.value.message.startswith(said)


def test_what_the_pod_has() -> None:
    check_containers(of(environment={"A": None, "NEW": "1"}), pod())
    check_containers(of("mesh", image="x"), pod())


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


def test_a_container_that_admission_takes_away_is_undone() -> None:
    planned = laid(of(image="web:2"))
    planned["spec"]["containers"].pop(0)
    assert undone(of(image="web:2"), planned) == ("the image of container web",)


OURS = {"name": "netshoot", "image": "n:1"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": "web:2"}, "container web has image web:2 instead of web:1"),
        ({"command": None}, "container web has another command"),
        ({"args": ["--slow"]}, "container web has other arguments"),
        ({"envFrom": [{"secretRef": {"name": "x"}}]}, "container web has other variables of a whole object"),
        ({"env": web()["env"][:2]}, "container web has another B"),
        ({"env": web()["env"][::-1]}, "container web has its variables in another order"),
    ],
)
def test_a_copy_that_is_another_than_planned(change: Json, said: str) -> None:
    made = pod({**web(), **change})
    assert unlike(pod(), made, "netshoot") == (said,)
    assert "1" not in said.replace("web:1", "")


def test_containers_that_are_lost_or_added_and_our_own_is_none() -> None:
    made = copying.deepcopy(pod())
    made["spec"]["initContainers"].pop(0)
    made["spec"]["containers"] += [OURS, {"name": "extra", "image": "e"}]
    said = unlike(pod(), made, "netshoot")
    assert said == ("without the container migrate", "with another container extra")


def test_what_the_api_writes_otherwise_is_the_same() -> None:
    planned, made = pod(web(env=[{"name": "A", "value": ""}], args=[])), pod(web(env=[{"name": "A"}]))
    the_web(made).pop("args")
    the_web(made).update(imagePullPolicy="Always", terminationMessagePath="/dev/termination-log")
    assert unlike(planned, made, "netshoot") == ()


def test_the_container_of_a_name() -> None:
    assert [container_of(name) for name in ALL.names] == ["web"] * len(ALL.names)
