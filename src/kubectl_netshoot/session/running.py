"""A session from the plan to the last word: in, the shell or COMMAND, out, and what is told at the end."""

import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from kubectl_netshoot import __version__
from kubectl_netshoot.cluster import Api, Changes, Fetch, Reads, Watcher, connect, preload
from kubectl_netshoot.config import Connection, Pinned, pin
from kubectl_netshoot.errors import ApiError, NetshootError, RefusedError
from kubectl_netshoot.kubectl import DebugHelp, Kubectl, debug_help
from kubectl_netshoot.lifecycle import Abandon, Attach, Done, Goal, Intent, Stop
from kubectl_netshoot.model import Pod
from kubectl_netshoot.profiles import lacking, missing_capabilities
from kubectl_netshoot.request import SessionRequest, parse_duration
from kubectl_netshoot.terminal import Terminal, one_line

from .attachment import Ended
from .driver import Driver, Edges, now
from .inbox import Inbox, SecondInterrupt
from .last_words import left_behind, next_commands, unfinished
from .planning import Plan, check, make_plan, reconsider
from .visit import ShellVisit, Visit, Visiting

USER_AGENT = f"kubectl-netshoot/{__version__}"


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
        return make_plan(request, pinned, edges.reads, edges.kubectl, asking)


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
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, api),
        edges.inbox.signals(),
    ):
        plan = make_plan(request, pinned, edges.reads, edges.kubectl, asking)
        terminal.say(_where(plan))
        check(plan, request.allow)
        is_asked = bool(plan.join.warnings) and terminal.talks_to_person and not terminal.yes
        if is_asked and not terminal.quiet:
            show(plan)
        else:
            _announce(plan, terminal)
        if not _accepted(plan, edges):
            return 128 + edges.inbox.signal
        watcher = Watcher(api, pinned.target.namespace, edges.inbox.wake)
        try:
            with watcher.watching(plan.copy.name, plan.mark.services):
                return Session(request, plan, edges, visiting(edges, plan, request)).run()
        except SecondInterrupt:
            raise unfinished(plan.copy.name, plan.target) from None


