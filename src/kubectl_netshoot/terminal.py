"""The terminal as a value that is passed in: streams, colour, questions, one live line a step, clean text.

Data goes to stdout, talk to stderr. Writing never fails: a terminal that was closed must not stop the way out.
"""

import contextlib
import json
import math
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TextIO

from kubectl_netshoot.rules.listing import columns

# Who waits without a terminal hears of it after so long.
SILENCE_SECONDS = 15.0
# So many pieces of JSON are written at once.
JSON_PIECES = 100_000
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
    _live: bool = False
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

    @property
    def _colour(self) -> bool:
        if self.preference != "auto":
            return self.preference == "always"
        return _is_tty(self.stderr) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def data(self, text: str) -> None:
        """A result, on stdout."""
        self._write(self.stdout, clean(text) + "\n")

    def data_row(self, text: str) -> None:
        """A line of a result, on stdout: one, whatever is in it."""
        self.data(row(text))

    def data_json(self, value: object) -> None:
        pieces = json.JSONEncoder(indent=2).iterencode(value)
        # In pieces: the whole text of a large value would be a second copy of it.
        while text := "".join(islice(pieces, JSON_PIECES)):
            # DEL is the one control character that JSON lets stand.
            self._write(self.stdout, text.replace("\x7f", "\\u007f"))
        self._write(self.stdout, "\n")

    def say(self, text: str) -> None:
        """A line that stays, unless --quiet."""
        if not self.quiet:
            self._line(text)

    def warn(self, text: str) -> None:
        """A line that stays, also with --quiet."""
        self._line(self._paint("33", "warning: ") + row(text), painted=True)

    def error(self, message: str, hint: str = "") -> None:
        self._line(self._paint("31", "error: ") + one_line(message), painted=True)
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
        if not self.shows_progress:
            return
        shown = one_line(text)[: max(20, _width(self.stderr) - 1)]
        self._write(self.stderr, f"\r\x1b[K{self._paint('2', shown)}")
        self._live = True

    def interject(self, text: str) -> None:
        """One line in the middle of a shell session: the remote side owns the screen, so start and end at column 0."""
        line = self._paint("33", "[kubectl netshoot] " + one_line(text))
        self._write(self.stderr, f"\r\n{line}\r\n" if _is_tty(self.stderr) else line + "\n")

    def show(self, lines: Iterable[str]) -> None:
        """What a question is about, on stderr, also with --quiet."""
        for line in lines:
            self._line(line)

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
        self._clear()
        self._write(self.stderr, row(question))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not stop():
            readable, _, _ = select.select([self.stdin], [], [], 0.2)
            if readable:
                line = self.stdin.readline()
                return line.strip().lower() if line else None
        self._write(self.stderr, "\n")
        return None

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

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as kubectl prints them, on stdout."""
        for line in columns(header, [[one_line(cell) for cell in row] for row in rows]):
            self.data(line)

    def _line(self, text: str, painted: bool = False) -> None:
        self._clear()
        self._spoke = time.monotonic()
        self._write(self.stderr, (text if painted else row(text)) + "\n")

    def _clear(self) -> None:
        if self._live:
            self._write(self.stderr, "\r\x1b[K")
            self._live = False

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _write(self, stream: TextIO, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            try:
                stream.write(text)
            except UnicodeEncodeError:
                # A locale without the letters: the rest must not be lost with them.
                stream.write(text.encode(stream.encoding, "replace").decode(stream.encoding))
            stream.flush()


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
