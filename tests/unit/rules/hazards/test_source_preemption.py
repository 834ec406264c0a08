"""Priority: whom a copy may push off a full cluster, and when it can push nobody."""

from typing import Any

import pytest

from kubectl_netshoot.kube import parse
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.join import plan_join
from tests.unit.builders import around, pod

CRITICAL = 2_000_000_000


def found(same_node: bool = False, **source: Any) -> str:
    """The one warning, the same for a plain copy and a join; empty where there is none."""
    made = pod(**source)
    beside = made if same_node else None
    plans = [plan_join(made, around(), joining, (), beside) for joining in (False, True)]
    assert plans[0].hazards == plans[1].hazards
    assert [(h.id, h.severity) for h in plans[0].hazards] in ([], [("preemption", Severity.WARN)])
    return "".join(f"{h.what}; {h.instead}" for h in plans[0].hazards)


def test_the_class_its_value_and_its_policy_are_named() -> None:
    what = found(priority=1_000_000, priority_class="shop-critical", preemption_policy="PreemptLowerPriority")
    assert "(PriorityClass shop-critical, value 1000000, PreemptLowerPriority)" in what
    assert "scheduler evicts" in what
    assert "; --same-node starts" in what


@pytest.mark.parametrize(("priority", "same_node"), [(CRITICAL, False), (CRITICAL, True), (1, True)])
def test_beside_the_pod_is_no_way_out_of_the_kubelets_evictions(priority: int, same_node: bool) -> None:
    what = found(same_node, priority=priority)
    assert what
    assert "--same-node" not in what


def test_a_policy_that_evicts_nobody_is_named_where_the_kubelet_does() -> None:
    what = found(True, priority=CRITICAL, preemption_policy="Never")
    assert f"(value {CRITICAL}, Never)" in what
    assert "(value 1, PreemptLowerPriority)" in found(priority=1, preemption_policy="")


@pytest.mark.parametrize(
    ("source", "same_node", "said"),
    [
        ({"priority": 1}, False, "where no node has room, the scheduler evicts"),
        ({"priority": 1}, True, "when its node runs short of memory, the kubelet evicts"),
        ({"priority": 1, "preemption_policy": "Never"}, True, ""),
        ({"priority": 0}, False, ""),
        ({"priority": -10}, False, ""),
        ({"priority": 1000, "preemption_policy": "Never"}, False, ""),
        ({"priority": CRITICAL, "preemption_policy": "Never"}, False, ""),
        ({"priority": CRITICAL}, False, "where no node has room, the scheduler evicts"),
        ({"priority": CRITICAL}, True, "where its node has no room, the kubelet evicts"),
        (
            {"priority": CRITICAL, "preemption_policy": "Never"},
            True,
            "where its node has no room, the kubelet evicts",
        ),
        ({"priority": CRITICAL - 1}, True, "when its node runs short of memory, the kubelet evicts"),
    ],
)
def test_who_evicts_for_the_copy(source: dict[str, Any], same_node: bool, said: str) -> None:
    what = found(same_node, **source)
    assert f"): {said} pods of lower priority" in what if said else what == ""


@pytest.mark.parametrize("traits", [{}, {"priority": None}])
def test_a_pod_that_says_nothing_of_priority_has_none(traits: dict[str, Any]) -> None:
    made = parse.pod({"metadata": {"name": "web"}, "spec": traits})
    assert (made.priority, made.priority_class, made.preempts) == (0, "", True)


def test_priority_as_admission_has_resolved_it() -> None:
    spec = {"priority": 1000, "priorityClassName": "high", "preemptionPolicy": "Never"}
    made = parse.pod({"metadata": {"name": "web"}, "spec": spec})
    assert (made.priority, made.priority_class, made.preempts) == (1000, "high", False)
