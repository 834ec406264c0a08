"""A stream of packets cut at its records while it arrives, as pcap or as text, and several of them merged by time."""

import heapq
import itertools
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.read.pcap import FILE_HEADER, LONGEST, MAGICS, RECORD_HEADER, SECOND
from kubectl_netshoot.terminal import clean

# Where the link type may carry bits of its own: the FCS length, since libpcap 1.10.
LINK_TYPE = 0x03FFFFFF


@dataclass(frozen=True)
class FileHeader:
    """What the first 24 bytes say. `unit` is that of a record's fraction of a second, in nanoseconds; of a packet at
    most `snaplen` bytes were kept.
    """

    raw: bytes
    order: str
    unit: int
    link_type: int
    snaplen: int = 0

    @classmethod
    def parse(cls, raw: bytes) -> "FileHeader":
        """Raises NetshootError for what is no pcap file."""
        if raw[:4] not in MAGICS:
            raise NetshootError("tcpdump's output is no pcap stream")
        order, unit = MAGICS[raw[:4]]
        snaplen, link = struct.unpack_from(f"{order}II", raw, 16)
        return cls(raw, order, unit, link & LINK_TYPE, snaplen)


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


# -v shows heads, and the first lines of some protocols.
LONGEST_LINE = 1 << 20


class Lines:
    """Feed it what arrives, take whole lines out. A packet is a line at the margin; what -v adds is indented."""

    def __init__(self) -> None:
        # Text has no header, so nothing is waited for.
        self.preamble: bytes | None = b""
        self._buffer = b""

    @property
    def rest(self) -> int:
        """Bytes of a line that did not arrive whole."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Raises NetshootError for a line that does not end: no tcpdump prints such a one."""
        self._buffer += data
        if len(self._buffer) > LONGEST_LINE and b"\n" not in self._buffer:
            raise NetshootError(f"what came is no text of tcpdump: a line of more than {LONGEST_LINE} bytes")

    def next_size(self) -> int:
        """Bytes of the next whole line; 0 where none is there yet."""
        return self._buffer.find(b"\n") + 1

    def take(self, room: int, packets: int) -> tuple[memoryview, int]:
        """The whole lines that fit into `room` bytes, of at most `packets` packets, cleaned; and their number."""
        end, count = 0, 0
        while after := self._buffer.find(b"\n", end) + 1:
            begins = not self._buffer[end : end + 1].isspace()
            if after > room or (begins and count == packets):
                break
            end, count = after, count + begins
        text, self._buffer = self._buffer[:end], self._buffer[end:]
        return memoryview(clean(text.decode(errors="replace")).encode()), count


WINDOW_SECONDS = 2.0
# Held back at most; beyond that, the oldest go out although a slower stream may have older ones.
HELD_BYTES = 64 * 1024 * 1024


class Output(Protocol):
    """Where records go: files.FileOutput, pipes.PipeOutput, or a port of `Merger`."""

    @property
    def names(self) -> tuple[str, ...]:
        """What to call it: the files, or the reader."""

    @property
    def room(self) -> int:
        """Bytes that still fit before `rotate` is due."""

    @property
    def reader_left(self) -> bool:
        """Whether nobody reads what is written."""

    def begin(self, preamble: bytes) -> None:
        """The stream's header. Raises OSError."""

    def rotate(self) -> None:
        """Begin the next file. Raises OSError."""

    def write(self, records: memoryview) -> None:
        """Whole records. Raises OSError."""

    def close(self) -> None:
        """All is written."""


class Merger:
    """Has a port for each stream, which is an output to it; `output` gets the records of all. Safe between threads."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self.late = 0
        self._output, self._clock = output, clock
        self._header: FileHeader | None = None
        self._held: list[tuple[int, int, int, bytes]] = []
        self._ports = itertools.count()
        self._held_bytes = 0
        self._arrivals: deque[tuple[float, int]] = deque()
        self._order = itertools.count()
        self._due = self._written = -1
        self._lock = threading.RLock()

    def port(self) -> "Port":
        return Port(self, self._output, next(self._ports))

    def begin(self, port: int, preamble: bytes) -> FileHeader:
        """The header of one more stream. Raises NetshootError where it does not fit the others'."""
        with self._lock:
            header = FileHeader.parse(preamble)
            self._begin(port, header)
            return header

    def hold(self, port: int, header: FileHeader, records: memoryview) -> None:
        """Take these records, and write those whose time has come."""
        with self._lock:
            newest = -1
            for stamp, record in split(header, records):
                heapq.heappush(self._held, (stamp, next(self._order), port, record))
                newest = max(newest, stamp)
            self._held_bytes += len(records)
            self._arrivals.append((self._clock() + WINDOW_SECONDS, newest))
            self.write_due()

    def write_due(self) -> None:
        """Write all that is not newer than what arrived a moment ago."""
        with self._lock:
            now = self._clock()
            while self._arrivals and self._arrivals[0][0] <= now:
                self._due = max(self._due, self._arrivals.popleft()[1])
            while self._held and (self._held[0][0] <= self._due or self._held_bytes > HELD_BYTES):
                self._write_oldest()

    def close(self) -> None:
        """Every stream has ended: write the rest."""
        with self._lock:
            while self._held:
                self._write_oldest()
            self._output.close()

    def _write_oldest(self) -> None:
        stamp, _, port, record = heapq.heappop(self._held)
        self._held_bytes -= len(record)
        self.late += stamp < self._written
        self._written = max(self._written, stamp)
        self._put(port, stamp, record)

    def _begin(self, _port: int, header: FileHeader) -> None:
        if self._header is None:
            self._header = header
            self._output.begin(header.raw)
        first = self._header
        if (header.link_type, header.order, header.unit) != (first.link_type, first.order, first.unit):
            raise NetshootError(
                "the pods' captures have different link types, and one pcap file can hold only one",
                "write FILE.pcapng, run without --merge, or choose an interface that all have with -i",
            )

    def _put(self, _port: int, _stamp: int, record: bytes) -> None:
        if self._output.room < len(record):
            self._output.rotate()
        self._output.write(memoryview(record))


class Port:
    """The output of one of the streams."""

    def __init__(self, merging: Merger, output: Output, number: int) -> None:
        self._merging, self._output, self._number = merging, output, number
        self._header: FileHeader | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self._output.names

    @property
    def room(self) -> int:
        return sys.maxsize

    @property
    def reader_left(self) -> bool:
        return self._output.reader_left

    def begin(self, preamble: bytes) -> None:
        """Raises NetshootError where the streams do not fit together."""
        self._header = self._merging.begin(self._number, preamble)

    def rotate(self) -> None:
        """Done where the records are written."""

    def write(self, records: memoryview) -> None:
        """Raises OSError."""
        assert self._header is not None
        self._merging.hold(self._number, self._header, records)

    def close(self) -> None:
        """The others may go on."""


def split(header: FileHeader, records: memoryview) -> Iterator[tuple[int, bytes]]:
    """Each record with its time, in nanoseconds since 1970."""
    head = struct.Struct(f"{header.order}III")
    at = 0
    while at < len(records):
        seconds, fraction, length = head.unpack_from(records, at)
        after = at + RECORD_HEADER + length
        yield seconds * SECOND + fraction * header.unit, bytes(records[at:after])
        at = after
