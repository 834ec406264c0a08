"""The terminal as a value that is passed in: streams, colour, questions, one live line a step, clean text.

Data goes to stdout, talk to stderr, and both may be one screen: whoever writes next takes the live line away first.
Writing never fails: a terminal that was closed must not stop the teardown.
"""

import contextlib
import json
import math
import os
import re
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TextIO

from kubectl_netshoot.rules.listing import columns

# Who waits without a terminal hears of it after so long.
SILENCE_SECONDS = 15.0
# So many pieces of JSON are written at once.
JSON_PIECES = 100_000
# ECMA-48 colours of the words that say how something stands: the same word is the same colour everywhere.
GREEN, YELLOW, RED, FAINT = "32", "33", "31", "2"
STATUS = {
    **dict.fromkeys(("ok", "reachable", "+"), GREEN),
    **dict.fromkeys(("warning", "note", "allowed", "unknown", "intermittent", "undetermined"), YELLOW),
    **dict.fromkeys(("bad", "error", "refused", "missing", "fault", "unreachable", "-"), RED),
}
# A narrower terminal gets lines of this width: nothing can be read in columns of three words.
NARROWEST = 40
# A command to paste, up to the end of its line. A sentence may have kubectl in it, too.
_COMMAND = re.compile(r"try: |(?<![\w`\[-])kubectl netshoot |^\s*(?:command +)?kubectl ")
# The blank between a number and its unit: no line is broken there.
UNIT_BLANK = r"(?<=\d) (?=字节|(?:[nµm]?s|[kMG]?B|bytes?|UTC)(?![a-z]))"
_UNIT_BLANK = re.compile(UNIT_BLANK)
# The cells of a row before its last one.
_CELLS = re.compile(r"\s*\S.*?\s{2,}(?=\S)")
# Unicode's controls but tab and newline (C0 and C1: ESC, CSI, OSC, DEL), its format characters (direction, zero
# width, tags), its own line ends, and lone surrogates.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001-\U000e007f]"
)


def clean(text: str) -> str:
    """Text from the cluster or the network without anything a terminal would obey; tab and newline stay."""
    return _CONTROL.sub("", text)


def row(text: str) -> str:
    """The text cleaned and on one line, its blanks as they are: nobody else's words begin a line of ours."""
    return clean(text).replace("\n", " ")


def one_line(text: str) -> str:
    """The text cleaned, all white space in it one blank."""
    return " ".join(clean(text).split())


