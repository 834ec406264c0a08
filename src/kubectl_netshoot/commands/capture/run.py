"""The command from the request to its exit status: in a copy by a session, or live; planned only, for --dry-run."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from kubectl_netshoot.commands.capture.live import run_live, show_live_plan
from kubectl_netshoot.commands.capture.outputs import Explain, Outputs, check_beforehand
from kubectl_netshoot.commands.capture.recording import Recording, Spot, check
from kubectl_netshoot.commands.capture.request import CaptureRequest, Where
from kubectl_netshoot.commands.capture.silence import Place
from kubectl_netshoot.kube.connection import Connection
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.topology import worded
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.plan import Plan
from kubectl_netshoot.session.session import run_session, show_session_plan
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.session.tools.tcpdump import no_raw_sockets
from kubectl_netshoot.session.visit import Visit
from kubectl_netshoot.session.watcher import Lookout
from kubectl_netshoot.terminal import Terminal


def capturing(request: CaptureRequest, explain: Explain) -> Callable[[Edges, Plan, SessionRequest], Visit]:
    """What a session is given in the place of a shell; `explain` is for --explain."""

    def visit(edges: Edges, plan: Plan, _: SessionRequest) -> Visit:
        if plan.profile.rules_out_raw_sockets:
            raise no_raw_sockets(
                f"{plan.profile.notes[0]} (profile {plan.profile.profile}: {plan.profile.reason})"
            )
        explained = partial(explain, edges.reads.fetch, [plan.copy.name])
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


def run_capture(
    request: CaptureRequest,
    connection: Connection,
    terminal: Terminal,
    show: Callable[[Plan], None],
    explain: Explain,
) -> int:
    """The exit status. `show` prints the plan of a copy, `explain` makes what says the packets.

    Raises UsageError for a filter that tcpdump does not take, and what run_session raises.
    """
    check_beforehand(request)
    dry = request.session.dry_run
    if request.where is Where.LIVE:
        if dry:
            return show_live_plan(request, connection, terminal)
        return run_live(request, connection, terminal, explain)
    session = request.session
    if not dry:
        return run_session(session, connection, terminal, show, capturing(request, explain))
    return show_session_plan(session, connection, terminal, show)
