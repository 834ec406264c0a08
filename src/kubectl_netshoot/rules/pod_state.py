"""How a pod stands, for a comparison with others: ready, restarted, and what its log tells without being read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kubectl_netshoot.model import Json, Pod
from kubectl_netshoot.rules.marks import parse_time

# What an application's log calls an error, or an access log an answer of 5xx.
_ERROR = re.compile(r"\b(error|exception|fatal|panic|critical|traceback)\b|\" 5[0-9]{2} ", re.IGNORECASE)
# The API writes nanoseconds, which Python 3.10 cannot read.
_FRACTION = re.compile(r"\.\d+")
_MINUTE = timedelta(minutes=1)


def is_error(line: str) -> bool:
    """Whether the line looks like one of an error."""
    return bool(_ERROR.search(line))


@dataclass(frozen=True)
class LogCount:
    """Lines of a log, and those that look like errors; `a_minute`: of these, where anything was logged over any time.

    `cut`: there is more than was read, and the rate is that of what was.
    """

    lines: int = 0
    errors: int = 0
    a_minute: float = 0.0
    cut: bool = False


def count(text: str, since: datetime, until: datetime, cut: bool) -> LogCount:
    """The lines of a log that was asked for with timestamps, from `since` on; `cut` where it goes on."""
    lines = text.splitlines()
    if cut:
        # Of the last one there may be a part only.
        *lines, _ = lines
        until = max((t for line in reversed(lines[-2:]) if (t := _time(line))), default=until)
    errors = sum(is_error(line.partition(" ")[2]) for line in lines)
    minutes = (until - since) / _MINUTE
    return LogCount(len(lines), errors, errors / minutes if minutes > 0 else 0.0, cut)


def total(counts: Iterable[LogCount]) -> LogCount:
    """Those of several containers together."""
    found = list(counts)
    return LogCount(
        sum(c.lines for c in found),
        sum(c.errors for c in found),
        sum(c.a_minute for c in found),
        any(c.cut for c in found),
    )


def _time(line: str) -> datetime | None:
    return parse_time(_FRACTION.sub("", line.partition(" ")[0]))


@dataclass(frozen=True)
class PodState:
    """Of a pod's own containers, ours left out. `restarted` is when one was started again last.

    `log` is what they have logged since the moment that was asked for, None where it cannot be read.
    """

    name: str
    uid: str
    ready: bool
    restarts: int
    restarted: datetime | None = None
    log: LogCount | None = None


def pod_state(pod: Pod, item: Json, log: LogCount | None) -> PodState:
    """The state of this pod, which is `item` as the API has it."""
    statuses = [
        status
        for key in ("initContainerStatuses", "containerStatuses")
        for status in (item.get("status") or {}).get(key) or []
        if not (pod.session and status["name"] == pod.tools)
    ]
    ends = [
        parse_time(((s.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or "")
        for s in statuses
    ]
    restarts = sum(status.get("restartCount", 0) for status in statuses)
    return PodState(pod.name, pod.uid, pod.ready, restarts, max(filter(None, ends), default=None), log)
