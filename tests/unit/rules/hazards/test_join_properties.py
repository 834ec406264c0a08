"""Of any pods, Services and controllers: a plan that is not refused hurts nobody that was not asked for."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Controller,
    DisruptionBudget,
    NetworkPolicy,
    Requirement,
    Selector,
    Service,
)
from kubectl_netshoot.rules.hazards.controllers import ADOPTERS
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE, Unread
from kubectl_netshoot.rules.hazards.join import copy_labels, plan_join
from tests.unit.builders import around, endpoints, pod

SOURCE = {"app": "web", "tier": "front", "pod-template-hash": "7d4b9c"}
OTHERS = {"app": "db", "tier": "", "pod-template-hash": "5f6d7e", MANAGED_BY_LABEL: "Helm"}
PAIRS = st.sampled_from([*SOURCE.items(), *OTHERS.items(), (MANAGED_BY_LABEL, MANAGED_BY)])
OWN_PAIRS = st.sampled_from([*SOURCE.items(), (MANAGED_BY_LABEL, "Helm")])
OPERATORS = st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"])
REQUIREMENTS = st.builds(lambda pair, operator: Requirement(pair[0], operator, (pair[1],)), PAIRS, OPERATORS)
SELECTORS = st.builds(
    lambda pairs, requirements: Selector(dict(pairs), tuple(requirements)),
    st.lists(PAIRS, max_size=3),
    st.lists(REQUIREMENTS, max_size=2),
)
KINDS = st.sampled_from(["ReplicaSet", "ReplicationController", "DaemonSet", "StatefulSet", "Job"])
CONTROLLERS = st.lists(st.builds(Controller, KINDS, st.just("c"), SELECTORS), max_size=2)
SERVICES = st.lists(
    st.builds(
        Service,
        st.sampled_from("abcd"),
        (st.lists(OWN_PAIRS, max_size=2) | st.lists(PAIRS)).map(dict),
        st.sampled_from(["ClusterIP", "ClusterIP", "LoadBalancer", "ExternalName"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda service: service.name,
)
NAMES = st.just(set[str]()) | st.sets(st.sampled_from("abcd"), max_size=2)


UNREAD = st.sets(st.sampled_from(["jobs", "replicasets", "networkpolicies", "statefulsets"]), max_size=1)


@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(OWN_PAIRS, min_size=1),
    SERVICES,
    CONTROLLERS,
    st.sets(st.sampled_from(sorted(ALLOWABLE))),
    NAMES,
    UNREAD,
)
def test_whatever_is_not_refused_joins_what_was_asked_for_and_nothing_else(
    pairs: list[tuple[str, str]],
    services: list[Service],
    controllers: list[Controller],
    allow: set[str],
    names: set[str],
    unread: set[str],
) -> None:
    labels = dict(pairs)
    surroundings = replace(
        around(services, controllers, [endpoints(service.name) for service in services]),
        unread=tuple(Unread(plural, "Forbidden") for plural in unread),
    )
    try:
        plan = plan_join(pod(labels=labels), surroundings, True, sorted(names))
    except NetshootError:
        assume(False)
    assume(not plan.refused(allow))
    carried = copy_labels(dict(plan.labels))
    chosen = {service.name for service in plan.services}
    assert chosen == (names or {s.name for s in services if s.selects(labels)})
    assert all(service.selects(carried) for service in plan.services)
    assert plan.labels
    assert all(labels.get(key) == value for key, value in plan.labels)
    assert not unread & ADOPTERS
    adopters = [c.selector for c in controllers if c.kind != "StatefulSet"]
    # Born without a label, marked before it joins and after it has left.
    assert not [s for s in adopters for stage in ({}, copy_labels({}), carried) if s.matches(stage)]
    if "other-service" not in allow:
        assert not [s for s in services if s.name not in chosen and s.selects(carried)]


@settings(max_examples=60)
@given(SELECTORS, SELECTORS)
def test_whatever_counts_the_copy_or_holds_for_it_alone_is_told(budget: Selector, policy: Selector) -> None:
    surroundings = replace(
        around(),
        budgets=(DisruptionBudget("b", budget),),
        policies=(NetworkPolicy("p", policy),),
    )
    plan = plan_join(pod(labels=SOURCE), surroundings, True)
    told = {hazard.id for hazard in plan.warnings}
    carried = copy_labels(dict(plan.labels))
    counted = budget.matches(carried) or budget.matches(copy_labels({})) or budget.matches({})
    assert ("pdb" in told) == counted
    assert ("network-policy" in told) == (policy.matches(SOURCE) != policy.matches(carried))
    assert ("pdb/b" in plan.selecting) == budget.matches(carried)
    assert ("networkpolicy/p" in plan.selecting) == policy.matches(carried)
