"""A session: pinned to one cluster, planned, accepted by the person, carried out to its end; with any pod of ours."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from kubectl_netshoot.errors import ApiError, DeclinedError, ExpiredError, NetshootError, RefusedError
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned
from kubectl_netshoot.kube.kubectl import DebugHelp, Kubectl, debug_help
from kubectl_netshoot.model import CONTAINER, Container, Pod, ServiceEndpoints
from kubectl_netshoot.rules.hazards.services import place_of, shares, worded
from kubectl_netshoot.rules.listing import number
from kubectl_netshoot.rules.marks import COPY
from kubectl_netshoot.rules.next_step import changed_containers
from kubectl_netshoot.rules.pods import pull_hint
from kubectl_netshoot.rules.profiles import lacking, missing_capabilities
from kubectl_netshoot.rules.request import SessionRequest, Stay
from kubectl_netshoot.rules.secrets import masked
from kubectl_netshoot.rules.steps import Abandon, Attach, Done, Goal, Intent, Stop
from kubectl_netshoot.session import closing
from kubectl_netshoot.session.comparison import LastLook, last_lines, take_last_look
from kubectl_netshoot.session.connection import reached
from kubectl_netshoot.session.copy_plan import CopyPlan, plan_copy
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.edges import Edges, now
from kubectl_netshoot.session.inbox import Inbox, SecondInterrupt
from kubectl_netshoot.session.plan import P, Plan, PodPlan
from kubectl_netshoot.session.shell import Attachment, Ended, Shell
from kubectl_netshoot.terminal import Terminal, one_line

# From here on a status is that of a process which a signal has ended, as shells say it.
SIGNALLED = 128
KILLED = SIGNALLED + 9
LATE_SECONDS, LOOK_SECONDS = 2.0, 0.25
LOG_LINES = 5


@contextmanager
def connected(connection: Connection, terminal: Terminal) -> Iterator[tuple[Pinned, Edges]]:
    """Pin the target and open the edges on it; the private kubeconfig is gone afterwards."""
    with reached(connection, terminal) as (pinned, fetch):
        kubectl = Kubectl(pinned.path, pinned.target.namespace, connection.request_timeout)
        yield pinned, Edges.of(fetch, kubectl, terminal, Inbox())


@contextmanager
def asking_kubectl() -> Iterator[Callable[[], DebugHelp]]:
    """kubectl's help for debug, asked for while the target is resolved; the value waits for it."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(debug_help).result


L = TypeVar("L", bound=Plan)
# Plans on what is pinned; the last waits for kubectl's help.
MakePlan = Callable[[Pinned, Edges, Callable[[], DebugHelp]], L]


def plan_only(make: MakePlan[L], connection: Connection, terminal: Terminal) -> L:
    """A plan alone, for --dry-run: reads, changes nothing."""
    with asking_kubectl() as debug, connected(connection, terminal) as (pinned, edges):
        return make(pinned, edges, debug)


def run_planned(
    make: MakePlan[L], connection: Connection, terminal: Terminal, carry: Callable[[L, Edges], int]
) -> int:
    """Plan it, and `carry` it out: the exit status is what that gives."""
    with (
        asking_kubectl() as debug,
        connected(connection, terminal) as (pinned, edges),
        edges.inbox.signals(),
    ):
        return carry(make(pinned, edges, debug), edges)


def plan_session(request: SessionRequest, connection: Connection, terminal: Terminal) -> CopyPlan:
    """The plan alone of a session with a copy."""
    return plan_only(partial(plan_copy, request), connection, terminal)


def run_session(
    request: SessionRequest,
    connection: Connection,
    terminal: Terminal,
    show: Callable[[CopyPlan], None],
    attachment: Callable[[Edges, CopyPlan], Attachment] | None = None,
) -> int:
    """The whole session with a copy: a shell or COMMAND in it, or another `attachment`. As `carry_out` otherwise."""
    return run_planned(
        partial(plan_copy, request),
        connection,
        terminal,
        lambda plan, edges: carry_out(request, edges, plan, show, attachment),
    )