@dataclass
class Terminal:
    """`verbosity` counts the -v; `width` is asked for each time, since windows are resized."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin or _nowhere())
    stdout: TextIO = field(default_factory=lambda: sys.stdout or _nowhere())
    stderr: TextIO = field(default_factory=lambda: sys.stderr or _nowhere())
    quiet: bool = False
    verbosity: int = 0
    yes: bool = False
    # auto, always or never, for the whole process: one person is looking.
    preference: ClassVar[str] = "auto"
    # The stream whose last line is a live one, and whether talk was the last on the screen: there is one screen.
    _live: ClassVar[TextIO | None] = None
    _talked: ClassVar[bool] = False
    # Whether a child has the screen.
    _lent: ClassVar[bool] = False
    _lock: ClassVar[threading.RLock] = threading.RLock()
    _spoke: float = field(default_factory=time.monotonic)
    _saved: list[Any] | None = None

    @property
    def talks_to_person(self) -> bool:
        return _is_tty(self.stdin) and _is_tty(self.stderr)

    @property
    def has_tty_for_shell(self) -> bool:
        return _is_tty(self.stdin) and _is_tty(self.stdout)

    @property
    def stdin_can_be_replayed(self) -> bool:
        """Whether a second run would read the same: a terminal or /dev/null, not a pipe or a file half read."""
        return _is_tty(self.stdin) or _is_null(self.stdin)

    @property
    def stdout_is_terminal(self) -> bool:
        return _is_tty(self.stdout)

    @property
    def columns(self) -> int:
        """The width of stdout's terminal; 0 where it is none, and lines need no end."""
        return _width(self.stdout) if _is_tty(self.stdout) else 0

    @property
    def rows(self) -> int:
        """The height of stdout's terminal; 0 where it is none, or one that no pager can work on."""
        return _size(self.stdout).lines if _is_tty(self.stdout) and os.environ.get("TERM") != "dumb" else 0

    @property
    def shows_progress(self) -> bool:
        """Whether there is a live line to write on."""
        return not self.quiet and _is_tty(self.stderr) and os.environ.get("TERM") != "dumb"

    def data(self, text: str, status: Mapping[str, str] | None = None) -> None:
        """A result, on stdout. `status` are words that stand alone at the beginning of an indented line, each with the
        word of STATUS whose colour it has.
        """
        text = clean(text)
        if status and self._has_colour(self.stdout):
            words = "|".join(map(re.escape, status))
            text = re.sub(
                rf"(?m)^(  )({words})(?=  )",
                lambda found: found[1] + self._paint(STATUS[status[found[2]]], found[2], self.stdout),
                text,
            )
        self._result(text + "\n")

    def data_row(self, text: str, status: str = "", indent: int = 0) -> None:
        """A line of a result, on stdout: one, whatever is in it.

        On a terminal it is broken between words, and goes on after so many blanks. `status` is the word of STATUS that
        it begins with.
        """
        for number, line in enumerate(_broken(row(text), self.columns, indent)):
            found = status if status and not number else ""
            self._result(self._status(line, found, self.stdout) + "\n")

    def data_json(self, value: object) -> None:
        pieces = json.JSONEncoder(indent=2).iterencode(value)
        # In pieces: the whole text of a large value would be a second copy of it.
        while text := "".join(islice(pieces, JSON_PIECES)):
            # DEL is the one control character that JSON lets stand.
            self._result(text.replace("\x7f", "\\u007f"))
        self._result("\n")

    def say(self, text: str) -> None:
        """A line that stays, unless --quiet."""
        if not self.quiet:
            self._line(text)

    def warn(self, text: str) -> None:
        """A line that stays, also with --quiet."""
        self._line(f"warning: {text}", "warning")

    def error(self, message: str, hint: str = "") -> None:
        self._line(f"error: {one_line(message)}", "error")
        for line in hint.split("\n") if hint else ():
            self._line("  " + line)

    def detail(self, text: str, level: int = 1) -> None:
        if self.verbosity >= level:
            self._line(text)

    def progress(self, text: str) -> None:
        """What is waited for right now: on a terminal one line that the next one replaces, else a line now and then."""
        self.live(text)
        if not self.quiet and not self.shows_progress and time.monotonic() - self._spoke >= SILENCE_SECONDS:
            self._line(text)

    def live(self, text: str) -> None:
        """What is going on right now: on a terminal one line that the next one replaces, else nothing."""
        if not self.shows_progress or self._lent:
            return
        shown = one_line(text)[: max(20, _width(self.stderr) - 1)]
        with self._lock:
            self._write(self.stderr, f"\r\x1b[K{self._paint(FAINT, shown, self.stderr)}")
            Terminal._live = self.stderr

    def end_live(self) -> None:
        """Take the live line away: a child gets the screen, or the program ends."""
        with self._lock:
            if Terminal._live is not None:
                self._write(Terminal._live, "\r\x1b[K")
                Terminal._live = None

    def interject(self, text: str) -> None:
        """One line in the middle of a shell session: the remote side owns the screen, so start and end at column 0."""
        told = f"[kubectl netshoot] {one_line(text)}"
        if not _is_tty(self.stderr):
            self._write(self.stderr, told + "\n")
            return
        lines = [self._paint(YELLOW, line, self.stderr) for line in _broken(told, _width(self.stderr), 2)]
        self._write(self.stderr, "\r\n" + "".join(f"{line}\r\n" for line in lines))

    def show(self, lines: Iterable[str], whole: bool = False) -> None:
        """What a question is about, on stderr, also with --quiet; the rows of a table `whole`."""
        for line in lines:
            self._line(line, whole=whole)

    def confirm(self, question: str, stop: Callable[[], bool]) -> bool:
        """Ask once; no answer, no terminal or anything but yes is a no. --yes answers by itself.

        `stop()` is asked meanwhile: a signal came, and that is a no too.
        """
        if self.yes:
            return True
        if not self.talks_to_person:
            return False
        return self.answer_within(f"{question} [y/N] ", math.inf, stop) in ("y", "yes")

    def answer_within(self, question: str, seconds: float, stop: Callable[[], bool]) -> str | None:
        """The line typed within `seconds`, else None: for a person whose copy is in service while they are away.

        `stop()` is asked meanwhile (a signal came). An end of file is no answer.
        """
        self.end_live()
        self._write(self.stderr, row(question))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not stop():
            readable, _, _ = select.select([self.stdin], [], [], 0.2)
            if readable:
                line = self.stdin.readline()
                return line.strip().lower() if line else None
        self._write(self.stderr, "\n")
        return None

    @property
    def is_lent(self) -> bool:
        """Whether somebody else writes on the screen now."""
        return self._lent

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Somebody else writes on the screen meanwhile: there is no live line."""
        self.end_live()
        Terminal._lent = True
        try:
            yield
        finally:
            Terminal._lent = False

    def remember(self) -> None:
        """Keep the terminal's settings, for `restore` after a child that may have died in raw mode."""
        try:
            import termios
        except ImportError:
            # On Windows a child has nothing to spoil.
            return
        with contextlib.suppress(OSError, ValueError, termios.error):
            self._saved = termios.tcgetattr(self.stdin.fileno())

    def restore(self) -> None:
        if self._saved is None:
            return
        import termios

        # A child that was killed may still own the terminal's foreground: setting it must not stop us.
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with contextlib.suppress(OSError, ValueError, termios.error):
            termios.tcsetattr(self.stdin.fileno(), termios.TCSADRAIN, self._saved)
        signal.signal(signal.SIGTTOU, before)

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], colours: Mapping[str, str] | None = None
    ) -> None:
        """Columns as kubectl prints them, on stdout; `colours` says of a cell that is a status word which it has."""

        def paint(cell: str) -> str:
            return self._paint(colours[cell], cell, self.stdout) if colours and cell in colours else cell

        for line in columns(header, [[one_line(cell) for cell in row] for row in rows], paint):
            self._result(line + "\n")

    def _result(self, text: str) -> None:
        """On stdout; a blank line parts it from the talk on the same screen."""
        with self._lock:
            self.end_live()
            if Terminal._talked and _is_tty(self.stdout):
                self._write(self.stderr, "\n")
            Terminal._talked = False
            self._write(self.stdout, text)

    def _line(self, text: str, status: str = "", whole: bool = False) -> None:
        text = row(text)
        width = _width(self.stderr) if _is_tty(self.stderr) and not whole else 0
        # What follows the word, or the blanks, that it begins with stands below itself.
        indent = len(status) + 2 if status else _hanging(text, width)
        with self._lock:
            self.end_live()
            self._spoke = time.monotonic()
            for number, line in enumerate(_broken(text, width, indent)):
                found = status if not number else ""
                self._write(self.stderr, self._status(line, found, self.stderr) + "\n")
            Terminal._talked = _is_tty(self.stderr)

    def _status(self, line: str, status: str, stream: TextIO) -> str:
        return self._paint(STATUS[status], status, stream) + line[len(status) :] if status else line

    def _paint(self, code: str, text: str, stream: TextIO) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._has_colour(stream) else text

    def _has_colour(self, stream: TextIO) -> bool:
        """By the setting, else as no-color.org and bixense.com/clicolors have it."""
        if self.preference != "auto":
            return self.preference == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
            return True
        return _is_tty(stream) and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"

    def _write(self, stream: TextIO, text: str) -> None:
        """Talk goes by its descriptor: the handler of a signal may talk meanwhile, which a buffer does not bear."""
        with contextlib.suppress(OSError, ValueError):
            if stream is self.stdout or (number := _descriptor(stream)) is None:
                _write_buffered(stream, text)
                return
            rest = text.encode(stream.encoding, "replace")
            while rest:
                rest = rest[os.write(number, rest) :]


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _write_buffered(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        # A locale without the letters: the rest must not be lost with them.
        stream.write(text.encode(stream.encoding, "replace").decode(stream.encoding))
    stream.flush()


def _broken(text: str, width: int, indent: int) -> list[str]:
    """The text in lines of this width, broken between words; in one where there is no width.

    A command is copied from the screen: it stays in one line, on one of its own where need be, and the terminal itself
    breaks what is too long.
    """
    if not width or len(text) <= width:
        return [text]
    from textwrap import wrap

    # What stands between backticks is a command too, in the middle of a sentence.
    text = re.sub("`[^`]*`", lambda quoted: quoted[0].replace(" ", "\0"), _UNIT_BLANK.sub("\0", text))
    found = _COMMAND.search(text)
    head, command = (text[: found.start()], text[found.start() :]) if found else (text, "")
    if not head.strip():
        return [text.replace("\0", " ")]
    lines = wrap(
        # The word that it begins with is not left alone.
        head[:indent].replace(" ", "\0") + head[indent:],
        max(width, NARROWEST),
        subsequent_indent=" " * indent,
        expand_tabs=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if command and len(lines[-1]) + 1 + len(command) > width:
        # Below an error, the next step stands where every other one does.
        below = len(text) - len(text.lstrip()) if command.startswith("try: ") else 0
        lines.append(" " * (below or indent) + command)
    elif command:
        lines[-1] = f"{lines[-1]} {command}"
    return [line.replace("\0", " ") for line in lines]


def _hanging(text: str, width: int) -> int:
    """How far in a line of talk goes on: in a table below its last cell, where that leaves room to read."""
    cells = _CELLS.match(text)
    if cells and cells.end() <= width - NARROWEST // 2:
        return cells.end()
    return len(text) - len(text.lstrip()) + 2


def _nowhere() -> TextIO:
    # Started with a closed descriptor (2>&-), Python has no stream at all.
    return Path(os.devnull).open("r+")


def _is_tty(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False


def _is_null(stream: TextIO) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), os.stat(os.devnull))
    except (OSError, ValueError):
        return False


def _width(stream: TextIO) -> int:
    return _size(stream).columns


def _size(stream: TextIO) -> os.terminal_size:
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        found = os.terminal_size((0, 0))
    # 0 is what a pty says whose size nobody has set.
    return os.terminal_size((found.columns or 80, found.lines or 24))
