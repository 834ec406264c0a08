"""The command from the request to its exit status: in a copy by a session, or live."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from kubectl_netshoot.commands.capture.live import plan_live, run_live
from kubectl_netshoot.commands.capture.node_end import interface_of, pod_on
from kubectl_netshoot.commands.capture.outputs import Explain, Outputs, check_beforehand, names
from kubectl_netshoot.commands.capture.recording import CaptureContainer, CapturePoint, Recording, check
from kubectl_netshoot.commands.capture.request import CaptureRequest, Where
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.services import worded
from kubectl_netshoot.rules.manifest import HOST_NAMESPACES, PodRequest
from kubectl_netshoot.rules.marks import NODE
from kubectl_netshoot.session.copy_plan import CopyPlan
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Plan, PodPlan
from kubectl_netshoot.session.session import plan_session, run_session
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.session.throwaway import ThrowawayPlan, plan_pod, run_pod
from kubectl_netshoot.session.tools.tcpdump import no_raw_sockets
from kubectl_netshoot.session.watcher import SessionWatcher
from kubectl_netshoot.terminal import Terminal


def in_copy(request: CaptureRequest, explain: Explain, edges: Edges, plan: CopyPlan) -> "PodCapture":
    """What a session does in the place of a shell; `explain` is for --explain. Raises where tcpdump could not work."""
    return capture_in(request, explain, edges, plan, plan.join.source.name, plan.copy.image)


def capture_in(
    request: CaptureRequest, explain: Explain, edges: Edges, plan: PodPlan, name: str, image: str
) -> "PodCapture":
    """The same in any pod of ours; `name` is what the capture is of."""
    if plan.profile.rules_out_raw_sockets:
        raise no_raw_sockets(
            f"{plan.profile.notes[0]} (profile {plan.profile.profile}: {plan.profile.reason})"
        )
    explained = partial(explain, edges.reads.fetch, [plan.name])
    called = partial(names, edges.reads.fetch, nodes=True)
    outputs = Outputs(request, [name], explained, edges.inbox.wake, called)
    return PodCapture(edges, plan, request, outputs, image)


@dataclass
class PodCapture:
    """One capture in one pod of ours; `found` tells the interface where that is known only in there."""

    edges: Edges
    plan: PodPlan
    request: CaptureRequest
    outputs: Outputs
    image: str
    found: Callable[[Pod], str] | None = None
    _checked: bool = field(default=False, init=False)

    def before_join(self, copy: Pod) -> None:
        """What tcpdump would refuse is refused before anybody's traffic is taken."""
        check(self._spot(copy), self.request, self.edges)
        self._checked = True

    def run(self, copy: Pod) -> Ended:
        """Capture; a lost connection is not come back to: what is captured is told and kept."""
        if self.found:
            self.request = replace(self.request, interface=self.found(copy))
        if not self._checked:
            check(self._spot(copy), self.request, self.edges)
        watcher = SessionWatcher(self.edges, copy, self.edges.terminal.warn, services=self.plan.join.services)
        watcher.begin()
        recording = Recording(
            self.request, self.edges, self.outputs, self._place(), lambda woken: _look(watcher, woken)
        )
        whole = recording.run([self._spot(copy)])
        return Ended(0, lost=not whole and not watcher.expired, expired=watcher.expired)

    def _spot(self, copy: Pod) -> CaptureContainer:
        return CaptureContainer(copy.name, copy.tools, self.image, self.plan.profile.profile)

    def _place(self) -> CapturePoint:
        shares = tuple(f"{name}: about {worded(found)}" for name, found in self.plan.join.shares)
        hazards = tuple((hazard.id, hazard.what) for hazard in self.plan.join.hazards)
        is_live = self.request.where is Where.NODE
        return CapturePoint(is_live, self.request.interface, self.request.filter, shares, hazards)


def on_node(request: CaptureRequest) -> PodRequest:
    """The pod that is made on the node for it."""
    session = request.session
    return PodRequest(
        kind=NODE,
        node=request.name,
        image=session.image,
        pull_policy=session.pull_policy,
        profile=session.profile,
        ttl=session.ttl,
        timeout=session.timeout,
        dry_run=session.dry_run,
        allow=session.allow,
    )


def in_node(request: CaptureRequest, explain: Explain, edges: Edges, plan: ThrowawayPlan) -> PodCapture:
    """What is done in that pod. Raises NetshootError for one that has not the node's network, or without that pod."""
    if plan.profile.profile not in HOST_NAMESPACES:
        raise NetshootError(
            f"profile {plan.profile.profile}: the pod would be on the node, without its network",
            "a namespace that enforces no PodSecurity level (-n NAMESPACE) lets it in; nothing was changed",
        )
    made = capture_in(request, explain, edges, plan, request.name, plan.image)
    if request.pod:
        pod = pod_on(request.name, request.pod, edges)
        made.found = lambda ours: interface_of(pod, ours, edges)
    return made


def _look(watcher: SessionWatcher, woken: bool) -> bool:
    return watcher.look() if woken or time.monotonic() >= watcher.due else True


def plan_capture(request: CaptureRequest, connection: Connection, terminal: Terminal) -> Plan:
    """The plan alone, for --dry-run: reads, changes nothing. Raises what `run_capture` raises before a change."""
    check_beforehand(request)
    if request.where is Where.LIVE:
        return plan_live(request, connection, terminal)
    if request.where is Where.NODE:
        return plan_pod(on_node(request), connection, terminal)
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
    if request.where is Where.NODE:
        return run_pod(on_node(request), connection, terminal, show, partial(in_node, request, explain))
    return run_session(request.session, connection, terminal, show, partial(in_copy, request, explain))
