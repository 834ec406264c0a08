"""Hides that a capture may be what tcpdump printed, or a packet list of tshark or Wireshark.

Each packet of the text is made into bytes again.

What the text does not show is left out as a short snap length would, so that all that follows reads these packets as
it reads any others. The frame begins with what only the text knows: direction and whether the checksum was right.
"""

from collections.abc import Iterable, Iterator

from kubectl_netshoot.packets.frame import Damage, DamageKind, Format, Frame, NotACaptureError, Unread
from kubectl_netshoot.packets.remarks import Remarks
from kubectl_netshoot.packets.text_hosts import Hosts
from kubectl_netshoot.packets.text_lines import cleaned
from kubectl_netshoot.packets.text_packet import Packets
from kubectl_netshoot.packets.text_records import Record, Records, Style
from kubectl_netshoot.packets.text_time import Times
from kubectl_netshoot.packets.text_unread import damaged, named
from kubectl_netshoot.packets.text_wrapping import Joiner, Wrap, double_spaced, fewest, wraps
from kubectl_netshoot.packets.tshark_rows import LINE, Rows, is_list, rows

LONGEST_LINE = 1 << 16
# So many lines tell how a text was pasted.
WINDOW = 400


class TextReader:
    """Reads text in pieces; see frame.Reader."""

    format = Format.TEXT

    def __init__(self) -> None:
        self.damage: Damage | None = None
        self.remarks = Remarks()
        self.unread = Unread()
        self._hosts = Hosts()
        self._packets = Packets(self._hosts, self.unread)
        self._times = Times()
        self._rest = b""
        self._lines = self._made = 0
        self._window: list[str] | None = []
        self._held: list[tuple[int, Frame | None]] | None = []
        self._joiner = Joiner(Style(()), None, spaced=False)
        self._records = Records(Style(()))
        self._rows: Rows | None = None

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
        whole, end, self._rest = (self._rest + chunk).rpartition(b"\n")
        if len(self._rest) > LONGEST_LINE:
            whole, end, self._rest = whole + end + self._rest, b"\n", b""
        if not end:
            return
        lines = cleaned(whole + end)
        self._lines += len(lines)
        if self._window is not None:
            self._window += lines
            if len(self._window) < WINDOW:
                return
            lines = self._begin(self._window)
        yield from self._frames(self._whole(lines))

    def close(self) -> Iterator[Frame]:
        """The end of the text; raises NotACaptureError when no packet was in it."""
        cut = bool(self._rest)
        if cut:
            yield from self.feed(b"\n")
        if self._window is not None:
            lines = self._begin(self._window)
            yield from self._frames(self._whole(lines))
        unread = self.unread.lines
        yield from self._frames(self._rows.close() if self._rows else self._joiner.close())
        if last := self._records.close():
            yield from self._packet(last)
        if self._held is not None:
            yield from self._settled(over=True)
        if not self._made:
            raise NotACaptureError(
                "this is neither pcap nor pcapng, and nothing in it looks like what tcpdump prints",
                "Text must be what tcpdump prints, best with -nv, or a packet list of tshark or Wireshark",
            )
        if cut and self.unread.lines > unread:
            self.damage = Damage(DamageKind.CUT, self._lines, self._made)

    def _begin(self, lines: list[str]) -> list[str]:
        self._window = None
        if is_list(lines):
            self._rows, self._records = rows(lines, self._hosts, self.unread), Records(Style([LINE]))
            return lines
        spaced = double_spaced(lines)
        wrap = fewest(
            wraps([*Joiner(Style(lines), None, spaced=spaced).lines(lines)]),
            lambda way: badly_read(lines, way, spaced=spaced),
        )
        self._joiner, self._records = Joiner(Style(lines), wrap, spaced=spaced), Records(Style(lines))
        return lines

    def _whole(self, lines: list[str]) -> Iterable[str]:
        return self._rows.lines(lines) if self._rows else self._joiner.lines(lines)

    def _frames(self, lines: Iterable[str]) -> Iterator[Frame]:
        next_record, packet = self._records.line, self._packet
        for line in lines:
            if record := next_record(line):
                yield from packet(record)

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


def badly_read(lines: list[str], wrap: Wrap | None, *, spaced: bool) -> int:
    """How many packets of a text are not read, or not whole, when its lines were broken so."""
    joiner, records = Joiner(Style(lines), wrap, spaced=spaced), Records(Style(lines))
    packets = Packets(Hosts(), Unread())
    whole = [*joiner.lines(lines), *joiner.close()]
    made = [record for line in whole if (record := records.line(line))]
    made += [last] if (last := records.close()) else []
    return sum(not packets.read(record).whole for record in made)
