"""An eye on a pod while somebody works in it: looked at now and then, and what must be known is said once.

Changes nothing: the pod may be anybody's.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.model import Pod

from .driver import Edges

LOOK_SECONDS = 10.0
AGAIN_SECONDS = 1.0


@dataclass
class Eye:
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
