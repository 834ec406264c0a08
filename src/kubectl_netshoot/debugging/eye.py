"""An eye on the added container while somebody works in it: its pod, its own end, and its time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kubectl_netshoot.added import AddedContainer
from kubectl_netshoot.model import Pod
from kubectl_netshoot.session.driver import now
from kubectl_netshoot.session.eye import Eye

WARN_BEFORE = timedelta(minutes=5)
# Its own clock began when it was started, which we only see later.
ABOUT = timedelta(seconds=5)


@dataclass(kw_only=True)
class ContainerEye(Eye):
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
