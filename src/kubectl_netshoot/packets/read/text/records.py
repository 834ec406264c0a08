"""Finds the packets of a text: where in a line one begins, what was wrapped, and what cannot be read."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from kubectl_netshoot.packets.read.text.hosts import Hosts, Place
from kubectl_netshoot.packets.read.text.line import (
    ANY_TIME,
    TIME,
    backwards,
    is_list,
    last_row_first,
    looks_like_packet,
)
from kubectl_netshoot.packets.read.text.tcpdump_ip import goes_on

LONGEST_PREFIX = 120
# Quick to look for, and part of every time.
_CLOCK = re.compile(r"\d:\d\d\.\d|\d{4}\.\d")
LONGEST_RECORD = 2000
_MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5} "
# `grep -n` puts its numbers before lines without a blank.
_FOUND = r"(?:[^\s:]{0,60}[^\s:\d]\d{0,3}:)?\d{1,7}:"
_MARK = rf"(?P<prefix>.{{0,40}}?(?<![\w:.,-]){_FOUND}|.{{0,100}}?(?<![\w.:/-]))"
_HEADER = r"\((?:tos|hlim|class|flowlabel) "
_NUMBERED = re.compile(rf"(?<![\w:.,-]){_FOUND}(?=\d\d:\d\d:\d\d\.|\d{{5,12}}\.\d|\d{{4}}-\d\d-\d\d)")
_KIND = re.compile(
    rf"{_MARK}(?=(?:[\w.@?-]+\s+(?:In|Out|B|M|P)\s+)?(?:(?:IP6?|ip6?:) (?:{_HEADER}|\S.* > \S+:(?: |$))|ARP, "
    rf"|{_MAC}|AF IPv[46] ))"
)
_ENDS = re.compile(rf"{_MARK}(?=\S+ > \S+: Flags \[)")
COUNTS = re.compile(
    r"(?:\^C)?\s*(\d+) packets? (captured|received by filter|dropped by (?:kernel|interface))$"
)
# That lines were taken out.
_OMITTED = re.compile(
    r"[\W_]{0,20}(?:\w+ ){0,3}(?:snip(?:ped)?|omitted|truncated|elided|skipped)(?: \w+){0,3}[\W_]{0,20}$"
    r"|[\[(<]\.\.\.+[\])>]$",
    re.IGNORECASE,
)
_DOTS = re.compile(r"\.\.\.+\s*$")
_LONGEST_OMISSION = 80
_TALK = ("^C", "```", "~~~", "tcpdump: ", "listening on ", "dropped privs to ", "reading from file ")


class Record(NamedTuple):
    """A packet's lines: `time` is the match of its time (None: without times), `head` what follows it."""

    number: int
    time: "re.Match[str] | None"
    head: str
    below: list[str]


_NUMBER = re.compile(r"(?<!\S)\d+\s+$")
_DIGITS = re.compile(r"\d+")
# A number that is no part of a name or a time.
_LINE_NUMBER = re.compile(r"[^\w.-]*(?:[\w.-]*[A-Za-z][\w.-]*[^\w.-]+)?(\d{1,9})[^\w.-]*$")
# So many lines may have been lost.
_SKIPPED = 5
_BELOW = re.compile(r"(?: {4}| {0,3}\t)\s*(?!IP|ARP|[\w.@-]+ +(?:In|Out|B|M|P) )")


class Prefix:
    """What stands before the lines of a paste."""

    def __init__(self, text: str, learned: "re.Pattern[str] | None" = None) -> None:
        """`text` stands before a packet; `learned` matches what stands before others."""
        self.text = text
        # How many lines have come since.
        self.below = 0
        self._learned = learned
        single = _LINE_NUMBER.match(text) if len(_DIGITS.findall(text)) == 1 else None
        self._number = int(single[1]) if single else None
        self._bare = text.strip()
        # A packet's number (`-#`) stands before its first line only.
        above = _NUMBER.sub("", text)
        other = rf"|\s*{varied(above)} ?" if above.strip() and above != text else ""
        self._pattern = (
            re.compile(rf"{first_blanks([text])}{varied(text)}{last_blanks(text)}{other}")
            if self._bare
            else None
        )

    def taken_from(self, line: str) -> str:
        """The line without it; a line that does not begin so is as it was."""
        if line.startswith(self.text) and self.text:
            return line[len(self.text) :]
        match = self._match(line)
        return line[match.end() :] if match else line

    def marks(self, line: str) -> bool:
        """Whether it is more than a number, and stands before this line."""
        return not self._bare.isdecimal() and bool(self._match(line))

    def _match(self, line: str) -> "re.Match[str] | None":
        patterns = (self._pattern, self._learned)
        return next(
            (match for one in patterns if one and (match := one.match(line)) and self._counts(match[0])), None
        )

    def _counts(self, text: str) -> bool:
        """Whether the number of a line, where lines have one, is that of one of the next."""
        told = self._number is not None and len(text) <= LONGEST_PREFIX
        number = _LINE_NUMBER.match(text) if told else None
        return number is None or 0 < int(number[1]) - (self._number or 0) <= self.below + _SKIPPED


