"""A long result on a terminal goes through the person's own pager; nothing else does."""

import io
import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import pytest

from kubectl_netshoot.cli.copies import copies_text
from kubectl_netshoot.session.copies import CopyStatus
from kubectl_netshoot.terminal import Terminal
from tests.unit.builders import NOW, copy, mark

LINES = 24


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """A pager that keeps what it is given, and how less shall be."""
    script = tmp_path / "pager"
    script.write_text(f'#!/bin/sh\necho "$LESS $*" > {tmp_path}/less\ncat > {tmp_path}/text\n')
    script.chmod(0o755)
    return script


def on_terminal(words: str, pager: str | None, lines: int = LINES, **environ: str) -> str:
    """What a terminal of this height gets to see."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 80, 0, 0))
    env = {**os.environ, "TERM": "xterm", **environ} | ({"PAGER": pager} if pager is not None else {})
    command = [sys.executable, "-m", "kubectl_netshoot", *words.split()]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as child:
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 65536):
                seen += chunk
        except OSError:
            # Linux says so when the other side is closed.
            pass
        assert child.wait() == 0
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def printed(words: str) -> str:
    command = [sys.executable, "-m", "kubectl_netshoot", *words.split()]
    return subprocess.run(
        command, env={**os.environ, "COLUMNS": "80"}, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAGER", "LESS", "LV", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def test_what_is_longer_than_the_terminal(pager: Path) -> None:
    assert on_terminal("--help-all", f"{pager} -x 'a b'") == ""
    assert (pager.parent / "text").read_text() == printed("--help-all")
    assert (pager.parent / "less").read_text() == "FRX -x a b\n"


def test_the_persons_own_less(pager: Path) -> None:
    on_terminal("--help-all", str(pager), LESS="-S")
    assert (pager.parent / "less").read_text() == "-S \n"


@pytest.mark.parametrize("words", ["--version", "--help-all", "completion --help-all"])
def test_what_fits_is_printed(pager: Path, words: str) -> None:
    """With a line for the prompt."""
    lines = printed(words).count("\n")
    assert on_terminal(words, str(pager), lines + 1) == printed(words)
    assert not (pager.parent / "text").exists()


def test_what_does_not_fit_by_one_line(pager: Path) -> None:
    assert (
        on_terminal("completion --help-all", str(pager), printed("completion --help-all").count("\n")) == ""
    )


@pytest.mark.parametrize("pager", [None, "", "no-such-pager", "'"])
def test_without_a_pager_it_is_printed(pager: str | None) -> None:
    assert on_terminal("--help-all", pager) == printed("--help-all")


def test_a_terminal_that_can_do_nothing(pager: Path) -> None:
    assert on_terminal("--help-all", str(pager), TERM="dumb") == printed("--help-all")


def test_a_pipe_is_no_terminal(pager: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", str(pager))
    assert printed("--help-all")
    assert not (pager.parent / "text").exists()


def test_a_pager_that_is_left_at_once(tmp_path: Path) -> None:
    script = tmp_path / "left"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    assert on_terminal("--help-all", str(script)) == ""


TCPDUMP = "12:00:00.{:06} IP 10.0.0.1.{} > 10.0.0.2.80: Flags [S], seq 1, win 64240, length 0\n"


def test_a_long_explanation_is_paged(pager: Path, tmp_path: Path) -> None:
    capture = tmp_path / "capture.txt"
    capture.write_text("".join(TCPDUMP.format(number, 40000 + number) for number in range(40)))
    assert on_terminal(f"explain {capture} --lang=en", str(pager), lines=8) == ""
    assert (tmp_path / "text").read_text().startswith("Who ")


def test_a_long_list_is_paged(pager: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", str(pager))
    monkeypatch.setattr(Terminal, "rows", 10)
    monkeypatch.setattr(Terminal, "columns", 80)
    stdout = io.StringIO()
    copies = [CopyStatus(copy(), mark(), (), NOW)] * 20
    copies_text(copies, False, Terminal(io.StringIO(), stdout, io.StringIO()))
    assert stdout.getvalue() == ""
    assert (tmp_path / "text").read_text().startswith("NAME ")
    copies_text(copies[:1], False, Terminal(io.StringIO(), stdout, io.StringIO()))
    assert stdout.getvalue().startswith("NAME ")
