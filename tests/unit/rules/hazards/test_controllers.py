"""Controllers as an attacker would set them up: who takes the copy, who counts it, and who owns the pod."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.model import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Autoscaler,
    Controller,
    DisruptionBudget,
    NetworkPolicy,
    Owner,
    Requirement,
    Selector,
)
from kubectl_netshoot.rules.hazards.controllers import ADOPTERS, scaled_selectors
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE, Severity, Surroundings, Unread
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from tests.unit.builders import WEB, around, controller, endpoints, pod, service

HASHED = {**WEB, "pod-template-hash": "7d4b9c"}
ROLLOUT = {**WEB, "rollouts-pod-template-hash": "6c54"}
WEB_DEPLOYMENT = Owner("Deployment", "web", True, "apps")
EVERYBODY = Selector()
UNLABELLED = Selector(expressions=(Requirement("app", "DoesNotExist"),))
NOBODY = Selector({}, (Requirement("-", "Exists"), Requirement("-", "DoesNotExist")))


def plan(surroundings: Surroundings, **source: Any) -> JoinPlan:
    return plan_join(pod(**{"labels": {**HASHED, **ROLLOUT, "tier": "front"}, **source}), surroundings, True)


def ids(made: JoinPlan) -> list[str]:
    return [hazard.id for hazard in made.hazards]


def adopted(selects: dict[str, str], selector: Selector, kind: str = "ReplicaSet") -> bool:
    """Whether a copy joined to a Service that selects so is refused for this controller, whatever is allowed."""
    made = plan(around([service(selector=selects)], [controller(kind, selector)]))
    return [h.id for h in made.refused(ALLOWABLE | {"adoption"})] == ["adoption"]


def test_labels_that_the_service_does_not_need_are_not_copied_and_match_nothing() -> None:
    assert not adopted(WEB, Selector({**WEB, "tier": "front"}))
    assert not adopted(WEB, Selector(WEB, (Requirement("tier", "Exists"),)))


@pytest.mark.parametrize("hashed", [HASHED, ROLLOUT])
def test_a_service_that_selects_by_the_hash_makes_the_copy_a_replica(hashed: dict[str, str]) -> None:
    assert adopted(hashed, Selector(hashed))
    assert not adopted(WEB, Selector(hashed))


def test_the_hash_alone_is_not_the_whole_selector() -> None:
    assert not adopted({"pod-template-hash": "7d4b9c"}, Selector(HASHED))


def test_two_services_together_complete_a_selector() -> None:
    services = [service("a"), service("b", {"pod-template-hash": "7d4b9c"})]
    made = plan(around(services, slices=[endpoints("a"), endpoints("b")]))
    assert ids(made) == ["adoption"]


@pytest.mark.parametrize(
    "expression",
    [
        Requirement("app", "In", ("web", "shop")),
        Requirement("app", "NotIn", ("db",)),
        Requirement("app", "Exists"),
        Requirement("tier", "DoesNotExist"),
        Requirement(MANAGED_BY_LABEL, "Exists"),
        Requirement("app", "Unheard", ("x",)),
    ],
)
def test_expressions_adopt(expression: Requirement) -> None:
    assert adopted(WEB, Selector(expressions=(expression,)))


def test_what_wants_a_label_to_be_absent_takes_the_copy_before_it_is_joined() -> None:
    assert not UNLABELLED.matches(WEB)
    assert adopted(WEB, UNLABELLED)


def test_an_empty_selector_takes_everything() -> None:
    assert adopted(WEB, EVERYBODY)


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController", "DaemonSet", "Job"])
def test_every_kind_that_adopts(kind: str) -> None:
    assert adopted(WEB, Selector(WEB), kind)


def test_a_statefulset_adopts_by_name_alone() -> None:
    assert not adopted(WEB, Selector(WEB), "StatefulSet")


def test_a_revision_in_the_services_selector_does_not_save_the_copy() -> None:
    revision = {**WEB, "controller-revision-hash": "5d8f"}
    made = plan(
        around([service(selector=revision)], [controller("DaemonSet", Selector(WEB))]), labels=revision
    )
    assert ids(made) == ["adoption"]


def test_a_replicaset_at_zero_deletes_what_it_adopts() -> None:
    old = replace(controller(selector=Selector(WEB)), replicas=0)
    (hazard,) = plan(around(controllers=[old])).hazards
    assert (hazard.id, hazard.severity) == ("adoption", Severity.NEVER)
    assert "adopt the copy and delete it" in hazard.what


@pytest.mark.parametrize("plural", sorted(ADOPTERS))
def test_controllers_that_cannot_be_listed_are_a_refusal(plural: str) -> None:
    made = plan(replace(around(), unread=(Unread(plural, "Forbidden"),)))
    assert [h.id for h in made.refused(ALLOWABLE | {"adoption"})] == ["adoption"]
    assert plural in made.hazards[0].what


@pytest.mark.parametrize(
    ("plural", "judged"),
    [
        ("poddisruptionbudgets", "pdb"),
        ("horizontalpodautoscalers", "hpa"),
        ("networkpolicies", "network-policy"),
        ("statefulsets", "hpa"),
        ("deployments", "unknown-owner and second-instance"),
        ("cronjobs", "unknown-owner"),
    ],
)
def test_other_lists_that_cannot_be_read_are_named(plural: str, judged: str) -> None:
    (hazard,) = plan(replace(around(), unread=(Unread(plural, "NotFound"),))).hazards
    assert (hazard.id, hazard.severity) == ("unjudged", Severity.WARN)
    assert f"{plural} of the namespace cannot be read (NotFound): not judged: {judged}" in hazard.what


@pytest.mark.parametrize(
    ("selector", "counted"),
    [
        (Selector(WEB), True),
        (Selector(HASHED), False),
        (EVERYBODY, True),
        (NOBODY, False),
        (UNLABELLED, True),
        (Selector({MANAGED_BY_LABEL: MANAGED_BY}), True),
        (Selector(expressions=(Requirement("app", "NotIn", ("db",)),)), True),
    ],
)
def test_who_counts_the_copy(selector: Selector, counted: bool) -> None:
    scaler = Autoscaler("web", WEB_DEPLOYMENT, selector)
    budget = DisruptionBudget("web", selector, "minAvailable 50%")
    made = plan(replace(around(), autoscalers=(scaler,), budgets=(budget,)))
    assert ids(made) == (["hpa", "pdb"] if counted else [])
    assert {h.severity for h in made.hazards} <= {Severity.WARN}


def test_a_budgets_percentage_is_told() -> None:
    budget = DisruptionBudget("web", Selector(WEB), "maxUnavailable 30%")
    (hazard,) = plan(replace(around(), budgets=(budget,))).hazards
    assert "pdb/web (maxUnavailable 30%) cannot compute its limit" in hazard.what


def test_a_budget_of_so_many_pods_counts_the_copy() -> None:
    budget = DisruptionBudget("web", Selector(WEB), "minAvailable 2")
    (hazard,) = plan(replace(around(), budgets=(budget,))).hazards
    assert "pdb/web (minAvailable 2) counts the copy as a healthy pod" in hazard.what


def test_an_hpa_on_a_custom_resource_may_count_anything() -> None:
    scaler = Autoscaler("web", Owner("Rollout", "web", group="argoproj.io"))
    (hazard,) = plan(replace(around(), autoscalers=(scaler,))).hazards
    assert (hazard.id, hazard.severity) == ("hpa", Severity.WARN)
    assert "hpa/web scales rollout/web by pods of a selector that is not known here" in hazard.what


def test_an_hpa_that_counts_the_copy_says_so() -> None:
    scaler = Autoscaler("web", WEB_DEPLOYMENT, Selector(WEB))
    (hazard,) = plan(replace(around(), autoscalers=(scaler,))).hazards
    assert "hpa/web counts the copy with the pods of deployment/web" in hazard.what


def test_a_deployments_selector_is_that_of_its_replicasets_without_the_hash() -> None:
    requirement = Requirement("tier", "Exists")
    replica_set = Controller("ReplicaSet", "web-1", Selector(HASHED, (requirement,)), 2, (WEB_DEPLOYMENT,))
    assert scaled_selectors([replica_set]) == {
        ("ReplicaSet", "web-1"): Selector(HASHED, (requirement,)),
        ("Deployment", "web"): Selector(WEB, (requirement,)),
    }


def test_a_replicaset_of_something_else_tells_nothing_of_a_deployment() -> None:
    owner = Owner("Deployment", "web", True, "example.com")
    replica_set = Controller("ReplicaSet", "web-1", Selector(HASHED), 2, (owner,))
    assert list(scaled_selectors([replica_set])) == [("ReplicaSet", "web-1")]


@pytest.mark.parametrize(
    ("owner", "known"),
    [
        (Owner("ReplicaSet", "web-1", True, "apps"), True),
        (Owner("ReplicationController", "web", True), True),
        (Owner("Job", "web", True, "batch"), True),
        (Owner("Node", "node-1", True), True),
        (Owner("StatefulSet", "web", True, "apps.kruise.io"), False),
        (Owner("Job", "web", True, "batch.volcano.sh"), False),
        (Owner("CloneSet", "web", True, "apps.kruise.io"), False),
        (Owner("ReplicaSet", "web", True, "example.com"), False),
    ],
)
def test_owners_that_nobody_here_knows_are_named(owner: Owner, known: bool) -> None:
    made = plan(around(), owners=(owner,))
    found = [h for h in made.hazards if h.id == "unknown-owner"]
    assert [str(owner) in h.what for h in found] == ([] if known else [True])


def test_an_owner_of_the_owners_is_named_too() -> None:
    above = (WEB_DEPLOYMENT, Owner("Shop", "web", True, "example.com"))
    made = plan(replace(around(), ancestors=above), owners=(Owner("ReplicaSet", "web-1", True, "apps"),))
    assert [(h.id, h.severity) for h in made.hazards] == [("unknown-owner", Severity.WARN)]
    assert "shop/web" in made.hazards[0].what


def test_what_selects_the_copy_before_and_after() -> None:
    surroundings = replace(
        around(
            [service(), service("copies", {MANAGED_BY_LABEL: MANAGED_BY})],
            [controller(selector=Selector(WEB))],
        ),
        autoscalers=(Autoscaler("web", WEB_DEPLOYMENT, Selector(WEB)), Autoscaler("odd", WEB_DEPLOYMENT)),
        budgets=(DisruptionBudget("all", EVERYBODY), DisruptionBudget("none", NOBODY)),
        policies=(NetworkPolicy("all", EVERYBODY), NetworkPolicy("none", NOBODY)),
    )
    made = plan(surroundings)
    assert made.selecting_before == ("service/copies", "pdb/all", "networkpolicy/all")
    assert made.selecting == (
        "service/web",
        "service/copies",
        "hpa/web",
        "pdb/all",
        "networkpolicy/all",
        "replicaset/web-7d4b9c",
    )
