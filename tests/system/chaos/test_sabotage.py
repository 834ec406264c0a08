"""The short form of `make chaos-judge`: the judge finds every sabotage of the program, and nothing without one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.chaos.judge import Broken
from tests.system.chaos.sabotage.acts import ACTS
from tests.system.chaos.sabotage.cases import SABOTAGES, Case, controls
from tests.system.chaos.sabotage.swapping import swap
from tests.system.chaos.sabotage.trial import Finding, trial

SEED = 1
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("cases", [SABOTAGES, controls()], ids=["sabotages", "controls"])
@pytest.mark.usefixtures("zipapp")
def test_the_judge_is_right(cases: tuple[Case, ...]) -> None:
    findings = list(trial(cases, SEED))
    assert [finding.case for finding in findings] == list(cases)
    assert not any(finding.is_wrong for finding in findings), "\n".join(map(str, findings))


def test_every_sabotage_has_its_session() -> None:
    assert {case.act for case in SABOTAGES} == set(ACTS)
    assert all(case.letters for case in SABOTAGES)
    assert len({case.id for case in (*SABOTAGES, *controls())}) == len((*SABOTAGES, *controls()))


@pytest.mark.parametrize("act", ACTS)
def test_what_a_sabotage_replaces_is_there(act: str) -> None:
    """In a process of its own: what is replaced stays so."""
    argv = [sys.executable, "-m", "tests.system.chaos.sabotage", act, "version"]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    assert subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, check=False).returncode == 0


def test_what_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(AttributeError, match="no_such_function"):
        swap(sys.modules[__name__], "no_such_function", lambda real: real)


SABOTAGED = next(case for case in SABOTAGES if case.letters == "ei")
CONTROL = controls()[0]
FIRST, SECOND = Broken("e", "it"), Broken("i", "it")


@pytest.mark.parametrize(
    ("finding", "is_wrong"),
    [
        (Finding(SABOTAGED, (FIRST, SECOND), "", ""), False),
        (Finding(SABOTAGED, (FIRST,), "", ""), True),
        (Finding(SABOTAGED, (), "", ""), True),
        (Finding(SABOTAGED, (FIRST, SECOND), "nobody came", ""), True),
        (Finding(CONTROL, (), "", ""), False),
        (Finding(CONTROL, (FIRST,), "", ""), True),
        (Finding(CONTROL, (), "nobody came", ""), True),
    ],
)
def test_what_counts_as_wrong(finding: Finding, is_wrong: bool) -> None:
    assert finding.is_wrong is is_wrong
    assert ("WRONG" in str(finding)) is is_wrong
