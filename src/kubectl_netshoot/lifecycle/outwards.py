"""Teardown: labels off, out of every slice, drained, deleted; each behind the guard."""

from collections.abc import Callable
from datetime import datetime, timedelta

from kubectl_netshoot import guard
from kubectl_netshoot.guard import Observed, Say, Verdict
from kubectl_netshoot.marks import Mark, mark_of
from kubectl_netshoot.model import Pod

from .steps import (
    CountConnections,
    Delete,
    Done,
    Goal,
    Intent,
    Leave,
    LookEverywhere,
    Step,
    Stop,
    Wait,
    Written,
)

RECOUNT = timedelta(seconds=1)


def going_out(seen: Observed, intent: Intent, now: datetime, last: Written | None = None) -> Step:
    """The next step towards a copy that is OUT, or GONE; `last` is the last change, where it did not show or failed."""
    copy = seen.copy
    if copy is None or (intent.uid and copy.uid != intent.uid):
        return Done(exists=False)
    if intent.mark and not guard.is_ours(copy, intent.mark.session):
        # Somebody else's pod has the name that we wanted: ours never came to be.
        return Done(exists=False)
    if not guard.is_ours(copy, seen.session):
        return Stop(guard.refuse(f"pod {copy.name} does not carry our mark"))
    if copy.terminating:
        return _patient(guard.wait("the copy is being deleted"), intent, now)
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


def _drain(seen: Observed, copy: Pod, intent: Intent, now: datetime) -> Step:
    mark = mark_of(copy)
    checks: tuple[Callable[[], Verdict], ...] = (
        lambda: guard.is_out(seen),
        lambda: guard.ALLOW if "undrained" in intent.allow else guard.is_drained(seen, mark, now),
        lambda: guard.are_others_well(seen, mark, intent.allow),
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


def _drain_wait(seen: Observed, mark: Mark, verdict: Verdict, intent: Intent, now: datetime) -> Step:
    """Settle and drain have bounds of their own, on the mark; the patience for the rest does not shorten them.

    A count that fails has that patience too, as everything else: the kubelet may be back in a moment.
    """
    settled = guard.settled_at(seen, mark, now)
    first = settled - guard.quiet_time(mark)
    if seen.connections is None and seen.counted_at and now >= max(intent.until, settled + mark.drain):
        return Stop(guard.refuse(verdict.reason, verdict.finding))
    if now < first:
        return Wait(verdict.reason, first)
    if seen.counted_at is None or seen.counted_at < first:
        return CountConnections()
    if now < settled:
        return Wait(verdict.reason, settled)
    if now - seen.counted_at >= RECOUNT or seen.counted_at < settled:
        return CountConnections()
    return Wait(verdict.reason, seen.counted_at + RECOUNT)


def _patient(verdict: Verdict, intent: Intent, now: datetime) -> Step:
    if verdict.say is Say.WAIT and now < intent.until:
        return Wait(verdict.reason, intent.until)
    return Stop(guard.refuse(verdict.reason, verdict.finding))
