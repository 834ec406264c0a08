"""The terminal on a real pty: questions, the live line, and settings that come back after a child in raw mode."""

import os
import pty
import sys
import termios
from collections.abc import Iterator
from dataclasses import dataclass

import pexpect
import pyte
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


def shown(code: str, columns: int = 80, **env: str) -> str:
    """What the program leaves on a screen of its own, both of its streams on it."""
    screen = pyte.Screen(columns, 24)
    stream = pyte.Stream(screen)
    child = pexpect.spawn(
        sys.executable,
        ["-c", SAYS.format(code)],
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", **env},
        encoding="utf-8",
        timeout=20,
        dimensions=(24, columns),
    )
    child.expect(pexpect.EOF)
    assert child.before is not None
    stream.feed(child.before)
    child.close()
    return "\n".join(line.rstrip() for line in screen.display).rstrip()


def test_a_result_never_stands_behind_a_live_line() -> None:
    code = "terminal.live('asking the network, 10 of 11'); terminal.data('no problem found'); Terminal().end_live()"
    assert shown(code) == "no problem found"
    assert shown(code.replace("data", "data_json")) == '"no problem found"'


def test_another_value_of_the_same_terminal_takes_the_live_line_away() -> None:
    assert shown("terminal.live('waiting'); Terminal().error('it failed')") == "error: it failed"


def test_a_blank_line_parts_talk_and_result() -> None:
    assert shown("terminal.say('said'); terminal.data('one'); terminal.data('two')") == "said\n\none\ntwo"


def test_lines_are_broken_between_words_and_go_on_below_themselves() -> None:
    words = "terminal.warn('" + "word " * 12 + "end')"
    assert shown(words, 60) == (
        "warning: word word word word word word word word word word\n         word word end"
    )
    rows = "terminal.data_row('ok      dns   " + "word " * 12 + "end', 'ok', 14)"
    assert shown(rows, 60) == (
        "ok      dns   word word word word word word word word word\n              word word word end"
    )


def test_the_cell_of_a_table_goes_on_below_itself() -> None:
    table = "terminal.error('no', 'create pods    make the copy, and whatever else a copy may be made for')"
    assert shown(table, 60) == (
        "error: no\n  create pods    make the copy, and whatever else a copy may\n                 be made for"
    )


def test_no_word_is_alone_because_the_next_is_long() -> None:
    where = "/a/path/that/is/longer/than/the/terminal/is/wide/settings.yaml:1:1:"
    assert shown(f"terminal.error('{where} no')", 60).split("\n") == [
        f"error: {where}"[:60],
        f"error: {where}"[60:],
        "       no",
    ]


def test_a_number_and_its_unit_stay_together() -> None:
    code = "terminal.say('the DNS server 10.96.0.10 answered 5 of 5 questions in 0.6 ms')"
    assert shown(code, 60) == "the DNS server 10.96.0.10 answered 5 of 5 questions in\n  0.6 ms"


def test_an_interjection_is_broken_between_words_too() -> None:
    code = "terminal.interject('the labels were taken off the copy: it takes no new connections')"
    assert shown(code, 60).split("\n")[1:] == [
        "[kubectl netshoot] the labels were taken off the copy: it",
        "  takes no new connections",
    ]


def test_a_command_is_not_broken() -> None:
    code = "terminal.error('no', 'look at what is left there, at once: kubectl netshoot list -n shop --context prod')"
    assert shown(code, 60) == (
        "error: no\n  look at what is left there, at once:\n    kubectl netshoot list -n shop --context prod"
    )
    tried = "terminal.error('no', 'is the cluster running? try: kubectl version --context production')"
    assert shown(tried, 60) == (
        "error: no\n  is the cluster running?\n  try: kubectl version --context production"
    )
    sentence = "terminal.data_row('warning plugin  the folder is on PATH, but kubectl runs another one first', '', 16)"
    assert shown(sentence, 60) == (
        "warning plugin  the folder is on PATH, but kubectl runs\n                another one first"
    )
    too_long = "terminal.error('no', 'try: ls -l /a/path/that/is/longer/than/any/terminal/is/wide look.pcap')"
    assert shown(too_long, 60) == (
        "error: no\n  try: ls -l /a/path/that/is/longer/than/any/terminal/is/wid\ne look.pcap"
    )
    quoted = "terminal.say('the folder is not on PATH, which the command `kubectl netshoot` needs')"
    assert shown(quoted, 60) == ("the folder is not on PATH, which the command\n  `kubectl netshoot` needs")


COLOURED = [
    ({}, True),
    ({"NO_COLOR": "1"}, False),
    ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
    ({"TERM": "dumb"}, False),
    ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, True),
    ({"CLICOLOR": "0"}, False),
]


@pytest.mark.parametrize(("env", "coloured"), COLOURED, ids=str)
def test_status_words_have_a_colour_where_it_is_wanted(env: dict[str, str], coloured: bool) -> None:
    child = spawn(SAYS.format("terminal.data_row('bad     dns', 'bad')"), **env)
    child.expect(pexpect.EOF)
    assert child.before == ("\x1b[31mbad\x1b[0m     dns\r\n" if coloured else "bad     dns\r\n")
    child.close()
