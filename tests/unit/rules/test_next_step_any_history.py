"""Random histories: others move again and again while a session or a clean-up works, is killed and begun anew."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_netshoot.rules.steps import Abandon, Attach, Done, Stop
from tests.unit.rules.actor import advance, leaving, older
from tests.unit.rules.endings import State, check_end, cleanup, ending, session
from tests.unit.rules.world import FOREIGN_MOVES, fair, natural_moves, tick

SERVICES = st.sampled_from([(), ("a",), ("a", "b")])
# What leaves the copy in order is drawn more often: a history of mishaps alone ends early.
ACTS = st.one_of(
    st.sampled_from(["advance", "advance", "advance", "fair", "tick", "leave", "crash"]),
    st.sampled_from(sorted(FOREIGN_MOVES)),
    st.integers(0, 7),
)


def act(state: State, move: str | int) -> State:
    """One thing happens; a number chooses among what the cluster and the clients may do by themselves."""
    world, process = state
    if isinstance(move, int):
        moved = list(natural_moves(world))
        return (moved[move % len(moved)] if moved else world), process
    if move == "advance":
        world, process, step = advance(world, process)
        return world, leaving(process) if isinstance(step, (Attach, Abandon, Done, Stop)) else process
    if move == "fair":
        return fair(world, patient_client=True), process
    if move == "tick":
        return tick(world), older(process)
    if move == "leave":
        return world, leaving(process)
    if move == "crash":
        return world, cleanup(world)
    return FOREIGN_MOVES[move](world), process


@settings(max_examples=300)
@given(SERVICES, st.lists(ACTS, min_size=8, max_size=40))
def test_whatever_happens_the_end_is_safe(services: tuple[str, ...], moves: list[str | int]) -> None:
    state = session(services)
    for move in moves:
        state = act(state, move)
    check_end(*ending(*state))
    check_end(*ending(state[0], cleanup(state[0])))
