"""Which pods a ReplicaSet deletes first when it has too many. Pure; the order is kube-controller-manager's."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cmp_to_key

from fakecluster.kinds import Object
from fakecluster.objects import condition_of, is_active, is_ready
from fakecluster.timestamps import parse

_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def choose(pods: Sequence[Object], count: int, related: Sequence[Object], now: datetime) -> list[Object]:
    """`count` of `pods`; `related` are those of all ReplicaSets of the same owner."""
    on_node = Counter(pod["spec"].get("nodeName", "") for pod in related if is_active(pod))

    def compare(one: Object, other: Object) -> int:
        keys = [_rank(pod, on_node) for pod in (one, other)]
        if keys[0] != keys[1]:
            return -1 if keys[0] < keys[1] else 1
        return _by_readiness(one, other, now) or _by_restarts_and_age(one, other, now)

    return sorted(pods, key=cmp_to_key(compare))[:count]


def _rank(pod: Object, on_node: Counter[str]) -> tuple[bool, int, bool, int, int]:
    """Unassigned, then pending, then not ready, then cheap, then crowded first."""
    node = pod["spec"].get("nodeName", "")
    phase = _PHASES.get((pod.get("status") or {}).get("phase", "Pending"), 0)
    return bool(node), phase, is_ready(pod), _cost(pod), -on_node[node]


def _cost(pod: Object) -> int:
    text = (pod["metadata"].get("annotations") or {}).get(_COST, "0")
    try:
        return int(text)
    except ValueError:
        return 0


def _by_readiness(one: Object, other: Object, now: datetime) -> int:
    """The one that became ready later first; about the same is the same."""
    times = [ready["lastTransitionTime"] for pod in (one, other) if (ready := condition_of(pod, "Ready"))]
    if len(times) < 2 or times[0] == times[1] or not is_ready(one):
        return 0
    return _younger(times[0], times[1], now) or _by_uid(one, other)


def _by_restarts_and_age(one: Object, other: Object, now: datetime) -> int:
    if restarts := _restarts(other) - _restarts(one):
        return restarts
    created = [pod["metadata"]["creationTimestamp"] for pod in (one, other)]
    return _younger(created[0], created[1], now) or _by_uid(one, other)


def _younger(one: str, other: str, now: datetime) -> int:
    """Ages are compared by their logarithm, so that pods of about the same age are chosen among at random."""
    return _log_age(one, now) - _log_age(other, now)


def _log_age(time: str, now: datetime) -> int:
    nanoseconds = (now - parse(time)).total_seconds() * 1e9
    return int(math.log2(nanoseconds)) if nanoseconds > 0 else -1


def _by_uid(one: Object, other: Object) -> int:
    return -1 if one["metadata"]["uid"] < other["metadata"]["uid"] else 1


def _restarts(pod: Object) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return max((status["restartCount"] for status in statuses), default=0)
