"""One pod and the container that would come into it, before anything is changed."""

from collections.abc import Callable
from dataclasses import dataclass

from kubectl_netshoot.config import Pinned, Target
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.rights import Review
from kubectl_netshoot.session.choosing import Chosen, choose
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.picking import asker
from kubectl_netshoot.session.rights import Wanted, reviewed
from kubectl_netshoot.targets import AnyTarget, named_pod

from .proposal import Candidate, Proposing, Wish, check_addable


@dataclass(frozen=True)
class AddedPlan:
    """What would be done. Nothing has been changed."""

    place: Target
    chosen: Chosen
    candidate: Candidate
    rights: Review
    wanted: Wanted

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known beforehand."""
        return (*self.chosen.notes, *self.candidate.notes, *self.rights.notes)


@dataclass(frozen=True)
class Planning:
    """Finds the pod that TARGET means (`pick`: a person chooses) and what to ask for; `wanted` is what will be done.

    `share` looks at the chosen pod, and says whose processes the container shares; what it raises ends the plan.
    """

    target: AnyTarget
    pick: bool
    wish: Wish
    wanted: Wanted
    share: Callable[[Chosen], str] = lambda _: ""

    def plan(self, pinned: Pinned, edges: Edges, debug: DebugHelp) -> AddedPlan:
        """Raises NetshootError where there is no such pod or none to add to, RefusedError for what the API refuses."""
        reads, place = edges.reads, pinned.target
        with reviewed(reads, self.wanted, place, named_pod(self.target)) as asked:
            chosen = choose(self.target, reads, place, asker(self.pick, edges.terminal, edges.inbox))
            check_addable(chosen.pod, place)
            shared = self.share(chosen)
            candidate = Proposing(self.wish, reads, debug, pinned).propose(
                chosen.pod, chosen.sent, reads.enforced_level(), shared
            )
            return AddedPlan(place, chosen, candidate, asked.result(), self.wanted)
