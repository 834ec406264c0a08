"""`debug POD` from the plan to the last word: a container is added, worked in, and ended."""

import shlex
from collections.abc import Iterator

from kubectl_netshoot.added import AddedContainer, Interrupted
from kubectl_netshoot.config import Connection
from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.profiles import lacking, missing_capabilities
from kubectl_netshoot.session.attachment import Attachment, Ended
from kubectl_netshoot.session.driver import Edges, now
from kubectl_netshoot.session.inbox import SecondInterrupt
from kubectl_netshoot.session.rights import demand
from kubectl_netshoot.session.running import asking_kubectl, connected
from kubectl_netshoot.terminal import Terminal

from .eye import ContainerEye
from .plan import DebugPlan, make_debug_plan
from .request import DebugRequest

# 128 and KILL.
KILLED = 137


def show_debug_plan(request: DebugRequest, connection: Connection, terminal: Terminal) -> int:
    """For --dry-run: reads, prints, changes nothing. 4 where rights are missing."""
    with asking_kubectl() as asking, connected(connection, terminal) as (pinned, edges, _):
        plan = make_debug_plan(request, pinned, edges, asking.result())
        for line in _lines(plan, edges):
            terminal.data_row(line)
    return ExitStatus.REFUSED if plan.rights.missing else ExitStatus.DONE


def run_debug(request: DebugRequest, connection: Connection, terminal: Terminal) -> int:
    """The exit status: the shell's or COMMAND's, or 128 and a signal's number.

    Raises NetshootError where there was no shell or the connection was lost, RefusedError where the API would refuse.
    """
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, _),
        edges.inbox.signals(),
    ):
        plan = make_debug_plan(request, pinned, edges, asking.result())
        demand(plan.rights, plan.wanted, plan.place)
        _announce(plan, terminal)
        added = AddedContainer(edges, plan.candidate)
        try:
            ended = _visit(added, request)
        except SecondInterrupt:
            raise _stopped(added) from None
        if edges.inbox.signal:
            return 128 + edges.inbox.signal
        if ended is None or ended.lost:
            raise NetshootError(f"the connection to pod {added.pod} was lost")
        return ended.status


def _visit(added: AddedContainer, request: DebugRequest) -> Ended | None:
    """None where a signal came first. Whatever happens, the container ends: by us, or by its time."""
    try:
        added.add()
    except Interrupted:
        return None
    try:
        added.wait_until_it_runs(request.timeout.total_seconds())
        ended = _work_in(added, request)
    except Interrupted:
        ended = None
    except SecondInterrupt:
        raise
    except BaseException:
        added.end()
        raise
    added.end()
    return ended


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


def _announce(plan: DebugPlan, terminal: Terminal) -> None:
    place, name = plan.place, plan.candidate.container.name
    terminal.say(
        f"context {place.context or '(none)'}, namespace {place.namespace}, pod {plan.chosen.described}"
    )
    for note in plan.notes:
        terminal.warn(note)
    terminal.say(
        f"adding container {name}, which {plan.sharing}; it ends with your visit, "
        "but its record stays in the pod as long as the pod is there"
    )


def _lines(plan: DebugPlan, edges: Edges) -> Iterator[str]:
    container, choice = plan.candidate.container, plan.candidate.choice
    yield f"context    {plan.place.context or '(none)'}"
    yield f"namespace  {plan.place.namespace}"
    yield f"pod        {plan.chosen.described} on {plan.candidate.pod.node}"
    yield f"container  {container.name}, image {container.image}; {plan.sharing}"
    yield f"profile    {container.profile}: {choice.reason}"
    yield f"time       {round(container.life.total_seconds())} seconds at most (--ttl)"
    yield f"command    {shlex.join(edges.kubectl.ephemeral_argv(container))}"
    for right in plan.rights.missing:
        yield f"missing    the right to {right}: {right.purpose}"
    for note in plan.notes:
        yield f"note       {note}"
    yield "stays      the container's record, in the pod's spec and status, as long as the pod is there"
    yield "nothing was changed (--dry-run)"


def _stopped(added: AddedContainer) -> NetshootError:
    """The last word after a second Ctrl-C."""
    error = NetshootError(
        f"stopped by a second Ctrl-C; container {added.name} in pod {added.pod} may still run",
        "it ends by itself, at the latest when --ttl is over",
    )
    error.status = ExitStatus.INTERRUPTED
    return error