def carry_out(
    request: Stay,
    edges: Edges,
    plan: P,
    show: Callable[[P], None],
    attachment: Callable[[Edges, P], Attachment] | None = None,
) -> int:
    """What every session is once it is planned, by who is connected and hears signals: judged, accepted, carried out.

    The exit status is the shell's or COMMAND's unless something else must be known first. `show` prints the plan in
    short, for a person who is asked to accept its warnings; `attachment` is what is done in the pod in the place of a
    shell.
    Raises RefusedError where a hazard stands in the way or the pod had to be left, DeclinedError where the person said
    no, NetshootError for a failure that left nothing behind.
    """
    terminal = edges.terminal
    terminal.say(f"{plan.target.place} · {plan.where}")
    check(plan, request.allow)
    if plan.join.warnings and terminal.talks_to_person and not terminal.yes:
        show(plan)
    _announce(plan, terminal)
    _accept(plan, edges)
    with edges.watcher().watching(plan.name, plan.mark.services):
        return Session(request, plan, edges, _attached(request, plan, edges, attachment)).run()


def _attached(
    request: Stay, plan: P, edges: Edges, attachment: Callable[[Edges, P], Attachment] | None
) -> Attachment:
    if attachment:
        return attachment(edges, plan)
    return Shell(edges, request.shell, request.command, plan.join.services, rerun=request.rerun)


def check(plan: PodPlan, allow: frozenset[str]) -> None:
    """Raise NetshootError for missing rights, RefusedError with every hazard that stands in the way."""
    plan.rights.demand(plan.target.namespace)
    refused = plan.join.refused(allow)
    if refused:
        hint = "\n".join(f"{h.id} ({h.severity.value}): {h.what}; {h.instead}" for h in refused)
        raise RefusedError("refused; nothing was changed", hint, again=("--dry-run",))


def _accept(plan: PodPlan, edges: Edges) -> None:
    """Have the person take the warnings. Raises DeclinedError for a no or a signal, RefusedError without a person."""
    if not plan.join.warnings:
        return
    warnings = number(len(plan.join.warnings), "warning")
    ask(
        f"{warnings}. Make the {plan.mark.noun} anyway?",
        edges,
        f"the plan has {warnings}, and there is no terminal to ask on",
    )


def ask(question: str, edges: Edges, nobody: str) -> None:
    """Go on only after a yes. Raises DeclinedError for a no or a signal, RefusedError, with `nobody` in it, where
    there is no person.
    """
    terminal, inbox = edges.terminal, edges.inbox
    if terminal.confirm(question, lambda: bool(inbox.signal)):
        return
    if not terminal.talks_to_person and not inbox.signal:
        raise RefusedError(f"{nobody}; nothing was changed", "--yes goes on anyway")
    declined = DeclinedError("Nothing was changed.")
    if inbox.signal:
        declined.status = SIGNALLED + inbox.signal
    raise declined


def _announce(plan: PodPlan, terminal: Terminal) -> None:
    for hazard in plan.join.hazards:
        terminal.warn(f"{hazard.id}: {hazard.what}")
    for note in plan.notes:
        terminal.warn(note)
    if plan.command:
        terminal.detail(plan.pasted(plan.command))


