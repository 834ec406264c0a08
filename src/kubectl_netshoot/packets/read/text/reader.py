"""A capture that is text: what tcpdump printed, or a packet list of tshark or Wireshark, made into frames."""

import codecs
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubectl_netshoot.packets.read.frame import (
    Damage,
    DamageKind,
    Format,
    Frame,
    Remarks,
    UnreadLines,
)
from kubectl_netshoot.packets.read.headers import ARP, IPV4, IPV6, TEXT
from kubectl_netshoot.packets.read.text.hosts import Hosts
from kubectl_netshoot.packets.read.text.line import (
    LinePrefix,
    Times,
    dumped,
    head,
    is_hex,
    is_list,
)
from kubectl_netshoot.packets.read.text.paste import Paste, apart, runs_on
from kubectl_netshoot.packets.read.text.records import (
    Joiner,
    Readable,
    Record,
    Style,
    TextRecords,
    Wrap,
    best,
    damaged,
    double_spaced,
    named,
    newest_first,
    wraps,
)
from kubectl_netshoot.packets.read.text.refusal import refusal
from kubectl_netshoot.packets.read.text.tcpdump_icmp import ArpText, is_whole
from kubectl_netshoot.packets.read.text.tcpdump_ip import IpText, Made

if TYPE_CHECKING:
    from kubectl_netshoot.packets.read.text.packet_list import Rows

# `-v` prints the ends in a second line; a pasted one may be broken further.
_SECOND = 4
_ETHERNET = 14
# A tunnel in a tunnel happens; deeper ones only in made up text.
DEEPEST = 4


class Read(NamedTuple):
    """A frame whose time is still to be told (None: nothing made of it), whether its line was whole, what is below."""

    frame: Frame | None
    whole: bool
    below: list[str]


class Packets:
    """Remembers what later lines count from."""

    def __init__(self, hosts: Hosts, unread: UnreadLines) -> None:
        self._ip = IpText(hosts, unread)
        self._arp = ArpText(hosts)

    def read(self, record: Record) -> Read:
        """What a packet's lines say."""
        try:
            return self._read(record)
        except ValueError:
            # Python reads no number of thousands of digits (sys.set_int_max_str_digits), and tcpdump prints none.
            return Read(None, whole=False, below=[])

    def _read(self, record: Record) -> Read:
        front = head(record.head)
        if front is None:
            return Read(None, whole=False, below=record.below)
        data, verdict, length, whole, below = self._packet(front, record.below, 0)
        kind = front.kind
        if below and any(map(is_hex, below)) and (bytes_of_it := dumped(below, kind)):
            data, verdict, length = bytes_of_it, 0, len(bytes_of_it)
        if data is None:
            return Read(None, whole=False, below=below)
        made_of = bytes((front.direction, kind >> 8, kind & 255, verdict)) + data
        wire = front.wire if front.wire is not None else length + _ETHERNET
        return Read((0, TEXT, made_of, 0, len(made_of), wire), whole, below)

    def _packet(self, front: LinePrefix, below: list[str], depth: int) -> Made:
        what = front.what
        if what.startswith("truncated-ip"):
            # Not all of it is in the file, but of what is missing nothing would be printed.
            what = what.partition("! ")[2]
        what, below = joined(what, below)
        if front.kind in (IPV4, IPV6):

            def unwrap(text: str, below: list[str]) -> tuple[int, Made]:
                inner = head(text) if depth < DEEPEST else None
                if inner is None:
                    return 0, Made(None, 0, 0, whole=False, below=below)
                return inner.kind, self._packet(inner, below, depth + 1)

            made = self._ip.packet(what, below, unwrap, six=front.kind == IPV6)
            return made or Made(None, 0, 0, whole=False, below=below)
        if front.kind == ARP:
            whole = is_whole(what)
            return Made(self._arp.packet(what) if whole else None, 0, 28, whole, below)
        # Only what is tagged has something behind it that is told; what has ends is IP, whose name was broken.
        return Made(b"", 0, 0, not front.tagged and " > " not in what, below)


def joined(what: str, below: list[str]) -> tuple[str, list[str]]:
    """What is of the packet itself in one line, and the lines below it."""
    if not what.startswith("(") or " > " in what.replace("(->", ""):
        return what, below
    for place, line in enumerate(below[:_SECOND]):
        what = f"{what} {line.strip()}" if line.strip() else what
        if " > " in line:
            return what, below[place + 1 :]
    return what, below


LONGEST_LINE = 1 << 16
# So many lines tell how a text was pasted.
WINDOW = 400


