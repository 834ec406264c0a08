"""What selects pods, out of the API's own JSON: what is absent, empty and null is told apart as Kubernetes does."""

from typing import Any

import pytest

from kubectl_netshoot.kube import parse, policies, survey
from kubectl_netshoot.model import Owner, Requirement, Selector

WEB = {"app": "web"}
EXPRESSION = {"key": "app", "operator": "In", "values": ["web"]}


def item(spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it", **metadata}, "spec": spec or {}}


@pytest.mark.parametrize(
    ("selector", "web", "bare"),
    [
        ({"matchLabels": WEB}, True, False),
        ({"matchExpressions": [EXPRESSION]}, True, False),
        ({"matchLabels": WEB, "matchExpressions": [{"key": "x", "operator": "Exists"}]}, False, False),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False, True),
        ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["1"]}]}, True, True),
        ({"matchLabels": None, "matchExpressions": None}, True, True),
        ({}, True, True),
    ],
)
@pytest.mark.parametrize("kind", ["ReplicaSet", "DaemonSet", "StatefulSet", "Job"])
def test_a_controllers_selector(kind: str, selector: dict[str, Any], web: bool, bare: bool) -> None:
    found = parse.controller(kind, item({"selector": selector})).selector
    assert (found.matches(WEB), found.matches({})) == (web, bare)


def test_a_replication_controllers_selector_is_a_plain_map() -> None:
    found = parse.controller("ReplicationController", item({"selector": WEB, "replicas": 0}))
    assert (found.selector, found.replicas) == (Selector(WEB), 0)


def test_a_controller_without_replicas_has_no_count() -> None:
    assert parse.controller("DaemonSet", item({"selector": {}})).replicas is None


def test_a_controllers_owners_come_with_their_groups() -> None:
    references = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True},
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"},
        {"apiVersion": "v1", "kind": "Node", "name": "node-1"},
    ]
    assert parse.controller("ReplicaSet", item(ownerReferences=references)).owners == (
        Owner("Deployment", "web", True, "apps"),
        Owner("Rollout", "web", False, "argoproj.io"),
        Owner("Node", "node-1"),
    )


@pytest.mark.parametrize(
    ("spec", "web", "bare"),
    [
        ({"selector": {"matchLabels": WEB}}, True, False),
        ({"selector": {}}, True, True),
        ({"selector": None}, False, False),
        ({}, False, False),
    ],
)
def test_a_budget_without_selector_counts_nobody_and_an_empty_one_all(
    spec: dict[str, Any], web: bool, bare: bool
) -> None:
    found = survey.budget(item(spec)).selector
    assert (found.matches(WEB), found.matches({}), found.matches({"-": "x"})) == (web, bare, bare)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ({"minAvailable": "50%"}, "minAvailable 50%"),
        ({"maxUnavailable": 0}, "maxUnavailable 0"),
        ({"minAvailable": 2}, "minAvailable 2"),
        ({}, ""),
    ],
)
def test_a_budgets_rule_is_told_as_written(spec: dict[str, Any], rule: str) -> None:
    assert survey.budget(item(spec)).rule == rule


@pytest.mark.parametrize(
    ("target", "owner"),
    [
        (
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            Owner("Deployment", "web", group="apps"),
        ),
        (
            {"apiVersion": "v1", "kind": "ReplicationController", "name": "web"},
            Owner("ReplicationController", "web"),
        ),
        ({"kind": "Deployment", "name": "web"}, Owner("Deployment", "web")),
        (None, Owner("", "")),
    ],
)
def test_an_autoscalers_target(target: dict[str, Any] | None, owner: Owner) -> None:
    found = survey.autoscaler(item({"scaleTargetRef": target}))
    assert (found.target, found.selector) == (owner, None)


def test_a_policy_without_pod_selector_holds_for_every_pod() -> None:
    specs: list[dict[str, Any]] = [{}, {"podSelector": None}, {"podSelector": {}}]
    for spec in specs:
        assert policies.network_policy(item(spec)).selector.matches({})


def test_a_policys_peers_are_those_chosen_by_pod_labels() -> None:
    spec = {
        "podSelector": {"matchExpressions": [EXPRESSION]},
        "ingress": [
            {"from": [{"podSelector": {"matchLabels": WEB}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]},
            {"ports": [{"port": 80}]},
            {"from": None},
        ],
        "egress": [{"to": [{"namespaceSelector": {}, "podSelector": {}}, {"namespaceSelector": {}}]}],
    }
    found = policies.network_policy(item(spec))
    assert found.selector == Selector({}, (Requirement("app", "In", ("web",)),))
    assert found.peers == (Selector(WEB), Selector())
