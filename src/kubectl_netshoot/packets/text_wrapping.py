"""Undoes what a terminal, a mail program or an editor does to long lines, and blank lines put between all lines.

Hides how that is told: only a paste in which packets cannot be read as they stand is tried in other ways, and the
way in which most can be read is taken.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kubectl_netshoot.packets.text_records import Prefix, Style

_TRIED = 3
# Longer lines are what nobody broke.
_USUAL = 250
_INDENTED = ("  ", "\t")
# No packet's line goes on behind this.
_COMPLETE = re.compile(r"(?:, length \d+|\(\d+\)|: HTTP|, (?:vni|instance) \d+)$")
_WORD = re.compile(r"\S+")
# Nearly every line is followed by a blank one.
_SPACED = 0.9


class Wrap(NamedTuple):
    """How lines were broken: behind so many characters (`hard`), or before the word that no longer fits.

    `bare`: before anything was put before each line.
    """

    hard: bool
    bare: bool
    width: int

    def between(self, line: str, length: int, following: str) -> str | None:
        """What stands between a line (of this length) and its other part; None where that is a line of its own."""
        if following.startswith(_INDENTED) and " > " in line:
            return None
        if self.hard:
            # Trailing blanks are lost.
            missing = self.width - length
            return " " * missing if 0 <= missing < 2 else None
        word = _WORD.match(following)
        if word is None or length + 1 + len(word[0]) <= self.width or _COMPLETE.search(line):
            return None
        return " "


class Joiner:
    """Puts the parts of broken lines together again, and takes blank lines out of a text with one after each line."""

    def __init__(self, style: Style, wrap: Wrap | None, *, spaced: bool) -> None:
        self._style = style
        self._wrap = wrap
        self._spaced = spaced
        self._whole: str | None = None
        self._last = ""
        self._length = 0
        self._prefix = Prefix("")
        self._blank = True

    def lines(self, lines: Iterable[str]) -> Iterable[str]:
        """The lines that are complete when these have come."""
        if self._wrap is None and not self._spaced:
            return lines
        return (whole for line in lines for whole in self._line(line))

    def _line(self, line: str) -> Iterator[str]:
        blank, self._blank = self._blank, not line.strip()
        if self._spaced and self._blank and not blank:
            return
        if self._wrap is None:
            yield line
            return
        begin = self._style.begin(line, self._last)
        if begin is not None:
            self._prefix = Prefix(line[: begin[0]])
        rest = self._prefix.taken_from(line) if self._wrap.bare else line
        between = None
        # What was put before whole lines is not before their other parts.
        marked = not self._wrap.bare and self._prefix.marks(line)
        if begin is None and self._whole and not self._blank and not marked:
            between = self._wrap.between(self._whole, self._length, rest)
        self._last, self._length = line, len(rest)
        if between is None:
            yield from self.close()
            self._whole = line
        else:
            self._whole = f"{self._whole}{between}{rest}"

    def close(self) -> Iterator[str]:
        """The last line."""
        whole, self._whole = self._whole, None
        if whole is not None:
            yield whole


def double_spaced(lines: list[str]) -> bool:
    """Whether each line is followed by a blank one."""
    filled = [place for place, line in enumerate(lines[:-1]) if line.strip()]
    blank = sum(not lines[place + 1].strip() for place in filled)
    return len(filled) > 2 and blank >= _SPACED * len(filled)


def wraps(lines: list[str]) -> Iterator[Wrap]:
    """The ways in which lines may have been broken, likely ones first."""
    style, prefix = Style(lines), Prefix("")
    lengths: dict[bool, list[int]] = {True: [], False: []}
    before: tuple[int, int] | None = None
    for line in lines:
        begin = style.begin(line, "")
        if begin is not None:
            prefix = Prefix(line[: begin[0]])
        elif before is not None and line.strip():
            lengths[True].append(before[0])
            lengths[False].append(before[1])
        before = (len(prefix.taken_from(line)), len(line)) if line.strip() else None
    for hard in (False, True):
        for bare, broken in lengths.items():
            common = [width for width, _ in Counter(broken).most_common(_TRIED)]
            usual = [width for width in broken if width <= _USUAL]
            for width in dict.fromkeys([*([max(usual)] if usual else []), *common]):
                yield Wrap(hard, bare, width)


def fewest(ways: Iterator[Wrap], badly_read: Callable[[Wrap | None], int]) -> Wrap | None:
    """The way in which the fewest packets are read badly; None where they are read well, or best, as they stand."""
    best, least = None, badly_read(None)
    if least:
        for way in ways:
            if (badly := badly_read(way)) < least:
                best, least = way, badly
    return best
