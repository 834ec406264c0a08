"""What a session must know of its pod, be it a copy, a throwaway pod or one on a node."""

from typing import Protocol

from kubectl_netshoot.cluster import Reads
from kubectl_netshoot.config import Target
from kubectl_netshoot.join import Hazard, JoinPlan
from kubectl_netshoot.marks import Mark
from kubectl_netshoot.model import Pod
from kubectl_netshoot.profiles import Choice
from kubectl_netshoot.rights import Review

from .driver import Edges
from .rights import Wanted


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
