"""A passive capture: a container is added to the running pod, tcpdump runs in it, and it ends with the capture.

What Kubernetes calls an ephemeral container cannot be taken out again: the pod keeps a record of it, which is said.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from kubectl_netshoot.added import AddedContainer, Interrupted, visit
from kubectl_netshoot.added.telling import (
    RECORD,
    announce,
    candidate_lines,
    closing_lines,
    place_lines,
    show_lines,
)
from kubectl_netshoot.config import Connection
from kubectl_netshoot.errors import ApiError, ExitStatus, NetshootError
from kubectl_netshoot.model import Pod
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.rights import demand
from kubectl_netshoot.session.running import asking_kubectl, connected
from kubectl_netshoot.terminal import Terminal

from .explaining import ExplainOutput, Show
from .live_plan import LivePlan, make_live_plan, wanted_rights
from .outputs import Outputs
from .progress import bounds_text
from .recording import Recording, Spot, check
from .request import CaptureRequest
from .tcpdump import words

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


def run_live(request: CaptureRequest, connection: Connection, terminal: Terminal, show: Show) -> int:
    """The exit status: 0, or 128 and a signal's number. Raises NetshootError where the capture failed or was cut."""
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, _),
        edges.inbox.signals(),
    ):
        plan = make_live_plan(request, pinned, edges, asking.result())
        demand(plan.rights, wanted_rights(request), plan.target)
        pods = [candidate.pod.name for candidate in plan.candidates]
        explained = partial(ExplainOutput, show, edges.reads.fetch, pods)
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
