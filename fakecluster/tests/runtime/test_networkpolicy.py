"""Who may connect to whom under NetworkPolicies, by the rules of their API."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster import kinds
from fakecluster.networkpolicy import admits
from fakecluster.store import Store

Json = dict[str, Any]
SHOP, WEB, STRANGER, NODE = "10.244.0.1", "10.244.0.2", "10.244.0.3", "192.0.2.1"
FROM_SHOP = {"from": [{"podSelector": {"matchLabels": {"app": "shop"}}}]}
FROM_OUT = {"from": [{"namespaceSelector": {"matchLabels": {"team": "out"}}}]}
SHOP_FROM_OUT = {"from": [FROM_OUT["from"][0] | FROM_SHOP["from"][0]]}


@pytest.fixture
def store() -> Store:
    """Pods shop and web in namespace `in`, one named as shop in namespace `out`."""
    made = Store()
    made.create(kinds.NAMESPACES, "", {"metadata": {"name": "out", "labels": {"team": "out"}}})
    for namespace, app, address in (("in", "shop", SHOP), ("in", "web", WEB), ("out", "shop", STRANGER)):
        metadata = {"name": app, "namespace": namespace, "labels": {"app": app}}
        made.create(kinds.PODS, namespace, {"metadata": metadata, "spec": {}, "status": {"podIP": address}})
    return made


def policy(store: Store, name: str = "one", app: str = "web", **spec: Any) -> None:
    spec = {"podSelector": {"matchLabels": {"app": app}}, **spec}
    store.create(kinds.NETWORKPOLICIES, "in", {"metadata": {"name": name, "namespace": "in"}, "spec": spec})


def admitted(store: Store) -> set[str]:
    return {source for source in (SHOP, STRANGER, NODE) if admits(store, source, WEB, 8080)}


def test_without_a_policy_all_is_open(store: Store) -> None:
    assert admitted(store) == {SHOP, STRANGER, NODE}


@pytest.mark.parametrize(
    ("ingress", "who"),
    [
        ([], set()),
        ([{}], {SHOP, STRANGER}),
        ([FROM_SHOP], {SHOP}),
        ([FROM_OUT], {STRANGER}),
        ([SHOP_FROM_OUT], {STRANGER}),
        ([FROM_SHOP | {"ports": [{"port": 8080}]}], {SHOP}),
        ([FROM_SHOP | {"ports": [{"port": 80}]}], set()),
        ([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}], set()),
    ],
)
def test_ingress(store: Store, ingress: list[Json], who: set[str]) -> None:
    policy(store, ingress=ingress)
    assert admitted(store) == {*who, NODE}


def test_what_one_policy_lets_in_no_other_keeps_out(store: Store) -> None:
    policy(store, ingress=[])
    policy(store, "two", ingress=[FROM_SHOP])
    assert admitted(store) == {SHOP, NODE}


def test_egress_is_the_other_side_s(store: Store) -> None:
    policy(store, app="shop", policyTypes=["Egress"])
    assert admitted(store) == {STRANGER, NODE}
    policy(store, "two", app="shop", egress=[{"to": [{"podSelector": {}}]}], policyTypes=["Egress"])
    assert admitted(store) == {SHOP, STRANGER, NODE}


def test_a_pod_always_reaches_itself(store: Store) -> None:
    policy(store, ingress=[])
    assert admits(store, WEB, WEB, 8080)
