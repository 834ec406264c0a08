"""The short form of `make chaos`: one session of each trouble; and that a seed says all that will happen."""

from pathlib import Path

import pytest

from tests.system.chaos.judge import Orphan
from tests.system.chaos.report import Result, command, report, story
from tests.system.chaos.run import play
from tests.system.chaos.schedule import draw
from tests.system.chaos.steps import STEPS
from tests.system.chaos.troubles import SET_TROUBLES, TROUBLES
from tests.system.chaos.variants import VARIANTS

SEED, JOBS = 1, 6
# So many that every step comes up with every trouble that fits it.
MANY = 200 * len(TROUBLES)


def test_one_session_of_each_trouble(zipapp: Path) -> None:
    told: list[Result] = []
    results, seconds = play([draw(SEED, n) for n in range(len(TROUBLES))], zipapp, JOBS, told.append)
    assert len(told) == len(results) == len(TROUBLES)
    assert not any(result.is_broken for result in results), "\n".join(map(story, results))
    assert all(trouble.id in report(results, seconds) for trouble in TROUBLES)


def test_one_session_of_each_variant(zipapp: Path) -> None:
    every = [draw(SEED, n, is_set=True) for n in range(len(SET_TROUBLES))]
    draws = list({d.variant: d for d in every}.values())
    results, _ = play(draws, zipapp, JOBS, lambda _: None)
    assert len(results) == len(VARIANTS)
    assert not any(result.is_broken for result in results), "\n".join(map(story, results))


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
    assert command(draw(SEED, number, is_set=True)) == f"make chaos SEED={SEED} ONLY={number} SET=1"


def test_every_variant_comes_at_every_step_that_it_fits() -> None:
    draws = [draw(SEED, n, is_set=True) for n in range(MANY)]
    assert draws == [draw(SEED, n, is_set=True) for n in range(MANY)]
    wanted = {(variant.id, step.id) for variant in VARIANTS for step in STEPS if variant.fits(step)}
    assert {(d.variant.id, d.step.id) for d in draws if d.variant} == wanted
    assert {d.trouble for d in draws} == set(SET_TROUBLES)
    assert all(d.variant and set(d.variant.flags) <= set(d.words("web-1", "")) for d in draws)


def test_copies_that_nobody_had_marked_are_counted_by_who_made_them() -> None:
    def of(*orphans: Orphan) -> Result:
        return Result(draw(SEED, 0, is_set=True), orphans=orphans)

    results = [of(Orphan(True, False)), of(Orphan(True, True)), of(Orphan(False, True)), of()]
    told = report(results, 60.0)
    assert "killed between creation and mark, copies of kubectl debug: 2, 1 without deadline" in told
    assert "killed between creation and mark, copies of us: 1, 0 without deadline" in told
    assert f"| {results[0].draw.variant.id if results[0].draw.variant else ''} | 4 | 0 | 0 | None:4 |" in told
    assert "between creation and mark" not in report([of()], 60.0)
