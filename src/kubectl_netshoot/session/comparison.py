"""Pods looked at beside a copy with something set in it, and the last look as it leaves: how it stood in service."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.parse import named, reading
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Json, Pod, ServiceEndpoints
from kubectl_netshoot.rules.listing import number, span
from kubectl_netshoot.rules.marks import joined_at
from kubectl_netshoot.rules.pod_state import LogCount, PodState, pod_state, total

PARALLEL = 8
# Of a Service with hundreds of endpoints so many tell how the others are.
MOST_OTHERS = 10


@dataclass(frozen=True)
class LogPeriod:
    """From when to when logs are counted, by the server's clock."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Seen:
    """A pod, `item` as the API has it; `unread` is why its log could not be counted."""

    pod: Pod
    item: Json
    state: PodState
    unread: str = ""


def others_of(services: Iterable[ServiceEndpoints], uid: str) -> list[str]:
    """The names of the endpoints beside the copy with this uid, those first that get new connections."""
    found = [e for service in services for e in service.endpoints if e.pod and e.is_other(uid)]
    return list(dict.fromkeys(e.pod for e in sorted(found, key=lambda e: (not e.ready, e.pod))))


def look_at(reads: Reads, names: Iterable[str], window: LogPeriod) -> tuple[Seen, ...]:
    """These pods, without those that are gone. Raises ApiError where one cannot be read."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        found = pool.map(lambda name: _look_at(reads, name, window), dict.fromkeys(names))
        return tuple(seen for seen in found if seen)


def _look_at(reads: Reads, name: str, window: LogPeriod) -> Seen | None:
    # The source's name is what an annotation says.
    found = reads.pod_as_sent(named(name, "pod"))
    return look(reads, *found, window) if found else None


def look(reads: Reads, pod: Pod, item: Json, window: LogPeriod) -> Seen:
    """How this pod stands, with its log. Raises ApiError for what is no pod."""
    log, unread = None, ""
    try:
        log = _log(reads, pod, window)
    except ApiError as error:
        unread = error.message
    with reading("a pod"):
        state = pod_state(pod, item, log)
    if log and state.restarted and state.restarted >= window.since:
        # What was logged before is not counted.
        state = replace(state, log=replace(log, cut=True))
    return Seen(pod, item, state, unread)


def _log(reads: Reads, pod: Pod, window: LogPeriod) -> LogCount:
    since = max(window.since, pod.started or window.since)
    own = [c.name for c in (*pod.containers, *pod.sidecars) if not (pod.session and c.name == pod.tools)]
    return total(reads.log_count(pod.name, name, since, window.until) for name in own)


# So much of what is set is named in a line.
NAMED = 3


@dataclass(frozen=True)
class LastLook:
    """The copy, and the `others` that were looked at, of so many `endpoints`; their logs are those since the join."""

    copy: PodState
    others: tuple[PodState, ...]
    endpoints: int
    joined: datetime

    @property
    def restarted(self) -> int:
        """How many of the others were started again since the join."""
        return sum(1 for state in self.others if state.restarted and state.restarted >= self.joined)


def take_last_look(reads: Reads, copy: Pod, services: Iterable[ServiceEndpoints]) -> LastLook | None:
    """Look at the copy and at the other endpoints that its Services had; None for one that was not joined, or is gone.

    Raises ApiError.
    """
    joined = joined_at(copy)
    if joined is None:
        return None
    names = others_of(services, copy.uid)
    window = LogPeriod(joined, reads.now())
    seen = {one.pod.name: one.state for one in look_at(reads, [copy.name, *names[:MOST_OTHERS]], window)}
    own = seen.pop(copy.name, None)
    return LastLook(own, tuple(seen.values()), len(names), joined) if own else None


def last_lines(look: LastLook, set_names: Sequence[str], copy: Pod, in_service: timedelta) -> Iterator[str]:
    """A line of the copy, by what is set in it, and one of the others; only what is known."""
    named = [_named(name, copy) for name in set_names]
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    restarts = number(look.copy.restarts, "restart") if look.copy.restarts else "no restart"
    parts = [f"{span(in_service)} in service", restarts, *_errors([look.copy], "in its log")]
    yield f"with {', '.join([*named[:NAMED], *more])}: {', '.join(parts)}"
    if look.others:
        many = f"{len(look.others)} of " if look.endpoints > len(look.others) else ""
        parts = [many + number(look.endpoints, "pod"), f"{look.restarted or 'none'} restarted"]
        yield f"the others: {', '.join([*parts, *_errors(look.others, 'in their logs')])}"


def _named(name: str, copy: Pod) -> str:
    kind, _, container = name.partition(" ")
    image = next((c.image for c in (*copy.containers, *copy.sidecars) if c.name == container), "")
    return f"image {image}" if kind == "image" and image else name


def _errors(states: Sequence[PodState], where: str) -> Iterator[str]:
    """How many error lines, where every log was read."""
    if found := _counted(states):
        yield f"{'at least ' if found.cut else ''}{number(found.errors, 'error line')} {where}"


def last_look_json(look: LastLook | None) -> dict[str, Any] | None:
    """The same for --summary; an error count is None where a log was not read."""
    if look is None:
        return None
    return {
        "restarts": look.copy.restarts,
        "errorLines": _count([look.copy]),
        "others": {
            "endpoints": look.endpoints,
            "lookedAt": len(look.others),
            "restarted": look.restarted,
            "errorLines": _count(look.others),
        },
    }


def _count(states: Sequence[PodState]) -> int | None:
    found = _counted(states)
    return found.errors if found else None


def _counted(states: Sequence[PodState]) -> LogCount | None:
    """Of all their logs; None where one was not read."""
    logs = [state.log for state in states if state.log]
    return total(logs) if len(logs) == len(states) else None
