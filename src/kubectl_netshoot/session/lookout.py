"""An eye on a copy of ours while somebody works in it: one that is adopted is taken out of service at once."""

from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.guard import Observed, is_ours, removable_labels
from kubectl_netshoot.marks import is_joined, mark_of
from kubectl_netshoot.model import Pod, Service

from .driver import now
from .eye import Eye

WARN_BEFORE = timedelta(minutes=5)


@dataclass
class Lookout(Eye):
    """Looks at this copy, and at the Services that it is in."""

    services: tuple[Service, ...] = ()

    def __post_init__(self) -> None:
        self.what = f"the {mark_of(self.pod).noun}"

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
        self._tell_of_deadline(found)
        self._compare_selectors()
        return goes_on

    def _tell_of_deadline(self, copy: Pod) -> None:
        deadline = copy.deadline
        if deadline and copy.active_deadline:
            left = deadline - now()
            if left <= min(WARN_BEFORE, copy.active_deadline / 5):
                self.say_once(
                    "deadline", f"{self.what} ends in {max(0, int(left.total_seconds()))} seconds (--ttl)"
                )

    def _compare_selectors(self) -> None:
        for service in self.services:
            present = self.edges.reads.service(service.name)
            if present is None:
                self.say_once(f"service {service.name}", f"Service {service.name} was deleted")
            elif present.selector != service.selector:
                self.say_once(
                    f"service {service.name}", f"the selector of Service {service.name} was changed"
                )
