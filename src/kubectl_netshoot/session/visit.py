"""What a session must know of its pod, and what is done in it once it is as wanted: a shell, COMMAND, or a capture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kubectl_netshoot.kube.connection import Target
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.hazard import Hazard
from kubectl_netshoot.rules.hazards.join import JoinPlan
from kubectl_netshoot.rules.marks import Mark
from kubectl_netshoot.rules.profiles import Choice
from kubectl_netshoot.rules.request import SessionRequest, Stay
from kubectl_netshoot.rules.rights import Review
from kubectl_netshoot.session.access import Wanted
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.plan import Plan
from kubectl_netshoot.session.shell import Attachment, Ended


class Undertaking(Protocol):
    """A plan that a session can carry out; nothing has been changed so far.

    `name` is the name of the pod that would be made, `where` what is said of its place, `kubectl_command` the kubectl
    call that makes it, where there is one.
    """

    @property
    def target(self) -> Target: ...

    @property
    def join(self) -> JoinPlan: ...

    @property
    def mark(self) -> Mark: ...

    @property
    def profile(self) -> Choice: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def rights(self) -> Review: ...

    @property
    def wanted(self) -> Wanted: ...

    @property
    def name(self) -> str: ...

    @property
    def where(self) -> str: ...

    @property
    def kubectl_command(self) -> tuple[str, ...]: ...

    def may_begin(self, allow: frozenset[str]) -> bool:
        """Whether a session would go beyond the plan: no right is missing, and no hazard stands in the way."""

    def make(self, edges: Edges) -> Pod | None:
        """Create the pod; the pod itself where the answer tells. Raises NetshootError with the reason."""

    def inspect(self, reads: Reads, copy: Pod) -> tuple[Hazard, ...]:
        """What was done that was not planned, asked once, right after the pod was made. Raises ApiError."""

    def reconsider(self, reads: Reads, copy: Pod, allow: frozenset[str]) -> str:
        """Why the plan, judged again on the pod and what is there now, must not be carried out; empty where it may."""


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