class Session:
    """From the plan to the last word."""

    def __init__(self, request: Stay, plan: PodPlan, edges: Edges, attachment: Attachment) -> None:
        self._request, self._plan, self._edges, self._attachment = request, plan, edges, attachment
        self._killed = ""
        self._ending: object = None
        self._last_look: LastLook | None = None
        # Why there is none of a copy that has left.
        self._unseen = ""
        goal = Goal.SERVING if plan.mark.labels else Goal.READY
        intent = Intent(
            goal, now() + request.timeout, plan.mark, allow=request.allow, to_the_end=request.wait
        )
        self._driver = Driver(
            edges,
            plan.name,
            intent,
            lambda: plan.make(edges),
            before_join=attachment.before_join,
            reconsider=lambda copy: plan.reconsider(edges.reads, copy, request.allow),
            inspect=lambda copy: plan.inspect(edges.reads, copy),
            has_left=self._look_back,
        )

    def run(self) -> int:
        """Go in, attach, go out; whatever is raised on the way, the way out is tried before it is passed on."""
        try:
            status = self._run()
        except SecondInterrupt:
            self._driver.step_aside()
            error = closing.stopped(self._plan.name, self._plan.target, self._driver)
            self._sum_up(error.status, error.message)
            raise error from None
        except NetshootError as error:
            self._sum_up(error.status, error.message)
            raise
        self._sum_up(status)
        return status

    def _sum_up(self, status: int, message: str = "") -> None:
        if self._request.summary:
            found = closing.summary(self._plan, self._driver, self._ending, status, message, self._last_look)
            closing.write(self._request.summary, found, self._edges.terminal)

    def _run(self) -> int:
        try:
            arrival, ended = self._go_in()
        except SecondInterrupt:
            if self._driver.copy is None:
                raise
            # Whoever does not even wait for the command to end still wants the copy out of service.
            arrival, ended = Abandon("interrupted"), None
        except Exception:
            self._retreat()
            raise
        trouble = self._trouble(arrival) if ended is None else ()
        goal = Goal.OUT if self._request.keep and ended is not None else Goal.GONE
        if self._edges.inbox.signal and (self._driver.copy is not None or self._driver.may_come_to_be):
            self._edges.terminal.say(closing.way_out(self._plan.mark, self._driver, goal))
        self._driver.aim(goal, teardown_patience(self._request.timeout, self._plan))
        self._ending = self._driver.drive()
        return self._finish(self._ending, ended, trouble)

    def _go_in(self) -> tuple[object, Ended | None]:
        arrival = self._driver.drive()
        return arrival, self._stay() if isinstance(arrival, Attach) else None

    def _retreat(self) -> None:
        """Out, after something that should not have happened; where that fails too, the next command is said."""
        try:
            self._driver.aim(Goal.GONE, teardown_patience(self._request.timeout, self._plan))
            ending = self._driver.drive()
        except Exception:  # noqa: BLE001 (the first error is the one to tell)
            ending = None
        if not isinstance(ending, Done):
            name, target = self._plan.name, self._plan.target
            self._edges.terminal.warn(f"pod {name} may still be there; {closing.next_command(name, target)}")

    def _stay(self) -> Ended:
        copy = self._driver.copy
        assert copy is not None
        self._welcome(copy)
        before = _tools(copy)
        told = self._tell_capabilities(copy)
        ended = self._attachment.run(copy)
        if not told and not ended.lost and not self._edges.inbox.signal:
            # Its first process was not as far when the copy was ready at once.
            self._tell_capabilities(copy)
        if ended.lost or ended.status >= SIGNALLED:
            late = LATE_SECONDS if ended.lost or ended.status == KILLED else 0
            self._killed = self._how_container_ended(before, late)
        return ended

    def _how_container_ended(self, before: Container | None, late: float) -> str:
        """That the container itself has ended meanwhile, with the kubelet's reason; empty where it has not.

        The kubelet may say so `late`, in seconds: it looks once a second, and the connection is closed at once.
        """
        until = time.monotonic() + late
        while True:
            try:
                copy = self._edges.reads.pod(self._plan.name)
            except ApiError:
                return ""
            told = _new_end(before, _tools(copy))
            is_over = copy is None or copy.terminating or copy.finished or self._edges.inbox.signal
            if told or is_over or time.monotonic() >= until:
                return told
            self._edges.inbox.wait(LOOK_SECONDS)

    def _told(self, ended: Ended) -> str:
        """How the shell or COMMAND ended: for people."""
        tools = self._driver.copy.tools if self._driver.copy else CONTAINER
        return closing.ended_as(ended, self._plan.mark.noun, tools, self._killed)

    def _welcome(self, copy: Pod) -> None:
        terminal, mark = self._edges.terminal, self._plan.mark
        # As the clock of whoever reads it will show.
        left = copy.deadline - self._edges.reads.now() if copy.deadline else None
        until = "?" if left is None else (datetime.now().astimezone() + left).strftime("%H:%M")
        differing = f" with {', '.join(mark.set_names)} set" if mark.set_names else ""
        terminal.say(f"{mark.noun} {copy.name} ready{differing} (the cluster ends it at {until})")
        seen = {e.service: e for e in self._driver.endpoints}
        by_shell = isinstance(self._attachment, Shell) and not self._request.command
        leave = "; type `exit` to leave" if by_shell and terminal.has_tty_for_shell else ""
        for service in self._plan.join.services:
            endpoints = seen.get(service.name, ServiceEndpoints(service.name))
            share = worded(shares(service, endpoints, place_of(copy, [endpoints]), copy.uid))
            terminal.say(f"in Service {service.name}: takes about {share}{leave}")
        terminal.detail(f"session {mark.session}, node {copy.node}")

    def _tell_capabilities(self, copy: Pod) -> bool:
        """Say what the profile promised and the container lacks, for whatever reason; False where that is not known."""
        promised = self._plan.profile.promised
        effective = self._edges.reads.capabilities(copy.name, copy.tools) if promised else None
        missing = () if effective is None else missing_capabilities(promised, effective)
        if missing:
            self._edges.terminal.warn(lacking(self._plan.profile.profile, missing))
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
        return (
            arrival.reason,
            *(one_line(event) for event in events),
            *self._image(),
            *self._last_lines(),
        )

    def _last_lines(self) -> tuple[str, ...]:
        """What the changed container has said last that did not come up, masked as the plan is."""
        pod = self._driver.copy
        changed = changed_containers(pod, self._plan.mark) if pod else ()
        for container in (c for c in changed if c.restarts or not c.ready):
            try:
                lines = self._edges.reads.last_lines(self._plan.name, container.name, LOG_LINES)
            except ApiError:
                continue
            if lines:
                return (
                    f"last lines of container {container.name}:",
                    *(f"  {masked(one_line(line))}" for line in lines),
                )
        return ()

    def _image(self) -> tuple[str, ...]:
        """What there is to say of the debug container's image, where it cannot be pulled."""
        pod, is_ours = self._driver.copy, self._plan.mark.kind != COPY
        containers = [c for c in pod.containers if c.name == pod.tools] if pod else []
        secrets = pod.pull_secrets if pod else ()
        return tuple(hint for c in containers if (hint := pull_hint(c, secrets, is_ours)))

    @property
    def _tells_of_what_is_set(self) -> bool:
        wanted = self._request.summary or not self._edges.terminal.quiet
        return bool(self._plan.mark.set_names and wanted)

    def _look_back(self, copy: Pod, services: Sequence[ServiceEndpoints]) -> None:
        """How a copy with something set in it stood in service: seen while others wait for its clients anyway."""
        if not self._tells_of_what_is_set or self._last_look is not None:
            return
        try:
            self._last_look = take_last_look(self._edges.reads, copy, services)
            self._unseen = "it was gone"
        except ApiError as error:
            self._unseen = error.message

    def _say_last_look(self) -> None:
        copy, in_service = self._driver.copy, self._driver.time_in_service
        if self._tells_of_what_is_set and copy and in_service is not None:
            names, accepted = self._plan.mark.set_names, self._driver.accepted
            for line in last_lines(self._last_look, self._unseen, names, copy, in_service, accepted):
                self._edges.terminal.say(line)

    def _finish(self, ending: object, ended: Ended | None, trouble: tuple[str, ...]) -> int:
        name, terminal, noun = self._plan.name, self._edges.terminal, self._plan.mark.noun
        left = self._left(ending, ended, trouble) if isinstance(ending, Stop) else None
        self._say_last_look()
        if left:
            raise left
        if isinstance(ending, Done) and ending.exists and not ending.deleting:
            terminal.say(f"{noun} {name} is out of service and was kept (--keep); it ends at its deadline")
            terminal.say(closing.to_delete(name, self._plan.target))
        elif self._driver.copy is not None:
            if self._driver.ended_by_itself:
                terminal.warn(f"{noun} {name} had ended by itself: {self._driver.ended_by_itself}")
            served = self._driver.endpoints if self._driver.was_joined else ()
            is_deleting = ending == Done(exists=True, deleting=True)
            terminal.say(closing.done(name, self._driver.copy, served, self._plan.mark, is_deleting))
        if self._driver.surprises:
            raise closing.not_as_planned(self._driver.surprises)
        if self._edges.inbox.signal:
            return 128 + self._edges.inbox.signal
        if trouble:
            raise NetshootError(trouble[0], "\n".join(trouble[1:]))
        if ended is None:
            raise NetshootError(f"the connection to the {noun} was lost")
        return self._status(ended)

    def _left(self, stop: Stop, ended: Ended | None, trouble: tuple[str, ...]) -> RefusedError:
        """The error for a copy that is still there."""
        surprises = self._driver.surprises
        before = [*(() if surprises else trouble), *([self._told(ended)] if ended else [])]
        clock = self._edges.reads.now()
        left = closing.left_behind(self._plan.name, self._plan.target, stop, self._driver.copy, clock, before)
        return closing.not_as_planned(surprises, left) if surprises else left

    def _status(self, ended: Ended) -> int:
        """The shell's or COMMAND's own. Raises NetshootError where it has none."""
        if ended.expired:
            raise ExpiredError(self._told(ended), "a longer --ttl gives more time")
        if ended.lost:
            raise NetshootError(self._told(ended))
        if self._killed:
            self._edges.terminal.warn(self._told(ended))
        return ended.status


def _tools(pod: Pod | None) -> Container | None:
    return next((c for c in pod.containers if c.name == pod.tools), None) if pod else None


def _new_end(before: Container | None, after: Container | None) -> str:
    """How it ended since then; empty where it has not."""
    if before is None or after is None:
        return ""
    return after.last_end if after.exit_code is not None or after.restarts > before.restarts else ""


def teardown_patience(timeout: timedelta, plan: PodPlan) -> timedelta:
    """How long the way out may take before it stops and says so: each of its waits at its longest, and once more."""
    return timeout + plan.mark.settle + plan.mark.drain
