"""The pcap and pcapng file formats: byte orders, clocks, interfaces, drop counts, and where a file was cut."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from kubectl_netshoot.packets.read.frame import (
    Damage,
    DamageKind,
    Format,
    Frame,
    NotACaptureError,
    Remarks,
    UnreadLines,
)

# The first four bytes -> byte order, nanoseconds in a unit of the time's second field.
MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
FILE_HEADER = 24
RECORD_HEADER = 16
# libpcap captures no longer packet, whatever the snap length; Wireshark believes no longer one either.
LONGEST = 262_144
SECOND = 1_000_000_000


class PcapReader:
    """Reads a pcap file in pieces; see frame.Reader."""

    format = Format.PCAP
    dated = True
    kernel_drops: int | None = None

    def __init__(self) -> None:
        self.damage: Damage | None = None
        self.unread = UnreadLines()
        self.remarks = Remarks()
        self.names: dict[bytes, str] = {}
        self._rest = b""
        self._offset = 0
        self._packets = 0
        self._record: struct.Struct | None = None
        self._unit = 1
        self._link = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The packets that are complete now; raises NotACaptureError."""
        if self.damage:
            return
        data = self._rest + chunk if self._rest else chunk
        at = 0
        if self._record is None:
            if len(data) < FILE_HEADER:
                self._rest = data
                return
            self._record, at = self._read_file_header(data), FILE_HEADER
        unpack, link, unit, size = self._record.unpack_from, self._link, self._unit, len(data)
        while (start := at + RECORD_HEADER) <= size:
            seconds, fraction, kept, wire = unpack(data, at)
            if kept > LONGEST:
                self.damage = Damage(DamageKind.GARBLED, self._offset + at, self._packets)
                break
            end = start + kept
            if end > size:
                break
            self._packets += 1
            yield seconds * SECOND + fraction * unit, link, data, start, end, wire
            at = end
        self._offset += at
        self._rest = data[at:]

    def close(self) -> Iterator[Frame]:
        """The end of the file: what is left over is a cut packet."""
        if self._record is None:
            raise NotACaptureError("the capture holds nothing but the beginning of a file header")
        if self._rest and not self.damage:
            self.damage = Damage(DamageKind.CUT, self._offset, self._packets)
        return iter(())

    def _read_file_header(self, data: bytes) -> struct.Struct:
        order, self._unit = MAGICS[data[:4]]
        # The upper half tells of frame check sequences.
        self._link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
        return struct.Struct(order + "IIII")


MAGIC = b"\x0a\x0d\x0d\x0a"
ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, NAMES, STATISTICS, PACKET = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
# A block that is longer is garbage; the packet itself is checked apart.
LONGEST_BLOCK = 16 << 20
OPTION_COMMENT, OPTION_RESOLUTION, OPTION_OFFSET, OPTION_DROPS = 1, 9, 14, 5
# The section header's own fields, before its options.
SECTION_FIELDS = 16


class Interface(NamedTuple):
    """What packet blocks refer to; a time stamp counts `multiplier / divisor` nanoseconds from `base`."""

    link: int
    snap: int
    multiplier: int
    divisor: int
    base: int


class GarbledError(Exception):
    """A block says what cannot be."""