class TextReader:
    """Reads text in pieces; see frame.Reader."""

    format = Format.TEXT

    def __init__(self, encoding: str | None = None) -> None:
        """`encoding`: of a text that is not UTF-8."""
        self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        self.damage: Damage | None = None
        self.remarks = Remarks()
        self.unread = UnreadLines()
        self._hosts = Hosts()
        self._packets = Packets(self._hosts, self.unread)
        self._times = Times()
        self._paste = Paste()
        self._rest = b""
        self._lines = self._made = 0
        self._window: list[str] | None = []
        self._first: list[str] = []
        self._held: list[tuple[int, Frame | None]] | None = []
        self._joiner = Joiner(Style(()), None, spaced=False)
        self._records = TextRecords(Style(()))
        self._rows: Rows | None = None
        self._running_on = False
        # All lines, where the last is the first that was printed.
        self._turned: list[str] | None = None

    @property
    def kernel_drops(self) -> int | None:
        return self._records.kernel_drops

    @property
    def dated(self) -> bool:
        return self._times.dated

    @property
    def names(self) -> dict[bytes, str]:
        return self._hosts.names

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The packets that are complete now: one is when the next begins."""
        if self._decoder:
            chunk = self._decoder.decode(chunk).encode("utf-8", "replace")
        yield from self._fed(chunk)

    def _fed(self, chunk: bytes) -> Iterator[Frame]:
        whole, end, self._rest = (self._rest + chunk).rpartition(b"\n")
        if len(self._rest) > LONGEST_LINE:
            # What it is of, and where the next packet begins, cannot be told.
            self.unread.note(frozenset())
            whole, end, self._rest = whole + end + self._rest, b"\n", b""
        if not end:
            return
        lines = self._paste.lines(whole + end)
        self._lines += len(lines)
        if self._window is not None:
            self._window += lines
            if len(self._window) < WINDOW:
                return
            lines = self._begin(self._window)
        else:
            lines = self._paste.undone(lines)
        yield from self._read(lines)

    def _read(self, lines: list[str]) -> Iterable[Frame]:
        if self._turned is not None:
            self._turned += lines
            return ()
        return self._frames(self._whole(apart(lines) if self._running_on else lines))

    def close(self) -> Iterator[Frame]:
        """The end of the text; raises NotACaptureError when no packet was in it."""
        cut = bool(self._rest)
        if cut:
            yield from self._fed(b"\n")
        if self._window is not None:
            yield from self._read(self._begin(self._window))
        if self._turned is not None:
            lines, self._turned = self._turned[::-1], None
            self._learn(lines[:WINDOW])
            yield from self._read(lines)
        unread = self.unread.lines
        yield from self._frames(self._rows.close() if self._rows else self._joiner.close())
        if last := self._records.close():
            yield from self._packet(last)
        if self._held is not None:
            yield from self._settled(over=True)
        if not self._made:
            raise refusal(self._first)
        if cut and self.unread.lines > unread:
            self.damage = Damage(DamageKind.CUT, self._lines, self._made)

    def _begin(self, lines: list[str]) -> list[str]:
        self._window, self._first = None, lines[:WINDOW]
        lines = self._paste.learned(lines)
        if newest_first(lines):
            self._turned = []
        else:
            self._learn(lines)
        return lines

    def _learn(self, lines: list[str]) -> None:
        """How packets are printed, from the first lines."""
        if is_list(lines):
            # Most texts are tcpdump's.
            from kubectl_netshoot.packets.read.text.packet_list import LINE, rows

            self._rows, self._records = rows(lines, self._hosts, self.unread), TextRecords(Style([LINE]))
            return
        if runs_on(lines):
            self._running_on, lines = True, apart(lines)
        spaced = double_spaced(lines)
        wrap = best(
            wraps([*Joiner(Style(lines), None, spaced=spaced).lines(lines)]),
            lambda way: readable(lines, way, spaced=spaced),
        )
        self._joiner, self._records = Joiner(Style(lines), wrap, spaced=spaced), TextRecords(Style(lines))

    def _whole(self, lines: list[str]) -> Iterable[str]:
        return self._rows.lines(lines) if self._rows else self._joiner.lines(lines)

    def _frames(self, lines: Iterable[str]) -> Iterator[Frame]:
        next_record, packet = self._records.line, self._packet
        omitted = self._records.omitted
        for line in lines:
            if record := next_record(line):
                yield from packet(record)
        for _ in range(self._records.omitted - omitted):
            self.unread.note(frozenset())

    def _packet(self, record: Record) -> Iterable[Frame]:
        frame, _, below = self._packets.read(record)
        printed = self._times.printed(record.time)
        if frame is None:
            self.unread.note(named(record.head, self._hosts))
        else:
            self._made += 1
        if below:
            for line in damaged(below):
                self.unread.note(named(line, self._hosts))
        if self._held is not None:
            self._held.append((printed, frame))
            return self._settled(over=False)
        ns = self._times.at(printed)
        return () if frame is None else ((ns, *frame[1:]),)

    def _settled(self, *, over: bool) -> list[Frame]:
        """The packets that waited for their times, once these are told."""
        held = self._held or []
        if not self._times.settled([printed for printed, _ in held], over=over):
            return []
        self._held = None
        timed = [(self._times.at(printed), frame) for printed, frame in held]
        return [(ns, *frame[1:]) for ns, frame in timed if frame is not None]


def readable(lines: list[str], wrap: Wrap | None, *, spaced: bool) -> Readable:
    """How well the packets of a text are read, when its lines were broken so."""
    joiner, records = Joiner(Style(lines), wrap, spaced=spaced), TextRecords(Style(lines))
    packets = Packets(Hosts(), UnreadLines())
    whole = [*joiner.lines(lines), *joiner.close()]
    made = [record for line in whole if (record := records.line(line))]
    made += [last] if (last := records.close()) else []
    well = sum(packets.read(record).whole for record in made)
    return Readable(well, len(made) - well)
