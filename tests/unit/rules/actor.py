"""Who acts in a world: looks, asks `next_step`, does it. A crash is to start anew with the world alone.

Every change is judged where it is made, by what is true in the world and not by what the process believes.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from kubectl_netshoot.rules.guard import Observed, selecting_labels
from kubectl_netshoot.rules.marks import is_ours, read_mark
from kubectl_netshoot.rules.next_step import next_step
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
)
from tests.unit.builders import NOW, SESSION
from tests.unit.rules.world import DRAIN, LONG, OURS, SETTLE, TICK, Life, World, planned_mark, tick

PATIENCE = LONG + 3


@dataclass(frozen=True)
class Process:
    """What a process remembers, times as ages in ticks. One that has `planned` made the copy, a `cleanup` has not."""

    goal: Goal
    planned: bool = False
    uid: str = ""
    patience: int = PATIENCE
    allow: frozenset[str] = frozenset()
    everywhere: bool = False
    joined: bool = False
    out_for: int | None = None
    connections: int | None = None
    counted_for: int | None = None
    quiet_for: int | None = None
    came_for: int | None = None

    @property
    def going_out(self) -> bool:
        return self.goal in (Goal.OUT, Goal.GONE)


def leaving(process: Process) -> Process:
    """The shell ended, a signal came or the way in was abandoned."""
    return replace(process, goal=Goal.GONE, patience=PATIENCE)


def older(process: Process) -> Process:
    """A tick passes."""
    return replace(
        process,
        patience=max(0, process.patience - 1),
        out_for=_aged(process.out_for),
        counted_for=_aged(process.counted_for),
        quiet_for=_aged(process.quiet_for),
        came_for=_aged(process.came_for),
    )


def _aged(age: int | None) -> int | None:
    return None if age is None else min(age + 1, LONG)


def decide(world: World, process: Process) -> tuple[Process, Step]:
    """One look and the decision."""
    process = _noticed(world, process)
    seen = world.observed(process.everywhere, process.going_out or process.joined)
    process = replace(process, out_for=_out_for(seen, process))
    return process, next_step(_remembered(seen, process), _intent(world, process), NOW)


def _noticed(world: World, process: Process) -> Process:
    life = world.life
    if life is None or life.stranger or (process.planned and life.session != SESSION):
        return process
    process = replace(process, uid=process.uid or life.uid)
    return replace(process, joined=process.joined or (life.uid == process.uid and not life.labels <= {OURS}))


def _out_for(seen: Observed, process: Process) -> int | None:
    if seen.copy is None or seen.held_by is None:
        return process.out_for
    return None if seen.held_by or selecting_labels(seen) else process.out_for or 0


def _remembered(seen: Observed, process: Process) -> Observed:
    return replace(
        seen,
        out_since=_ago(process.out_for),
        connections=process.connections,
        counted_at=_ago(process.counted_for),
        quiet_since=_ago(process.quiet_for),
        came_at=_ago(process.came_for),
        count_error="no ss",
    )


def _ago(ticks: int | None) -> datetime | None:
    return None if ticks is None else NOW - ticks * TICK


def _counted(world: World, process: Process) -> Process:
    if not world.countable:
        return replace(process, counted_for=0, connections=None)
    counted = replace(process, counted_for=0, connections=int(world.client))
    if process.quiet_for is None:
        return replace(counted, quiet_for=0)
    return replace(counted, quiet_for=0, came_for=0) if world.late else counted


def _intent(world: World, process: Process) -> Intent:
    known = planned_mark(world.planned) if process.planned else None
    return Intent(process.goal, NOW + process.patience * TICK, known, process.uid, process.allow)


def perform(world: World, process: Process, step: Step) -> tuple[World, Process]:
    """The world and the process after a step; AssertionError for one that must never be taken in this world."""
    match step:
        case Create():
            assert world.life is None
            return replace(world, life=Life()), process
        case LookEverywhere():
            return world, replace(process, everywhere=True)
        case CountConnections():
            return world, _counted(world, process)
        case MarkCopy(uid) | Join(uid, _) | Leave(uid, _) | Delete(uid):
            assert world.life is not None
            assert uid == world.life.uid == process.uid
            return replace(world, life=_changed(world, process, world.life, step)), process
        case _:
            assert isinstance(step, (Attach, Abandon, Stop, Done, Wait))
            return world, process


def _changed(world: World, process: Process, life: Life, step: Step) -> Life:
    assert not life.stranger
    assert not life.terminating
    match step:
        case MarkCopy():
            return replace(life, marked=True, labels=life.labels | {OURS})
        case Join(_, labels):
            assert life.marked
            assert not life.owned
            assert not life.finished
            return replace(life, labels=life.labels | frozenset(labels), joined=True)
        case Leave(_, labels):
            _judge_leave(world, process, life)
            return replace(life, labels=life.labels - frozenset(labels), joined=True)
        case _:
            _judge_delete(world, process, life)
            return replace(life, terminating=True)


def _judge_leave(world: World, process: Process, life: Life) -> None:
    cut_off = [name for name in world.planned if world.serves(name) and not world.others]
    assert not cut_off or life.owned or life.finished or "sole-endpoint" in process.allow


def _judge_delete(world: World, process: Process, life: Life) -> None:
    copy = world.pod
    assert copy is not None
    assert is_ours(copy)
    assert not life.owned
    assert not world.selected
    assert not world.held
    mark = read_mark(copy)
    if mark is None or not mark.services or not life.joined or life.finished:
        return
    assert world.idle >= SETTLE or "undrained" in process.allow
    assert process.connections is not None or "undrained" in process.allow
    came, counted = process.came_for, process.counted_for
    assert came is None or (counted is not None and came > counted) or "undrained" in process.allow
    assert not world.client or world.idle >= SETTLE + DRAIN or "undrained" in process.allow


def advance(world: World, process: Process) -> tuple[World, Process, Step]:
    """One look, one step; to wait is to let a tick pass."""
    process, step = decide(world, process)
    world, process = perform(world, process, step)
    if isinstance(step, Wait):
        return tick(world), older(process), step
    return world, process, step
