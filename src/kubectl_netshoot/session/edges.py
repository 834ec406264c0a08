"""The outside as one value, and the clock by which this process measures."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.changes import Changes
from kubectl_netshoot.kube.kubectl import Kubectl
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.watch import Watcher
from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.terminal import Terminal


@dataclass(frozen=True)
class Edges:
    """The outside, as one value: what is read, what is changed, kubectl, the person, and what wakes us."""

    reads: Reads
    changes: Changes
    kubectl: Kubectl
    terminal: Terminal
    inbox: Inbox

    @classmethod
    def of(cls, fetch: Fetch, kubectl: Kubectl, terminal: Terminal, inbox: Inbox) -> "Edges":
        """In the namespace that both are pinned to."""
        return cls(Reads(fetch), Changes(fetch.api, fetch.namespace), kubectl, terminal, inbox)

    def watcher(self) -> Watcher:
        """Wakes whoever waits for the inbox."""
        return Watcher(self.reads.fetch.api, self.reads.fetch.namespace, self.inbox.wake)


_STARTED, _TICKING = datetime.now(timezone.utc), time.monotonic()


def now() -> datetime:
    """A stopwatch in the form of a date: durations are by the monotonic clock, whatever is done to the wall clock.

    What the server's times are compared with is the server's own clock (`Reads.now`).
    """
    return _STARTED + timedelta(seconds=time.monotonic() - _TICKING)
