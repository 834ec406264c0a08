"""The sabotages, each one function of the program made wrong as somebody could make it wrong by mistake."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kubectl_netshoot.kube.changes import Changes
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules import guard, marks, next_step, open_connections
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.marks import Mark, read_mark
from kubectl_netshoot.rules.steps import Delete, Done, Goal, Intent, Join, Leave, MarkCopy, Step
from kubectl_netshoot.session.copy_plan import CopyPlan
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.plan import PodPlan
from kubectl_netshoot.session.watcher import SessionWatcher
from tests.system.chaos.sabotage.swapping import Function, swap

Next = Callable[..., Step]
NOTHING = timedelta()
GOING_OUT = (Goal.OUT, Goal.GONE)
MIDDLE = ("CLOSE-WAIT", "FIN-WAIT-1", "CLOSING", "LAST-ACK")


def no_settle() -> None:
    """Proxies are given no time."""

    def without(real: Function) -> Function:
        return lambda copy: replace(real(copy), settle=NOTHING)

    swap(marks, "mark_of", without)


def no_drain() -> None:
    """Who is in the middle of something is cut off at once."""

    def without(real: Function) -> Function:
        return lambda seen, mark, *rest: real(seen, replace(mark, drain=NOTHING), *rest)

    swap(guard, "is_drained", without)


def delete_first() -> None:
    """Deleted where its labels should be taken off."""

    def instead(real: Next) -> Next:
        def next_step(seen: Observed, intent: Intent, now: datetime, *last: Any) -> Step:
            step = real(seen, intent, now, *last)
            return Delete(step.uid) if isinstance(step, Leave) else step

        return next_step

    swap(next_step, "next_step", instead)


def join_before_ready() -> None:
    """Marked, and joined at once."""

    def early(real: Next) -> Next:
        def next_step(seen: Observed, intent: Intent, now: datetime, *last: Any) -> Step:
            step = real(seen, intent, now, *last)
            copy, mark = seen.copy, intent.mark
            marked = copy is not None and read_mark(copy) is not None and copy.active_deadline is not None
            if intent.goal is not Goal.SERVING or mark is None or copy is None or not marked or copy.ready:
                return step
            missing = tuple(
                (key, value) for key, value in mark.labels.items() if copy.labels.get(key) != value
            )
            return Join(copy.uid, missing) if missing else step

        return next_step

    swap(next_step, "next_step", early)


def leave_without_looking() -> None:
    """With its labels off it counts as out, whatever the slices say."""
    # Nor for clients who still come: they would keep the copy alive.
    swap(guard, "quiet_time", lambda _: lambda _mark: NOTHING)

    def blind(real: Next) -> Next:
        since: list[datetime] = []

        def next_step(seen: Observed, intent: Intent, now: datetime, *last: Any) -> Step:
            step = real(seen, intent, now, *last)
            if intent.goal not in GOING_OUT or isinstance(step, Leave):
                return step
            since.append(now)
            return real(replace(seen, held_by=(), out_since=since[0]), intent, now, *last)

        return next_step

    swap(next_step, "next_step", blind)


def labels_left() -> None:
    """A copy that is kept is kept as it is."""

    def lazy(real: Next) -> Next:
        def next_step(seen: Observed, intent: Intent, now: datetime, *last: Any) -> Step:
            return Done(exists=True) if intent.goal is Goal.OUT else real(seen, intent, now, *last)

        return next_step

    swap(next_step, "next_step", lazy)


def wrong_pod_deleted() -> None:
    """The source goes too."""

    def wrong(real: Function) -> Function:
        def perform(driver: Driver, step: Step, seen: Observed) -> Any:
            mark = read_mark(seen.copy) if seen.copy else None
            if isinstance(step, Delete) and mark is not None:
                source = driver.edges.reads.pod(mark.source)
                assert source is not None
                driver.edges.changes.delete(source)
            return real(driver, step, seen)

        return perform

    swap(Driver, "_perform", wrong)


def deadline_ignored() -> None:
    """A session stays for as long as somebody works in it."""
    swap(SessionWatcher, "_attend_to_deadline", lambda _: lambda _: None)


def deadline_put_off() -> None:
    """The server is told of a deadline that is long after --ttl."""

    def later(real: Function) -> Function:
        def mark(changes: Changes, copy: Pod, mark: Mark, *rest: Any) -> Any:
            return real(changes, copy, replace(mark, ttl=10 * mark.ttl), *rest)

        return mark

    swap(Changes, "mark", later)


def half_closed_not_counted() -> None:
    """Only established connections count."""

    def established(said: str) -> str:
        kept = (line for line in said.splitlines() if not line.strip().startswith(MIDDLE))
        return "\n".join(kept)

    _as_counted(established)


def loop_without_end() -> None:
    """The mark is written again and again."""

    def endless(real: Next) -> Next:
        def next_step(seen: Observed, intent: Intent, now: datetime, *last: Any) -> Step:
            if intent.goal in GOING_OUT and seen.copy is not None:
                return MarkCopy(seen.copy.uid)
            return real(seen, intent, now, *last)

        return next_step

    swap(next_step, "next_step", endless)


def not_compared_before_join() -> None:
    """What a copy is like is looked at when it has been made, and not again."""
    swap(CopyPlan, "reconsider", lambda _: PodPlan.reconsider)


def _as_counted(change: Callable[[str], str]) -> None:
    """What ss said is read as `change` has it, but for its last line."""

    def changed(real: Function) -> Function:
        def by_ss(status: int, said: str, *rest: Any) -> Any:
            listed = said.removesuffix("\n").removesuffix(open_connections.END)
            return real(status, f"{change(listed)}\n{open_connections.END}\n", *rest)

        return by_ss

    swap(open_connections, "by_ss", changed)


ACTS: dict[str, Callable[[], None]] = {
    act.__name__.replace("_", "-"): act
    for act in (
        no_settle,
        no_drain,
        delete_first,
        join_before_ready,
        leave_without_looking,
        labels_left,
        wrong_pod_deleted,
        deadline_ignored,
        deadline_put_off,
        half_closed_not_counted,
        loop_without_end,
        not_compared_before_join,
    )
}