def varied(text: str) -> str:
    """A pattern of the same with other digits and blanks."""
    return re.sub(r"\d+", r"\\d+", re.sub(r"(?:\\?\s)+", r"[ \\t]+", re.escape(text.strip())))


def first_blanks(texts: Iterable[str]) -> str:
    """A pattern of the blanks before one of these: what goes on in another line may begin with a blank, then alike."""
    return r"[ \t]*" if any(text[:1].isspace() or text[:1].isdecimal() for text in texts) else ""


def last_blanks(text: str) -> str:
    """A pattern of the blanks behind it, which are lost where nothing stands behind them."""
    blanks = text[len(text.rstrip()) :]
    return f"(?:{blanks}|{blanks[0]}|$)" if blanks else ""


# So many words may stand in one place before the lines, where nothing else tells that they are no packet's.
_WORDS = 20
_LOGGED = 0.15
_MOST_ALIKE = 0.8


def learned(prefixes: Sequence[str]) -> "re.Pattern[str] | None":
    """A pattern of what stands before packets and is not always the same: numbers, times, names; None where it is."""
    split = [text.split() for text in prefixes]
    size, count = Counter(map(len, split)).most_common(1)[0] if split else (0, 0)
    alike = [text for text, words in zip(prefixes, split, strict=True) if len(words) == size]
    if not size or count < _MOST_ALIKE * len(prefixes):
        return None
    columns = [sorted({*column}) for column in zip(*(text.split() for text in alike), strict=True)]
    patterns = [sorted(set(map(varied, column))) for column in columns]
    anchored = any(len(some) == 1 for some in patterns) or any(map(common_ends, columns))
    if not anchored and max(map(len, patterns)) > _WORDS:
        return None
    told = [
        some[0]
        if len(some) == 1
        else r"{}\S*{}".format(*map(varied, affixes(column)))
        if anchored
        else f"(?:{'|'.join(some)})"
        for some, column in zip(patterns, columns, strict=True)
    ]
    return re.compile(first_blanks(alike) + r"[ \t]+".join(told) + last_blanks(alike[0]))


def affixes(words: Sequence[str]) -> tuple[str, str]:
    """How all of them begin and end."""
    first = beginning(words)
    return first, beginning([word[len(first) :][::-1] for word in words])[::-1]


def beginning(words: Sequence[str]) -> str:
    """How all of them begin."""
    least, most = min(words, default=""), max(words, default="")
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(least, most, strict=False))
    return "".join(letter for letter, _ in alike)


def common_ends(words: Sequence[str]) -> bool:
    """Whether different words begin or end with the same mark."""
    return any(re.search(r"[^\w\s.]", affix) for affix in affixes(words))


