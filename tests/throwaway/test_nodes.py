"""What is read of a node before a pod is put on it."""

from typing import Any

import pytest

from kubectl_netshoot.cluster.nodes import Node, node
from kubectl_netshoot.errors import ApiError


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
    "broken", [{}, {"metadata": {}}, item([{}]), item("Ready"), {"metadata": {"name": 3}}]
)
def test_an_answer_that_is_no_node(broken: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="a node"):
        node(broken)
