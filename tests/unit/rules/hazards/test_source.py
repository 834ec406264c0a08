"""Source pods as an attacker would make them: what a copy inherits, and what it lacks."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.model import (
    Claim,
    Container,
    NetworkPolicy,
    Owner,
    PolicyPeer,
    PolicyRule,
    Requirement,
    Selector,
)
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity
from kubectl_netshoot.rules.hazards.join import plan_join
from tests.unit.builders import WEB, around, pod

ELSEWHERE = Selector({"app": "elsewhere"})
HASHED = {**WEB, "pod-template-hash": "7d4b9c"}


def hazards(
    joining: bool = True, policies: tuple[NetworkPolicy, ...] = (), **source: Any
) -> tuple[Hazard, ...]:
    return plan_join(pod(**source), replace(around(), policies=policies), joining).hazards


def only(**source: Any) -> Hazard:
    """The one hazard of this pod, joined or not."""
    (hazard,) = hazards(**source)
    assert hazards(joining=False, **source) == (hazard,)
    return hazard


def test_a_writable_claim_has_two_writers() -> None:
    hazard = only(claims=(Claim("data"), Claim("data"), Claim("read", writable=False)))
    assert (hazard.id, hazard.severity) == ("shared-volume", Severity.REFUSE)
    assert "volume claim data too: two writers" in hazard.what


def test_read_only_claims_are_shared_without_harm() -> None:
    assert hazards(claims=(Claim("data", writable=False),)) == ()


def test_one_pod_alone_may_mount_read_write_once_pod_even_to_read() -> None:
    hazard = only(claims=(Claim("data", writable=False, exclusive=True),))
    assert (hazard.id, hazard.severity) == ("shared-volume", Severity.REFUSE)
    assert "Pending" in hazard.what


def test_shared_and_exclusive_claims_are_told_apart() -> None:
    found = hazards(claims=(Claim("data"), Claim("alone", exclusive=True)))
    assert [(h.id, "alone" in h.what, "data" in h.what) for h in found] == [
        ("shared-volume", False, True),
        ("shared-volume", True, False),
    ]


def test_a_read_write_once_volume_binds_the_copy_to_the_node_even_to_read() -> None:
    hazard = only(claims=(Claim("data", writable=False, one_node=True),))
    assert (hazard.id, hazard.severity) == ("one-node-volume", Severity.WARN)
    assert "--same-node" in hazard.instead


@pytest.mark.parametrize("traits", [{"host_network": True}, {"host_ports": (8080, 9090)}])
def test_ports_of_the_node(traits: dict[str, Any]) -> None:
    hazard = only(**traits)
    assert (hazard.id, hazard.severity) == ("host-port", Severity.REFUSE)


def test_host_ports_are_named() -> None:
    assert "8080, 9090" in only(host_ports=(8080, 9090)).what


def test_readiness_gates_matter_only_for_joining() -> None:
    gates: dict[str, Any] = {"readiness_gates": ("example.com/lb", "example.com/other")}
    (hazard,) = hazards(**gates)
    assert (hazard.id, hazard.severity) == ("readiness-gate", Severity.REFUSE)
    assert hazards(joining=False, **gates) == ()


@pytest.mark.parametrize(
    ("traits", "title"),
    [
        ({"containers": (Container("app"), Container("istio-proxy"))}, "Istio"),
        ({"containers": (Container("linkerd-proxy"), Container("app"))}, "Linkerd"),
        ({"sidecars": (Container("istio-proxy"),)}, "Istio"),
        ({"sidecars": (Container("linkerd-proxy"),)}, "Linkerd"),
        ({"sidecars": (Container("kuma-sidecar"),)}, "Kuma"),
        ({"containers": (Container("app"), Container("daprd"))}, "Dapr"),
    ],
)
def test_an_injected_sidecar_native_or_not(traits: dict[str, Any], title: str) -> None:
    hazard = only(**traits)
    assert (hazard.id, hazard.severity) == ("mesh", Severity.WARN)
    assert title in hazard.what


def test_a_sidecar_of_ones_own_is_no_mesh_and_no_init_container() -> None:
    assert hazards(sidecars=(Container("logs"),), containers=(Container("proxy"),)) == ()


def test_init_containers_run_again() -> None:
    hazard = only(init_containers=("migrate", "seed"))
    assert (hazard.id, hazard.severity) == ("second-instance", Severity.WARN)
    assert "migrate, seed" in hazard.what


@pytest.mark.parametrize(("kind", "group"), [("StatefulSet", "apps"), ("Job", "batch")])
def test_what_runs_once_by_intention_runs_twice(kind: str, group: str) -> None:
    hazard = only(owners=(Owner(kind, "one", True, group),))
    assert (hazard.id, hazard.severity) == ("second-instance", Severity.WARN)
    assert f"{kind.lower()}/one" in hazard.what


def policy(name: str, *peers: Selector, selector: Selector = ELSEWHERE) -> NetworkPolicy:
    return NetworkPolicy(name, selector, (PolicyRule(tuple(map(PolicyPeer, peers))),))


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        (Selector(), ""),
        (Selector(WEB), ""),
        (Selector(HASHED), "strict hold for the pod and not for the copy"),
        (Selector(expressions=(Requirement("pod-template-hash", "Exists"),)), "not for the copy"),
        (
            Selector(expressions=(Requirement("pod-template-hash", "DoesNotExist"),)),
            "strict hold for the copy and not",
        ),
        (Selector(expressions=(Requirement("app", "In", ("web", "db")),)), ""),
        (Selector({"app": "db"}), ""),
    ],
)
def test_policies_that_hold_for_one_of_the_two(selector: Selector, said: str) -> None:
    found = hazards(labels=HASHED, policies=(policy("strict", selector=selector),))
    assert [(h.id, h.severity, said in h.what) for h in found] == (
        [("network-policy", Severity.WARN, True)] if said else []
    )


@pytest.mark.parametrize(
    ("selector", "figures"),
    [
        (Selector(HASHED), "(0 before the join, 0 after)"),
        (
            Selector(expressions=(Requirement("pod-template-hash", "DoesNotExist"),)),
            "(1 before the join, 1 after)",
        ),
    ],
)
def test_how_many_policies_hold_for_the_copy(selector: Selector, figures: str) -> None:
    (hazard,) = hazards(labels=HASHED, policies=(policy("strict", selector=selector),))
    assert figures in hazard.what


@pytest.mark.parametrize(
    ("peer", "differs"),
    [
        (Selector(HASHED), True),
        (Selector(expressions=(Requirement("pod-template-hash", "DoesNotExist"),)), True),
        (Selector(WEB), False),
        (Selector(), False),
        (Selector({"app": "db"}), False),
    ],
)
def test_policies_of_others_that_name_one_of_the_two_as_the_other_side(peer: Selector, differs: bool) -> None:
    found = hazards(labels=HASHED, policies=(policy("db", peer),))
    assert ["db name the pod as the other side" in h.what for h in found] == ([True] if differs else [])


def test_a_plain_copy_is_told_what_any_copy_suffers() -> None:
    unhealthy: dict[str, Any] = {"ready": False, "host_network": True, "init_containers": ("migrate",)}
    assert [h.id for h in hazards(joining=False, **unhealthy)] == [
        "host-port",
        "source-unhealthy",
        "second-instance",
    ]
