"""Priority: whom a copy may push off a full cluster, and when it can push nobody."""

from typing import Any

import pytest

from kubectl_netshoot.cluster import parse
from kubectl_netshoot.join import Severity, plan_join
from tests.builders import around, pod

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
    assert "; --same-node" in what


@pytest.mark.parametrize(
    ("source", "same_node", "evictor"),
    [
        ({"priority": 1}, False, "scheduler"),
        ({"priority": 1}, True, ""),
        ({"priority": 0}, False, ""),
        ({"priority": -10}, False, ""),
        ({"priority": 1000, "preemption_policy": "Never"}, False, ""),
        ({"priority": CRITICAL, "preemption_policy": "Never"}, False, ""),
        ({"priority": CRITICAL}, False, "scheduler"),
        ({"priority": CRITICAL}, True, "kubelet"),
        ({"priority": CRITICAL, "preemption_policy": "Never"}, True, "kubelet"),
        ({"priority": CRITICAL - 1}, True, ""),
    ],
)
def test_who_evicts_for_the_copy(source: dict[str, Any], same_node: bool, evictor: str) -> None:
    what = found(same_node, **source)
    assert f"the {evictor} evicts pods" in what if evictor else what == ""


@pytest.mark.parametrize("traits", [{}, {"priority": None}])
def test_a_pod_that_says_nothing_of_priority_has_none(traits: dict[str, Any]) -> None:
    made = parse.pod({"metadata": {"name": "web"}, "spec": traits})
    assert (made.priority, made.priority_class, made.preempts) == (0, "", True)


def test_priority_as_admission_has_resolved_it() -> None:
    spec = {"priority": 1000, "priorityClassName": "high", "preemptionPolicy": "Never"}
    made = parse.pod({"metadata": {"name": "web"}, "spec": spec})
    assert (made.priority, made.priority_class, made.preempts) == (1000, "high", False)
