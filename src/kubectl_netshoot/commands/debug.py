"""`debug POD` from the request to the closing message: a container is added, worked in, and ended."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.pods import choose_shared
from kubectl_netshoot.rules.profiles import lacking, missing_capabilities
from kubectl_netshoot.rules.request import DEFAULT_IMAGE
from kubectl_netshoot.rules.rights import Use
from kubectl_netshoot.rules.targets import AnyTarget
from kubectl_netshoot.session.added import AddedContainer, work_in
from kubectl_netshoot.session.added_plan import RECORD, AddedPlan, Addition, Wish, announce
from kubectl_netshoot.session.edges import Edges, now
from kubectl_netshoot.session.session import KILLED, plan_only, run_planned
from kubectl_netshoot.session.shell import Ended, Shell
from kubectl_netshoot.session.watcher import ContainerWatcher
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


def remarks(pod: Pod) -> Iterator[str]:
    """What must be known of the pod beforehand."""
    if pod.host_network:
        yield ON_NODE.format(pod.name)
    if not any(container.running for container in pod.containers):
        yield NOTHING_SHARED


def make_plan(
    request: DebugRequest, pinned: Pinned, edges: Edges, debug: Callable[[], DebugHelp]
) -> AddedPlan:
    """What would be added. Raises NetshootError where there is no such pod, RefusedError for what the API refuses."""
    plan = Addition(
        request.target,
        request.pick,
        Wish(request.image, request.profile, request.pull_policy, request.ttl),
        Use.DEBUG,
        lambda chosen: choose_shared(chosen.pod, request.share),
        remarks,
    ).plan(pinned, edges, debug)
    target = plan.candidate.container.target
    return replace(
        plan,
        manner=f"shares the processes of {target}" if target else "shares no processes",
        details=(("time", f"{round(request.ttl.total_seconds())} seconds at most (--ttl)"),),
    )


def plan_debug(request: DebugRequest, connection: Connection, terminal: Terminal) -> AddedPlan:
    """The plan alone."""
    return plan_only(partial(make_plan, request), connection, terminal)


def run_debug(request: DebugRequest, connection: Connection, terminal: Terminal) -> int:
    """The exit status: the shell's or COMMAND's, or 128 and a signal's number.

    Raises NetshootError where there was no shell or the connection was lost, RefusedError where the API would refuse.
    """
    return run_planned(partial(make_plan, request), connection, terminal, partial(_look_into, request))


def _look_into(request: DebugRequest, plan: AddedPlan, edges: Edges) -> int:
    announce(plan, edges.terminal)
    added = AddedContainer(edges, plan.candidate)
    edges.terminal.say(
        f"adding container {added.name}, which {plan.manner}; it ends with this session, but {RECORD}"
    )
    ended = work_in([added], request.timeout.total_seconds(), partial(_run_shell, added, request))
    if edges.inbox.signal:
        return 128 + edges.inbox.signal
    if ended is None or ended.lost:
        raise NetshootError(f"the connection to pod {added.pod} was lost", again=())
    return ended.status


def _run_shell(added: AddedContainer, request: DebugRequest) -> Ended:
    edges, pod, ends = added.edges, added.candidate.pod, now() + request.ttl
    terminal = edges.terminal
    at = ends.astimezone().strftime("%H:%M:%S")
    terminal.say(f"container {added.name} runs; it ends with the shell or COMMAND, at the latest at {at}")
    _tell_capabilities(added)
    watcher = ContainerWatcher(edges, pod, terminal.interject, added=added, ends=ends)
    ended = Shell(edges, request.shell, request.command, container=added.name, watcher=watcher).run(pod)
    if ended.status == KILLED:
        # Perhaps with its container: then it is known why.
        watcher.look()
    return ended


def _tell_capabilities(added: AddedContainer) -> None:
    """What the profile promised and the container lacks, for whatever reason; nothing where that is not known."""
    choice, edges = added.candidate.choice, added.edges
    effective = edges.reads.capabilities(added.pod, added.name) if choice.promised else None
    missing = () if effective is None else missing_capabilities(choice.promised, effective)
    if missing:
        edges.terminal.warn(lacking(choice.profile, missing))
