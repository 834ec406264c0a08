"""What reaches the terminal: nothing that it would obey, nothing where it is closed, and no answer is a no."""

import contextlib
import io
import json
import os
import signal
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.terminal import Terminal, clean, one_line

HOSTILE = {
    "colour": "\x1b[31mred",
    "title": "\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;ZWNobw==\x1b\\",
    "C1 CSI": "\x9b31m",
    "carriage return": "safe\rerror: gone",
    "backspace": "ab\x08\x08",
    "bell": "\x07",
    "delete": "\x7f",
    "null": "\x00",
    "right to left": "\u202eexe.txt\u2066\u2069\u200f\u061c",
    "surrogate": "\udc80",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not [letter for letter in clean(text) if unicodedata.category(letter) in ("Cc", "Cs")]
    assert not [letter for letter in clean(text) if unicodedata.bidirectional(letter) in BIDI]


BIDI = ("RLO", "LRO", "RLE", "LRE", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(st.text(alphabet=st.characters(codec=None)))
def test_no_text_has_controls_left(text: str) -> None:
    controls = {letter for letter in clean(text) if unicodedata.category(letter) in ("Cc", "Cs")}
    assert controls <= {"\t", "\n"}
    assert clean(clean(text)) == clean(text)
    assert "\n" not in one_line(text)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def never() -> bool:
    return False


def captured(**changes: object) -> tuple[Terminal, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Terminal(io.StringIO(), out, err, **changes), out, err  # type: ignore[arg-type]


def test_data_on_stdout_talk_on_stderr() -> None:
    terminal, out, err = captured()
    terminal.data("name\x1b[31m")
    terminal.data_json({"näme": "\x1b"})
    terminal.say("said")
    terminal.warn("warned")
    terminal.error("failed", "first\nsecond\x1b")
    assert out.getvalue().startswith("name[31m\n")
    assert json.loads(out.getvalue().partition("\n")[2]) == {"näme": "\x1b"}
    assert "\x1b" not in out.getvalue()
    assert err.getvalue() == "said\nwarning: warned\nerror: failed\n  first\n  second\n"


def test_quiet_says_only_what_went_wrong() -> None:
    terminal, _, err = captured(quiet=True)
    terminal.say("said")
    terminal.progress("going on")
    terminal.warn("warned")
    assert err.getvalue() == "warning: warned\n"


def test_verbosity() -> None:
    terminal, _, err = captured(verbosity=1)
    terminal.detail("one")
    terminal.detail("two", level=2)
    assert err.getvalue() == "one\n"


def test_a_table_is_aligned_and_a_cell_is_one_line() -> None:
    terminal, out, _ = captured()
    terminal.table(["NAME", "OWNER"], [["a-long-name", "me\nyou\x1b[2J"], ["b", ""]])
    assert out.getvalue().splitlines() == ["NAME          OWNER", "a-long-name   me you[2J", "b"]


def talk(terminal: Terminal) -> None:
    terminal.data("data")
    terminal.data_json({})
    terminal.say("said")
    terminal.warn("warned")
    terminal.error("failed", "hint")
    terminal.progress("going on")
    terminal.interject("now")
    terminal.table(["A"], [["b"]])
    terminal.remember()
    terminal.restore()
    assert not terminal.confirm("sure?", never)
    assert not terminal.talks_to_person
    assert not terminal.has_tty_for_shell


def test_closed_streams_never_raise(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as closed:
        pass
    terminal = Terminal(closed, closed, closed)
    talk(terminal)
    assert not terminal.stdin_can_be_replayed


def test_streams_that_never_were_are_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    terminal = Terminal()
    talk(terminal)
    assert terminal.stdin_can_be_replayed
    for stream in (terminal.stdin, terminal.stdout, terminal.stderr):
        stream.close()


def test_a_full_disk_never_raises() -> None:
    with contextlib.suppress(OSError), Path("/dev/full").open("w") as full:
        terminal = Terminal(io.StringIO(), full, full)
        for write in (terminal.data, terminal.say, terminal.warn, terminal.error):
            try:
                write("text")
            except OSError as error:
                raise AssertionError from error


def test_a_signals_handler_may_talk_in_the_middle_of_a_line() -> None:
    """As Ctrl-C in the middle of the teardown does; here the screen takes no more until the handler has begun."""
    readable, writable = os.pipe()
    begun, seen = threading.Event(), bytearray()

    def read() -> None:
        begun.wait()
        while data := os.read(readable, 1 << 16):
            seen.extend(data)

    def hear(*_: object) -> None:
        begun.set()
        terminal.say("heard")

    reader = threading.Thread(target=read)
    reader.start()
    before = signal.signal(signal.SIGALRM, hear)
    try:
        with os.fdopen(writable, "w") as stderr:
            terminal = Terminal(stderr=stderr)
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            terminal.say("x" * (1 << 20))
    finally:
        signal.signal(signal.SIGALRM, before)
        begun.set()
        reader.join()
        os.close(readable)
    assert seen.count(b"heard\n") == 1
    assert seen.count(b"x") == 1 << 20


def test_yes_answers_and_nobody_else_does() -> None:
    assert captured(yes=True)[0].confirm("sure?", never)
    assert not captured()[0].confirm("sure?", never)


def test_a_file_is_read_once_and_nothing_for_ever(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("x")
    with Path("/dev/null").open() as null, (tmp_path / "input").open() as file:
        assert Terminal(null).stdin_can_be_replayed
        assert not Terminal(file).stdin_can_be_replayed


def test_letters_that_a_stream_does_not_know_are_replaced_one_by_one() -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    Terminal(io.StringIO(), ascii_only, io.StringIO()).data("SYN \u91cd\u4f20 #1")
    ascii_only.seek(0)
    assert ascii_only.read() == "SYN ?? #1\n"


def test_what_is_no_terminal_has_no_width() -> None:
    assert captured()[0].columns == 0


def test_who_waits_without_a_terminal_hears_of_it_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("kubectl_netshoot.terminal.time.monotonic", lambda: clock[0])
    terminal, _, stderr = captured(_spoke=100.0)
    quiet, _, silent = captured(quiet=True, _spoke=100.0)
    for second in range(40):
        clock[0] = 100.0 + second
        terminal.progress(f"waiting, {second}")
        terminal.live("3 packets")
        quiet.progress("waiting")
    assert stderr.getvalue() == "waiting, 15\nwaiting, 30\n"
    assert silent.getvalue() == ""


@pytest.mark.parametrize(("forced", "painted"), [("1", "\x1b[32mok\x1b[0m fine\n"), ("0", "ok fine\n")])
def test_colour_is_forced_into_a_pipe(monkeypatch: pytest.MonkeyPatch, forced: str, painted: str) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("CLICOLOR_FORCE", forced)
    terminal, out, _ = captured()
    terminal.data_row("ok fine", "ok")
    assert out.getvalue() == painted


def test_words_of_another_language_have_the_colour_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    terminal, out, _ = captured()
    terminal.data("\u6545\u969c\n  \u6545\u969c  no answer\n  a \u6545\u969c  b", {"\u6545\u969c": "fault"})
    told = out.getvalue().splitlines()
    assert told == ["\u6545\u969c", "  \x1b[31m\u6545\u969c\x1b[0m  no answer", "  a \u6545\u969c  b"]
