"""From the API's JSON to what selects pods: controllers, budgets, autoscalers and policies."""

from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_netshoot.cluster import parse
from kubectl_netshoot.cluster.reading import reading, sentence, typed
from kubectl_netshoot.model import (
    Autoscaler,
    Controller,
    DisruptionBudget,
    Lease,
    NetworkPolicy,
    Owner,
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
    spec = item.get("spec") or {}
    peers = tuple(
        _selector(peer["podSelector"]) for peer in _peers(spec) if peer.get("podSelector") is not None
    )
    return typed(NetworkPolicy(item["metadata"]["name"], _selector(spec.get("podSelector") or {}), peers))


def _peers(spec: Json) -> Iterator[Json]:
    for rules, sides in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(rules) or []:
            yield from rule.get(sides) or []


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
