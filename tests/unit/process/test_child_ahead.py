"""Children that are begun before anybody asks for their answer, and what kubectl is asked ahead."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fakecluster.processes import runs
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process import child as process_child
from tests.waiting import until

Script = Callable[[str, str], Path]
# Says how often it has been run, and what it sees.
COUNTING = """
import os, sys
print("run", file=open(os.environ["RUNS"], "a"))
print(sys.argv[1], os.environ.get("SEEN", ""))
"""


@pytest.fixture
def counted(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """A program, and the file with a line for each time that it was run."""
    runs = tmp_path / "runs"
    runs.touch()
    monkeypatch.setenv("RUNS", str(runs))
    return str(script("counted", COUNTING)), runs


def test_who_asks_the_same_gets_the_answer_of_the_child_that_was_begun(counted: tuple[str, Path]) -> None:
    program, runs = counted
    process_child.begin((program, "a"))
    assert process_child.run((program, "a")).stdout == "a \n"
    assert runs.read_text() == "run\n"


def test_an_answer_is_taken_once(counted: tuple[str, Path]) -> None:
    program, runs = counted
    process_child.begin((program, "a"))
    for _ in range(2):
        assert process_child.run((program, "a")).stdout == "a \n"
    assert runs.read_text() == "run\nrun\n"


def test_who_asks_something_else_gets_a_child_of_its_own(counted: tuple[str, Path]) -> None:
    program, runs = counted
    process_child.begin((program, "a"))
    assert process_child.run((program, "b")).stdout == "b \n"
    assert process_child.run((program, "a"), {"SEEN": "this"}).stdout == "a this\n"
    assert process_child.run((program, "a")).stdout == "a \n"
    assert len(runs.read_text().splitlines()) == 3


def test_a_program_that_is_missing_is_said_to_who_asks() -> None:
    process_child.begin(("kubectl-not-there",))
    with pytest.raises(NetshootError, match="kubectl-not-there was not found"):
        process_child.run(("kubectl-not-there",))


def test_what_nobody_asked_for_ends_with_us(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    child = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid()) + chr(10)); time.sleep(600)"
    code = (
        "import os, sys, time\n"
        "from kubectl_netshoot.process import child\n"
        f"child.begin((sys.executable, '-c', {child!r}))\n"
        f"while not (os.path.exists({str(told)!r}) and open({str(told)!r}).read().endswith(chr(10))):\n"
        "    time.sleep(0.01)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    pid = int(told.read_text())
    until(lambda: not runs(pid), "the child has ended")
