"""A passive capture: planned, then tcpdump runs in a container that is added to the pod and ends with the capture."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from kubectl_netshoot.commands.capture.outputs import Explain, Outputs
from kubectl_netshoot.commands.capture.recording import Recording, Spot, bounds_text, check
from kubectl_netshoot.commands.capture.request import CaptureRequest
from kubectl_netshoot.commands.capture.silence import Place
from kubectl_netshoot.errors import ApiError, ExitStatus, NetshootError, RefusedError
from kubectl_netshoot.kube.connection import Connection, Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.workloads import pods_of
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.source import mesh
from kubectl_netshoot.rules.rights import Review, merged, of_target, rights_of_capture
from kubectl_netshoot.rules.targets import named_pod
from kubectl_netshoot.session.access import Wanted, demand, reviewed
from kubectl_netshoot.session.added import AddedContainer, Interrupted, visit
from kubectl_netshoot.session.added_plan import (
    RECORD,
    Candidate,
    NoRawSocketsError,
    Proposing,
    Wish,
    announce,
    candidate_lines,
    check_addable,
    closing_lines,
    place_lines,
    show_lines,
)
from kubectl_netshoot.session.choice import Chosen, asker, choose, look_again
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.session import asking_kubectl, connected
from kubectl_netshoot.session.tools.tcpdump import no_raw_sockets, words
from kubectl_netshoot.terminal import Terminal

# Between the container's start and tcpdump's; several pods wait for the slowest image.
START = timedelta(minutes=1)
ON_NODE = "pod {} is in its node's network: the capture holds what all of the node sends and receives"


@dataclass(frozen=True)
class LivePlan:
    """What would be done. Nothing has been changed."""

    target: Target
    chosen: tuple[Chosen, ...]
    candidates: tuple[Candidate, ...]
    rights: Review

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known, each once."""
        on_node = (ON_NODE.format(c.pod.name) for c in self.candidates if c.pod.host_network)
        chosen = (n for c in self.chosen for n in c.notes)
        said = (n for c in self.candidates for n in c.notes)
        return (*dict.fromkeys((*chosen, *on_node, *said)), *self.rights.notes)

    def place(self, request: CaptureRequest) -> Place:
        """Where it listens, for the reasons of silence."""
        hazards = tuple((h.id, h.what) for c in self.candidates for h in mesh(c.pod))
        return Place(True, request.interface, request.filter, hazards=tuple(dict.fromkeys(hazards)))


def make_live_plan(request: CaptureRequest, pinned: Pinned, edges: Edges, debug: DebugHelp) -> LivePlan:
    """Raises NetshootError where there is no such pod, or none that tcpdump could work in."""
    reads, name = edges.reads, named_pod(request.target)
    with reviewed(reads, wanted_rights(request), pinned.target, name) as asked:
        chosen = _chosen(request, pinned.target, edges)
        for one in chosen:
            check_addable(one.pod, pinned.target)
        level = reads.enforced_level()
        proposing = Proposing(_wish(request, len(chosen)), reads, debug, pinned)
        try:
            candidates = tuple(proposing.propose(one.pod, one.sent, level) for one in chosen)
        except NoRawSocketsError as error:
            raise no_raw_sockets(error.message) from error
        return LivePlan(pinned.target, chosen, candidates, asked.result())


def wanted_rights(request: CaptureRequest) -> Wanted:
    """What a passive capture uses, from the choice of its pods on."""
    return Wanted(merged(rights_of_capture(), of_target(request.target)), " --capture")


def _wish(request: CaptureRequest, pods: int) -> Wish:
    session = request.session
    waiting = session.timeout if pods > 1 else timedelta()
    return Wish(
        session.image,
        session.profile,
        session.pull_policy,
        request.bounds.duration + START + waiting,
        raw_sockets=True,
    )


def _chosen(request: CaptureRequest, place: Target, edges: Edges) -> tuple[Chosen, ...]:
    target, reads = request.target, edges.reads
    if not request.all_pods:
        ask = asker(request.session.pick, edges.terminal, edges.inbox)
        return (choose(target, reads, place, ask),)
    pods = pods_of(reads, target)
    if len(pods) > request.max_pods:
        raise RefusedError(
            f"there are {len(pods)} pods {target.of_which}, and nothing was changed",
            f"--max-pods {len(pods)} captures in all of them; without --all-pods it is the newest ready one",
        )
    return tuple(Chosen(*look_again(reads, pod, target.of_which), target) for pod in pods)


POD_SECONDS = 10.0


def show_live_plan(request: CaptureRequest, connection: Connection, terminal: Terminal) -> int:
    """For --dry-run: reads, prints, changes nothing. 4 where rights are missing."""
    with asking_kubectl() as asking, connected(connection, terminal) as (pinned, edges, _):
        plan = make_live_plan(request, pinned, edges, asking.result())
        return show_lines(_lines(plan, request, edges), plan.rights, terminal)


def _lines(plan: LivePlan, request: CaptureRequest, edges: Edges) -> Iterator[str]:
    yield from place_lines(plan.target)
    for chosen, candidate in zip(plan.chosen, plan.candidates, strict=True):
        yield from candidate_lines(chosen, candidate, edges.kubectl)
    yield f"interface  {request.interface}, {words(request.filter)}"
    yield f"bounds     {bounds_text(request.bounds, len(plan.candidates))}"
    yield from closing_lines(plan.rights, plan.notes)


def run_live(request: CaptureRequest, connection: Connection, terminal: Terminal, explain: Explain) -> int:
    """The exit status: 0, or 128 and a signal's number. Raises NetshootError where the capture failed or was cut."""
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, _),
        edges.inbox.signals(),
    ):
        plan = make_live_plan(request, pinned, edges, asking.result())
        demand(plan.rights, wanted_rights(request), plan.target)
        pods = [candidate.pod.name for candidate in plan.candidates]
        explained = partial(explain, edges.reads.fetch, pods)
        outputs = Outputs(request, pods, explained, edges.inbox.wake)
        _announce(plan, terminal)
        whole = _Live(request, edges, plan, outputs).run()
        if edges.inbox.signal:
            return 128 + edges.inbox.signal
        if not whole:
            raise NetshootError("the connection to the pod was lost; what had arrived was kept")
        return ExitStatus.DONE


def _announce(plan: LivePlan, terminal: Terminal) -> None:
    announce(plan.target, plan.chosen, plan.notes, terminal)
    for candidate in plan.candidates:
        terminal.say(
            f"adding container {candidate.container.name} to {candidate.pod.name}; "
            f"it ends with the capture, {RECORD}"
        )


@dataclass
class _Live:
    request: CaptureRequest
    edges: Edges
    plan: LivePlan
    outputs: Outputs
    _seen_at: float = field(default_factory=time.monotonic)

    def run(self) -> bool:
        """Whether nothing was lost. Whatever happens, the containers end: by us, by their scripts, or by their time."""
        every = [AddedContainer(self.edges, candidate) for candidate in self.plan.candidates]
        seconds = self.request.session.timeout.total_seconds()
        return visit(every, seconds, lambda: self._record([_spot(added) for added in every])) is not False

    def _record(self, spots: Sequence[Spot]) -> bool:
        for spot in spots:
            check(spot, self.request, self.edges)
            if self.edges.inbox.signal:
                raise Interrupted
        place = self.plan.place(self.request)
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


def _spot(added: AddedContainer) -> Spot:
    container = added.candidate.container
    return Spot(added.pod, added.name, container.image, container.profile, added.sleeper)
