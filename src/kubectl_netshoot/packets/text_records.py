"""Finds the packets of a text: where in a line one begins, and which lines below belong to it.

Hides what stands before the lines of a paste: blanks, quotes, numbers, what a log puts there. A line begins a packet
by its time; in a text without times by the kind of the packet, or (only the second lines of `-v` were kept) by its
ends. Whatever stands before it is taken from the lines below it too, digits and blanks in it may differ.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from kubectl_netshoot.packets.tcpdump_tunnel import goes_on
from kubectl_netshoot.packets.text_head import ANY_TIME, TIME, looks_like_packet

LONGEST_PREFIX = 120
# Quick to look for, and part of every time.
_CLOCK = re.compile(r"\d:\d\d\.\d|\d{4}\.\d")
LONGEST_RECORD = 2000
_MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5} "
_MARK = r"(?P<prefix>.{0,100}?)(?<![\w.:/-])"
_HEADER = r"\((?:tos|hlim|class|flowlabel) "
_KIND = re.compile(
    rf"{_MARK}(?=(?:[\w.@?-]+\s+(?:In|Out|B|M|P)\s+)?(?:(?:IP6?|ip6?:) (?:{_HEADER}|\S.* > \S+:(?: |$))|ARP, "
    rf"|{_MAC}|AF IPv[46] ))"
)
_ENDS = re.compile(rf"{_MARK}(?=\S+ > \S+: Flags \[)")
COUNTS = re.compile(
    r"(?:\^C)?\s*(\d+) packets? (captured|received by filter|dropped by (?:kernel|interface))$"
)
_TALK = ("^C", "```", "~~~", "tcpdump: ", "listening on ", "dropped privs to ", "reading from file ")


class Record(NamedTuple):
    """A packet's lines: `time` is the match of its time (None: without times), `head` what follows it."""

    number: int
    time: "re.Match[str] | None"
    head: str
    below: list[str]


_NUMBER = re.compile(r"\s*\d+\s+$")


class Prefix:
    """What stands before the lines of a paste."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._bare = text.strip()
        blanks = text[len(text.rstrip()) :]
        # The last blanks are lost where nothing stands behind them.
        # A packet's number (`-#`) stands before its first line only.
        last = f"(?:{blanks}|{blanks[0]}|$)" if blanks else ""
        above = _NUMBER.sub("", text)
        other = rf"|\s*{varied(above)} ?" if above.strip() and above != text else ""
        self._pattern = re.compile(rf"\s*{varied(text)}{last}{other}") if self._bare else None

    def taken_from(self, line: str) -> str:
        """The line without it; a line that does not begin so is as it was."""
        if not self.text:
            return line
        if line.startswith(self.text):
            return line[len(self.text) :]
        match = self._pattern.match(line) if self._pattern else None
        return line[match.end() :] if match else line

    def marks(self, line: str) -> bool:
        """Whether it is more than a number, and stands before this line."""
        return bool(self._pattern and not self._bare.isdecimal() and self._pattern.match(line))


def varied(text: str) -> str:
    """A pattern of the same with other digits and blanks."""
    return re.sub(r"\d+", r"\\d+", re.sub(r"(?:\\?\s)+", r"[ \\t]+", re.escape(text.strip())))


class Style:
    """How packets begin in this text."""

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines` are the first of the text."""
        self._prefix = ""
        self._width = 0
        self._timeless: re.Pattern[str] | None = None
        self._depth: int | None = None
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
        if found is None or goes_on(before):
            return None
        # What is indented deeper is inside another packet.
        depth = len(found["prefix"]) - len(found["prefix"].rstrip())
        if self._depth is not None and depth > self._depth:
            return None
        self._depth = depth
        return found.end(), None

    def _timed(self, line: str) -> "re.Match[str] | None":
        match = TIME.match(line, len(self._prefix)) if line.startswith(self._prefix) else None
        if match is not None and match.end() - match.start() == self._width:
            return match
        match = ANY_TIME.search(line, 0, LONGEST_PREFIX + 40) if _CLOCK.search(line) else None
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

    def line(self, line: str) -> Record | None:
        """The packet that is complete when this line comes."""
        self._number += 1
        begin = self._style.begin(line, self._before)
        self._before = line
        if begin is not None:
            done = self._record
            start, time = begin
            if line[:start] != self._prefix.text:
                self._prefix = Prefix(line[:start])
            self._record = Record(self._number, time, line[time.end() if time else start :].lstrip(), [])
            return done
        if self._record is None and not line.strip():
            return None
        line = self._prefix.taken_from(line)
        bare = line.strip()
        if "packet" in bare and (count := COUNTS.match(bare)):
            if count[2] == "dropped by kernel":
                self.kernel_drops = (self.kernel_drops or 0) + int(count[1][:12])
            return self.close()
        if bare.startswith(_TALK):
            return self.close()
        if self._record is not None and len(self._record.below) < LONGEST_RECORD:
            self._record.below.append(line)
        return None

    def close(self) -> Record | None:
        """The last packet."""
        record, self._record = self._record, None
        return record