class Session:
    """One copy's life in this process."""

    def __init__(self, request: SessionRequest, plan: Plan, edges: Edges, visit: Visit) -> None:
        self._request, self._plan, self._edges, self._visit = request, plan, edges, visit
        goal = Goal.SERVING if plan.mark.services else Goal.READY
        intent = Intent(goal, now() + request.timeout, plan.mark, allow=request.allow)
        self._driver = Driver(
            edges,
            plan.copy.name,
            intent,
            plan.copy,
            reconsider=self._reconsider,
        )

    def run(self) -> int:
        """Go in, attach, go out; whatever is raised on the way, the way out is tried before it is passed on."""
        try:
            arrival, ended = self._go_in()
        except Exception:
            self._retreat()
            raise
        trouble = self._trouble(arrival) if ended is None else ()
        if self._edges.inbox.signal and self._driver.copy is not None:
            self._edges.terminal.say("interrupted: taking the copy out; Ctrl-C again stops at once")
        goal = Goal.OUT if self._request.keep and ended is not None else Goal.GONE
        self._driver.aim(goal, patience(self._request.timeout, self._plan))
        return self._finish(self._driver.drive(), ended, trouble)

    def _go_in(self) -> tuple[object, Ended | None]:
        arrival = self._driver.drive()
        return arrival, self._stay() if isinstance(arrival, Attach) else None

    def _reconsider(self) -> str:
        if self._driver.copy is not None:
            self._visit.before_join(self._driver.copy)
        return reconsider(self._plan, self._edges.reads, self._request.allow)

    def _retreat(self) -> None:
        """Out, after something that should not have happened; where that fails too, the next commands are said."""
        try:
            self._driver.aim(Goal.GONE, patience(self._request.timeout, self._plan))
            ending = self._driver.drive()
        except Exception:  # noqa: BLE001 (the first error is the one to tell)
            ending = None
        if not isinstance(ending, Done):
            for line in next_commands(self._plan.copy.name, self._plan.target):
                self._edges.terminal.warn(line)

    def _stay(self) -> Ended:
        copy = self._driver.copy
        assert copy is not None
        self._welcome(copy)
        told = self._tell_capabilities(copy)
        ended = self._visit.run(copy)
        if not told and not ended.lost and not self._edges.inbox.signal:
            # Its first process was not as far when the copy was ready at once.
            self._tell_capabilities(copy)
        return ended

    def _welcome(self, copy: Pod) -> None:
        terminal, mark = self._edges.terminal, self._plan.mark
        for service, ready in self._plan.join.ready_before:
            terminal.say(f"in service {service}: takes about 1 of {ready + 1} new connections")
        until = copy.deadline.astimezone().strftime("%H:%M:%S") if copy.deadline else "?"
        terminal.say(f"copy {copy.name} is ready; the cluster ends it at {until} whatever happens here")
        terminal.detail(f"session {mark.session}, node {copy.node}")

    def _tell_capabilities(self, copy: Pod) -> bool:
        """Say what the profile promised and the container lacks, for whatever reason; False where that is not known."""
        promised = self._plan.profile.promised
        effective = self._edges.reads.capabilities(copy.name) if promised else None
        missing = () if effective is None else missing_capabilities(promised, effective)
        if missing:
            self._edges.terminal.warn(lacking(self._plan.copy.profile, missing))
        return not promised or effective is not None

    def _trouble(self, arrival: object) -> tuple[str, ...]:
        """Why there was no shell: the reason, and what the cluster says of the copy while it still exists."""
        if not isinstance(arrival, Abandon) or self._edges.inbox.signal:
            return ()
        events: tuple[str, ...] = ()
        if self._driver.copy is not None:
            try:
                events = self._edges.reads.events(self._driver.copy)[-3:]
            except ApiError:
                events = ()
        return (arrival.reason, *(one_line(event) for event in events))

    def _finish(self, ending: object, ended: Ended | None, trouble: tuple[str, ...]) -> int:
        name, terminal = self._plan.copy.name, self._edges.terminal
        if isinstance(ending, Stop):
            before = [*trouble, *([f"the command had ended with status {ended.status}"] if ended else [])]
            raise left_behind(name, self._plan.target, ending, self._driver.copy, before)
        if isinstance(ending, Done) and ending.exists:
            terminal.say(f"copy {name} is out of service and was kept (--keep); it ends at its deadline")
            terminal.say(f"  kubectl netshoot cleanup {name} {self._plan.target.words}")
        elif self._driver.copy is not None:
            if self._driver.ended_by_itself:
                terminal.warn(f"copy {name} had ended by itself: {self._driver.ended_by_itself}")
            terminal.say(f"copy {name} is out of every endpoint and deleted")
        if self._edges.inbox.signal:
            return 128 + self._edges.inbox.signal
        if trouble:
            raise NetshootError(trouble[0], "\n".join(trouble[1:]))
        if ended is None or ended.lost:
            raise NetshootError("the connection to the copy was lost")
        return ended.status


def _accepted(plan: Plan, edges: Edges) -> bool:
    """Whether the person takes the warnings; False for a signal at the question. Raises RefusedError for a no."""
    count = len(plan.join.warnings)
    if not count:
        return True
    question = f"{count} warning{'s' if count > 1 else ''}. Make the copy all the same?"
    if edges.terminal.confirm(question, lambda: bool(edges.inbox.signal)):
        return True
    if edges.inbox.signal:
        return False
    raise RefusedError(
        "the plan has warnings that were not accepted, and nothing was changed",
        "look at the whole plan with --dry-run; accept it with --yes",
    )


def patience(timeout: timedelta, plan: Plan) -> timedelta:
    """How long the way out may take before it stops and says so: each of its waits at its longest, and once more."""
    return timeout + plan.mark.settle + plan.mark.drain


def _where(plan: Plan) -> str:
    target = plan.target
    return f"context {target.context or '(none)'}, namespace {target.namespace}, pod {plan.join.source.name}"


def _announce(plan: Plan, terminal: Terminal) -> None:
    for hazard in plan.join.hazards:
        terminal.warn(f"{hazard.id}: {hazard.what}")
    for note in plan.notes:
        terminal.warn(note)
    terminal.detail(shlex.join(plan.command), level=2)
