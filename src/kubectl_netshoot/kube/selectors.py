"""From the API's JSON to what selects pods: controllers, budgets, autoscalers and policies."""

from collections.abc import Mapping
from typing import Any

from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.answers import reading, sentence, typed
from kubectl_netshoot.model import (
    Autoscaler,
    Controller,
    DisruptionBudget,
    Lease,
    NetworkPolicy,
    Owner,
    PolicyPeer,
    PolicyPort,
    PolicyRule,
    Requirement,
    Selector,
    Workload,
)

Json = dict[str, Any]


@reading("a PodDisruptionBudget")
def budget(item: Json) -> DisruptionBudget:
    """A policy/v1 PodDisruptionBudget: a selector that is empty selects all, none selects nothing."""
    spec = item.get("spec") or {}
    rules = [f"{key} {spec[key]}" for key in ("minAvailable", "maxUnavailable") if spec.get(key) is not None]
    selector = NOTHING if spec.get("selector") is None else _selector(spec["selector"])
    return typed(DisruptionBudget(item["metadata"]["name"], selector, " ".join(rules)))


@reading("a HorizontalPodAutoscaler")
def autoscaler(item: Json) -> Autoscaler:
    """An autoscaling HorizontalPodAutoscaler; the selector of what it scales is in another object."""
    target = (item.get("spec") or {}).get("scaleTargetRef") or {}
    owner = Owner(target.get("kind", ""), target.get("name", ""), group=parse.group(target))
    return typed(Autoscaler(item["metadata"]["name"], owner))


@reading("a NetworkPolicy")
def network_policy(item: Json) -> NetworkPolicy:
    """A networking.k8s.io/v1 NetworkPolicy; an empty podSelector holds for every pod."""
    meta, spec = item["metadata"], item.get("spec") or {}
    # As the API server fills them in: an egress without a rule isolates only where the type is named.
    default = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return typed(
        NetworkPolicy(
            name=meta["name"],
            selector=_selector(spec.get("podSelector") or {}),
            ingress=_rules(spec.get("ingress"), "from"),
            egress=_rules(spec.get("egress"), "to"),
            namespace=meta.get("namespace", ""),
            types=tuple(spec.get("policyTypes") or default),
        )
    )


def _rules(rules: list[Json] | None, sides: str) -> tuple[PolicyRule, ...]:
    return tuple(
        PolicyRule(
            peers=tuple(_peer(peer) for peer in rule.get(sides) or []),
            ports=tuple(
                PolicyPort(port.get("protocol") or "TCP", port.get("port"), port.get("endPort"))
                for port in rule.get("ports") or []
            ),
        )
        for rule in rules or []
    )


def _peer(peer: Json) -> PolicyPeer:
    pods, namespaces, block = (peer.get(key) for key in ("podSelector", "namespaceSelector", "ipBlock"))
    return PolicyPeer(
        pods=None if pods is None else _selector(pods),
        namespaces=None if namespaces is None else _selector(namespaces),
        cidr=(block or {}).get("cidr", ""),
        excepts=tuple((block or {}).get("except") or ()),
    )


@reading("a controller")
def controller(kind: str, item: Json) -> Controller:
    """Anything of this kind that adopts pods by a selector."""
    spec = item.get("spec") or {}
    raw = spec.get("selector") or {}
    # A ReplicationController's selector is a plain map; the others have matchLabels and matchExpressions.
    selector = Selector(raw) if kind == "ReplicationController" else _selector(raw)
    found = Controller(kind, item["metadata"]["name"], selector, spec.get("replicas"), parse.owners(item))
    return typed(found)


@reading("a Deployment")
def workload(item: Json, labels: Mapping[str, str]) -> Workload | None:
    """How many pods an apps/v1 Deployment wants; None where pods with these labels cannot be its own."""
    spec = item.get("spec") or {}
    if not _selector(spec.get("selector") or {}).matches(labels):
        return None
    owner = Owner("Deployment", item["metadata"]["name"], True, "apps")
    replicas = 1 if spec.get("replicas") is None else spec["replicas"]
    return typed(Workload(owner, replicas, (spec.get("strategy") or {}).get("type") == "Recreate"))


@reading("a Lease")
def lease(item: Json) -> Lease:
    """A coordination.k8s.io/v1 Lease."""
    holder = (item.get("spec") or {}).get("holderIdentity") or ""
    return typed(Lease(item["metadata"]["name"], sentence(holder)))


# No object has both: the selector that selects nothing.
NOTHING = Selector({}, (Requirement("-", "Exists"), Requirement("-", "DoesNotExist")))


def _selector(raw: Json) -> Selector:
    return Selector(
        raw.get("matchLabels") or {},
        tuple(
            Requirement(e["key"], e["operator"], tuple(e.get("values") or ()))
            for e in raw.get("matchExpressions") or []
        ),
    )
