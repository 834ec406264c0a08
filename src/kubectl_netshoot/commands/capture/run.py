"""The command from the request to its exit status: in a copy by a session, or live."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from kubectl_netshoot.commands.capture.live import plan_live, run_live
from kubectl_netshoot.commands.capture.names import names
from kubectl_netshoot.commands.capture.outputs import Explain, Outputs, check_beforehand
from kubectl_netshoot.commands.capture.recording import Recording, Spot, check
from kubectl_netshoot.commands.capture.request import CaptureRequest, Where
from kubectl_netshoot.commands.capture.silence import Place
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.topology import worded
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.plan import CopyPlan, Plan, PodPlan
from kubectl_netshoot.session.session import plan_session, run_session
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.session.tools.tcpdump import no_raw_sockets
from kubectl_netshoot.session.watcher import SessionWatcher
from kubectl_netshoot.terminal import Terminal


def capturing(request: CaptureRequest, explain: Explain, edges: Edges, plan: CopyPlan) -> "CopyCapture":
    """What a session does in the place of a shell; `explain` is for --explain. Raises where tcpdump could not work."""
    if plan.profile.rules_out_raw_sockets:
        raise no_raw_sockets(
            f"{plan.profile.notes[0]} (profile {plan.profile.profile}: {plan.profile.reason})"
        )
    explained = partial(explain, edges.reads.fetch, [plan.copy.name])
    called = partial(names, edges.reads.fetch, nodes=True)
    outputs = Outputs(request, [plan.join.source.name], explained, edges.inbox.wake, called)
    return CopyCapture(edges, plan, request, outputs)


@dataclass
class CopyCapture:
    """One capture in one copy."""

    edges: Edges
    plan: CopyPlan
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
        watcher = SessionWatcher(self.edges, copy, self.edges.terminal.warn, services=self.plan.join.services)
        watcher.begin()
        recording = Recording(
            self.request, self.edges, self.outputs, self._place(), lambda woken: _look(watcher, woken)
        )
        whole = recording.run([self._spot(copy)])
        return Ended(0, lost=not whole and not watcher.expired, expired=watcher.expired)

    def _spot(self, copy: Pod) -> Spot:
        return Spot(copy.name, copy.tools, self.plan.copy.image, self.plan.copy.profile)

    def _place(self) -> Place:
        shares = tuple(f"{name}: about {worded(found)}" for name, found in self.plan.join.shares)
        hazards = tuple((hazard.id, hazard.what) for hazard in self.plan.join.hazards)
        return Place(False, self.request.interface, self.request.filter, shares, hazards)


def _look(watcher: SessionWatcher, woken: bool) -> bool:
    return watcher.look() if woken or time.monotonic() >= watcher.due else True


def plan_capture(request: CaptureRequest, connection: Connection, terminal: Terminal) -> Plan:
    """The plan alone, for --dry-run: reads, changes nothing. Raises what `run_capture` raises before a change."""
    check_beforehand(request)
    if request.where is Where.LIVE:
        return plan_live(request, connection, terminal)
    return plan_session(request.session, connection, terminal)


def run_capture(
    request: CaptureRequest,
    connection: Connection,
    terminal: Terminal,
    show: Callable[[PodPlan], None],
    explain: Explain,
) -> int:
    """The exit status. `show` prints the plan of a copy, `explain` makes what says the packets.

    Raises UsageError for a filter that tcpdump does not take, and what run_session raises.
    """
    check_beforehand(request)
    if request.where is Where.LIVE:
        return run_live(request, connection, terminal, explain)
    return run_session(request.session, connection, terminal, show, partial(capturing, request, explain))
