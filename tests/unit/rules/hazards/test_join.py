"""The plan: what the copy would carry, who else is drawn in, and what stands in the way."""

from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.model import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Container,
    Requirement,
    Selector,
    Service,
    ServiceEndpoints,
)
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE, Changed, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from tests.unit.builders import WEB, around, controller, endpoints, pod, service


def plan(surroundings: Surroundings, *names: str) -> JoinPlan:
    return plan_join(
        pod(labels={**WEB, "tier": "front", "pod-template-hash": "7d4b9c"}), surroundings, True, names
    )


def ids(plan_: JoinPlan) -> list[str]:
    return [hazard.id for hazard in plan_.hazards]


def test_an_ordinary_plan_has_no_hazard() -> None:
    made = plan(around())
    assert ids(made) == []
    assert made.labels == (("app", "web"),)
    assert made.ports == (8080,)
    assert made.ready_before == (("web", 2),)


def test_every_service_that_selects_the_source_is_joined() -> None:
    services = [service("a"), service("b", {"tier": "front"}), service("c", {"tier": "back"})]
    made = plan(around(services, slices=[endpoints("a"), endpoints("b", ports=(9090,))]))
    assert [s.name for s in made.services] == ["a", "b"]
    assert made.labels == (("app", "web"), ("tier", "front"))
    assert made.ports == (8080, 9090)


def test_clients_of_a_service_that_was_accepted_are_counted_too() -> None:
    services = [service("asked", {**WEB, "tier": "front"}), service("not-asked")]
    slices = [endpoints("asked"), endpoints("not-asked", ports=(9090,), uncounted=("53/UDP",))]
    made = plan(around(services, slices=slices), "asked")
    assert (made.ports, made.uncounted) == ((8080, 9090), ("53/UDP",))


def test_named_services_only_and_each_once() -> None:
    services = [service("a", {"tier": "front"}), service("b")]
    made = plan(around(services, slices=[endpoints("a")]), "a", "a")
    assert [s.name for s in made.services] == ["a"]
    assert made.labels == (("tier", "front"),)


def test_a_plain_copy_joins_nothing_whatever_there_is() -> None:
    made = plan_join(pod(), around(), False)
    assert (made.services, made.labels, made.hazards) == ((), (), ())


def test_nothing_to_join() -> None:
    with pytest.raises(NetshootError, match="no Service"):
        plan(around([service(selector={"app": "other"}), service("bare", {})]))


def test_a_named_service_that_is_not_there() -> None:
    with pytest.raises(UsageError, match='no Service "nope"') as caught:
        plan(around(), "nope")
    assert "web" in caught.value.hint


def test_a_named_service_that_selects_others() -> None:
    with pytest.raises(UsageError, match="does not select"):
        plan(around([service("db", {"app": "db"})]), "db")


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController", "DaemonSet", "Job", "Unheard"])
def test_adoption_is_never_lifted(kind: str) -> None:
    made = plan(around(controllers=[controller(kind, Selector(WEB))]))
    assert ids(made) == ["adoption"]
    assert [h.id for h in made.refused(ALLOWABLE | {"adoption"})] == ["adoption"]


def test_adoption_by_expressions_by_our_own_label_and_by_everything() -> None:
    selectors = [
        Selector(expressions=(Requirement("app", "In", ("web",)), Requirement("x", "DoesNotExist"))),
        Selector({MANAGED_BY_LABEL: MANAGED_BY}),
        Selector(),
    ]
    for selector in selectors:
        assert ids(plan(around(controllers=[controller(selector=selector)]))) == ["adoption"]


def test_a_statefulset_takes_only_pods_named_as_its_own() -> None:
    assert ids(plan(around(controllers=[controller("StatefulSet", Selector(WEB))]))) == []


@pytest.mark.parametrize(
    ("odd", "why"),
    [(service(selector={}), "has no selector"), (service(type="ExternalName"), "is an ExternalName")],
)
def test_a_service_that_no_label_joins(odd: Service, why: str) -> None:
    made = plan(around([odd]), "web")
    assert [h.what for h in made.hazards if h.id == "no-selector"] == [
        f"Service web {why}: no label brings a pod into it"
    ]
    assert made.refused(ALLOWABLE | {"no-selector"})


