"""A real child with the user's terminal: what is kept of it, how it ends, and whether it had output."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process.interactive import TAIL, Interactive

PYTHON = (sys.executable, "-I", "-c")
WAIT = 20.0


class Watched:
    """An interactive child whose end can be waited for."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.statuses: list[int] = []
        self.ended = threading.Event()
        self.child = Interactive((*PYTHON, code, *arguments), None, self._on_exit)

    def _on_exit(self, status: int) -> None:
        self.statuses.append(status)
        self.ended.set()

    def wait(self) -> int:
        assert self.ended.wait(WAIT)
        assert len(self.statuses) == 1
        return self.statuses[0]


@pytest.mark.usefixtures("capfdbinary")
def test_the_tail_of_stderr_is_kept() -> None:
    code = "import sys; sys.stderr.buffer.write(b'x' * 9000 + b'\\xff' + b'the end')"
    watched = Watched(code)
    assert watched.wait() == 0
    assert watched.child.stderr_tail.endswith("\ufffdthe end")
    assert len(watched.child.stderr_tail) == TAIL


def test_a_child_goes_on_where_our_stderr_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open("w") as closed:
        pass
    monkeypatch.setattr(sys, "stderr", closed)
    watched = Watched("import sys; sys.stderr.write('x' * 500_000)")
    assert watched.wait() == 0


def test_a_child_goes_on_where_we_never_had_a_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    watched = Watched("import sys; sys.stderr.write('x' * 500_000)")
    assert watched.wait() == 0


def test_its_end_is_heard_of_though_a_grandchild_holds_its_stderr() -> None:
    sleep = "[sys.executable, '-I', '-c', 'import time; time.sleep(600)']"
    start = f"import subprocess, sys; p = subprocess.Popen({sleep}, stdout=subprocess.DEVNULL)"
    watched = Watched(f"{start}; print(p.pid, file=sys.stderr); sys.exit(5)")
    assert watched.wait() == 5
    os.kill(int(watched.child.stderr_tail), signal.SIGKILL)


@pytest.mark.parametrize(("end", "status"), [("terminate", -15), ("kill", -9)])
def test_it_can_be_ended(end: str, status: int) -> None:
    watched = Watched("import time; time.sleep(600)")
    getattr(watched.child, end)()
    assert watched.wait() == status


def test_ending_what_has_ended_is_no_error() -> None:
    watched = Watched("pass")
    watched.wait()
    watched.child.terminate()
    watched.child.kill()


def test_an_interactive_program_that_is_missing() -> None:
    with pytest.raises(NetshootError, match="not found"):
        Interactive(("kubectl-not-there",), None, lambda _: None)


COUNTING = """
import os, sys, threading
from kubectl_netshoot.process.interactive import Interactive
ended = threading.Event()
statuses = []
def over(status):
    statuses.append(status)
    ended.set()
child = Interactive((sys.executable, "-c", sys.argv[1]), None, over, counting=True)
ended.wait(30)
print(statuses[0], child.has_output, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "code", ["pass", "import os; os.write(1, bytes(range(256)) * 1000)"], ids=["silent", "said"]
)
@pytest.mark.parametrize("sink", ["a file", "a pipe"])
def test_whether_there_was_output_is_known_and_no_byte_is_lost(tmp_path: Path, code: str, sink: str) -> None:
    said = b"" if code == "pass" else bytes(range(256)) * 1000
    words = [sys.executable, "-c", COUNTING, code]
    if sink == "a file":
        with (tmp_path / "out").open("wb") as out:
            done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, check=True)
        found = (tmp_path / "out").read_bytes()
    else:
        done = subprocess.run(words, capture_output=True, check=True)
        found = done.stdout
    assert found == said
    assert done.stderr.decode().split() == ["0", str(bool(said))]
