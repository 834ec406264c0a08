"""A passive capture: planned, then tcpdump runs in a container that is added to the pod and ends with the capture."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from kubectl_netshoot.commands.capture.outputs import Explain, Outputs, names
from kubectl_netshoot.commands.capture.recording import (
    CaptureContainer,
    CapturePoint,
    Recording,
    bounds_text,
    check,
)
from kubectl_netshoot.commands.capture.request import CaptureRequest
from kubectl_netshoot.errors import ApiError, ExitStatus, NetshootError, RefusedError
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.workloads import pods_of
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.source import mesh
from kubectl_netshoot.rules.rights import Use
from kubectl_netshoot.session.added import AddedContainer, Interrupted, work_in
from kubectl_netshoot.session.added_plan import (
    RECORD,
    AddedPlan,
    Addition,
    NoRawSocketsError,
    Wish,
    announce,
)
from kubectl_netshoot.session.choice import Chosen, look_again
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.session import plan_only, run_planned
from kubectl_netshoot.session.tools.tcpdump import no_raw_sockets, words
from kubectl_netshoot.terminal import Terminal

# Between the container's start and tcpdump's; several pods wait for the slowest image.
START = timedelta(minutes=1)
ON_NODE = "pod {} is in its node's network: the capture has the traffic of the whole node"


def make_plan(
    request: CaptureRequest, pinned: Pinned, edges: Edges, debug: Callable[[], DebugHelp]
) -> AddedPlan:
    """Raises NetshootError where there is no such pod, or none that tcpdump could work in."""
    session = request.session
    waiting = session.timeout if request.all_pods or request.others else timedelta()
    life = request.bounds.duration + START + waiting
    addition = Addition(
        request.target,
        session.pick,
        Wish(session.image, session.profile, session.pull_policy, life, raw_sockets=True),
        Use.CAPTURE,
        remarks=lambda pod: [ON_NODE.format(pod.name)] if pod.host_network else [],
        find=partial(_all_pods, request) if request.all_pods else None,
    )
    try:
        plan = addition.plan(pinned, edges, debug)
    except NoRawSocketsError as error:
        raise no_raw_sockets(error.message) from error
    bounds = bounds_text(request.bounds, len(plan.candidates))
    details = (("interface", f"{request.interface}, {words(request.filter)}"), ("bounds", bounds))
    return replace(plan, details=details)


def _all_pods(request: CaptureRequest, _: Target, edges: Edges) -> Sequence[Chosen]:
    # A pod that two of them have is captured in once.
    found = {pod.uid: (pod, target) for target in request.targets for pod in pods_of(edges.reads, target)}
    if len(found) > request.max_pods:
        of = " and ".join(target.of_which for target in request.targets)
        raise RefusedError(
            f"{len(found)} pods {of} are more than --max-pods {request.max_pods}; nothing was changed",
            "without --all-pods the newest ready one is captured",
            again=("--max-pods", str(len(found))),
        )
    return [Chosen(*look_again(edges.reads, pod, target.of_which), target) for pod, target in found.values()]


def _place(plan: AddedPlan, request: CaptureRequest) -> CapturePoint:
    """Where it listens, for the reasons of silence."""
    hazards = tuple((h.id, h.what) for c in plan.candidates for h in mesh(c.pod))
    return CapturePoint(True, request.interface, request.filter, hazards=tuple(dict.fromkeys(hazards)))


POD_SECONDS = 10.0


def plan_live(request: CaptureRequest, connection: Connection, terminal: Terminal) -> AddedPlan:
    """The plan alone."""
    return plan_only(partial(make_plan, request), connection, terminal)


def run_live(request: CaptureRequest, connection: Connection, terminal: Terminal, explain: Explain) -> int:
    """The exit status: 0, or 128 and a signal's number. Raises NetshootError where the capture failed or was cut."""
    return run_planned(partial(make_plan, request), connection, terminal, partial(_capture, request, explain))


def _capture(request: CaptureRequest, explain: Explain, plan: AddedPlan, edges: Edges) -> int:
    pods = [candidate.pod.name for candidate in plan.candidates]
    fetch = edges.reads.fetch
    explained = partial(explain, fetch, pods)
    outputs = Outputs(request, pods, explained, edges.inbox.wake, partial(names, fetch, nodes=True))
    _announce(plan, edges.terminal)
    whole = _Live(request, edges, plan, outputs).run()
    if edges.inbox.signal:
        return 128 + edges.inbox.signal
    if not whole:
        raise NetshootError("the connection to the pod was lost; what had arrived was kept", again=())
    return ExitStatus.DONE


def _announce(plan: AddedPlan, terminal: Terminal) -> None:
    announce(plan, terminal)
    for candidate in plan.candidates:
        terminal.say(
            f"adding container {candidate.container.name} to {candidate.pod.name}; "
            f"it ends with the capture, but {RECORD}"
        )


@dataclass
class _Live:
    request: CaptureRequest
    edges: Edges
    plan: AddedPlan
    outputs: Outputs
    _seen_at: float = field(default_factory=time.monotonic)

    def run(self) -> bool:
        """Whether nothing was lost. Whatever happens, the containers end: by us, by their scripts, or by their time."""
        every = [AddedContainer(self.edges, candidate) for candidate in self.plan.candidates]
        seconds = self.request.session.timeout.total_seconds()
        return work_in(every, seconds, lambda: self._record([_spot(added) for added in every])) is not False

    def _record(self, spots: Sequence[CaptureContainer]) -> bool:
        for spot in spots:
            check(spot, self.request, self.edges)
            if self.edges.inbox.signal:
                raise Interrupted
        place = _place(self.plan, self.request)
        return Recording(self.request, self.edges, self.outputs, place, self._look).run(spots)

    def _look(self, _woken: bool) -> bool:
        """Whether one of the pods is still there, asked rarely."""
        if time.monotonic() - self._seen_at < POD_SECONDS:
            return True
        self._seen_at = time.monotonic()
        return any(self._is_there(candidate.pod) for candidate in self.plan.candidates)

    def _is_there(self, pod: Pod) -> bool:
        try:
            found = self.edges.reads.pod(pod.name)
        except ApiError:
            return True
        return found is not None and found.uid == pod.uid and not found.finished


def _spot(added: AddedContainer) -> CaptureContainer:
    container = added.candidate.container
    return CaptureContainer(added.pod, added.name, container.image, container.profile, added.sleeper)
