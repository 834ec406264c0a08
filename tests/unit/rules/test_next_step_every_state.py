"""Every state that a session can reach, a crash in each of them, and every move of others in each of them.

The judgement is in `process.perform`: whatever the history, the copy is deleted only when it is ours, out of every
slice, settled and drained, and nothing else is ever touched. Here is shown that the job is finished all the same.
"""

from dataclasses import replace

import pytest

from kubectl_netshoot.model import MANAGED_BY_LABEL
from kubectl_netshoot.rules.steps import Done, Goal, Stop
from tests.unit.rules.endings import LIFTABLE, check_end, cleanup, ending, reachable, session
from tests.unit.rules.world import FOREIGN_MOVES, OURS, SELECTORS, Life, World, reconcile

JOINS = [(), ("a",), ("a", "b")]
joins = pytest.mark.parametrize("services", JOINS, ids=["no-service", "one-service", "two-services"])
moves = pytest.mark.parametrize("move", FOREIGN_MOVES)


def serving(*services: str) -> World:
    """In service, with a client."""
    labels = frozenset({OURS, *(SELECTORS[name] for name in services)})
    return World(
        services,
        life=Life(marked=True, labels=labels, ready=True, joined=True),
        held=frozenset(services),
        client=True,
        idle=0,
    )


@joins
def test_the_states_are_all_there(services: tuple[str, ...]) -> None:
    worlds = {world for world, _ in reachable(services)}
    lives = {world.life for world in worlds}
    assert None in lives
    assert Life() in lives
    assert any(life and life.marked and life.labels == {OURS} and life.ready for life in lives)
    assert any(life and life.terminating for life in lives)
    assert {world.held for world in worlds} >= {frozenset(), frozenset(services)}
    assert any(world.client for world in worlds) is bool(services)
    if services:
        assert serving(*services) in worlds


@joins
@pytest.mark.parametrize("patient_client", [False, True])
def test_a_session_that_goes_on_ends_with_the_copy_gone(
    services: tuple[str, ...], patient_client: bool
) -> None:
    assert ending(*session(services), patient_client)[1] == Done(exists=False)
    for world, process in reachable(services):
        check_end(*ending(world, process, patient_client))


@joins
@pytest.mark.parametrize("patient_client", [False, True])
def test_after_a_crash_in_any_state_a_cleanup_finishes(
    services: tuple[str, ...], patient_client: bool
) -> None:
    for world in {world for world, _ in reachable(services)}:
        ended, end = ending(world, cleanup(world), patient_client)
        assert end == Done(exists=False)
        assert ended.life is None


@joins
@moves
def test_after_a_crash_others_may_have_done_anything(services: tuple[str, ...], move: str) -> None:
    for world in {FOREIGN_MOVES[move](world) for world, _ in reachable(services)}:
        for patient_client in (False, True):
            _check_cleanup(world, patient_client)


def _check_cleanup(world: World, patient_client: bool) -> None:
    ended, end = ending(world, cleanup(world), patient_client)
    if world.life and isinstance(end, Done):
        assert ended.life is None
    else:
        check_end(ended, end)


@joins
@moves
def test_others_may_do_anything_in_the_middle_of_a_session(services: tuple[str, ...], move: str) -> None:
    for world, process in reachable(services):
        moved = FOREIGN_MOVES[move](world)
        check_end(*ending(moved, process, patient_client=True))


@joins
def test_leaving_alone_keeps_the_copy_out_of_service(services: tuple[str, ...]) -> None:
    for world in {world for world, _ in reachable(services)}:
        ended, end = ending(world, replace(cleanup(world), goal=Goal.OUT))
        assert end == Done(exists=ended.life is not None)
        assert not ended.held


def test_leaving_alone_waits_for_the_others() -> None:
    alone = reconcile(
        replace(
            serving("a"),
            others=False,
            life=Life(marked=True, labels=frozenset({OURS}), ready=True, joined=True),
        )
    )
    _, end = ending(alone, replace(cleanup(alone), goal=Goal.OUT))
    assert isinstance(end, Stop)
    assert end.verdict.finding == "fewer-endpoints"


replaced = pytest.mark.parametrize("how", ["replaced", "replaced by a copy of another session"])
GONE = Done(exists=False)
ENDS = {
    "nothing": GONE,
    "adopted": GONE,
    "deleted": GONE,
    "forced": GONE,
    "replaced": "",
    "replaced by a copy of another session": GONE,
    "finished": GONE,
    "unready": GONE,
    "label put back": GONE,
    "back in service": GONE,
    "label of another Service": GONE,
    "annotations gone": GONE,
    "Service deleted": GONE,
    "selector changed": GONE,
    "selector takes all copies": "",
    "others gone": "sole-endpoint",
    "a proxy is late": GONE,
    "uncountable": "undrained",
}


@moves
def test_what_becomes_of_a_copy_in_service(move: str) -> None:
    moved = FOREIGN_MOVES[move](serving("a", "b"))
    world, end = ending(moved, cleanup(moved))
    assert (end.verdict.finding if isinstance(end, Stop) else end) == ENDS[move]
    if isinstance(end, Stop) and end.verdict.finding:
        lifted = cleanup(world, frozenset({end.verdict.finding, "fewer-endpoints"}) & LIFTABLE)
        assert ending(world, lifted)[1] == GONE


@replaced
def test_a_session_does_not_take_a_stranger_for_its_copy(how: str) -> None:
    stranger = FOREIGN_MOVES[how](serving("a"))
    for process in {process for _, process in reachable(("a",)) if process.uid}:
        world, end = ending(stranger, process)
        assert end == GONE
        assert world.life == stranger.life


@replaced
def test_a_pod_that_has_the_wanted_name_already_is_left_alone(how: str) -> None:
    world, process = session(("a",))
    taken = FOREIGN_MOVES[how](world)
    ended, end = ending(taken, process)
    assert end == GONE
    assert ended.life == taken.life


def test_a_copy_that_still_has_its_label_in_a_renamed_value_is_taken_out_of_it() -> None:
    relabelled = frozenset({(MANAGED_BY_LABEL, "Helm"), SELECTORS["a"]})
    world = reconcile(World(("a",), life=Life(marked=True, labels=relabelled, ready=True, joined=True)))
    assert ending(world, cleanup(world))[1] == GONE


def test_the_judge_would_notice() -> None:
    with pytest.raises(AssertionError):
        check_end(serving("a"), GONE)
