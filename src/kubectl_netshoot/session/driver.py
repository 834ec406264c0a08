"""observe -> next_step -> perform until nothing is left to do: the loop under every command that changes things."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.model import MANAGED_BY_LABEL, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules import open_connections
from kubectl_netshoot.rules.guard import (
    Observed,
    hurried,
    known_ports,
    may_hurry,
    may_leave,
    ready_endpoints,
    refuse,
    removable_labels,
    selecting_labels,
    settled_at,
    worded_count,
)
from kubectl_netshoot.rules.hazards.hazard import Hazard
from kubectl_netshoot.rules.hazards.join import refused
from kubectl_netshoot.rules.listing import number
from kubectl_netshoot.rules.marks import Mark, is_joined, mark_of, read_mark
from kubectl_netshoot.rules.next_step import next_step
from kubectl_netshoot.rules.pod_state import is_error
from kubectl_netshoot.rules.steps import (
    Abandon,
    Attach,
    CountConnections,
    Create,
    Delete,
    Done,
    Goal,
    Intent,
    Join,
    Leave,
    LookEverywhere,
    MarkCopy,
    Step,
    Stop,
    Wait,
    Write,
    Written,
)
from kubectl_netshoot.session.edges import Edges, now
from kubectl_netshoot.session.inbox import Inbox, SecondInterrupt
from kubectl_netshoot.terminal import one_line

POLL_SECONDS = 2.0
KUBELET = timedelta(seconds=30)
REFUSALS = 5
DENIED = timedelta(seconds=10)
# All that the API server says of a patch whose `test` did not hold.
REJECTED = "the server rejected our request"
# A countdown on the screen.
TICK_SECONDS = 1.0
LOG_PODS, LOG_LINES = 3, 5


@dataclass
class Driver:
    """Drives one copy, by name. What it keeps between looks is what no look can tell: since when, and how many."""

    edges: Edges
    name: str
    intent: Intent
    # Makes the pod, where there is none yet; returns it where it is known by then.
    make: Callable[[], Pod | None] | None = None
    interruptible: bool = True
    # Told that it can join, before anything is changed for that; raises NetshootError.
    before_join: Callable[[Pod], None] = lambda _: None
    # Asked right before the join: why it must not be any more, or nothing. Minutes may lie behind the plan.
    reconsider: Callable[[Pod], str] = lambda _: ""
    # Asked on the first look at a pod that was made just now: what was done that was not planned.
    inspect: Callable[[Pod], tuple[Hazard, ...]] = lambda _: ()
    # Told that the pod, as it was in service, has left these.
    has_left: Callable[[Pod, Sequence[ServiceEndpoints]], None] = lambda *_: None
    surprises: tuple[Hazard, ...] = ()
    copy: Pod | None = None
    endpoints: tuple[ServiceEndpoints, ...] = ()
    ended_by_itself: str = ""
    _just_made: bool = False
    _answered: Pod | None = None
    _everywhere: bool = False
    _out_since: datetime | None = None
    _connections: int | None = None
    _counted_at: datetime | None = None
    _count_error: str = ""
    _quiet: open_connections.Count | None = None
    _quiet_since: datetime | None = None
    # When that count was asked for; the time before is that of its answer.
    _quiet_asked_at: datetime | None = None
    _came_at: datetime | None = None
    _failures: int = 0
    _failing_since: datetime | None = None
    _last: Written | None = None
    _changed: bool = False
    _has_tried_leaving: bool = False
    _tried_update: bool = False
    _logs_told: bool = False
    _joined: bool = False
    _seen: Observed | None = None
    _hurried: bool = False
    _told_that_clients_are_waited_for: bool = False
    _left_at: datetime | None = None
    # By our own clock.
    _joined_since: datetime | None = None
    _served_until: datetime | None = None
    # Those on which it had clients when it left, also of a Service that came after the join.
    _ports: frozenset[int] = frozenset()
    _ending_since: datetime | None = None
    _ready_since: datetime | None = None
    # When it was first seen to have started, by the API server's clock.
    _started_by: datetime | None = None
    _creating: bool = False
    _may_list_services: bool = True

    def drive(self) -> Attach | Abandon | Stop | Done:
        """Go on until the intent is reached, cannot be reached, or (going in) a signal came.

        Going out raises SecondInterrupt for a second Ctrl-C: see `step_aside`.
        """
        Inbox.may_have_changed = True
        with self._answering():
            return self._drive()

    def _drive(self) -> Attach | Abandon | Stop | Done:
        while True:
            if self.interruptible and self.edges.inbox.signal:
                return Abandon("interrupted")
            step: Step | None = None
            try:
                seen = self._seen = self._observe()
                self._skip_what_may_be_skipped(seen)
                if seen.copy and self._just_made and (surprise := self._surprised(seen.copy)):
                    return surprise
                step = next_step(seen, self.intent, now(), self._last)
                if reason := self._objection(step, seen):
                    return Abandon(reason)
                if self._answered:
                    # By a trial of the join: what was seen is older.
                    continue
                if isinstance(step, (Attach, Abandon, Stop, Done)):
                    return step
                self._perform(step, seen)
                self._failures = 0
                self._note(step)
            except ApiError as error:
                self._note(step, error)
                ending = self._failed(error)
                if ending is not None:
                    return ending

    def aim(self, goal: Goal, patience: timedelta) -> None:
        """Want something else from now on, and have `patience` for it anew."""
        self.intent = replace(self.intent, goal=goal, until=now() + patience)
        self.interruptible = goal in (Goal.READY, Goal.SERVING)
        self._last, self._failures = None, 0
        # What is seen before that is no word of how a Service is left: the copy may be gone by the next look.
        self.endpoints = ()

    @property
    def was_joined(self) -> bool:
        """Whether this process has seen it with the labels of its Services."""
        return self._joined

    @property
    def is_in_service(self) -> bool:
        """Whether it has labels that its join adds, as far as this process knows."""
        newest = self._answered or self.copy
        return newest is not None and not self.is_deleting and is_joined(newest)

    @property
    def time_in_service(self) -> timedelta | None:
        """For how long it had the labels of its Services; None where this process has not joined it."""
        return (self._served_until or now()) - self._joined_since if self._joined_since else None

    @property
    def accepted(self) -> open_connections.Accepted | None:
        """What it had accepted by the count since which nobody has come; None where that is not known."""
        copy, count, since = self.copy, self._quiet, self._quiet_since
        # The network of the node counts for all of its pods.
        if not (copy and copy.started and count and since) or copy.host_network:
            return None
        age = self.edges.reads.now() - copy.started - (now() - since)
        return count.accepted(age.total_seconds(), copy.probe_periods)

    @property
    def may_come_to_be(self) -> bool:
        """Whether it was being made when it was stopped, and nobody knows what came of that."""
        return self._creating and self.copy is None

    @property
    def is_deleting(self) -> bool:
        """Whether the cluster has begun to delete it."""
        return self._ending_since is not None

    def step_aside(self) -> None:
        """Stopped by a person: take it out of service, by one try, where the guard lets it; `copy` is as seen then."""
        if self.copy is None or self.is_deleting:
            return
        # A further Ctrl-C ends this, too.
        with contextlib.suppress(NetshootError, SecondInterrupt):
            seen = self._observe()
            labels = removable_labels(seen)
            if (
                seen.copy
                and not seen.copy.terminating
                and labels
                and may_leave(seen, self.intent.allow).allowed
            ):
                self.copy = self.edges.changes.leave(seen.copy, labels) or self.copy

    def _surprised(self, copy: Pod) -> Abandon | None:
        """Why to go no further with a pod that was made just now; what is allowed is said. Teardown goes on anyway."""
        found: tuple[Hazard, ...] = ()
        try:
            found = self.inspect(copy)
        except ApiError:
            if self.interruptible:
                raise
        self._just_made, self.surprises = False, refused(found, self.intent.allow)
        for hazard in found:
            if hazard not in self.surprises:
                self.edges.terminal.warn(f"{hazard.id}: {hazard.what}")
        if not self.surprises or not self.interruptible:
            return None
        return Abandon(self.surprises[0].what, self.surprises[0].id)

    def _note(self, step: Step | None, error: ApiError | None = None) -> None:
        """Keep the last change: it is not made again at once where it does not show."""
        if not isinstance(step, Write):
            return
        # A race that was lost once says nothing: somebody else was quicker, and the next look decides.
        if error is None or not error.lost_race or self._failures:
            self._last = Written(step, now(), error.message if error else "")
        self._changed = self._changed or error is None

    def _objection(self, step: Step, seen: Observed) -> str:
        """Why a step on the way in must not be made; empty where it may."""
        if not isinstance(step, (MarkCopy, Join)) or seen.copy is None:
            return ""
        if reason := self._joined_by_any_change(seen):
            return reason
        if not isinstance(step, Join):
            return ""
        return (
            self._must_not_join(seen.copy) if self._has_tried_leaving else self._cannot_leave(step, seen.copy)
        )

    def _joined_by_any_change(self, seen: Observed) -> str:
        """Into which Services admission would bring the copy at its first change; empty where into none: tried once."""
        if self._tried_update or seen.copy is None or not self.interruptible:
            return ""
        labels = self.edges.changes.try_update(seen.copy)
        self._tried_update = True
        services = self._services(replace(seen.copy, labels=labels)) or ()
        names = [s.name for s in services if s.selects(labels) and not s.selects(seen.copy.labels)]
        if not names:
            return ""
        noun = mark_of(seen.copy).noun
        return (
            f"admission: a change of the {noun} puts the labels of Service {', '.join(names)} onto it, and would do so "
            "when they are taken off; it was not changed"
        )

    def _cannot_leave(self, step: Join, copy: Pod) -> str:
        """Why the copy could not be taken out of service again, by admission; empty where it could: tried once.

        The trial is a patch, by which admission may change the copy, and who was suspended sees it as it is by now: it
        comes before the last look.
        """
        self.before_join(copy)
        keys = [key for key, _ in step.labels]
        self._answered, reason = self.edges.changes.try_leaving(copy, keys, copy.session)
        self._has_tried_leaving = True
        return f"admission: {reason}; the {mark_of(copy).noun} was not joined" if reason else ""

    def _must_not_join(self, copy: Pod) -> str:
        """Why not, by the last look before it; empty where it may. What the trial left on it is not the copy's own."""
        labels = {key: value for key, value in copy.labels.items() if value != copy.session}
        return self.reconsider(replace(copy, labels=labels))

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        inbox = self.edges.inbox
        inbox.answer = None if self.interruptible else self._answer
        try:
            yield
        finally:
            inbox.answer = None

    def _answer(self, number: int) -> None:
        """A signal in the middle of teardown, told at once: what is skipped, what still happens."""
        if number != signal.SIGINT:
            self.edges.terminal.say(f"{self.name} is still being cleaned up")
            return
        if self._hurried:
            raise SecondInterrupt
        if not self._told_that_clients_are_waited_for and self.is_in_service:
            # Two quick presses often mean the command that has just ended, and its clients are still there.
            self._told_that_clients_are_waited_for = True
            self.edges.terminal.show(
                [
                    f"Ctrl-C: {self.name} still leaves its Services, clients are waited for; Ctrl-C again skips that"
                ]
            )
            return
        self._hurried = True
        self.edges.terminal.show([f"Ctrl-C: {self._skipped()}; Ctrl-C again stops at once"])

    def _skipped(self) -> str:
        mark = mark_of(self.copy) if self.copy else None
        ends = "is kept" if self.intent.goal is Goal.OUT else "is deleted"
        if self.is_deleting or mark is None or not mark.joined:
            return f"nothing is waited for any more, {self.name} {ends}"
        if self._seen is None or self._out_since is None:
            return f"{self.name} still leaves its Services; open connections are not waited for"
        if not may_hurry(self._seen, mark, now()):
            return f"open connections are not waited for; {self.name} {ends} after the settle time"
        cut = (
            f"{worded_count(self._connections)} not waited for any more"
            if self._connections
            else "no more waiting"
        )
        return f"{cut}, {self.name} {ends} now"

    def _skip_what_may_be_skipped(self, seen: Observed) -> None:
        if self._hurried and seen.copy and may_hurry(seen, mark_of(seen.copy), now()):
            self.intent = replace(self.intent, allow=self.intent.allow | {"undrained"}, to_the_end=False)

    def _observe(self) -> Observed:
        # What a patch answered is as fresh as a read, and saves one.
        copy, self._answered = self._answered or self.edges.reads.pod(self.name), None
        if copy is None:
            return Observed(None)
        copy = self._by_servers_clock(copy)
        self._notice(copy)
        self._ready_since = (self._ready_since or now()) if copy.containers_ready else None
        if copy.terminating:
            self._ending_since = self._ending_since or now()
            return Observed(copy, ending_since=self._ending_since)
        mark = read_mark(copy) or self.intent.mark or Mark(copy.session)
        going_out = self.intent.goal in (Goal.OUT, Goal.GONE)
        endpoints, held_by = self._slices(copy, mark) if going_out or self._joined else ((), None)
        # A Service that exists has a slice, if an empty one: only where there is nothing is it worth asking.
        empty = [service.service for service in endpoints if not service.endpoints]
        gone = self.edges.reads.missing_services(empty) if going_out else frozenset()
        self.endpoints = tuple(service for service in endpoints if service.service not in gone)
        seen = Observed(
            copy,
            self.endpoints,
            gone,
            held_by,
            self._services(copy) if held_by is not None else None,
            self.edges.reads.selector_of(copy.owners[0]) if going_out and copy.owners else None,
            copy.deadline - self.edges.reads.now() if copy.deadline else None,
            self.edges.reads.now() - copy.created if copy.created else None,
            connections=self._connections,
            counted_at=self._counted_at,
            count_error=self._count_error,
            quiet_since=self._quiet_since,
            came_at=self._came_at,
            proxies_by=self._proxies_by(),
            session=self.intent.mark.session if self.make and self.intent.mark else "",
            ready_since=self._ready_since,
        )
        if held_by is not None:
            is_selected = held_by or selecting_labels(seen)
            self._out_since = None if is_selected else self._out_since or now()
        return replace(seen, out_since=self._out_since)

    def _by_servers_clock(self, copy: Pod) -> Pod:
        """The pod as started no later than it was seen to be: the clock of its node, which says when, may be ahead."""
        if copy.started is None:
            return copy
        self._started_by = self._started_by or self.edges.reads.now()
        return replace(copy, started=min(copy.started, self._started_by))

    def _proxies_by(self) -> datetime | None:
        seconds = self.edges.reads.seconds_until_proxies_are_back()
        return now() + timedelta(seconds=seconds) if seconds > 0 else None

    def _services(self, copy: Pod) -> tuple[Service, ...] | None:
        """What may select a copy that has labels; None where they may not be listed: then the slices tell, later."""
        if not self._may_list_services or set(copy.labels) <= {MANAGED_BY_LABEL}:
            return None
        try:
            return self.edges.reads.services()
        except ApiError as error:
            if error.code != 403:
                raise
            self._may_list_services = False
            return None

    def _slices(self, copy: Pod, mark: Mark) -> tuple[tuple[ServiceEndpoints, ...], tuple[str, ...] | None]:
        if self._everywhere:
            return self.edges.reads.all_endpoints(mark.services, copy.uid)
        return self.edges.reads.endpoints(mark.services), None

    def _notice(self, copy: Pod) -> None:
        """From the first look on, the copy is known by its uid: another pod of the same name is another pod."""
        mark = self.intent.mark
        ours = copy.session == mark.session if mark else bool(copy.session)
        if not self.intent.uid and ours:
            self.intent = replace(self.intent, uid=copy.uid)
        if copy.uid == self.intent.uid:
            self.copy = copy
            # A pod that is being deleted ends in a phase too.
            if copy.finished and not copy.terminating:
                self.ended_by_itself = copy.reason or copy.phase
            self._joined = self._joined or is_joined(copy)

    def _perform(self, step: Step, seen: Observed) -> None:
        terminal, changes = self.edges.terminal, self.edges.changes
        match step, seen.copy:
            case Create(), None:
                self._create()
            case MarkCopy(), Pod() as copy if self.intent.mark:
                self._answered = changes.mark(
                    copy,
                    replace(
                        self.intent.mark,
                        deadline=self.edges.reads.now() + self.intent.mark.ttl,
                        joined=False,
                    ),
                )
            case Join(_, labels), Pod() as copy:
                terminal.detail(f"adding labels {', '.join(f'{k}={v}' for k, v in labels)}")
                self._answered = changes.join(copy, labels, self.edges.reads.now())
                self._joined_since = now()
            case Leave(_, labels), Pod() as copy:
                terminal.detail(f"removing labels {', '.join(key for key, _ in labels)}")
                # Also where it is refused: what nothing selects by is in nobody's way.
                self._everywhere = True
                self._ports |= frozenset(self.edges.reads.ports_in_service(copy.uid)[0])
                left_at = self.edges.reads.now()
                self._answered = changes.leave(copy, labels)
                self._left_at, self._served_until = self._left_at or left_at, self._served_until or now()
                self._tell_of_leave(copy, seen.endpoints)
                self.has_left(copy, seen.endpoints)
            case LookEverywhere(), _:
                self._everywhere = True
            case CountConnections(), Pod() as copy:
                self._count(copy, seen.endpoints)
            case Delete(), Pod() as copy:
                if seen.connections:
                    count = worded_count(seen.connections)
                    over = "" if self._hurried else "--drain is over: "
                    terminal.warn(f"{over}deleting {self.name} cuts {count}")
                self._tell_of_logs(seen)
                changes.delete(copy)
                self._ending_since = now()
                # From here on it is the pod's own grace period that is waited for.
                self.intent = replace(self.intent, until=max(self.intent.until, now() + copy.grace + KUBELET))
            case Wait(), _:
                self._wait(step, seen)
            case _:
                raise NetshootError(f"{step} does not fit what was seen")

    def _wait(self, step: Wait, seen: Observed) -> None:
        """Wait for that, or until something happens, but not long; a countdown goes on meanwhile."""
        reason, end, over = step.reason, step.until, step.over
        if over and self._hurried and seen.copy:
            # Nothing but a part of the settle time is waited for any more.
            end = over = min(over, settled_at(seen, hurried(mark_of(seen.copy)), now()))
        until = time.monotonic() + min(POLL_SECONDS, max(0.02, (end - now()).total_seconds()))
        is_skippable = over and self._seen and self.copy and may_hurry(self._seen, mark_of(self.copy), now())
        hint = " (Ctrl-C: stop waiting and finish)" if is_skippable and not self._hurried else ""
        while True:
            left = "" if over is None else f", {max(0, round((over - now()).total_seconds()))} s left"
            self.edges.terminal.progress(f"{self.name}: {reason}{left}{hint}")
            rest = until - time.monotonic()
            happened = self.edges.inbox.wait(min(TICK_SECONDS, rest) if over else rest)
            if happened or not over or rest <= TICK_SECONDS:
                return

    def _tell_of_leave(self, copy: Pod, endpoints: Iterable[ServiceEndpoints]) -> None:
        for service in endpoints:
            if service.serves(copy.uid):
                ready = service.ready_others(copy.uid)
                self.edges.terminal.say(f"left Service {service.service}: {ready_endpoints(ready)}")

    def _create(self) -> None:
        if self.make is None or self.intent.mark is None:
            raise NetshootError("no source to make a pod from")
        self._just_made = self._creating = True
        try:
            self._answered = self.make()
        except NetshootError:
            # The request may have been carried out all the same, and only its answer was lost.
            found = self.edges.reads.pod(self.name)
            if found is None or found.session != self.intent.mark.session:
                raise

    def _count(self, copy: Pod, endpoints: Iterable[ServiceEndpoints]) -> None:
        # A targetPort may have changed since the join: clients of both are served.
        ports, uncounted = known_ports(mark_of(copy), endpoints)
        ports |= self._ports
        self._counted_at = now()
        self._connections = None
        if uncounted and not ports:
            self._connections = 0
            return
        try:
            done = self.edges.kubectl.ask(copy.name, open_connections.SS, container=copy.tools)
            count = open_connections.by_ss(done.status, done.stdout, ports)
            if count is None:
                plain = self.edges.kubectl.ask(copy.name, open_connections.PROC, container=copy.tools)
                count = open_connections.by_proc(plain.stdout, ports)
                self._count_error = one_line(plain.stderr or done.stderr) or "their list was cut off"
        except NetshootError as error:
            self._count_error = error.message
        else:
            self._compare(count, copy)

    def _compare(self, count: open_connections.Count | None, copy: Pod) -> None:
        """Who has come since the first of the counts between which nobody came."""
        if count is None or self._counted_at is None:
            return
        self._connections = count.clients
        # A count takes seconds on a busy machine, and nobody knows when in them its sockets were listed.
        answered = now()
        if self._quiet is not None and self._quiet_asked_at is not None:
            longest = (answered - self._quiet_asked_at).total_seconds()
            arrivals = count.arrived_since(self._quiet, longest, copy.probe_periods)
            if not arrivals.number:
                return
            if arrivals.is_known:
                self._came_at = answered
                # What still has to be done after that gets its patience anew.
                until = answered + mark_of(copy).drain + KUBELET
                self.intent = replace(self.intent, until=max(self.intent.until, until))
        self._quiet, self._quiet_asked_at, self._quiet_since = count, self._counted_at, answered

    def _tell_of_logs(self, seen: Observed) -> None:
        """The runbook's last look: whether the application behind the Service complains now that we have left."""
        terminal = self.edges.terminal
        # One that only tried whether it could leave had no clients.
        if terminal.quiet or self._logs_told or seen.copy is None or not self._left_at or not self.was_joined:
            return
        self._logs_told, found = True, dict[str, tuple[str, ...]]()
        uid = seen.copy.uid
        container = next((c.name for c in seen.copy.containers if c.name != seen.copy.tools), "")
        pods = dict.fromkeys(
            e.pod for s in seen.endpoints for e in s.endpoints if e.ready and e.pod and e.uid not in ("", uid)
        )
        for pod in list(pods)[:LOG_PODS]:
            try:
                found[pod] = self.edges.reads.log_since(pod, container, self._left_at)
            except ApiError as error:
                terminal.detail(f"the log of {pod} cannot be read: {error.message}")
        if found:
            self._tell_of_lines(found, len(pods))

    def _tell_of_lines(self, found: Mapping[str, Sequence[str]], pods: int) -> None:
        terminal = self.edges.terminal
        lines = [(pod, one_line(line)) for pod, log in found.items() for line in log]
        bad = [line for line in lines if is_error(line[1])]
        every = number(pods, "pod") if pods > 1 else "pod"
        of = f"{len(found)} of {pods} pods" if len(found) < pods else every
        head = f"log of the other {of} since the leave: {number(len(lines), 'line') if lines else 'nothing'}"
        looks = "look like errors" if len(bad) > 1 else "looks like an error"
        told = f", {len(bad) or 'none'} {looks}" if lines else ""
        shown = lines if terminal.verbosity else bad[:LOG_LINES]
        terminal.say(f"{head}{told}{':' if shown else ''}")
        for pod, line in shown:
            terminal.say(f"  {pod} | {line}")

    def _failed(self, error: ApiError) -> Abandon | Stop | None:
        """Look and decide again where that helps. Teardown has patience with every error: an API server that has just
        been restarted answers 403 or 401 for a while. The way in has it with those that pass by themselves.
        """
        going_out = self.intent.goal in (Goal.OUT, Goal.GONE)
        self._failing_since = now() if not self._failures else self._failing_since or now()
        self._failures += 1
        if going_out:
            # Who has changed nothing yet may simply lack the right, and is told soon.
            denied = error.code in (401, 403) and not self._changed
            hopeless = denied and now() >= self._failing_since + DENIED
        else:
            hopeless = not error.transient and (not error.lost_race or self._failures >= REFUSALS)
        if hopeless or now() >= self.intent.until:
            reason = f"{self._by_others(error)}{error.message}"
            return Stop(refuse(reason)) if going_out else Abandon(reason)
        self.edges.terminal.progress(f"{self.name}: {error.message}; trying again")
        if not error.lost_race or self._failures > 1:
            self.edges.inbox.wait(max(error.retry_after, min(POLL_SECONDS, 0.1 * 2**self._failures)))
        return None

    def _by_others(self, error: ApiError) -> str:
        is_mute = error.lost_race and error.message.startswith(REJECTED)
        return f"somebody else has changed {self.name} meanwhile: " if is_mute else ""
