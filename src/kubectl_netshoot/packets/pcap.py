"""Hides the pcap file format: either byte order, micro- and nanoseconds, and where a file was cut or garbled."""

import struct
from collections.abc import Iterator

from kubectl_netshoot.packets.frame import Damage, DamageKind, Format, Frame, NotACaptureError, Unread
from kubectl_netshoot.packets.remarks import Remarks

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
        self.unread = Unread()
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
