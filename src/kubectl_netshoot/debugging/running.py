"""`debug POD` from the plan to the last word: a container is added, worked in, and ended."""

import signal
from collections.abc import Iterator
from functools import partial

from kubectl_netshoot.added import AddedContainer, AddedPlan, visit
from kubectl_netshoot.added.telling import announce, candidate_lines, closing_lines, place_lines, show_lines
from kubectl_netshoot.config import Connection
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.profiles import lacking, missing_capabilities
from kubectl_netshoot.session.attachment import Attachment, Ended
from kubectl_netshoot.session.driver import Edges, now
from kubectl_netshoot.session.rights import demand
from kubectl_netshoot.session.running import asking_kubectl, connected
from kubectl_netshoot.terminal import Terminal

from .eye import ContainerEye
from .plan import notes, planning, sharing
from .request import DebugRequest

KILLED = 128 + signal.SIGKILL


def show_debug_plan(request: DebugRequest, connection: Connection, terminal: Terminal) -> int:
    """For --dry-run: reads, prints, changes nothing. 4 where rights are missing."""
    with asking_kubectl() as asking, connected(connection, terminal) as (pinned, edges, _):
        plan = planning(request).plan(pinned, edges, asking.result())
        return show_lines(_lines(plan, edges), plan.rights, terminal)


def run_debug(request: DebugRequest, connection: Connection, terminal: Terminal) -> int:
    """The exit status: the shell's or COMMAND's, or 128 and a signal's number.

    Raises NetshootError where there was no shell or the connection was lost, RefusedError where the API would refuse.
    """
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, _),
        edges.inbox.signals(),
    ):
        plan = planning(request).plan(pinned, edges, asking.result())
        demand(plan.rights, plan.wanted, plan.place)
        announce(plan.place, [plan.chosen], notes(plan), terminal)
        added = AddedContainer(edges, plan.candidate)
        terminal.say(
            f"adding container {added.name}, which {sharing(plan)}; it ends with your visit, "
            "but its record stays in the pod as long as the pod is there"
        )
        ended = visit([added], request.timeout.total_seconds(), partial(_work_in, added, request))
        if edges.inbox.signal:
            return 128 + edges.inbox.signal
        if ended is None or ended.lost:
            raise NetshootError(f"the connection to pod {added.pod} was lost")
        return ended.status


def _work_in(added: AddedContainer, request: DebugRequest) -> Ended:
    edges, pod, ends = added.edges, added.candidate.pod, now() + request.ttl
    terminal = edges.terminal
    at = ends.astimezone().strftime("%H:%M:%S")
    terminal.say(f"container {added.name} runs; it ends with the shell or COMMAND, at the latest at {at}")
    _tell_capabilities(added)
    eye = ContainerEye(edges, pod, terminal.interject, added=added, ends=ends)
    ended = Attachment(
        edges, pod, shell=request.shell, command=request.command, container=added.name, eye=eye
    ).run()
    if ended.status == KILLED:
        # Perhaps with its container: then it is known why.
        eye.look()
    return ended


def _tell_capabilities(added: AddedContainer) -> None:
    """What the profile promised and the container lacks, for whatever reason; nothing where that is not known."""
    choice, edges = added.candidate.choice, added.edges
    effective = edges.reads.capabilities(added.pod, added.name) if choice.promised else None
    missing = () if effective is None else missing_capabilities(choice.promised, effective)
    if missing:
        edges.terminal.warn(lacking(choice.profile, missing))


def _lines(plan: AddedPlan, edges: Edges) -> Iterator[str]:
    yield from place_lines(plan.place)
    yield from candidate_lines(plan.chosen, plan.candidate, edges.kubectl, f"{sharing(plan)}; ")
    yield f"time       {round(plan.candidate.container.life.total_seconds())} seconds at most (--ttl)"
    yield from closing_lines(plan.rights, notes(plan))
