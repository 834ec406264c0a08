"""The short form of `make chaos`: one session of each trouble; and that a seed says all that will happen."""

from pathlib import Path

import pytest

from tests.system.chaos.report import Result, command, report, story
from tests.system.chaos.run import play
from tests.system.chaos.schedule import draw
from tests.system.chaos.steps import STEPS
from tests.system.chaos.troubles import TROUBLES

SEED, JOBS = 1, 6
# So many that every step comes up with every trouble that fits it.
MANY = 200 * len(TROUBLES)


def test_one_session_of_each_trouble(zipapp: Path) -> None:
    told: list[Result] = []
    results, seconds = play([draw(SEED, n) for n in range(len(TROUBLES))], zipapp, JOBS, told.append)
    assert len(told) == len(results) == len(TROUBLES)
    assert not any(result.is_broken for result in results), "\n".join(map(story, results))
    assert all(trouble.id in report(results, seconds) for trouble in TROUBLES)


def test_a_seed_says_all() -> None:
    first, again, other = ([draw(seed, n) for n in range(MANY)] for seed in (SEED, SEED, SEED + 1))
    assert first == again
    assert first != other
    # Not even the number of sessions matters: one alone is played as it was among all.
    assert draw(SEED, 41) == first[41]


def test_every_trouble_comes_at_every_step_that_it_fits() -> None:
    wanted = {(trouble.id, step.id) for trouble in TROUBLES for step in STEPS if trouble.fits(step)}
    assert {(d.trouble.id, d.step.id) for d in (draw(SEED, n) for n in range(MANY))} == wanted


@pytest.mark.parametrize("number", [0, 41])
def test_the_command_that_plays_it_again(number: int) -> None:
    assert command(draw(SEED, number)) == f"make chaos SEED={SEED} ONLY={number}"
    assert command(draw(SEED, number, run=True)) == f"make chaos SEED={SEED} ONLY={number} RUN=1"
