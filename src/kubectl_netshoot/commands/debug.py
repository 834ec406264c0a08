"""`debug POD` from the request to the closing message: a container is added, worked in, and ended."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.connection import Connection
from kubectl_netshoot.rules.pods import choose_shared
from kubectl_netshoot.rules.profiles import lacking, missing_capabilities
from kubectl_netshoot.rules.request import DEFAULT_IMAGE
from kubectl_netshoot.rules.rights import merged, of_target, rights_of_debug
from kubectl_netshoot.rules.targets import AnyTarget
from kubectl_netshoot.session.access import Wanted, demand
from kubectl_netshoot.session.added import AddedContainer, visit
from kubectl_netshoot.session.added_plan import (
    AddedPlan,
    Planning,
    Wish,
    announce,
    candidate_lines,
    closing_lines,
    place_lines,
    show_lines,
)
from kubectl_netshoot.session.driver import Edges, now
from kubectl_netshoot.session.session import asking_kubectl, connected
from kubectl_netshoot.session.shell import Attachment, Ended
from kubectl_netshoot.session.watcher import ContainerEye
from kubectl_netshoot.terminal import Terminal


@dataclass(frozen=True)
class DebugRequest:
    """One `kubectl netshoot debug`. `share` is the container whose processes are shared: None lets the pod decide,
    an empty text is none. `command` is empty for a shell; the container ends after `ttl`, whatever happens.
    """

    target: AnyTarget
    pick: bool = False
    share: str | None = None
    image: str = DEFAULT_IMAGE
    pull_policy: str = ""
    profile: str = "auto"
    shell: str = ""
    ttl: timedelta = timedelta(hours=1)
    timeout: timedelta = timedelta(seconds=120)
    command: tuple[str, ...] = ()


ON_NODE = "pod {} is in its node's network: interfaces, routes and sockets are those of the whole node"
NOTHING_SHARED = "no container of the pod runs: the added one shares no processes, only the pod's network"


def planning(request: DebugRequest) -> Planning:
    """The plan to make."""
    return Planning(
        request.target,
        request.pick,
        Wish(request.image, request.profile, request.pull_policy, request.ttl),
        Wanted(merged(rights_of_debug(), of_target(request.target)), " --debug"),
        lambda chosen: choose_shared(chosen.pod, request.share),
    )


def notes(plan: AddedPlan) -> Iterator[str]:
    """All that must be known beforehand."""
    pod = plan.candidate.pod
    if pod.host_network:
        yield ON_NODE.format(pod.name)
    if not any(container.running for container in pod.containers):
        yield NOTHING_SHARED
    yield from plan.notes


def sharing(plan: AddedPlan) -> str:
    """Whose processes it shares, as a part of a sentence."""
    target = plan.candidate.container.target
    return f"shares the processes of {target}" if target else "shares no processes"


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
