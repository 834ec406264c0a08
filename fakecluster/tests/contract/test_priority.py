"""PriorityClasses: what admission makes of them in a pod, and which are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakecluster.client import Api
from fakecluster.kubectl import Kubectl
from fakecluster.tests.contract.objects import Json, pod, pods

CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"


@pytest.fixture
def make(api: Api) -> Iterator[Any]:
    """A PriorityClass for one test; classes belong to no namespace."""
    names = []

    def create(name: str, value: int, **fields: Any) -> None:
        api.create(CLASSES, {"metadata": {"name": name}, "value": value, **fields})
        names.append(name)

    yield create
    for name in names:
        api("DELETE", f"{CLASSES}/{name}")


def _said(spec: Json) -> tuple[object, ...]:
    return spec.get("priorityClassName"), spec["priority"], spec["preemptionPolicy"]


def test_a_class_becomes_a_number(api: Api, namespace: str, make: Any) -> None:
    make("vip", 1000, preemptionPolicy="Never")
    made = api.create(pods(namespace), pod("a", priorityClassName="vip"))["spec"]
    assert _said(made) == ("vip", 1000, "Never")
    assert _said(api.create(pods(namespace), pod("b"))["spec"]) == (None, 0, "PreemptLowerPriority")
    system = api.create(pods(namespace), pod("c", priorityClassName="system-node-critical"))["spec"]
    assert _said(system) == ("system-node-critical", 2000001000, "PreemptLowerPriority")


def test_a_copy_keeps_it(kubectl: Kubectl, make: Any) -> None:
    make("vip", 1000)
    kubectl.apply(pod("web", priorityClassName="vip"))
    made = ["--copy-to=copy", "--image=nicolaka/netshoot", "--container=netshoot", "--attach=false"]
    kubectl("debug", "web", "--profile=general", *made, "--", "sleep", "60")
    assert _said(kubectl.json("get", "pod/copy")["spec"]) == ("vip", 1000, "PreemptLowerPriority")


def test_the_default_class_is_for_pods_that_name_none(api: Api, namespace: str, make: Any) -> None:
    make("usual", 7, globalDefault=True)
    assert _said(api.create(pods(namespace), pod())["spec"]) == ("usual", 7, "PreemptLowerPriority")
    second = {"metadata": {"name": "another"}, "value": 8, "globalDefault": True}
    refused = api("POST", CLASSES, second)
    assert refused.status == 403
    assert (
        "PriorityClass usual is already marked as default. Only one default can exist"
        in refused.body["message"]
    )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"priorityClassName": "none"}, "no PriorityClass with name none was found"),
        (
            {"priority": 5},
            "the integer value of priority (5) must not be provided in pod spec; priority admission",
        ),
        (
            {"priorityClassName": "system-node-critical", "preemptionPolicy": "Never"},
            "the string value of PreemptionPolicy (Never) must not be provided in pod spec",
        ),
    ],
)
def test_a_pod_with_another_idea_is_refused(api: Api, namespace: str, spec: Json, said: str) -> None:
    refused = api("POST", pods(namespace), pod(**spec))
    assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
    assert refused.body["message"].startswith(f'pods "web" is forbidden: {said}')


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("system-mine", 1, "priority class names with 'system-' prefix are reserved for system use only"),
        ("vast", 1_000_000_001, "maximum allowed value of a user defined priority is 1000000000"),
    ],
)
def test_a_class_that_is_not_for_users(api: Api, name: str, value: int, said: str) -> None:
    refused = api("POST", CLASSES, {"metadata": {"name": name}, "value": value})
    assert refused.status == 422
    assert said in refused.body["message"]


def test_kubectl_lists_the_classes_of_every_cluster(kubectl: Kubectl) -> None:
    rows = kubectl("get", "priorityclasses").splitlines()
    assert rows[0].split() == ["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"]
    assert [row.split()[:3] for row in rows[1:]] == [
        ["system-cluster-critical", "2000000000", "false"],
        ["system-node-critical", "2000001000", "false"],
    ]
