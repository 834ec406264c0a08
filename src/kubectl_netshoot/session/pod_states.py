"""Pods that are compared with a copy, looked at side by side: each as the API has it, and how it stands."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Json
from kubectl_netshoot.kube.parse import named, reading
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod, ServiceEndpoints
from kubectl_netshoot.rules.logs import LogCount, total
from kubectl_netshoot.rules.pod_state import PodState, pod_state

PARALLEL = 8
# Of a Service with hundreds of endpoints so many tell how the others are.
MOST_OTHERS = 10


@dataclass(frozen=True)
class Window:
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


def look_at(reads: Reads, names: Iterable[str], window: Window) -> tuple[Seen, ...]:
    """These pods, without those that are gone. Raises ApiError where one cannot be read."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        found = pool.map(lambda name: _look_at(reads, name, window), dict.fromkeys(names))
        return tuple(seen for seen in found if seen)


def _look_at(reads: Reads, name: str, window: Window) -> Seen | None:
    # The source's name is what an annotation says.
    found = reads.pod_as_sent(named(name, "pod"))
    return look(reads, *found, window) if found else None


def look(reads: Reads, pod: Pod, item: Json, window: Window) -> Seen:
    """How this pod stands, with its log. Raises ApiError for what is no pod."""
    log, unread = None, ""
    try:
        log = _log(reads, pod, window)
    except ApiError as error:
        unread = error.message
    with reading("a pod"):
        return Seen(pod, item, pod_state(pod, item, log), unread)


def _log(reads: Reads, pod: Pod, window: Window) -> LogCount:
    since = max(window.since, pod.started or window.since)
    own = [c.name for c in pod.containers if not (pod.session and c.name == pod.tools)]
    return total(reads.log_count(pod.name, name, since, window.until) for name in own)
