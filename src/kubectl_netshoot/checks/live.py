"""A check with --live: in a container that is added to the running pod, and ends with the check."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.added import AddedContainer, Candidate, Interrupted, Proposing, Wish, check_addable
from kubectl_netshoot.config import Connection, Pinned, Target
from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.rights import Review
from kubectl_netshoot.session.attachment import Ended
from kubectl_netshoot.session.choosing import Chosen, choose
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.inbox import SecondInterrupt
from kubectl_netshoot.session.picking import asker
from kubectl_netshoot.session.rights import demand, reviewed
from kubectl_netshoot.session.running import asking_kubectl, connected
from kubectl_netshoot.targets import named_pod
from kubectl_netshoot.terminal import Terminal

from .report import Show
from .request import CheckRequest
from .surveying import Survey, wanted
from .visiting import ask_and_tell

# The container's time in the pod, where we do not come to end it: the longest check, and its start.
LIFE = timedelta(minutes=3)


@dataclass(frozen=True)
class LivePlan:
    """What would be done. Nothing has been changed."""

    place: Target
    chosen: Chosen
    candidate: Candidate
    rights: Review

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known beforehand."""
        return (*self.chosen.notes, *self.candidate.notes, *self.rights.notes)


def show_live_plan(request: CheckRequest, connection: Connection, terminal: Terminal) -> int:
    """For --dry-run: reads, prints, changes nothing. 4 where rights are missing."""
    with asking_kubectl() as asking, connected(connection, terminal) as (pinned, edges, _):
        plan = _plan(request, pinned, edges, asking.result())
        for line in _lines(plan, edges):
            terminal.data_row(line)
    return ExitStatus.REFUSED if plan.rights.missing else ExitStatus.DONE


def run_live(request: CheckRequest, connection: Connection, terminal: Terminal, show: Show) -> int:
    """The exit status: 0 where all is well, 1 where not, or 128 and a signal's number. Raises NetshootError."""
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, _),
        edges.inbox.signals(),
    ):
        plan = _plan(request, pinned, edges, asking.result())
        demand(plan.rights, wanted(request), plan.place)
        _announce(plan, terminal)
        survey = Survey(request, plan.chosen, edges.reads)
        try:
            ended = _visit(AddedContainer(edges, plan.candidate), survey, request, show)
        except SecondInterrupt:
            raise _stopped(plan) from None
        return 128 + edges.inbox.signal if edges.inbox.signal else ended.status


def _plan(request: CheckRequest, pinned: Pinned, edges: Edges, debug: DebugHelp) -> LivePlan:
    session, reads, place = request.session, edges.reads, pinned.target
    with reviewed(reads, wanted(request), place, named_pod(session.target)) as asked:
        chosen = choose(session.target, reads, place, asker(session.pick, edges.terminal, edges.inbox))
        check_addable(chosen.pod, place)
        Survey(request, chosen, reads).scene(chosen.pod)
        wish = Wish(session.image, session.profile, session.pull_policy, LIFE + session.timeout)
        candidate = Proposing(wish, reads, debug, pinned).propose(
            chosen.pod, chosen.sent, reads.enforced_level()
        )
        return LivePlan(place, chosen, candidate, asked.result())


def _visit(added: AddedContainer, survey: Survey, request: CheckRequest, show: Show) -> Ended:
    """Whatever happens, the container ends: by us, or by its time."""
    try:
        added.add()
        added.wait_until_it_runs(request.session.timeout.total_seconds())
        pod = added.candidate.pod
        ended = ask_and_tell(added.edges, survey.scene(pod), added.name, show)
    except Interrupted:
        ended = Ended(0)
    except SecondInterrupt:
        raise
    except BaseException:
        added.end()
        raise
    added.end()
    return ended


def _announce(plan: LivePlan, terminal: Terminal) -> None:
    place, container = plan.place, plan.candidate.container
    terminal.say(
        f"context {place.context or '(none)'}, namespace {place.namespace}, pod {plan.chosen.described}"
    )
    for note in plan.notes:
        terminal.warn(note)
    terminal.say(
        f"adding container {container.name}; it ends with the check, its record stays in the pod's spec"
    )


def _lines(plan: LivePlan, edges: Edges) -> Iterator[str]:
    container = plan.candidate.container
    yield f"context    {plan.place.context or '(none)'}"
    yield f"namespace  {plan.place.namespace}"
    yield f"pod        {plan.chosen.described} on {plan.candidate.pod.node}"
    yield f"container  {container.name}, image {container.image}; its record stays in the pod's spec"
    yield f"profile    {container.profile}: {plan.candidate.choice.reason}"
    yield f"command    {shlex.join(edges.kubectl.ephemeral_argv(container))}"
    for right in plan.rights.missing:
        yield f"missing    the right to {right}: {right.purpose}"
    for note in plan.notes:
        yield f"note       {note}"
    yield "nothing was changed (--dry-run)"


def _stopped(plan: LivePlan) -> NetshootError:
    """The last word after a second Ctrl-C."""
    container = plan.candidate.container
    life = round(container.life.total_seconds())
    error = NetshootError(
        f"stopped by a second Ctrl-C; container {container.name} may still run",
        f"it ends by itself, at the latest {life} seconds after its start",
    )
    error.status = ExitStatus.INTERRUPTED
    return error