@pytest.mark.parametrize("value", ["Helm", MANAGED_BY])
def test_a_service_that_selects_by_our_own_label_is_never_joined(value: str) -> None:
    source = pod(labels={**WEB, MANAGED_BY_LABEL: value})
    made = plan_join(source, around([service(selector={**WEB, MANAGED_BY_LABEL: value})]), True)
    assert [h.id for h in made.refused(ALLOWABLE | {"managed-by"})] == ["managed-by"]


def test_another_service_that_would_be_joined_too() -> None:
    services = [service("asked", {**WEB, "tier": "front"}), service("not-asked")]
    made = plan(around(services, slices=[endpoints("asked")]), "asked")
    assert ids(made) == ["other-service"]
    assert made.refused(())
    assert not made.refused({"other-service"})


def test_a_service_that_selects_all_our_copies_counts_as_another() -> None:
    services = [service(), service("copies", {MANAGED_BY_LABEL: MANAGED_BY})]
    assert ids(plan(around(services), "web")) == ["other-service"]


@pytest.mark.parametrize("slices", [[], [endpoints(ready=[], unready=["a"])]])
def test_the_copy_would_be_the_only_endpoint(slices: list[ServiceEndpoints]) -> None:
    made = plan(around(slices=slices))
    assert ids(made) == ["sole-endpoint"]
    assert made.refused({"other-service"})
    assert not made.refused({"sole-endpoint"})


@pytest.mark.parametrize(
    ("unhealthy", "state"),
    [
        ({"ready": False}, "is not ready"),
        ({"terminating": True}, "is terminating"),
        ({"phase": "Failed"}, "has ended"),
    ],
)
def test_an_unhealthy_source_is_refused_for_joining_and_a_warning_without(
    unhealthy: dict[str, Any], state: str
) -> None:
    joining, plain = (plan_join(pod(**unhealthy), around(), wanted) for wanted in (True, False))
    assert [(h.id, h.severity) for h in joining.hazards] == [("source-unhealthy", Severity.REFUSE)]
    assert [(h.id, h.severity) for h in plain.hazards] == [("source-unhealthy", Severity.WARN)]
    assert f" {state}: its copy may fail as it does" in plain.hazards[0].what
    assert not plain.refused(())


CHANGED = Changed(("image app",), (Container("app", "web:2"),))


@pytest.mark.parametrize(
    ("unhealthy", "excused"),
    [({"ready": False}, True), ({"phase": "Failed"}, True), ({"terminating": True}, False)],
)
def test_an_unhealthy_source_may_be_copied_with_a_change_unless_it_is_being_deleted(
    unhealthy: dict[str, Any], excused: bool
) -> None:
    source = pod(**unhealthy)
    joining = plan_join(source, around(), True, changed=CHANGED)
    (hazard,) = joining.hazards
    assert (hazard.id, hazard.severity is Severity.WARN) == ("source-unhealthy", excused)
    assert ("differs from it (image app) is made anyway, and joins only once" in hazard.what) is excused
    assert bool(joining.refused(())) is not excused
    (hazard,) = plan_join(source, around(), False, changed=CHANGED).hazards
    assert hazard.severity is Severity.WARN
    assert "may fail as it does" in hazard.what


def test_a_copy_with_a_change_would_be_the_only_endpoint_where_all_others_fail() -> None:
    made = plan_join(
        pod(ready=False), around(slices=[endpoints(ready=[], unready=["a"])]), True, changed=CHANGED
    )
    assert [(h.id, h.severity) for h in made.hazards] == [
        ("source-unhealthy", Severity.WARN),
        ("sole-endpoint", Severity.REFUSE),
    ]


def test_a_readiness_gate_never_opens_for_a_copy() -> None:
    made = plan_join(pod(readiness_gates=("example.com/lb",)), around(), True)
    assert ids(made) == ["readiness-gate"]
    assert not made.refused({"readiness-gate"})
