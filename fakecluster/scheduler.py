"""The scheduler: gives each pod without a node one of the nodes that take it and have room, in turn.

A pod for which there is none stays Pending and Unschedulable, and may have pods of lower priority removed. It is tried
again when a node changes or a pod has gone; whoever has the highest priority is the first.
"""

from __future__ import annotations

import itertools
from collections import Counter

from fakecluster import binding, kinds, preemption, priority
from fakecluster.capacity import Capacity
from fakecluster.changes import Change
from fakecluster.events import EventRecorder
from fakecluster.kinds import Object
from fakecluster.objects import condition_of, has_ended, is_terminating, key_of
from fakecluster.placement import refusal
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.workqueue import WorkQueue

Key = tuple[str, str]
_NOT_HELPFUL = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


class Scheduler:
    """Binds, and preempts."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._events = EventRecorder(store, "default-scheduler")
        self._turn = itertools.count()
        self._capacity = Capacity()
        self._waiting: set[Key] = set()
        self._queue = WorkQueue[Key](self._schedule)

    def observe(self, change: Change) -> None:
        self._capacity.observe(change)
        if change.kind is kinds.PODS and change.type == "DELETED":
            self._waiting.discard(key_of(change.obj))
        if change.kind is kinds.PODS and change.type != "DELETED" and not change.obj["spec"].get("nodeName"):
            self._queue.add(key_of(change.obj), self._settings.schedule_delay)
        elif change.kind is kinds.NODES or (change.kind is kinds.PODS and _makes_room(change)):
            for pod in self._pending():
                self._queue.add(key_of(pod), self._settings.schedule_delay)

    def stop(self) -> None:
        self._queue.stop()

    def _pending(self) -> list[Object]:
        """Those that found no node, the most important one first."""
        found = [self._store.find(kinds.PODS, *key) for key in self._waiting]
        pods = [pod for pod in found if pod is not None]
        return sorted(pods, key=lambda p: (-priority.of(p), p["metadata"]["creationTimestamp"]))

    def _schedule(self, key: Key) -> None:
        self._waiting.discard(key)
        pod = self._store.find(kinds.PODS, *key)
        if pod is None or pod["spec"].get("nodeName") or is_terminating(pod):
            return
        nodes = self._store.list(kinds.NODES)[0]
        reasons = {node["metadata"]["name"]: self._reasons(node, pod) for node in nodes}
        fitting = [name for name, why in reasons.items() if not why]
        if not fitting:
            self._waiting.add(key)
            self._give_up(pod, nodes, reasons)
            return
        nominated = _nominated(pod)
        name = nominated if nominated in fitting else fitting[next(self._turn) % len(fitting)]
        self._capacity.take(binding.bind(self._store, *key, name))
        self._events.record_binding(pod, name)

    def _reasons(self, node: Object, pod: Object) -> list[str]:
        """Why the pod cannot be on that node. A node that is kept for a pod of at least its priority has less room."""
        if why := refusal(node, pod):
            return [why]
        name = node["metadata"]["name"]
        kept_for = [
            p
            for p in (self._pending() if self._waiting else ())
            if _nominated(p) == name and priority.of(p) >= priority.of(pod)
        ]
        return self._capacity.lacking(node, pod, and_also=kept_for)

    def _give_up(self, pod: Object, nodes: list[Object], reasons: dict[str, list[str]]) -> None:
        message = _no_nodes(len(nodes), Counter(why for each in reasons.values() for why in each))
        full = [node for node in nodes if not refusal(node, pod)]
        hindrance = preemption.why_not(self._capacity, pod)
        chosen = None if hindrance else preemption.cheapest(self._store, self._capacity, pod, full)
        if nodes and chosen is None:
            vain = Counter({_NO_VICTIMS: len(full), _NOT_HELPFUL: len(nodes) - len(full)})
            message += f" no new claims to deallocate, preemption: {hindrance or _no_nodes(len(nodes), vain)}"
        self._say(pod, message)
        if chosen is not None:
            preemption.carry_out(self._store, self._events, pod, chosen)

    def _say(self, pod: Object, message: str) -> None:
        """Once, as long as nothing changes: each write would bring the pod back here."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        present = condition_of(pod, "PodScheduled")
        if present is not None and condition.items() <= present.items():
            return
        self._store.mutate(
            kinds.PODS, *key_of(pod), lambda changed: binding.set_condition(changed, condition)
        )
        self._events.record_new(pod, "FailedScheduling", message, "Scheduling", warning=True)


def _nominated(pod: Object) -> str:
    """The node that is kept for a pod since others were removed for it; empty when there is none."""
    return str((pod.get("status") or {}).get("nominatedNodeName", ""))


def _makes_room(change: Change) -> bool:
    ended = has_ended(change.obj) and not (change.old and has_ended(change.old))
    return change.type == "DELETED" or ended


def _no_nodes(number: int, reasons: Counter[str]) -> str:
    """`0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.`"""
    if not number:
        return "no nodes available to schedule pods"
    counted = sorted(f"{count} {reason}" for reason, count in reasons.items() if count)
    return f"0/{number} nodes are available: {', '.join(counted)}."
