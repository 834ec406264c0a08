"""A capture in a copy: it takes the place of the shell in a session, and everything around it is the session's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from kubectl_netshoot.join import worded
from kubectl_netshoot.model import Pod
from kubectl_netshoot.request import SessionRequest
from kubectl_netshoot.session.attachment import Ended
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.lookout import Lookout
from kubectl_netshoot.session.planning import Plan
from kubectl_netshoot.session.visit import Visit

from .explaining import ExplainOutput, Show
from .outputs import Outputs
from .recording import Recording, Spot, check
from .request import CaptureRequest
from .silence import Place
from .tcpdump import no_raw_sockets


def capturing(request: CaptureRequest, show: Show) -> Callable[[Edges, Plan, SessionRequest], Visit]:
    """What a session is given in the place of a shell; `show` is for --explain."""

    def visit(edges: Edges, plan: Plan, _: SessionRequest) -> Visit:
        if plan.profile.rules_out_raw_sockets:
            raise no_raw_sockets(
                f"{plan.profile.notes[0]} (profile {plan.profile.profile}: {plan.profile.reason})"
            )
        explained = partial(ExplainOutput, show, edges.reads.fetch, [plan.copy.name])
        outputs = Outputs(request, [plan.join.source.name], explained, edges.inbox.wake)
        return CaptureVisit(edges, plan, request, outputs)

    return visit


@dataclass
class CaptureVisit:
    """One capture in one copy."""

    edges: Edges
    plan: Plan
    request: CaptureRequest
    outputs: Outputs
    _checked: bool = field(default=False, init=False)

    def before_join(self, copy: Pod) -> None:
        """What tcpdump would refuse is refused before anybody's traffic is taken."""
        check(self._spot(copy), self.request, self.edges)
        self._checked = True

    def run(self, copy: Pod) -> Ended:
        """Capture; a lost connection is not come back to: what is captured is told and kept."""
        if not self._checked:
            check(self._spot(copy), self.request, self.edges)
        lookout = Lookout(self.edges, copy, self.edges.terminal.warn, services=self.plan.join.services)
        lookout.begin()
        recording = Recording(
            self.request, self.edges, self.outputs, self._place(), lambda woken: _look(lookout, woken)
        )
        whole = recording.run([self._spot(copy)])
        return Ended(0, lost=not whole and not lookout.expired, expired=lookout.expired)

    def _spot(self, copy: Pod) -> Spot:
        return Spot(copy.name, copy.tools, self.plan.copy.image, self.plan.copy.profile)

    def _place(self) -> Place:
        shares = tuple(f"{name}: about {worded(found)}" for name, found in self.plan.join.shares)
        hazards = tuple((hazard.id, hazard.what) for hazard in self.plan.join.hazards)
        return Place(False, self.request.interface, self.request.filter, shares, hazards)


def _look(lookout: Lookout, woken: bool) -> bool:
    return lookout.look() if woken or time.monotonic() >= lookout.due else True
