"""How much of each node is taken: what pods request, and what nodes have to give.

It follows the changes, and is told of a binding at once, as the scheduler's own cache is.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from fakecluster import kinds
from fakecluster.changes import Change
from fakecluster.kinds import Object
from fakecluster.objects import has_ended, uid_of
from fakecluster.quantities import quantity

Request = dict[str, Fraction]
_COUNT = "pods"
_RESOURCES = ("cpu", "memory", "ephemeral-storage")


class Capacity:
    """The pods on each node that have not ended."""

    def __init__(self) -> None:
        self._on: dict[str, dict[str, tuple[Object, Request]]] = {}

    def observe(self, change: Change) -> None:
        if change.kind is not kinds.PODS:
            return
        if change.type == "DELETED" or has_ended(change.obj):
            self._on.get(change.obj["spec"].get("nodeName", ""), {}).pop(uid_of(change.obj), None)
        else:
            self.take(change.obj)

    def take(self, pod: Object) -> None:
        """It is on its node."""
        if node := pod["spec"].get("nodeName"):
            self._on.setdefault(node, {})[uid_of(pod)] = (pod, requested(pod))

    def pods_on(self, node: str) -> list[Object]:
        return [pod for pod, _ in self._on.get(node, {}).values()]

    def lacking(
        self, node: Object, pod: Object, without: Iterable[Object] = (), and_also: Iterable[Object] = ()
    ) -> list[str]:
        """What `node` has too little of for one more pod, in the scheduler's words; empty when it fits.

        `without` are pods on it that are thought away, `and_also` those that are thought there.
        """
        away = {uid_of(p) for p in without}
        there = [r for uid, (_, r) in self._on.get(node["metadata"]["name"], {}).items() if uid not in away]
        taken = [*there, *(requested(p) for p in and_also)]
        given = (node.get("status") or {}).get("allocatable") or {}
        wanted = requested(pod)
        full = ["Too many pods"] if _COUNT in given and len(taken) + 1 > quantity(given[_COUNT]) else []
        for resource in wanted:
            used = sum((request.get(resource, Fraction(0)) for request in taken), wanted[resource])
            if used > quantity(given.get(resource, 0)):
                full.append(f"Insufficient {resource}")
        return full


def requested(pod: Object) -> Request:
    """Containers and sidecars together, or an init container with the sidecars before it, whichever is more."""
    total: Request = {}
    peak: Request = {}
    for container in pod["spec"].get("initContainers") or ():
        own = _of(container)
        if container.get("restartPolicy") == "Always":
            total = _sum(total, own)
        peak = _max(peak, total if container.get("restartPolicy") == "Always" else _sum(total, own))
    for container in pod["spec"]["containers"]:
        total = _sum(total, _of(container))
    return _max(total, peak)


def _of(container: Object) -> Request:
    found = (container.get("resources") or {}).get("requests") or {}
    return {name: quantity(found[name]) for name in _RESOURCES if name in found}


def _sum(one: Request, other: Request) -> Request:
    return {name: one.get(name, Fraction(0)) + other.get(name, Fraction(0)) for name in {**one, **other}}


def _max(one: Request, other: Request) -> Request:
    return {name: max(one.get(name, Fraction(0)), other.get(name, Fraction(0))) for name in {**one, **other}}
