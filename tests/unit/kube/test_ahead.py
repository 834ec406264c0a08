"""Children that are begun before anybody asks for their answer, and what kubectl is asked ahead."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fakecluster.processes import runs
from kubectl_netshoot.__main__ import ask_ahead
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube import kubectl
from kubectl_netshoot.kube.kubeconfig import Connection, resolve
from kubectl_netshoot.process import child as process_child
from kubectl_netshoot.process.child import for_kubectl
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


VIEW = "config view --raw --output=json --minify --flatten"
DEBUG = "debug --help"


def _told(argv: tuple[str, ...], env: process_child.Changes) -> str:
    """The words, and whether the environment has no preferences: an answer is taken only where both are the same."""
    assert dict(env) == for_kubectl(os.environ)
    return " ".join(argv[1:])


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is asked ahead, with a kubeconfig that is there."""
    asked: list[str] = []
    monkeypatch.setattr(process_child, "begin", lambda argv, env: asked.append(_told(argv, env)))
    (tmp_path / "config").touch()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return asked


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("web-0 --join-service", [DEBUG, VIEW]),
        ("-n shop web-0 -- ls --context --help", [DEBUG, VIEW]),
        ("capture web-0 -w -", [DEBUG, VIEW]),
        ("list -A", [VIEW]),
        ("leave web-0-netshoot", [VIEW]),
        ("web-0 --context=other", [DEBUG]),
        ("list --kubeconfig file", []),
        ("web-0 --help", []),
        ("explain file", []),
        ("rbac", []),
        ("", []),
        ("--nonsense", []),
    ],
)
def test_what_kubectl_is_asked_ahead(begun: list[str], line: str, asked: list[str]) -> None:
    ask_ahead(line.split())
    assert begun == asked


def test_a_kubeconfig_that_can_be_read_only_once_is_left_alone(
    begun: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'config'}:{tmp_path / 'pipe'}")
    ask_ahead(["web-0"])
    assert begun == [DEBUG]


def test_what_is_asked_ahead_is_what_is_asked(begun: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another word in one of the two places would only make us slower, and nobody would notice."""
    said: list[str] = []

    def run(argv: tuple[str, ...], env: process_child.Changes, *_: object) -> process_child.Result:
        said.append(_told(argv, env))
        return process_child.Result(0, "{}", "")

    monkeypatch.setattr(process_child, "run", run)
    ask_ahead(["web-0"])
    kubectl.debug_help()
    with pytest.raises(NetshootError):
        resolve(Connection())
    # Where there is no context, it is asked further which there are.
    assert said[: len(begun)] == begun
