"""The script at the other end, run by real shells: whatever happens to us, tcpdump ends, and says so."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.session.tools.tcpdump import SCRIPT, Bounds, Tcpdump, TcpdumpStderr
from tests.waiting import until
from tools.prerequisites.pytest_plugin import program

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the script runs in Linux containers, on /proc"
)
SHELLS = {
    "dash": ["dash"],
    "bash": ["bash", "--posix"],
    "busybox": ["busybox", "sh"],
}
# Ends on TERM with its counts, tells them on USR1, writes for ever; says who it is.
DUMP = r"""
import os, signal, sys, time
def stop(*_):
    os.write(2, b"3 packets captured\n3 packets received by filter\n0 packets dropped by kernel\n")
    os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else stop)
tell = b"tcpdump: 1 packets captured, 2 packets received by filter, 3 packets dropped by kernel\n"
signal.signal(signal.SIGUSR1, lambda *_: os.write(2, tell))
os.write(2, b"tcpdump: listening on any " + str(os.getpid()).encode() + b"\n")
while "brief" not in sys.argv:
    os.write(1, b"x" * 1000)
    time.sleep(0.01)
stop()
"""
Start = Callable[..., "Run"]


class Run:
    """The script, running."""

    def __init__(self, shell: list[str], words: tuple[str, ...], folder: Path) -> None:
        self._stderr = folder / "stderr"
        with self._stderr.open("wb") as stderr, (folder / "stdout").open("wb") as stdout:
            self.child = subprocess.Popen(
                [*shell, "-c", SCRIPT, "capture", *words],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        until(lambda: self.said.listening, "tcpdump's start", self._stderr.read_text)
        self.pid = int(self._stderr.read_text().split("listening on any ")[1].split()[0])

    @property
    def said(self) -> TcpdumpStderr:
        said = TcpdumpStderr()
        for line in self._stderr.read_text().splitlines():
            said.hear(line)
        return said

    def ends(self) -> TcpdumpStderr:
        """Wait for the script's end, and that nothing of it is left."""
        until(lambda: self.child.poll() is not None, "the end of the script", self._stderr.read_text)
        until(lambda: not members(self.child.pid), "the end of all that it started")
        return self.said


def members(session: int) -> list[str]:
    """What runs in this session."""
    listed = subprocess.run(
        [program("ps"), "-s", str(session), "-o", "args="], capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines()


@pytest.fixture(params=SHELLS)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    name, *flags = SHELLS[request.param]
    shell = [program(name), *flags]
    runs: list[Run] = []

    def run(*more: str, seconds: int = 60, size: int = 10**9, sleeper: int = 0) -> Run:
        words = (str(seconds), str(size), str(sleeper), "1.2", sys.executable, "-c", DUMP, *more)
        runs.append(Run(shell, words, tmp_path))
        return runs[-1]

    yield run
    for one in runs:
        if one.child.poll() is None:
            os.killpg(one.child.pid, signal.SIGKILL)
        one.child.wait()
        assert one.child.stdin
        one.child.stdin.close()


def close(run: Run) -> None:
    assert run.child.stdin
    run.child.stdin.close()


def test_the_end_of_stdin_ends_it_in_good_order(start: Start) -> None:
    run = start()
    close(run)
    said = run.ends()
    assert (said.status, said.whole) == (0, True)


def test_its_own_end_is_told(start: Start) -> None:
    assert start("brief").ends().whole


def test_a_line_asks_for_counts(start: Start) -> None:
    run = start()
    assert run.child.stdin
    run.child.stdin.write(b"\n")
    run.child.stdin.flush()
    until(lambda: run.said.live is not None, "counts")
    assert run.child.poll() is None
    close(run)
    assert run.ends().whole


def test_time_ends_it(start: Start) -> None:
    assert start(seconds=1).ends().whole


def test_bytes_end_it(start: Start) -> None:
    assert start(size=20_000).ends().whole


def test_one_that_does_not_end_is_killed(start: Start) -> None:
    run = start("deaf")
    close(run)
    said = run.ends()
    assert said.status == 128 + signal.SIGKILL
    assert said.final is None


def test_the_watchers_live_without_the_script(start: Start) -> None:
    """Whoever kills the shell alone does not set tcpdump free."""
    run = start(seconds=2)
    run.child.kill()
    until(lambda: not Path(f"/proc/{run.pid}").exists(), "the end of tcpdump")
    close(run)
    run.ends()


def test_the_sleeper_ends_with_it(start: Start) -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        run = start(sleeper=sleeper.pid)
        close(run)
        run.ends()
        assert sleeper.wait() == -signal.SIGTERM


def test_words_are_words(start: Start) -> None:
    run = start("; touch pwned", "$(touch pwned)", "a b")
    command = Path(f"/proc/{run.pid}/cmdline").read_bytes().split(b"\0")
    assert command[-4:-1] == [b"; touch pwned", b"$(touch pwned)", b"a b"]
    close(run)
    run.ends()


@pytest.mark.parametrize("immediate", [False, True])
def test_what_came_before_the_end_is_in_the_file(tmp_path: Path, immediate: bool) -> None:
    """A real kernel keeps the last second's packets in its ring, but for immediate mode."""
    bounds = Bounds(snaplen=128 if immediate else 0)
    dump = Tcpdump("lo", bounds, filter=("udp", "and", "port", "9"), immediate=immediate)
    shell, *words = dump.bounded_argv()
    words = [program("tcpdump") if word == "tcpdump" else word for word in words]
    with (tmp_path / "stderr").open("w+b") as stderr:
        child = subprocess.Popen(
            [shell, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        said = (tmp_path / "stderr").read_text
        until(lambda: "listening on" in said() or child.poll() is not None, "tcpdump's start", said)
        if "permission" in said():
            pytest.skip("only root may capture here")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for payload in (b"first", b"second", b"third"):
                client.sendto(payload, ("127.0.0.1", 9))
        captured, _ = child.communicate()
    assert [payload for payload in (b"first", b"second", b"third") if payload not in captured] == []
