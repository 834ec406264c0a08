"""A person at a terminal: the program on a real pty, and what the screen shows."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.waiting import LIMIT_SECONDS, LOOK_SECONDS

COLUMNS, LINES = 100, 30


class Screen:
    """One program on a terminal of its own; type into it, look at it."""

    def __init__(
        self,
        argv: list[str],
        env: Mapping[str, str],
        folder: Path,
        columns: int = COLUMNS,
        lines: int = LINES,
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        size = (lines, columns)
        self._child: Any = pexpect.spawn(argv[0], argv[1:], env=dict(env), cwd=folder, dimensions=size)
        self._child.delaybeforesend = None

    @property
    def pid(self) -> int:
        return int(self._child.pid)

    @property
    def text(self) -> str:
        """All that the screen shows now, without the blanks at the end of its lines."""
        self._feed()
        return "\n".join(line.rstrip() for line in self._screen.display)

    def shows(self, text: str) -> None:
        """Wait until the screen shows this. AssertionError with the screen at the limit."""
        assert self.has_shown(text, LIMIT_SECONDS), f"never shown: {text!r}\n{self.text}"

    def has_shown(self, text: str, seconds: float) -> bool:
        """Wait so long at the most for the screen to show this; whether it did."""
        end = time.monotonic() + seconds
        while text not in self.text:
            if time.monotonic() > end:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def type(self, keys: str) -> None:
        self._child.send(keys)

    def resize(self, lines: int, columns: int) -> None:
        """As a person does with the window's corner: the foreground processes get SIGWINCH."""
        self._child.setwinsize(lines, columns)
        self._screen.resize(lines, columns)

    def hang_up(self) -> None:
        """Close the window: the kernel sends SIGHUP, and the terminal is gone."""
        self._child.ptyproc.fileobj.close()

    def wait(self) -> int:
        """Read to the end; the exit status, negative for a signal."""
        end = time.monotonic() + LIMIT_SECONDS
        while self._child.isalive():
            self._feed()
            assert time.monotonic() < end, f"never ended:\n{self.text}"
            time.sleep(LOOK_SECONDS)
        self._feed()
        status = self._child.exitstatus
        return -int(self._child.signalstatus) if status is None else int(status)

    def close(self) -> None:
        self._child.close(force=True)

    def _feed(self) -> None:
        try:
            while True:
                self._stream.feed(self._child.read_nonblocking(65536, timeout=0))
        except (pexpect.TIMEOUT, pexpect.EOF, ValueError, OSError):
            return
