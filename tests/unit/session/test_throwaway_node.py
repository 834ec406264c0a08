"""What is read of a node before a pod is put on it."""

from collections.abc import Mapping
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.workloads import Node, node
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.session.throwaway import judge_node


def item(conditions: Any, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "worker", "labels": labels}, "status": {"conditions": conditions}}


def test_a_ready_node() -> None:
    found = node(item([{"type": "Ready", "status": "True", "message": "kubelet is posting ready status"}]))
    assert found == Node("worker", True, "kubelet is posting ready status")


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (None, "its kubelet has said nothing yet"),
        ([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}], "NodeStatusUnknown"),
        ([{"type": "Ready", "status": "False", "message": "no\x1b[2J network\n"}], "no [2J network"),
    ],
)
def test_a_node_that_is_not_ready_says_why(conditions: Any, reason: str) -> None:
    assert node(item(conditions)) == Node("worker", False, reason)


def test_its_operating_system() -> None:
    assert node(item([], **{"kubernetes.io/os": "windows"})).system == "windows"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"metadata": {}},
        item([{}]),
        item("Ready"),
        {"metadata": {"name": 3}},
        {"metadata": {"name": "$(reboot)"}},
    ],
)
def test_an_answer_that_is_no_node(broken: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="a node"):
        node(broken)


class OneNode(Fetch):
    """Whatever is asked for, this is the answer."""

    def __init__(self, answer: dict[str, Any] | ApiError) -> None:
        self._answer = answer

    @property
    def flags(self) -> str:
        return ""

    def get(self, path: str, query: Mapping[str, object] | None = None) -> dict[str, Any]:  # noqa: ARG002
        assert path in ("/api/v1/nodes/worker", "/api/v1/nodes")
        if isinstance(self._answer, ApiError):
            raise self._answer
        return self._answer


READY = [{"type": "Ready", "status": "True"}]


def test_a_ready_node_is_nothing_to_speak_of() -> None:
    assert judge_node("worker", OneNode(item(READY))) == ((), ())
    assert judge_node("", OneNode(ApiError("not asked"))) == ((), ())


def test_what_is_said_of_a_node_beforehand() -> None:
    (hazard,), (note,) = judge_node("worker", OneNode(item([], **{"kubernetes.io/os": "windows"})))
    assert (hazard.id, hazard.severity) == ("node-not-ready", Severity.WARN)
    assert "runs windows" in note


def test_a_node_that_may_not_be_read_is_not_known_and_one_that_is_not_there_is_an_error() -> None:
    assert "is not known" in judge_node("worker", OneNode(ApiError("no", 403, "Forbidden")))[1][0]
    with pytest.raises(NetshootError, match='no node "worker"'):
        judge_node("worker", OneNode(ApiError("no", 404, "NotFound")))
    with pytest.raises(ApiError, match="what now"):
        judge_node("worker", OneNode(ApiError("what now", 500)))
