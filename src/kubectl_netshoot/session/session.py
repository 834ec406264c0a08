"""A session: pinned to one cluster, planned, accepted by the person, lived; for a copy or for a pod of our own."""

import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from kubectl_netshoot import __version__
from kubectl_netshoot.errors import ExitStatus, RefusedError
from kubectl_netshoot.kube.api import Api, connect, preload
from kubectl_netshoot.kube.changes import Changes
from kubectl_netshoot.kube.connection import Connection, Pinned
from kubectl_netshoot.kube.fetch import Fetch
from kubectl_netshoot.kube.kubectl import DebugHelp, Kubectl, debug_help
from kubectl_netshoot.kube.pin import pin
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.watch import Watcher
from kubectl_netshoot.rules.request import SessionRequest, Stay, parse_duration
from kubectl_netshoot.session.access import demand
from kubectl_netshoot.session.closing import unfinished
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.inbox import Inbox, SecondInterrupt
from kubectl_netshoot.session.life import Session
from kubectl_netshoot.session.plan import Plan, make_plan
from kubectl_netshoot.session.visit import ShellVisit, Undertaking, Visit, Visiting
from kubectl_netshoot.terminal import Terminal

USER_AGENT = f"kubectl-netshoot/{__version__}"
P = TypeVar("P", bound=Undertaking)


@contextmanager
def connected(connection: Connection, terminal: Terminal) -> Iterator[tuple[Pinned, Edges, Api]]:
    """Pin the target and open the edges on it; the private kubeconfig is gone afterwards."""
    preload()
    with pin(connection) as pinned:
        api = connect(pinned.kubeconfig, pinned.folder, USER_AGENT, seconds(connection.request_timeout))
        namespace = pinned.target.namespace
        kubectl = Kubectl(pinned.path, namespace, connection.request_timeout)
        inbox = Inbox()
        yield (
            pinned,
            Edges(Reads(Fetch(api, namespace)), Changes(api, namespace), kubectl, terminal, inbox),
            api,
        )


def seconds(request_timeout: str) -> float:
    """--request-timeout in seconds; 0 or nothing means our own default, since no answer must not mean no end."""
    if not request_timeout:
        return 15.0
    plain = request_timeout if not request_timeout.isdigit() else f"{request_timeout}s"
    return parse_duration(plain, "--request-timeout").total_seconds() or 15.0


@contextmanager
def asking_kubectl() -> Iterator["Future[DebugHelp]"]:
    """kubectl's help for debug, asked for while the target is resolved."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(debug_help)


def plan_session(request: SessionRequest, connection: Connection, terminal: Terminal) -> Plan:
    """The plan alone, for --dry-run: reads, changes nothing."""
    with asking_kubectl() as asking, connected(connection, terminal) as (pinned, edges, _):
        return make_plan(request, pinned, edges, asking)


def show_session_plan(
    request: SessionRequest, connection: Connection, terminal: Terminal, show: Callable[[Plan], None]
) -> int:
    """For --dry-run: plans, shows, changes nothing. The exit status is 4 where a session would not go beyond that."""
    plan = plan_session(request, connection, terminal)
    show(plan)
    terminal.data("nothing was changed (--dry-run)")
    return ExitStatus.DONE if plan.may_begin(request.allow) else ExitStatus.REFUSED


def run_session(
    request: SessionRequest,
    connection: Connection,
    terminal: Terminal,
    show: Callable[[Plan], None],
    visiting: Visiting = ShellVisit,
) -> int:
    """The whole session; the exit status is the shell's or COMMAND's unless something else must be known first.

    `show` prints the whole plan, for a person who is asked to accept its warnings; `visiting` is what is done there.
    Raises RefusedError where a hazard stands in the way or the copy had to be left, NetshootError for a failure
    that left nothing behind.
    """
    with asking_kubectl() as asking:
        return undertake(
            request,
            connection,
            terminal,
            lambda pinned, edges: make_plan(request, pinned, edges, asking),
            show,
            lambda edges, plan: visiting(edges, plan, request),
        )


def undertake(
    stay: Stay,
    connection: Connection,
    terminal: Terminal,
    planning: Callable[[Pinned, Edges], P],
    show: Callable[[P], None],
    visiting: Callable[[Edges, P], Visit],
) -> int:
    """What every session is: a plan is made, judged and accepted, and carried out to its end.

    Status and errors are those of `run_session`.
    """
    with connected(connection, terminal) as (pinned, edges, api), edges.inbox.signals():
        return carry_out(stay, edges, api, planning(pinned, edges), show, visiting)


def carry_out(
    stay: Stay,
    edges: Edges,
    api: Api,
    plan: P,
    show: Callable[[P], None],
    visiting: Callable[[Edges, P], Visit],
) -> int:
    """The same for one that is connected, and planned."""
    terminal = edges.terminal
    terminal.say(_place(plan))
    check(plan, stay.allow)
    is_asked = bool(plan.join.warnings) and terminal.talks_to_person and not terminal.yes
    if is_asked and not terminal.quiet:
        show(plan)
    else:
        _announce(plan, terminal)
    if not _accepted(plan, edges):
        return 128 + edges.inbox.signal
    watcher = Watcher(api, plan.target.namespace, edges.inbox.wake)
    try:
        with watcher.watching(plan.name, plan.mark.services):
            return Session(stay, plan, edges, visiting(edges, plan)).run()
    except SecondInterrupt:
        raise unfinished(plan.name, plan.target) from None


def check(plan: Undertaking, allow: frozenset[str]) -> None:
    """Raise NetshootError for missing rights, RefusedError with every hazard that stands in the way."""
    demand(plan.rights, plan.wanted, plan.target)
    refused = plan.join.refused(allow)
    if refused:
        hint = "\n".join(f"{h.id} ({h.severity.value}): {h.what}; {h.instead}" for h in refused)
        raise RefusedError("refused, and nothing was changed", hint)


def _accepted(plan: Undertaking, edges: Edges) -> bool:
    """Whether the person takes the warnings; False for a signal at the question. Raises RefusedError for a no."""
    count = len(plan.join.warnings)
    if not count:
        return True
    question = f"{count} warning{'s' if count > 1 else ''}. Make the {plan.mark.noun} all the same?"
    if edges.terminal.confirm(question, lambda: bool(edges.inbox.signal)):
        return True
    if edges.inbox.signal:
        return False
    raise RefusedError(
        "the plan has warnings that were not accepted, and nothing was changed",
        "look at the whole plan with --dry-run; accept it with --yes",
    )


def _place(plan: Undertaking) -> str:
    target = plan.target
    return f"context {target.context or '(none)'}, namespace {target.namespace}, {plan.where}"


def _announce(plan: Undertaking, terminal: Terminal) -> None:
    for hazard in plan.join.hazards:
        terminal.warn(f"{hazard.id}: {hazard.what}")
    for note in plan.notes:
        terminal.warn(note)
    if plan.kubectl_command:
        terminal.detail(shlex.join(plan.kubectl_command), level=2)
