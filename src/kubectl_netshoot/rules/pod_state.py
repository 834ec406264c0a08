"""How a pod stands, for a comparison with others: ready, restarted, and what its log says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.logs import LogCount
from kubectl_netshoot.rules.marks import parse_time

Json = dict[str, Any]


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
