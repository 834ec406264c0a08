"""Finds the packets of a text: where in a line one begins, and which lines below belong to it.

Hides what stands before the lines of a paste: blanks, quotes, numbers, what a log puts there. A line begins a packet
by its time; in a text without times by the kind of the packet, or (only the second lines of `-v` were kept) by its
ends. Whatever stands before it is taken from the lines below it too, digits and blanks in it may differ.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kubectl_netshoot.packets.text_head import ANY_TIME, TIME, looks_like_packet

LONGEST_PREFIX = 120
LONGEST_RECORD = 2000
_MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5} "
_MARK = r"(?P<prefix>[\s>#|*:.)\]\d-]{0,20}?)"
_KIND = re.compile(
    rf"{_MARK}(?=(?:[\w.@?-]+\s+(?:In|Out|B|M|P)\s+)?(?:(?:IP6?|ARP)[ ,]\s*\S|ip6?: \S|{_MAC}|AF IPv[46] ))"
)
_ENDS = re.compile(rf"{_MARK}(?=\S+ > \S+: Flags \[)")
COUNTS = re.compile(
    r"(?:\^C)?\s*(\d+) packets? (captured|received by filter|dropped by (?:kernel|interface))$"
)
_TALK = re.compile(r"(?:\^C|```|~~~|tcpdump: |listening on |dropped privs to |reading from file )")
_TUNNEL = re.compile(r"\bvni (?:0x)?[0-9a-f]+$")


class Record(NamedTuple):
    """A packet's lines: `time` is the match of its time (None: without times), `head` what follows it."""

    number: int
    time: "re.Match[str] | None"
    head: str
    below: list[str]


class Prefix:
    """What stands before the lines of a paste."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._bare = text.strip()
        varied = re.sub(r"\d+", r"\\d+", re.sub(r"(?:\\?\s)+", r"[ \\t]*", re.escape(text)))
        self._pattern = re.compile(varied) if self._bare else None

    def taken_from(self, line: str) -> str:
        """The line without it; a line that does not begin so is as it was."""
        if not self.text:
            return line
        if line.startswith(self.text):
            return line[len(self.text) :]
        if self._pattern is None:
            return line
        match = self._pattern.match(line)
        return line[match.end() :] if match else line


class Style:
    """How packets begin in this text."""

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines` are the first of the text."""
        self._prefix = ""
        self._width = 0
        self._timeless: re.Pattern[str] | None = None
        self._deepest = 0
        lines = list(lines)
        if not any(self._timed(line) for line in lines):
            self._timeless = _KIND if any(_KIND.match(line) for line in lines) else _ENDS
        self._prefix, self._width = "", 0

    def begin(self, line: str, before: str) -> tuple[int, "re.Match[str] | None"] | None:
        """Where a packet begins in a line, and its time; None in other lines. `before` is the line before."""
        if self._timeless is None:
            match = self._timed(line)
            return (match.start(), match) if match else None
        found = self._timeless.match(line)
        if found is None or _TUNNEL.search(before):
            return None
        # What is indented deeper is inside another packet.
        depth = found.end() if not found["prefix"].strip() else 0
        if self._width and depth > self._deepest:
            return None
        self._deepest, self._width = depth, 1
        return found.end(), None

    def _timed(self, line: str) -> "re.Match[str] | None":
        match = TIME.match(line, len(self._prefix)) if line.startswith(self._prefix) else None
        if match is not None and match.end() - match.start() == self._width:
            return match
        match = ANY_TIME.search(line, 0, LONGEST_PREFIX + 40)
        if match is None or not looks_like_packet(line[match.end() :].lstrip()):
            return None
        self._prefix, self._width = line[: match.start()], match.end() - match.start()
        return match


class Records:
    """Groups lines into packets; also counts what tcpdump says at the end."""

    def __init__(self, style: Style) -> None:
        self.kernel_drops: int | None = None
        self._style = style
        self._prefix = Prefix("")
        self._record: Record | None = None
        self._before = ""
        self._number = 0

    def line(self, line: str) -> Iterator[Record]:
        """The packet that is complete when this line comes."""
        self._number += 1
        begin = self._style.begin(line, self._before)
        self._before = line
        if begin is not None:
            yield from self.close()
            start, time = begin
            if line[:start] != self._prefix.text:
                self._prefix = Prefix(line[:start])
            self._record = Record(self._number, time, line[time.end() if time else start :].lstrip(), [])
            return
        if self._record is None and not line.strip():
            return
        line = self._prefix.taken_from(line)
        if count := COUNTS.match(line.strip()):
            if count[2] == "dropped by kernel":
                self.kernel_drops = (self.kernel_drops or 0) + int(count[1][:12])
            yield from self.close()
        elif _TALK.match(line.lstrip()):
            yield from self.close()
        elif self._record is not None and len(self._record.below) < LONGEST_RECORD:
            self._record.below.append(line)

    def close(self) -> Iterator[Record]:
        """The last packet."""
        record, self._record = self._record, None
        if record is not None:
            yield record
