"""An eye on a copy of ours while somebody works in it.

One that is adopted is taken out of service at once, and the session leaves while there is time for it.
"""

import math
import time
from dataclasses import dataclass, field
from datetime import timedelta

from kubectl_netshoot.guard import Observed, is_ours, removable_labels
from kubectl_netshoot.marks import is_joined, mark_of
from kubectl_netshoot.model import Pod, Service
from kubectl_netshoot.request import teardown_time

from .eye import Eye

WARN_BEFORE = timedelta(minutes=5)


@dataclass
class Lookout(Eye):
    """Looks at this copy, and at the Services that it is in."""

    services: tuple[Service, ...] = ()
    # By time.monotonic(): when the cluster ends it, when to leave, and when to say so.
    _ends_at: float = field(default=math.inf, init=False)
    _leave_at: float = field(default=math.inf, init=False)
    _warn_at: float = field(default=math.inf, init=False)

    def __post_init__(self) -> None:
        self.what = f"the {mark_of(self.pod).noun}"

    def begin(self) -> None:
        """Somebody begins to work in it: it was just seen."""
        super().begin()
        self._reckon(self.pod)
        self._attend_to_deadline()

    def look(self) -> bool:
        """Say what must be known now; False once there is nothing left to talk to, or no time left."""
        goes_on = super().look()
        # Also where the API server does not answer: what was known of the deadline still holds.
        self._attend_to_deadline()
        return goes_on and not self.expired

    def judge(self, found: Pod) -> bool:
        """The copy as it is now; an ApiError in the middle of it means that all is tried again soon."""
        labels = removable_labels(Observed(found)) if found.owners and is_ours(found) else ()
        if labels:
            self.say_once(
                "adopted", f"{found.owners[0]} has adopted {self.what}: taking it out of service now"
            )
            self.edges.changes.leave(found, labels)
        goes_on = super().judge(found)
        is_left = self.services and not found.owners and not found.terminating and not is_joined(found)
        if goes_on and is_left:
            self.say_once(
                "labels", f"the Services' labels were taken off {self.what}: it takes no new connections"
            )
        self._reckon(found)
        self._compare_selectors()
        return goes_on

    def _reckon(self, copy: Pod) -> None:
        """When a living session has to leave: early enough to be gone before the cluster ends its copy."""
        if not copy.deadline or not copy.active_deadline:
            return
        mark = mark_of(copy)
        left = copy.deadline - self.edges.server_time()
        stays = left - teardown_time(mark.settle, mark.drain, is_joined(copy))
        self._ends_at = time.monotonic() + left.total_seconds()
        self._leave_at = time.monotonic() + stays.total_seconds()
        self._warn_at = self._leave_at - min(WARN_BEFORE, copy.active_deadline / 5).total_seconds()

    def _attend_to_deadline(self) -> None:
        now = time.monotonic()
        if now >= self._leave_at:
            self.expired = True
            self.say_once("leaving", f"the time of {self.what} (--ttl) is nearly over: leaving now")
        elif now >= self._warn_at:
            stays, left = int(self._leave_at - now), int(self._ends_at - now)
            self.say_once(
                "deadline",
                f"{self.what} ends in {left} seconds (--ttl): leaving it in {stays}, in good order",
            )
        self.due = min(self.due, self._leave_at if now >= self._warn_at else self._warn_at)

    def _compare_selectors(self) -> None:
        for service in self.services:
            present = self.edges.reads.service(service.name)
            if present is None:
                self.say_once(f"service {service.name}", f"Service {service.name} was deleted")
            elif present.selector != service.selector:
                self.say_once(
                    f"service {service.name}", f"the selector of Service {service.name} was changed"
                )
