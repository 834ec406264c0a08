"""Histories: every state that a session can reach, and how a run from any state ends."""

from collections.abc import Iterator
from functools import cache

from kubectl_netshoot.rules.marks import is_ours
from kubectl_netshoot.rules.steps import Abandon, Attach, Done, Goal, Stop
from tests.unit.builders import COPY_UID
from tests.unit.rules.actor import Process, advance, decide, leaving, older, perform
from tests.unit.rules.world import OURS, World, fair, natural_moves, tick

ENOUGH = 60
LIFTABLE = frozenset({"sole-endpoint", "fewer-endpoints", "undrained"})
State = tuple[World, Process]
# Many histories lead into one another: each state is run from once.
_ENDS: dict[tuple[World, Process, bool], tuple[World, Done | Stop]] = {}


def session(services: tuple[str, ...]) -> State:
    """A session that has planned and changed nothing yet."""
    return World(services), Process(Goal.SERVING if services else Goal.READY, planned=True)


def cleanup(world: World, allow: frozenset[str] = frozenset()) -> Process:
    """A new process that knows nothing but the pod of this name, as `kubectl netshoot cleanup NAME` does."""
    return Process(Goal.GONE, uid=world.life.uid if world.life else "", allow=allow)


@cache
def reachable(services: tuple[str, ...]) -> frozenset[State]:
    """Every state of a session, through every order of its steps, the cluster's moves, time and an interrupt."""
    found = {session(services)}
    new = set(found)
    while new:
        new = {state for world, process in new for state in _successors(world, process)} - found
        found |= new
    return frozenset(found)


def _successors(world: World, process: Process) -> Iterator[State]:
    yield tick(world), older(process)
    for moved in natural_moves(world):
        yield moved, process
    if not process.going_out:
        yield world, leaving(process)
    looked, step = decide(world, process)
    if isinstance(step, (Attach, Abandon)):
        yield world, leaving(looked)
    else:
        yield perform(world, looked, step)


def ending(world: World, process: Process, patient_client: bool = False) -> tuple[World, Done | Stop]:
    """Run to the end in a cluster that answers; the join ends with the teardown."""
    passed = []
    for _ in range(ENOUGH):
        passed.append((world, process, patient_client))
        if passed[-1] in _ENDS:
            break
        world, process, step = advance(world, process)
        if isinstance(step, (Done, Stop)):
            _ENDS[passed[-1]] = world, step
            break
        world = fair(world, patient_client)
        if isinstance(step, (Attach, Abandon)):
            process = leaving(process)
    else:
        raise AssertionError(f"no end: {world}, {process}")
    _ENDS.update(dict.fromkeys(passed, _ENDS[passed[-1]]))
    return _ENDS[passed[-1]]


def check_end(world: World, end: Done | Stop) -> None:
    """Done means gone. A stop can be lifted and finished, but for a pod not ours or one that a selector never frees."""
    if isinstance(end, Done):
        assert not end.exists
        assert world.life is None or world.life.uid != COPY_UID
        return
    again, end = ending(world, cleanup(world, LIFTABLE))
    if isinstance(end, Stop):
        assert _is_not_ours(again) or OURS in (label for _, label in again.selectors)
        return
    assert again.life is None


def _is_not_ours(world: World) -> bool:
    return world.pod is not None and not is_ours(world.pod)
