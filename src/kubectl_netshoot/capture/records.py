"""A pcap stream cut at its records while it arrives: only the headers of records are looked at, bytes stay as they are.

The format is that of pcap-savefile(5): 24 bytes of header, then for each packet 16 bytes and what was kept of it.
"""

import struct
from dataclasses import dataclass

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.pcap import FILE_HEADER, LONGEST, MAGICS, RECORD_HEADER

# Where the link type may carry bits of its own: the FCS length, since libpcap 1.10.
LINK_TYPE = 0x03FFFFFF


@dataclass(frozen=True)
class FileHeader:
    """What the first 24 bytes say. `unit` is that of a record's fraction of a second, in nanoseconds."""

    raw: bytes
    order: str
    unit: int
    link_type: int

    @classmethod
    def parse(cls, raw: bytes) -> "FileHeader":
        """Raises NetshootError for what is no pcap file."""
        if raw[:4] not in MAGICS:
            raise NetshootError("tcpdump's output is no pcap stream")
        order, unit = MAGICS[raw[:4]]
        (link,) = struct.unpack_from(f"{order}I", raw, 20)
        return cls(raw, order, unit, link & LINK_TYPE)


class Records:
    """Feed it what arrives, take whole records out. `header` is None until it has come."""

    def __init__(self) -> None:
        self.header: FileHeader | None = None
        self._buffer = b""
        self._at = 0
        self._lengths = struct.Struct("<I")

    @property
    def preamble(self) -> bytes | None:
        """What goes before the first record into every file; None until it has come."""
        return self.header.raw if self.header else None

    @property
    def rest(self) -> int:
        """Bytes that were fed and not taken: at the end of a stream, those of a packet that did not arrive whole."""
        return len(self._buffer) - self._at

    def feed(self, data: bytes) -> None:
        """Raises NetshootError for what is no pcap stream."""
        self._buffer = self._buffer[self._at :] + data if self.rest else data
        self._at = 0
        if self.header is None and len(self._buffer) >= FILE_HEADER:
            self.header = FileHeader.parse(self._buffer[:FILE_HEADER])
            self._lengths = struct.Struct(f"{self.header.order}I")
            self._at = FILE_HEADER

    def next_size(self) -> int:
        """Bytes of the next whole record, its head included; 0 where none is there yet."""
        if self.header is None or self.rest < RECORD_HEADER:
            return 0
        size = RECORD_HEADER + self._length(self._at)
        return size if size <= self.rest else 0

    def take(self, room: int, packets: int) -> tuple[memoryview, int]:
        """As many whole records as fit into `room` bytes, at most `packets`: their bytes and their number."""
        if self.header is None:
            return memoryview(b""), 0
        at, start, unpack = self._at, self._at, self._lengths.unpack_from
        buffer, count = self._buffer, 0
        end = min(len(buffer), start + room)
        last_head = len(buffer) - RECORD_HEADER
        while at <= last_head and count < packets:
            length = unpack(buffer, at + 8)[0]
            if length > LONGEST:
                raise _damaged(length)
            after = at + RECORD_HEADER + length
            if after > end:
                break
            at, count = after, count + 1
        self._at = at
        return memoryview(buffer)[start:at], count

    def _length(self, at: int) -> int:
        length: int = self._lengths.unpack_from(self._buffer, at + 8)[0]
        if length > LONGEST:
            raise _damaged(length)
        return length


def _damaged(length: int) -> NetshootError:
    return NetshootError(f"the pcap stream is damaged: a packet of {length} bytes")
