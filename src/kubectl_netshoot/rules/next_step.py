"""What to do next. One pure function drives a normal session, Ctrl-C, `leave`, `cleanup` after a kill -9, all of them.

It remembers nothing: everything it knows stands in what was observed (the marks on the copy among it), in what is
wanted, and in the time. So a process that dies in any state is followed by one that looks and goes on.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from kubectl_netshoot.model import Container, Pod
from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.guard import GuardVerdict, Observed, refuse
from kubectl_netshoot.rules.marks import Mark, is_ours, mark_of, read_mark
from kubectl_netshoot.rules.set_fields import container_of
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

# What no waiting mends. ErrImagePull and CrashLoopBackOff are not here: both may pass.
HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull", "ImagePullBackOff"})


def going_in(seen: Observed, intent: Intent, now: datetime) -> Step:
    """The next step towards a copy that is READY, or SERVING."""
    copy, mark = seen.copy, intent.mark
    if mark is None:
        return Abandon("there is no plan for this pod")
    if copy is None:
        if intent.uid:
            return Abandon(f"the {mark.noun} was deleted by somebody else")
        return Create() if now < intent.until else Abandon(f"the {mark.noun} was never created")
    lost = _lost(copy, mark, intent)
    if lost is not None:
        return lost
    if read_mark(copy) is None or copy.active_deadline is None or not copy.owns_itself:
        return MarkCopy(copy.uid)
    if seen.left is not None and seen.left <= mark.teardown:
        return Abandon(guard.too_late(seen.left, mark))
    # A plain copy is often made because the application fails: the debug container is all it needs.
    vital = [c for c in copy.containers if c.name == copy.tools or intent.goal is Goal.SERVING]
    ready = is_ready(copy, intent.allow) if intent.goal is Goal.SERVING else all(c.ready for c in vital)
    failed = failed_container(copy, mark) if intent.goal is Goal.SERVING else None
    if failed is not None:
        return Abandon(f"the {mark.noun} did not become ready: {_how_it_failed(failed)}")
    if not ready:
        return _not_ready(copy, vital, intent, now)
    if intent.goal is Goal.READY:
        return Attach()
    return _joining(seen, copy, mark, intent, now)


def _lost(copy: Pod, mark: Mark, intent: Intent) -> Abandon | None:
    """Why this pod cannot (any more) become what was wanted."""
    if not is_ours(copy, mark.session) or (intent.uid and copy.uid != intent.uid):
        return Abandon(f"pod {copy.name} was not made by this session")
    if copy.terminating:
        return Abandon(f"the {mark.noun} is being deleted by somebody else")
    if copy.finished:
        return Abandon(
            f"the {mark.noun} has ended: {copy.reason or copy.phase}"
            + (f" ({copy.message})" if copy.message else "")
        )
    if copy.owners:
        return Abandon(f"{copy.owners[0]} has adopted the {mark.noun}", "adoption")
    return None


def _joining(seen: Observed, copy: Pod, mark: Mark, intent: Intent, now: datetime) -> Step:
    missing = tuple(
        (key, value) for key, value in sorted(mark.labels.items()) if copy.labels.get(key) != value
    )
    if missing:
        steady = (seen.ready_since or now) + STEADY
        if mark.set_names and now < steady:
            return Wait("ready; it joins if it stays so with what was set in it", steady, over=steady)
        verdict = guard.may_join(seen)
        return Join(copy.uid, missing) if verdict.allowed else Abandon(verdict.reason, verdict.finding)
    if not copy.ready:
        # It can serve all the same (`is_ready`): its readiness gate was accepted, and no endpoint will say so.
        return Attach()
    serving = {service.service for service in seen.endpoints if service.serves(copy.uid)}
    absent = [name for name in mark.services if name not in serving]
    if not absent:
        return Attach()
    reason = f"the endpoints of {', '.join(absent)} do not list the {mark.noun} as ready yet"
    return Wait(reason, intent.until) if now < intent.until else Abandon(reason)


def _not_ready(copy: Pod, vital: Sequence[Container], intent: Intent, now: datetime) -> Step:
    reason = why_not_ready(copy, vital)
    hopeless = any(container.waiting in HOPELESS for container in vital)
    if hopeless or now >= intent.until:
        return Abandon(f"the {mark_of(copy).noun} did not become ready: {reason}")
    return Wait(reason, intent.until)


# Of a container that is changed: who changes it wants to hear of it at once, and nothing is lost by another try.
FAILED = HOPELESS | {
    "ErrImagePull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
}


# A container without a readiness probe is ready as soon as it runs, also one that ends at once. Where something is set
# in it, it is therefore watched for a while before it gets anybody's requests, as minReadySeconds does.
STEADY = timedelta(seconds=5)


def failed_container(copy: Pod, mark: Mark) -> Container | None:
    """The container with something set in it that does not come up so, or has ended; None where there is none."""
    return next((c for c in changed_containers(copy, mark) if _failed(c)), None)


def changed_containers(copy: Pod, mark: Mark) -> tuple[Container, ...]:
    """The containers and sidecars with something set in them."""
    changed = {container_of(name) for name in mark.set_names}
    return tuple(c for c in (*copy.containers, *copy.sidecars) if c.name in changed)


def _failed(container: Container) -> bool:
    return container.waiting in FAILED or container.exit_code is not None or container.restarts > 0


def _how_it_failed(container: Container) -> str:
    if container.last_end:
        return f"container {container.name} has ended ({container.last_end}) with what was set in it"
    detail = f": {container.waiting_message}" if container.waiting_message else ""
    return f"container {container.name} does not start with what was set in it, {container.waiting}{detail}"


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
        gate, noun = copy.readiness_gates[0], mark_of(copy).noun
        return f"readiness gate {gate} is not open, and nothing will open it for a {noun}"
    return f"the pod is {copy.phase or 'unknown'}{', no node yet' if not copy.node else ''}"


RECOUNT = timedelta(seconds=1)


def going_out(seen: Observed, intent: Intent, now: datetime, last: Written | None = None) -> Step:
    """The next step towards a copy that is OUT, or GONE; `last` is the last change, where it did not show or failed."""
    copy = seen.copy
    if copy is None or (intent.uid and copy.uid != intent.uid):
        return Done(exists=False)
    if intent.mark and not is_ours(copy, intent.mark.session):
        # Somebody else's pod has the name that we wanted: ours was never created.
        return Done(exists=False)
    if not is_ours(copy, seen.session):
        return Stop(guard.refuse(f"pod {copy.name} does not carry our mark"))
    if copy.terminating:
        return _deleting(seen, copy, intent, now)
    verdict = guard.may_be_marked_yet(seen, intent.owner) if intent.mark is None else guard.ALLOW
    if not verdict.allowed:
        return Wait(verdict.reason, now + guard.UNMARKED)
    labels = guard.removable_labels(seen)
    # What the cluster does not let us take off, and nothing selects by, is in nobody's way.
    kept = last is not None and isinstance(last.step, Leave) and intent.goal is Goal.GONE
    if labels and not (kept and guard.is_out(seen).allowed):
        verdict = guard.may_leave(seen, intent.allow)
        return Leave(copy.uid, labels) if verdict.allowed else _patient(verdict, intent, now)
    if seen.held_by is None:
        return LookEverywhere()
    return _drain(seen, copy, intent, now)


# Long enough for a pod that ends when it is told to; what takes longer is the kubelet's, and nobody need wait for it.
PROMPT = timedelta(seconds=2)


def _deleting(seen: Observed, copy: Pod, intent: Intent, now: datetime) -> Step:
    since = seen.ending_since or now
    if not intent.to_the_end and now >= since + PROMPT:
        return Done(exists=True, deleting=True)
    until = intent.until if intent.to_the_end else since + PROMPT
    step = _patient(guard.wait(f"the cluster is deleting the {mark_of(copy).noun}"), intent, now)
    return Wait(step.reason, min(until, step.until)) if isinstance(step, Wait) else step


def _drain(seen: Observed, copy: Pod, intent: Intent, now: datetime) -> Step:
    mark = mark_of(copy)
    checks: tuple[Callable[[], GuardVerdict], ...] = (
        lambda: guard.is_out(seen),
        lambda: guard.ALLOW if "undrained" in intent.allow else guard.is_drained(seen, mark, now),
        lambda: guard.are_others_healthy(seen, mark, intent.allow),
    )
    for index, check in enumerate(checks):
        verdict = check()
        if not verdict.allowed:
            return (
                _drain_wait(seen, mark, verdict, intent, now)
                if index == 1
                else _patient(verdict, intent, now)
            )
    if intent.goal is Goal.OUT:
        return Done(exists=True)
    verdict = guard.may_delete(seen, now, intent.allow)
    return Delete(copy.uid) if verdict.allowed else _patient(verdict, intent, now)


def _drain_wait(seen: Observed, mark: Mark, verdict: GuardVerdict, intent: Intent, now: datetime) -> Step:
    """Settle and drain have bounds of their own, on the mark; the patience for the rest does not shorten them.

    A count that fails has that patience too, as everything else: the kubelet may be back in a moment.
    """
    settled = guard.settled_at(seen, mark, now)
    first = settled - guard.quiet_time(mark)
    if seen.connections is None and seen.counted_at and now >= max(intent.until, settled + mark.drain):
        return Stop(guard.refuse(verdict.reason, verdict.finding))
    if now < first:
        return Wait(verdict.reason, first, verdict.over)
    if seen.counted_at is None or seen.counted_at < first:
        return CountConnections()
    if now < settled:
        return Wait(verdict.reason, settled, verdict.over)
    if now - seen.counted_at >= RECOUNT or seen.counted_at < settled:
        return CountConnections()
    return Wait(verdict.reason, seen.counted_at + RECOUNT, verdict.over)


def _patient(verdict: GuardVerdict, intent: Intent, now: datetime) -> Step:
    """Wait, within the patience; what the guard refuses for good has ended the way out before it is asked this."""
    if now < intent.until:
        return Wait(verdict.reason, intent.until)
    return Stop(guard.refuse(verdict.reason, verdict.finding))


AGAIN = timedelta(seconds=2)


def is_again(step: Step, last: Written) -> bool:
    """Whether this is the change that was made last: its answer, or a look since, does not show it."""
    match step, last.step:
        case Leave(_, labels), Leave(_, before):
            return bool({*labels} & {*before})
        case _, before_it:
            return type(step) is type(before_it)


def not_at_once(step: Step, last: Written, intent: Intent, now: datetime, noun: str) -> Step:
    """The step once more after a pause, within the patience; then the end, in words of what undid it."""
    reason = last.error or undone(last.step, noun)
    if now >= intent.until:
        ends = intent.goal in (Goal.OUT, Goal.GONE)
        return Stop(refuse(reason)) if ends else Abandon(reason)
    return Wait(reason, min(intent.until, last.at + AGAIN)) if now < last.at + AGAIN else step


def undone(step: Write, noun: str) -> str:
    """What became of a change to the pod, which people call `noun`, that the API server had taken."""
    who = "an admission policy or webhook"
    match step:
        case Leave(_, labels):
            return f"{_keys(labels)} came back after it was taken off the {noun}: {who} puts it there"
        case Join(_, labels):
            return f"{_keys(labels)} did not stay on the {noun}: {who} takes it off"
        case Delete():
            return f"the deletion of the {noun} was taken, and it is not being deleted"
        case _:
            return f"the annotations, deadline or owner of the {noun} did not stay as written: {who} changes them"


def _keys(labels: tuple[tuple[str, str], ...]) -> str:
    return f"label {', '.join(key for key, _ in labels)}"


def next_step(seen: Observed, intent: Intent, now: datetime, last: Written | None = None) -> Step:
    """The one next thing to do. `now` is the time of the observation, aware, on the clock that `intent.until` uses.

    `last` is the last change that this process made or tried.
    """
    if intent.goal in (Goal.READY, Goal.SERVING):
        step = going_in(seen, intent, now)
    else:
        step = going_out(seen, intent, now, last)
    if last is None or seen.copy is None or not is_again(step, last):
        return step
    return not_at_once(step, last, intent, now, mark_of(seen.copy).noun)
