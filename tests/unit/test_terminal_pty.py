"""The terminal on a real pty: questions, the live line, and settings that come back after a child in raw mode."""

import os
import pty
import sys
import termios
from collections.abc import Iterator
from dataclasses import dataclass

import pexpect
import pytest

from kubectl_netshoot.terminal import Terminal

SAYS = """
from kubectl_netshoot.terminal import Terminal
terminal = Terminal()
{}
"""
CONFIRM = SAYS.format('print("<", terminal.confirm("Delete \\x1b[31m web?", lambda: False), ">")')
STOPPED = SAYS.format('print("<", terminal.confirm("Delete?", lambda: True), ">")')


def spawn(code: str, **env: str) -> "pexpect.spawn[str]":
    return pexpect.spawn(
        sys.executable, ["-c", code], env={**os.environ, "TERM": "xterm", **env}, encoding="utf-8", timeout=20
    )


ANSWERS = [
    ("y", True),
    ("yes", True),
    (" YES ", True),
    ("n", False),
    ("", False),
    ("yeah", False),
    ("\x04", False),
]


@pytest.mark.parametrize(("typed", "answer"), ANSWERS)
def test_only_a_yes_is_a_yes(typed: str, answer: bool) -> None:
    child = spawn(CONFIRM)
    child.expect_exact("Delete [31m web? [y/N] ")
    child.sendline(typed) if typed != "\x04" else child.sendeof()
    child.expect_exact(f"< {answer} >")
    child.close()


def test_a_signal_is_a_no() -> None:
    child = spawn(STOPPED)
    child.expect_exact("< False >")
    child.close()


def test_one_live_line_that_the_next_replaces() -> None:
    child = spawn(
        SAYS.format("terminal.progress('one\\ntwo'); terminal.progress('three'); terminal.say('done')"),
        NO_COLOR="1",
    )
    child.expect(pexpect.EOF)
    assert child.before == "\r\x1b[Kone two\r\x1b[Kthree\r\x1b[Kdone\r\n"
    child.close()


@pytest.mark.parametrize(("columns", "shown"), [(40, 39), (0, 79)])
def test_a_live_line_is_cut_to_the_width(columns: int, shown: int) -> None:
    """A pty whose size nobody has set says 0: a line is 80 wide there."""
    child = pexpect.spawn(
        sys.executable,
        ["-c", SAYS.format("terminal.progress('x' * 500)")],
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
        encoding="utf-8",
        timeout=20,
        dimensions=(24, columns),
    )
    child.expect(pexpect.EOF)
    assert child.before == "\r\x1b[K" + "x" * shown
    child.close()


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(plain: dict[str, str]) -> None:
    child = spawn(SAYS.format("terminal.warn('w'); terminal.error('e')"), **plain)
    child.expect(pexpect.EOF)
    assert child.before == "warning: w\r\nerror: e\r\n"
    child.close()


def test_an_interjection_has_a_line_of_its_own_in_raw_mode() -> None:
    child = spawn(SAYS.format("terminal.interject('the copy\\x1b is gone')"), NO_COLOR="1")
    child.expect(pexpect.EOF)
    assert child.before is not None
    assert child.before.replace("\r\r\n", "\r\n") == "\r\n[kubectl netshoot] the copy is gone\r\n"
    child.close()


@dataclass
class Pair:
    """Both ends of a pty, ours and the terminal's."""

    controller: int
    terminal: Terminal

    def setting(self) -> int:
        """The local modes: echo, line by line, signals."""
        flags = termios.tcgetattr(self.terminal.stdin.fileno())[3]
        assert isinstance(flags, int)
        return flags


@pytest.fixture
def pair() -> Iterator[Pair]:
    controller, side = pty.openpty()
    with os.fdopen(side, "r") as stdin:
        yield Pair(controller, Terminal(stdin=stdin))
    os.close(controller)


def test_settings_come_back_after_a_child_that_died_in_raw_mode(pair: Pair) -> None:
    before = pair.setting()
    pair.terminal.remember()
    raw = termios.tcgetattr(pair.terminal.stdin.fileno())
    raw[3] = before & ~(termios.ECHO | termios.ICANON | termios.ISIG)
    termios.tcsetattr(pair.terminal.stdin.fileno(), termios.TCSANOW, raw)
    assert pair.setting() != before
    pair.terminal.restore()
    assert pair.setting() == before


def test_nothing_remembered_nothing_restored(pair: Pair) -> None:
    before = pair.setting()
    pair.terminal.restore()
    assert pair.setting() == before
