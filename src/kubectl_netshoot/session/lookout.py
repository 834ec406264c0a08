"""An eye on a copy while somebody works in it: what must be known is said once, and an adopted copy is taken out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.guard import foreign_labels
from kubectl_netshoot.model import Pod, Service

from .driver import Edges, now

LOOK_SECONDS = 10.0
AGAIN_SECONDS = 1.0
WARN_BEFORE = timedelta(minutes=5)


@dataclass
class Lookout:
    """Looks at this copy; `tell` says a line to the person. `due` is the time.monotonic() of the next look."""

    edges: Edges
    copy: Pod
    services: tuple[Service, ...]
    tell: Callable[[str], None]
    due: float = 0.0
    _told: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Somebody begins to work in it: it was just seen."""
        self.due = time.monotonic() + LOOK_SECONDS

    def look(self) -> bool:
        """Say what must be known now; False once the copy is gone and the child has nothing to talk to."""
        self.due = time.monotonic() + LOOK_SECONDS
        try:
            copy = self.edges.reads.pod(self.copy.name)
            if copy is None or copy.uid != self.copy.uid:
                self._tell("gone", "the copy was deleted by somebody else")
                return False
            self._judge(copy)
            self._compare_selectors()
        except ApiError as error:
            # An adopted copy must come out at once: what could not be done or seen is tried again soon.
            self.due = time.monotonic() + AGAIN_SECONDS
            self._tell_once_in_detail(error)
            return True
        return not copy.finished

    def _judge(self, copy: Pod) -> None:
        if copy.owners and foreign_labels(copy):
            self._tell("adopted", f"{copy.owners[0]} has adopted the copy: taking it out of service now")
            self.edges.changes.leave(copy, [(key, copy.labels[key]) for key in foreign_labels(copy)])
        if copy.finished:
            self._tell("ended", f"the copy has ended: {copy.reason or copy.phase}")
        elif copy.terminating:
            self._tell("deleted", "the copy is being deleted by somebody else")
        elif self.services and not copy.owners and not foreign_labels(copy):
            self._tell("labels", "the Services' labels were taken off the copy: it takes no new connections")
        deadline = copy.deadline
        if deadline and copy.active_deadline:
            left = deadline - now()
            if left <= min(WARN_BEFORE, copy.active_deadline / 5):
                self._tell(
                    "deadline", f"the copy ends in {max(0, int(left.total_seconds()))} seconds (--ttl)"
                )

    def _compare_selectors(self) -> None:
        for service in self.services:
            present = self.edges.reads.service(service.name)
            if present is None:
                self._tell(f"service {service.name}", f"Service {service.name} was deleted")
            elif present.selector != service.selector:
                self._tell(f"service {service.name}", f"the selector of Service {service.name} was changed")

    def _tell(self, topic: str, text: str) -> None:
        if topic not in self._told:
            self._told.add(topic)
            self.tell(text)

    def _tell_once_in_detail(self, error: ApiError) -> None:
        if "api" not in self._told:
            self._told.add("api")
            self.edges.terminal.detail(f"the copy cannot be looked at: {error.message}")
