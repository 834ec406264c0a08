"""What is done in a copy that is as wanted: a shell or COMMAND, or a capture; the session around it is the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kubectl_netshoot.model import Pod
from kubectl_netshoot.request import SessionRequest, Stay

from .attachment import Attachment, Ended
from .driver import Edges
from .planning import Plan
from .undertaking import Undertaking


class Visit(Protocol):
    """One stay in the copy. Whatever either method raises, the way out is taken before it is passed on."""

    def before_join(self, copy: Pod) -> None:
        """The copy is ready and about to join its Services: the last moment to say that there is no use in it."""

    def run(self, copy: Pod) -> Ended:
        """Stay until it is over, by itself or since the inbox has a signal."""


Visiting = Callable[[Edges, Plan, SessionRequest], Visit]


@dataclass(frozen=True)
class ShellVisit:
    """A shell or COMMAND with the user's terminal."""

    edges: Edges
    plan: Undertaking
    request: Stay

    def before_join(self, copy: Pod) -> None:
        """A shell works in any copy."""

    def run(self, copy: Pod) -> Ended:
        """Attach; returns when the shell or COMMAND has ended."""
        services = self.plan.join.services
        return Attachment(
            self.edges, copy, services, self.request.shell, self.request.command, rerun=self.request.rerun
        ).run()
