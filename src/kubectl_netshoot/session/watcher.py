"""What is watched while somebody works in a pod, a copy or an added container; what must be known is said once."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.model import Pod, Service
from kubectl_netshoot.rules.guard import Observed, removable_labels
from kubectl_netshoot.rules.marks import is_joined, is_ours, mark_of
from kubectl_netshoot.rules.request import teardown_time
from kubectl_netshoot.session.added import AddedContainer
from kubectl_netshoot.session.edges import Edges, now

LOOK_SECONDS = 10.0
AGAIN_SECONDS = 1.0


@dataclass
class PodWatcher:
    """Looks at this pod; `tell` says a line to the person. `due` is the time.monotonic() of the next look."""

    edges: Edges
    pod: Pod
    tell: Callable[[str], None]
    what: str = "the pod"
    due: float = field(default=0.0, init=False)
    # Set once it is time to leave, so that the cluster need not end the pod.
    expired: bool = field(default=False, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    def begin(self) -> None:
        """Somebody begins to work in it: it was just seen."""
        self.due = time.monotonic() + LOOK_SECONDS

    def look(self) -> bool:
        """Say what must be known now; False once there is nothing left to talk to."""
        self.due = time.monotonic() + LOOK_SECONDS
        try:
            found = self.edges.reads.pod(self.pod.name)
            if found is None or found.uid != self.pod.uid:
                self.say_once("gone", f"{self.what} was deleted by somebody else")
                return False
            return self.judge(found)
        except ApiError as error:
            # What could not be done or seen is tried again soon.
            self.due = time.monotonic() + AGAIN_SECONDS
            if "api" not in self._told:
                self._told.add("api")
                self.edges.terminal.detail(f"{self.what} cannot be looked at: {error.message}")
            return True

    def judge(self, found: Pod) -> bool:
        """What there is to say of the pod as it is now; False once it has ended."""
        if found.finished:
            self.say_once("ended", f"{self.what} has ended: {found.reason or found.phase}")
        elif found.terminating:
            self.say_once("deleted", f"{self.what} is being deleted by somebody else")
        return not found.finished

    def still_runs(self) -> bool:
        """Whether it is worth while to come back after a lost connection."""
        try:
            found = self.edges.reads.pod(self.pod.name)
        except ApiError:
            # Not known: somebody who lost a connection may well be without a network for a moment.
            return True
        return found is not None and found.uid == self.pod.uid and self.runs(found)

    def runs(self, found: Pod) -> bool:
        """Whether this pod, as it is now, is one to work in."""
        return not found.finished and not found.terminating

    def say_once(self, topic: str, text: str) -> None:
        if topic not in self._told:
            self._told.add(topic)
            self.tell(text)


WARN_BEFORE = timedelta(minutes=5)


@dataclass
class SessionWatcher(PodWatcher):
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
        # As it was when we came, too: whoever has seen it start knows better than a node whose clock is ahead.
        left = min(copy.deadline, self.pod.deadline or copy.deadline) - self.edges.reads.now()
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
                f"{self.what} ends in {left} seconds (--ttl): leaving it in {stays}",
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


# Its own clock began when it was started, which we only see later.
ABOUT = timedelta(seconds=5)


@dataclass(kw_only=True)
class ContainerWatcher(PodWatcher):
    """Looks at this container; `ends` is when its own time is over."""

    added: AddedContainer
    ends: datetime

    def judge(self, found: Pod) -> bool:
        """The pod as it is now; an added container ends with the one whose processes it shares."""
        if not super().judge(found):
            return False
        if self.added.has_ended(found):
            self.say_once("container", f"container {self.added.name} has ended{self._why()}")
            return False
        left = self.ends - now()
        if left <= min(WARN_BEFORE, self.added.candidate.container.life / 5):
            seconds = max(0, int(left.total_seconds()))
            self.say_once("time", f"container {self.added.name} ends in {seconds} seconds (--ttl)")
        return True

    def runs(self, found: Pod) -> bool:
        """Whether there is something to come back to."""
        return super().runs(found) and not self.added.has_ended(found)

    def _why(self) -> str:
        if now() >= self.ends - ABOUT:
            return ": its time (--ttl) is over"
        target = self.added.candidate.container.target
        return f", perhaps since {target} was restarted" if target else ""
