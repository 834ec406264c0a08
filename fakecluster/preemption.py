"""Preemption: which pods of lower priority would have to go for a pod that fits nowhere, and their end."""

from __future__ import annotations

from dataclasses import dataclass

from fakecluster import disruption, kinds, priority
from fakecluster.binding import set_condition
from fakecluster.capacity import Capacity
from fakecluster.events import EventRecorder
from fakecluster.kinds import Object
from fakecluster.objects import condition_of, is_terminating, key_of, uid_of
from fakecluster.store import Store

NEVER = "not eligible due to preemptionPolicy=Never."
WAITING = "not eligible due to a terminating pod on the nominated node."
_REASON = "PreemptionByScheduler"


@dataclass(frozen=True)
class Candidate:
    """A node, and who would have to leave it."""

    node: str
    victims: list[Object]
    violations: int

    def cost(self) -> tuple[int, int, int, int]:
        """The cheapest wins: few budgets violated, no important victim, little importance in all, few victims."""
        ranks = [priority.of(pod) for pod in self.victims]
        return self.violations, max(ranks), sum(ranks), len(ranks)


def why_not(capacity: Capacity, pod: Object) -> str:
    """Why this pod may preempt nobody now; empty when it may."""
    if pod["spec"].get("preemptionPolicy") == "Never":
        return NEVER
    nominated = (pod.get("status") or {}).get("nominatedNodeName", "")
    leaving = (
        p for p in capacity.pods_on(nominated) if is_terminating(p) and condition_of(p, "DisruptionTarget")
    )
    return WAITING if any(priority.of(p) < priority.of(pod) for p in leaving) else ""


def cheapest(store: Store, capacity: Capacity, pod: Object, nodes: list[Object]) -> Candidate | None:
    """Of those nodes, which take the pod but for their room."""
    found = (_candidate(store, capacity, pod, node) for node in nodes)
    return min((c for c in found if c is not None), key=Candidate.cost, default=None)


def _candidate(store: Store, capacity: Capacity, pod: Object, node: Object) -> Candidate | None:
    name = node["metadata"]["name"]
    gone = [p for p in capacity.pods_on(name) if priority.of(p) < priority.of(pod)]
    if not gone or capacity.lacking(node, pod, without=gone):
        return None
    protected = {uid_of(p) for p in gone if _is_protected(store, p)}
    # Whoever matters most is the first to stay: first those that budgets protect, then by priority.
    for spared in sorted(gone, key=lambda p: (uid_of(p) not in protected, -priority.of(p))):
        others = [p for p in gone if p is not spared]
        if not capacity.lacking(node, pod, without=others):
            gone = others
    return Candidate(name, gone, sum(uid_of(p) in protected for p in gone)) if gone else None


def _is_protected(store: Store, pod: Object) -> bool:
    budgets = store.list(kinds.PODDISRUPTIONBUDGETS, pod["metadata"]["namespace"])[0]
    return any(disruption.selects(b, pod) and disruption.allowed(store, b) < 1 for b in budgets)


def carry_out(store: Store, events: EventRecorder, pod: Object, chosen: Candidate) -> None:
    """The victims are marked and deleted with their own grace periods; the node is kept for the pod."""
    scheduler = pod["spec"].get("schedulerName", "default-scheduler")
    message = f"{scheduler}: preempting to accommodate a higher priority pod"
    target = {"type": "DisruptionTarget", "status": "True", "reason": _REASON, "message": message}
    for victim in chosen.victims:
        key = key_of(victim)
        store.mutate(kinds.PODS, *key, lambda obj: set_condition(obj, target))
        store.begin_delete(kinds.PODS, *key)
        events.record_new(
            victim, "Preempted", f"Preempted by pod {uid_of(pod)} on node {chosen.node}", "Preempting"
        )
    store.mutate(kinds.PODS, *key_of(pod), lambda obj: obj["status"].update(nominatedNodeName=chosen.node))
