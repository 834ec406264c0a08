"""Labels that a copy gets without our doing: whoever selects by them is judged in the plan."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kubectl_netshoot.model import Requirement, Selector
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from tests.unit.builders import around, controller, pod, service

ZONE = {"topology.kubernetes.io/zone": "eu-1a"}
ZONAL = Selector({"app": "web", **ZONE})


def planned(born: Mapping[str, str], joining: bool = True, **surroundings: object) -> JoinPlan:
    return plan_join(pod(), replace(around(**surroundings), born=born), joining)  # type: ignore[arg-type]


def ids(plan: JoinPlan) -> list[str]:
    return [hazard.id for hazard in plan.hazards]


def test_a_label_that_nobody_selects_by_is_no_hazard() -> None:
    assert planned(ZONE).hazards == planned({}).hazards
    assert planned(ZONE, joining=False).hazards == planned({}, joining=False).hazards


@pytest.mark.parametrize(
    "selector", [ZONAL, Selector(ZONE), Selector(expressions=(Requirement(next(iter(ZONE)), "Exists"),))]
)
def test_a_controller_that_selects_by_them_would_adopt(selector: Selector) -> None:
    taker = controller("ReplicaSet", selector, "taker")
    assert "adoption" in ids(planned(ZONE, controllers=(taker,)))
    assert "adoption" not in ids(planned({}, controllers=(taker,)))


def test_one_that_wants_them_absent_may_take_the_copy_before_it_has_its_node() -> None:
    unlabelled = Selector(expressions=(Requirement(next(iter(ZONE)), "DoesNotExist"),))
    assert "adoption" in ids(planned(ZONE, controllers=(controller("ReplicaSet", unlabelled, "taker"),)))


def test_a_service_that_selects_by_them_was_not_asked_for() -> None:
    zonal = service("zonal", {**ZONE, "app": "web"})
    both = (service(), zonal)
    assert "other-service" in ids(planned(ZONE, services=both))
    assert "other-service" not in ids(planned({}, services=both))
    assert "other-service" in ids(planned({"app": "web"}, joining=False))


def test_a_service_that_needs_nothing_else_has_the_copy_before_its_mark() -> None:
    assert "admission" in ids(planned({"app": "web"}))
    assert "admission" not in ids(planned(ZONE))
