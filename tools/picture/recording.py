"""A shell on a pty that is typed into, and every state of its screen with the time at which it came."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pexpect
import pyte

COLUMNS, ROWS = 108, 60
# Nobody wants to watch a cluster think: a longer pause is shown as one of this length, in seconds.
LONGEST_PAUSE = 1.2
# A screen that is seen for less than this is one that is still being drawn.
TOO_SHORT = 0.03
BETWEEN_WORDS, BEFORE_ENTER = 0.25, 0.6


@dataclass(frozen=True)
class Run:
    """Neighbouring characters of one style; `colour` is pyte's name for it."""

    text: str
    colour: str
    bold: bool


Line = tuple[Run, ...]


@dataclass(frozen=True)
class Frame:
    """The screen from `at` on, in seconds since the first one; blank lines at the end are left out."""

    at: float
    lines: tuple[Line, ...]


class Recording:
    """Types into `sh` and keeps what is to be seen."""

    def __init__(self, env: Mapping[str, str], folder: Path, prompt: str) -> None:
        self._screen: Any = pyte.Screen(COLUMNS, ROWS)
        self._stream: Any = pyte.Stream(self._screen)
        self._child: Any = pexpect.spawn(
            "sh", env=dict(env), cwd=str(folder), dimensions=(ROWS, COLUMNS), encoding="utf-8", timeout=60
        )
        self.frames: list[Frame] = []
        self._now, self._prompt = 0.0, prompt
        self._until(prompt)

    def type(self, line: str, prompt: str | None = None) -> None:
        """Type a line word by word; returns when the next prompt is there."""
        for word in line.split():
            self._child.send(word if line.startswith(word) else f" {word}")
            self._until(word)
            self._now += BETWEEN_WORDS
        self._now += BEFORE_ENTER
        self._child.send("\r")
        # The terminal repeats the end of the line; only what follows it can be a prompt.
        self._until("\r\n")
        self._until(prompt or self._prompt)

    def _until(self, text: str) -> None:
        seen = ""
        while text not in seen:
            asked = time.monotonic()
            arrived = self._child.read_nonblocking(4096, 60)
            self._now += min(time.monotonic() - asked, LONGEST_PAUSE)
            seen += arrived
            self._stream.feed(arrived)
            self._keep()

    def _keep(self) -> None:
        rows = [_runs(self._screen.buffer[row]) for row in range(ROWS)]
        while rows and not "".join(run.text for run in rows[-1]).strip():
            rows.pop()
        if self.frames and self._now - self.frames[-1].at < TOO_SHORT:
            self._now = self.frames.pop().at
        if not self.frames or self.frames[-1].lines != tuple(rows):
            self.frames.append(Frame(self._now, tuple(rows)))


def _runs(line: Mapping[int, Any]) -> Line:
    cells = [line[column] for column in range(COLUMNS)]
    grouped = groupby(cells, key=lambda cell: (str(cell.fg), bool(cell.bold)))
    return tuple(Run("".join(cell.data for cell in group), *style) for style, group in grouped)
