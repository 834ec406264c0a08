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
from kubectl_netshoot.rules.open_connections import Accepted
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
# Of error lines a minute, as they are shown.
LEAST_RATE = 0.05


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


def last_lines(
    look: LastLook | None,
    unseen: str,
    set_names: Sequence[str],
    copy: Pod,
    in_service: timedelta,
    accepted: Accepted | None,
) -> Iterator[str]:
    """A line of what is set and how long it served, one of the copy, one of the others.

    Without a look `unseen` says why there is none, and nothing where the copy was not seen to leave.
    """
    named = [_named(name, copy) for name in set_names]
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    time = f"{span(in_service)} in service" if look or unseen else f"joined {span(in_service)} ago"
    yield f"with {', '.join([*named[:NAMED], *more])}: {time}, {_connections(accepted)}"
    if look is None:
        yield f"the copy and the others: not known, {unseen or 'it was not seen to leave its Services'}"
        return
    restarts = number(look.copy.restarts, "restart") if look.copy.restarts else "no restart"
    yield f"the copy: {restarts}, {_errors([look.copy])}"
    yield f"the others: {_others(look)}"


def _connections(accepted: Accepted | None) -> str:
    if accepted is None:
        return "connections not known"
    probes = f", up to {accepted.probes} of them probes" if accepted.probes else ""
    least = "at least " if accepted.or_more else ""
    return f"{least}{number(accepted.number, 'connection')} since its start{probes}"


def _others(look: LastLook) -> str:
    if not look.others:
        return f"none of {number(look.endpoints, 'pod')} is there any more" if look.endpoints else "none"
    many = f"{len(look.others)} of " if look.endpoints > len(look.others) else ""
    each = " each" if len(look.others) > 1 else ""
    restarted = f"{look.restarted or 'none'} restarted"
    return f"{many}{number(look.endpoints, 'pod')}, {restarted}, {_errors(look.others, each)}"


def _named(name: str, copy: Pod) -> str:
    kind, _, container = name.partition(" ")
    image = next((c.image for c in (*copy.containers, *copy.sidecars) if c.name == container), "")
    return f"image {image}" if kind == "image" and image else name


def _errors(states: Sequence[PodState], each: str = "") -> str:
    """How many error lines, and how often in each log, where every one was read."""
    found = _counted(states)
    if found is None:
        return "error lines not known"
    lines = f"{'at least ' if found.cut else ''}{number(found.errors, 'error line')}"
    if not found.errors:
        return lines
    rate = found.a_minute / len(states)
    return f"{lines}, {f'{rate:.1f}' if rate >= LEAST_RATE else 'fewer than 0.1'} a minute{each}"


def connections_json(accepted: Accepted | None) -> dict[str, Any] | None:
    """For --summary: what the first of these lines says of connections."""
    if accepted is None:
        return None
    return {"accepted": accepted.number, "orMore": accepted.or_more, "probes": accepted.probes}


def last_look_json(look: LastLook | None) -> dict[str, Any] | None:
    """For --summary: what the lines of the copy and the others say; of logs None where one was not read."""
    if look is None:
        return None
    return {
        "restarts": look.copy.restarts,
        **_errors_json([look.copy]),
        "others": {
            "endpoints": look.endpoints,
            "lookedAt": len(look.others),
            "restarted": look.restarted,
            **_errors_json(look.others),
        },
    }


def _errors_json(states: Sequence[PodState]) -> dict[str, Any]:
    """The rate is that in each log."""
    found = _counted(states)
    rate = round(found.a_minute / len(states), 3) if found else None
    return {"errorLines": found.errors if found else None, "errorLinesPerMinute": rate}


def _counted(states: Sequence[PodState]) -> LogCount | None:
    """Of all their logs; None where one was not read, or there is none."""
    logs = [state.log for state in states if state.log]
    return total(logs) if logs and len(logs) == len(states) else None
