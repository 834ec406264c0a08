"""What to do next. One pure function drives a normal session, Ctrl-C, `leave`, `cleanup` after a kill -9, all of them.

It remembers nothing: everything it knows stands in what was observed (the marks on the copy among it), in what is
wanted, and in the time. So a process that dies in any state is followed by one that looks and goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from . import guard
from .guard import Observed, Say, Verdict
from .marks import Mark, read_mark
from .model import CONTAINER, Container, Pod

RECOUNT = timedelta(seconds=1)


class Goal(Enum):
    """READY: a copy to work in. SERVING: that, behind its Services. OUT: out of service, kept. GONE: deleted."""

    READY = "ready"
    SERVING = "serving"
    OUT = "out"
    GONE = "gone"


@dataclass(frozen=True)
class Intent:
    """What this process wants. `uid` is the copy's once it was seen; `until` ends the patience with the present goal.

    `mark` is what the copy is to carry (going in); going out, what it does carry is read from it.
    """

    goal: Goal
    until: datetime
    mark: Mark | None = None
    uid: str = ""
    allow: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Create:
    """Make the copy."""


@dataclass(frozen=True)
class MarkCopy:
    """Write label, annotations and the deadline onto the copy."""

    uid: str


@dataclass(frozen=True)
class Join:
    """Add these labels to the copy."""

    uid: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Attach:
    """The copy is as wanted: the shell or COMMAND may run."""


@dataclass(frozen=True)
class Leave:
    """Take these labels off the copy, each with the value it has now."""

    uid: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LookEverywhere:
    """Read every EndpointSlice of the namespace, not only those of the known Services."""


@dataclass(frozen=True)
class CountConnections:
    """Ask the copy which connections to the Services' ports are established."""


@dataclass(frozen=True)
class Delete:
    """Delete the copy, with its uid as precondition."""

    uid: str


@dataclass(frozen=True)
class Wait:
    """Look again when something changed, at the latest at `until`; `reason` is for the person who waits."""

    reason: str
    until: datetime


@dataclass(frozen=True)
class Abandon:
    """Going in has failed for this reason: take the way out."""

    reason: str
    finding: str = ""


@dataclass(frozen=True)
class Stop:
    """Going out cannot be finished safely: leave everything as it is and say so."""

    verdict: Verdict


@dataclass(frozen=True)
class Done:
    """The goal is reached: the copy is out (`exists`), or no longer there."""

    exists: bool


Step = (
    Create
    | MarkCopy
    | Join
    | Attach
    | Leave
    | LookEverywhere
    | CountConnections
    | Delete
    | Wait
    | Abandon
    | Stop
    | Done
)


def next_step(seen: Observed, intent: Intent, now: datetime) -> Step:
    """The one next thing to do. `now` is the time of the observation, aware, on the clock that `intent.until` uses."""
    if intent.goal in (Goal.READY, Goal.SERVING):
        return _going_in(seen, intent, now)
    return _going_out(seen, intent, now)


def _going_in(seen: Observed, intent: Intent, now: datetime) -> Step:
    copy, mark = seen.copy, intent.mark
    if mark is None:
        return Abandon("there is no plan for this copy")
    if copy is None:
        if intent.uid:
            return Abandon("the copy was deleted by somebody else")
        return Create() if now < intent.until else Abandon("the copy never came to be")
    lost = _lost(copy, mark, intent)
    if lost is not None:
        return lost
    if read_mark(copy) is None or copy.active_deadline is None or not copy.owns_itself:
        return MarkCopy(copy.uid)
    # A plain copy is often made because the application is ill: the debug container is all it needs.
    vital = [c for c in copy.containers if c.name == CONTAINER or intent.goal is Goal.SERVING]
    ready = is_ready(copy, intent.allow) if intent.goal is Goal.SERVING else all(c.ready for c in vital)
    if not ready:
        return _not_ready(copy, vital, intent, now)
    if intent.goal is Goal.READY:
        return Attach()
    return _joining(seen, copy, mark, intent, now)


def _lost(copy: Pod, mark: Mark, intent: Intent) -> Abandon | None:
    """Why this pod cannot (any more) become what was wanted."""
    if not guard.is_ours(copy, mark.session) or (intent.uid and copy.uid != intent.uid):
        return Abandon(f"pod {copy.name} is not the copy of this session")
    if copy.terminating:
        return Abandon("the copy is being deleted by somebody else")
    if copy.finished:
        return Abandon(
            f"the copy has ended: {copy.reason or copy.phase}{f' ({copy.message})' if copy.message else ''}"
        )
    if copy.owners:
        return Abandon(f"{copy.owners[0]} has adopted the copy", "adoption")
    return None