class PcapngReader:
    """Reads a pcapng file in pieces; see frame.Reader."""

    format = Format.PCAPNG
    dated = True

    def __init__(self) -> None:
        self.damage: Damage | None = None
        self.unread = UnreadLines()
        self.remarks = Remarks()
        self.names: dict[bytes, str] = {}
        self.kernel_drops: int | None = None
        self._rest = b""
        self._offset = 0
        self._packets = 0
        self._order = ""
        self._interfaces: list[Interface] = []
        self._drops: dict[int, int] = {}
        self._drops_before = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The packets that are complete now."""
        if self.damage:
            return
        data = self._rest + chunk
        at, size = 0, len(data)
        try:
            while at + 12 <= size:
                kind, length = self._block_header(data, at)
                if at + length > size:
                    break
                frame = self._block(kind, data, at + 8, at + length - 4)
                if frame is not None:
                    self._packets += 1
                    yield frame
                at += length
        except GarbledError:
            self.damage = Damage(DamageKind.GARBLED, self._offset + at, self._packets)
        self._offset += at
        self._rest = data[at:]

    def close(self) -> Iterator[Frame]:
        """The end of the file: what is left over is a cut block."""
        if not self._order and not self.damage:
            raise NotACaptureError("the capture holds nothing but the beginning of a section header")
        if self._rest and not self.damage:
            self.damage = Damage(DamageKind.CUT, self._offset, self._packets)
        return iter(())

    def _block_header(self, data: bytes, at: int) -> tuple[int, int]:
        if data[at : at + 4] == MAGIC:
            order = ORDERS.get(data[at + 8 : at + 12])
            if order is None:
                raise GarbledError
            self._begin_section(order)
        kind, length = struct.unpack_from(self._order + "II", data, at)
        if length < 12 or length % 4 or length > LONGEST_BLOCK:
            raise GarbledError
        return kind, length

    def _begin_section(self, order: str) -> None:
        self._order = order
        self._packet = struct.Struct(order + "IIIII")
        self._interfaces = []
        self._drops_before += sum(self._drops.values())
        self._drops = {}

    def _block(self, kind: int, data: bytes, start: int, end: int) -> Frame | None:
        if kind == PACKET:
            return self._enhanced(data, start, end)
        if kind == INTERFACE:
            self._add_interface(data, start, end)
        elif kind == SIMPLE_PACKET:
            return self._simple(data, start, end)
        elif kind == OLD_PACKET:
            return self._old(data, start, end)
        elif kind == STATISTICS:
            self._statistics(data, start, end)
        elif kind == NAMES:
            for code, value in self._options(data, start, end):
                self.remarks.name(code, value)
        elif kind == SECTION:
            self._comments(data, start + SECTION_FIELDS, end, None)
        return None

    def _enhanced(self, data: bytes, start: int, end: int) -> Frame:
        if end - start < 20:
            raise GarbledError
        number, high, low, kept, wire = self._packet.unpack_from(data, start)
        # Nearly always there are none.
        if (options := start + 20 + kept + -kept % 4) < end:
            self._comments(data, options, end, self._packets + 1)
        return self._frame(number, high << 32 | low, data, (start + 20, end), kept, wire)

    def _old(self, data: bytes, start: int, end: int) -> Frame:
        if end - start < 20:
            raise GarbledError
        number, _, high, low, kept, wire = struct.unpack_from(self._order + "HHIIII", data, start)
        return self._frame(number, high << 32 | low, data, (start + 20, end), kept, wire)

    def _simple(self, data: bytes, start: int, end: int) -> Frame:
        if end - start < 4 or not self._interfaces:
            raise GarbledError
        (wire,) = struct.unpack_from(self._order + "I", data, start)
        kept = min(wire, end - start - 4, self._interfaces[0].snap or wire)
        return self._frame(0, 0, data, (start + 4, end), kept, wire)

    def _frame(
        self, number: int, stamp: int, data: bytes, room: tuple[int, int], kept: int, wire: int
    ) -> Frame:
        start, end = room
        if number >= len(self._interfaces) or kept > min(end - start, LONGEST):
            raise GarbledError
        link, _, multiplier, divisor, base = self._interfaces[number]
        return base + stamp * multiplier // divisor, link, data, start, start + kept, wire

    def _add_interface(self, data: bytes, start: int, end: int) -> None:
        if end - start < 8:
            raise GarbledError
        link, _, snap = struct.unpack_from(self._order + "HHI", data, start)
        options = dict(self._options(data, start + 8, end))
        multiplier, divisor = resolution(options.get(OPTION_RESOLUTION, b"\x06"))
        offset = options.get(OPTION_OFFSET, b"")
        base = struct.unpack(self._order + "q", offset)[0] * SECOND if len(offset) == 8 else 0
        self._interfaces.append(Interface(link, snap, multiplier, divisor, base))

    def _statistics(self, data: bytes, start: int, end: int) -> None:
        if end - start < 12:
            raise GarbledError
        (number,) = struct.unpack_from(self._order + "I", data, start)
        drops = dict(self._options(data, start + 12, end)).get(OPTION_DROPS, b"")
        if len(drops) == 8:
            # Counted since the capture began: the last word of each interface holds.
            self._drops[number] = struct.unpack(self._order + "Q", drops)[0]
            self.kernel_drops = self._drops_before + sum(self._drops.values())

    def _comments(self, data: bytes, at: int, end: int, packet: int | None) -> None:
        for code, value in self._options(data, at, end):
            if code == OPTION_COMMENT:
                self.remarks.comment(value, packet)

    def _options(self, data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
        while at + 4 <= end:
            code, length = struct.unpack_from(self._order + "HH", data, at)
            if code == 0 or at + 4 + length > end:
                return
            yield code, data[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4


def resolution(option: bytes) -> tuple[int, int]:
    """Nanoseconds in a unit of if_tsresol, as a fraction; raises GarbledError."""
    if len(option) != 1:
        raise GarbledError
    power = option[0] & 0x7F
    if option[0] & 0x80:
        return SECOND, 1 << power
    return (10 ** (9 - power), 1) if power <= 9 else (1, 10 ** (power - 9))