class Style:
    """How packets begin in this text."""

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines` are the first of the text."""
        self._prefix = ""
        self._width = 0
        self._timeless: re.Pattern[str] | None = None
        self._depth: int | None = None
        self._learned: re.Pattern[str] | None = None
        # Whether what stands before the lines has a time that looks like a packet's.
        self._logged = self._led = False
        lines = list(lines)
        self._learn_clock(lines)
        first = next((match for line in lines if (match := self._timed(line))), None)
        # tcpdump prints a blank in front of times since another packet.
        self._led = first is not None and not first[0].strip("0:.")
        if first is None:
            self._timeless = _KIND if any(_KIND.match(line) for line in lines) else _ENDS
        if not self._logged:
            fronts = [line[: begin[0]] for line in lines if (begin := self.begin(line, ""))]
            filled = [front for front in fronts if front.strip()]
            self._learned = learned(filled)
            self._logged = bool(self._learned) and all(map(_CLOCK.search, filled))
            timed = [(line, times) for line in lines if (times := [*times_in(line)])]
            clocked = [line[: times[-1].start()] for line, times in timed if len(times) > 1]
            if not self._logged and len(clocked) > _LOGGED * len(timed) and (found := learned(clocked)):
                # A log's times stand before the lines below packets' own, too, and were taken for packets'.
                self._logged = all(found.match(line) for line, _ in timed)
                self._learned = found if self._logged else self._learned
        self._prefix, self._width, self._depth = "", 0, None

    def _learn_clock(self, lines: list[str]) -> None:
        """Where lines below packets' own have a time, it is a log's."""
        times = [match for line in lines if (match := next(times_in(line), None))]
        if sum(bool(_BELOW.match(match.string, match.end())) for match in times) > _LOGGED * len(times):
            self._learned = learned([match.string[: match.end()] + " " for match in times])
            self._logged = self._learned is not None

    def prefix(self, text: str) -> Prefix:
        """What stands before a packet, and before the lines around it."""
        return Prefix(text, self._learned)

    def begin(self, line: str, before: str) -> tuple[int, "re.Match[str] | None"] | None:
        """Where a packet begins in a line, and its time; None in other lines. `before` is the line before."""
        if self._timeless is None:
            match = self._timed(line)
            if match is None:
                return None
            return match.start() - (self._led and line[: match.start()].endswith(" ")), match
        found = self._timeless.match(line)
        if found is None or goes_on(before):
            return None
        # An error of ICMP is followed by the packet that it is about, indented deeper.
        depth = len(found["prefix"]) - len(found["prefix"].rstrip())
        if self._depth is not None and depth > self._depth and "ICMP" in before:
            return None
        self._depth = depth
        return found.end(), None

    def _timed(self, line: str) -> "re.Match[str] | None":
        match = TIME.match(line, len(self._prefix)) if line.startswith(self._prefix) else None
        if match is None or self._logged or match.end() - match.start() != self._width:
            match = self._found(line) if _CLOCK.search(line) else None
        if match is None or _BELOW.match(line, match.end()):
            return None
        self._prefix, self._width = line[: match.start()], match.end() - match.start()
        return match

    def _found(self, line: str) -> "re.Match[str] | None":
        """The packet's own time: behind that of a log."""
        before = self._learned.match(line) if self._logged and self._learned else None
        found = None
        for match in times_in(line, before.end() if before else 0):
            found = match
        return found


def times_in(line: str, start: int = 0) -> Iterator["re.Match[str]"]:
    """Times that a packet may follow, from `start` on."""
    number = _NUMBERED.search(line, start, LONGEST_PREFIX)
    if number and (match := TIME.match(line, number.end())):
        yield match
        return
    for match in ANY_TIME.finditer(line, start, LONGEST_PREFIX + 40):
        if not looks_like_packet(line[match.end() :].lstrip()):
            return
        yield match


def newest_first(lines: list[str]) -> bool:
    """Whether the last packet stands first."""
    if is_list(lines):
        return last_row_first(lines)
    timed = [(place, times[-1]) for place, line in enumerate(lines) if (times := [*times_in(line)])]
    if not backwards([time for _, time in timed]):
        return False
    # Then what is printed below a packet's line stands above it: also the first's, and not the last's.
    padded = ["", *lines, ""]
    above = sum(padded[place][:1].isspace() for place, _ in timed)
    below = sum(padded[place + 2][:1].isspace() for place, _ in timed)
    return below <= above


def is_omission(line: str, below: list[str]) -> bool:
    """Whether a line says that others were left out.

    What belongs to a packet is indented; but not what `-A` prints, dots for what has no characters.
    """
    if line[:1].isspace() or len(line) > _LONGEST_OMISSION:
        return False
    if _DOTS.match(line):
        return all(one[:1].isspace() for one in below if one)
    return bool(_OMITTED.match(line.rstrip()))


# The rest of a packet whose beginning was not copied.
_REST = re.compile(
    r"\], .*\b(?:seq|ack|win) \d.*\blength \d|\S > \S+: .*(?:\(\d+\)|\blength \d+)$|^\s+0x[0-9a-f]{4}: "
)


class TextRecords:
    """Groups lines into packets; also counts what tcpdump says at the end."""

    def __init__(self, style: Style) -> None:
        self.kernel_drops: int | None = None
        # How often somebody says that lines were left out, or a text begins within a packet.
        self.omitted = 0
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
                self._prefix = self._style.prefix(line[:start])
            self._record = Record(self._number, time, line[time.end() if time else start :].lstrip(), [])
            return done
        if self._record is None and not line.strip():
            return None
        if self._number == self.omitted + 1 and _REST.search(line[:LONGEST_RECORD]):
            self.omitted += 1
        self._prefix.below += 1
        line = self._prefix.taken_from(line)
        bare = line.strip()
        if "packet" in bare and (count := COUNTS.match(bare)):
            if count[2] == "dropped by kernel":
                self.kernel_drops = (self.kernel_drops or 0) + int(count[1][:12])
            return self.close()
        if self._record is not None and is_omission(line, self._record.below):
            self.omitted += 1
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


_TRIED = 3
# Longer lines are what nobody broke.
_USUAL = 250
_INDENTED = ("  ", "\t")
# No packet's line goes on behind this.
_COMPLETE = re.compile(r"(?:, length \d+|(?<=\s)\(\d+\)|: HTTP|, (?:vni|instance) \d+)$")
# What is in a tunnel.
_INNER = re.compile(r"(?:IP6?|ARP),? ")
_WORD = re.compile(r"\S+")
_LONG_WORD = 15
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
            if _COMPLETE.search(line) and _INNER.match(following):
                return None
            return " " * missing if missing == 0 or (missing == 1 and not _COMPLETE.search(line)) else None
        word = _WORD.match(following)
        if word is None or length + 1 + len(word[0]) <= self.width or _COMPLETE.search(line):
            return None
        return " "


class Joiner:
    """Puts the parts of broken lines together again, and takes blank lines out of a text with one after each line.

    Where mail programs break before a word, they may leave the blank before it.
    """

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
        if not self._wrap.hard:
            line = line.rstrip()
        begin = self._style.begin(line, self._last)
        if begin is not None:
            self._prefix = self._style.prefix(line[: begin[0]])
        self._prefix.below += 1
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
    return len(filled) > 1 and blank >= _SPACED * len(filled)


def wraps(lines: list[str]) -> Iterator[Wrap]:
    """The ways in which lines may have been broken, likely ones first."""
    style, prefix = Style(lines), Prefix("")
    # Of lines that were broken behind a character, and before a word; without what stands before them, and with it.
    lengths: dict[tuple[bool, bool], list[int]] = {
        (hard, bare): [] for hard in (False, True) for bare in (True, False)
    }
    open_ends: list[tuple[int, bool]] = []
    before: dict[bool, str] | None = None
    for line in lines:
        begin = style.begin(line, "")
        if begin is not None:
            prefix = style.prefix(line[: begin[0]])
        elif before is not None and line.strip():
            for (hard, bare), broken in lengths.items():
                broken.append(len(before[bare] if hard else before[bare].rstrip()))
            if not _COMPLETE.search(before[False]):
                open_ends.append((len(before[False]), before[False][-1:] == " " or line[:1] == " "))
        before = {True: prefix.taken_from(line), False: line} if line.strip() else None
    # Words do not end in the same column again and again, and are not broken at a blank that stays.
    full = {end for end in open_ends if end[0] > max(open_ends)[0] - _LONG_WORD}
    sharp = len({length for length, _ in full}) == 1 and any(blank for _, blank in full)
    ways = sorted(lengths, key=lambda way: way[0] != sharp)
    for hard, bare in ways:
        broken = lengths[hard, bare]
        common = [width for width, _ in Counter(broken).most_common(_TRIED)]
        usual = [width for width in broken if width <= _USUAL]
        for width in dict.fromkeys([*([max(usual)] if usual else []), *common]):
            yield Wrap(hard, bare, width)


class Readable(NamedTuple):
    """How many packets are read, and how many others are not, or not whole."""

    well: int
    badly: int


def best(ways: Iterator[Wrap], read: Callable[[Wrap | None], Readable]) -> Wrap | None:
    """The way in which the most packets are read; None where they are read well, or best, as they stand."""
    found, most = None, read(None)
    if most.badly or not most.well:
        for way in ways:
            now = read(way)
            if now.well - now.badly > most.well - most.badly:
                found, most = way, now
    return found


# The front of a packet's line that was damaged, or the ends of one whose front is lost.
_FRONT = re.compile(r"\s*\S.*\bIP6?,? \S+ > \S+: ")
_ENDS_ANYWHERE = re.compile(r"\s*\S+ > \S+: (?:Flags \[|tcp \d|UDP, |ICMP6?[ ,])")
_IP_HEADER = re.compile(r"\((?:tos|class|flowlabel|hlim) ")
_PLACE = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:]*[0-9a-f])(?:\.[\w-]+)?(?=[\s:,]|$)"
)
# What is in a tunnel may be of anybody.
_TUNNEL = re.compile(r": (?:\[[^\]]*\] )?(?:VXLAN|OTV|Geneve|GREv0|IP6?)[ ,]")


def damaged(below: list[str]) -> Iterator[str]:
    """Those of the lines below a packet's own that are of other packets, and cannot be read."""
    before = ""
    for line in below:
        if _FRONT.match(line) or (_ENDS_ANYWHERE.match(line) and not _IP_HEADER.search(before)):
            yield line
        before = line if line.strip() else before


def named(line: str, hosts: Hosts) -> frozenset[Place]:
    """The ends that can be told of a line that cannot be read."""
    if _TUNNEL.search(line):
        return frozenset()
    found = (hosts.place(text, six=":" in text, ported=True) for text in _PLACE.findall(line)[:2])
    return frozenset(place for place in found if place is not None)