def _joining(seen: Observed, copy: Pod, mark: Mark, intent: Intent, now: datetime) -> Step:
    missing = tuple(
        (key, value) for key, value in sorted(mark.labels.items()) if copy.labels.get(key) != value
    )
    if missing:
        verdict = guard.may_join(seen)
        return Join(copy.uid, missing) if verdict.allowed else Abandon(verdict.reason, verdict.finding)
    if "readiness-gate" in intent.allow and copy.readiness_gates and not copy.ready:
        return Attach()
    serving = {service.service for service in seen.endpoints if service.serves(copy.uid)}
    absent = [name for name in mark.services if name not in serving]
    if not absent:
        return Attach()
    reason = f"the endpoints of {', '.join(absent)} do not hold the copy as ready"
    return Wait(reason, intent.until) if now < intent.until else Abandon(reason)


def _not_ready(copy: Pod, vital: Sequence[Container], intent: Intent, now: datetime) -> Step:
    reason = why_not_ready(copy, vital)
    hopeless = any(container.waiting in HOPELESS for container in vital)
    if hopeless or now >= intent.until:
        return Abandon(f"the copy did not become ready: {reason}")
    return Wait(reason, intent.until)


def _going_out(seen: Observed, intent: Intent, now: datetime) -> Step:
    copy = seen.copy
    if copy is None or (intent.uid and copy.uid != intent.uid):
        return Done(exists=False)
    if intent.mark and not guard.is_ours(copy, intent.mark.session):
        # Somebody else's pod has the name that we wanted: ours never came to be.
        return Done(exists=False)
    if not guard.is_ours(copy):
        return Stop(guard.refuse(f"pod {copy.name} does not carry our mark"))
    if copy.terminating:
        return _patient(guard.wait("the copy is being deleted"), intent, now)
    labels = tuple((key, copy.labels[key]) for key in guard.foreign_labels(copy))
    if labels:
        verdict = guard.may_leave(seen, intent.allow)
        return Leave(copy.uid, labels) if verdict.allowed else _patient(verdict, intent, now)
    if seen.held_by is None:
        return LookEverywhere()
    return _drain(seen, copy, intent, now)


def _drain(seen: Observed, copy: Pod, intent: Intent, now: datetime) -> Step:
    # A copy that was killed between its creation and its mark never joined anything.
    mark = read_mark(copy) or Mark(copy.session, joined=False)
    checks: tuple[Callable[[], Verdict], ...] = (
        lambda: guard.is_out(seen),
        lambda: ALLOW if "undrained" in intent.allow else guard.is_drained(seen, mark, now),
        lambda: guard.are_others_well(seen, mark, intent.allow),
    )
    for index, check in enumerate(checks):
        verdict = check()
        if not verdict.allowed:
            return _drain_wait(seen, mark, verdict, now) if index == 1 else _patient(verdict, intent, now)
    if intent.goal is Goal.OUT:
        return Done(exists=True)
    verdict = guard.may_delete(seen, now, intent.allow)
    return Delete(copy.uid) if verdict.allowed else _patient(verdict, intent, now)


def _drain_wait(seen: Observed, mark: Mark, verdict: Verdict, now: datetime) -> Step:
    """Settle and drain have bounds of their own, on the mark; the patience for the rest does not shorten them."""
    if verdict.say is Say.REFUSE:
        return Stop(verdict)
    settled = (seen.out_since or now) + mark.settle
    if now < settled:
        return Wait(verdict.reason, settled)
    if seen.counted_at is None or now - seen.counted_at >= RECOUNT or seen.counted_at < settled:
        return CountConnections()
    return Wait(verdict.reason, min(now + RECOUNT, settled + mark.drain))


def _patient(verdict: Verdict, intent: Intent, now: datetime) -> Step:
    if verdict.say is Say.WAIT and now < intent.until:
        return Wait(verdict.reason, intent.until)
    return Stop(guard.refuse(verdict.reason, verdict.finding))


ALLOW = guard.ALLOW
# What no waiting mends. ErrImagePull and CrashLoopBackOff are not here: both may pass.
HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull", "ImagePullBackOff"})


def is_ready(copy: Pod, allow: frozenset[str]) -> bool:
    """Whether the copy can serve. With a readiness gate that nobody will open, ready containers are all there is."""
    return copy.ready or ("readiness-gate" in allow and bool(copy.readiness_gates) and copy.containers_ready)


def why_not_ready(copy: Pod, vital: Sequence[Container]) -> str:
    """One line for the person who waits: the first of these containers that is not ready, and why."""
    for container in vital:
        if container.ready:
            continue
        if container.waiting:
            detail = f": {container.waiting_message}" if container.waiting_message else ""
            return f"container {container.name} is waiting, {container.waiting}{detail}"
        if container.exit_code is not None:
            return f"container {container.name} ended with status {container.exit_code}"
        if copy.phase == "Running":
            return f"container {container.name} is not ready"
    if copy.readiness_gates and copy.containers_ready:
        return f"readiness gate {copy.readiness_gates[0]} is not open, and nothing will open it for a copy"
    return f"the pod is {copy.phase or 'unknown'}{', no node yet' if not copy.node else ''}"
