"""Several captures as one, by time: packets are held back for a moment, so that those of a slower stream come in order.

Each packet keeps its own time stamp, which its node's clock has made.
"""

import heapq
import itertools
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.pcap import RECORD_HEADER, SECOND

from .records import FileHeader

WINDOW_SECONDS = 2.0
# Held back at most; beyond that, the oldest go out although a slower stream may have older ones.
HELD_BYTES = 64 * 1024 * 1024


class Output(Protocol):
    """Where records go: files.FileOutput, pipes.PipeOutput, or a port of `Merging`."""

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


class Merging:
    """Has a port for each stream, which is an output to it; `output` gets the records of all. Safe between threads."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self.late = 0
        self._output, self._clock = output, clock
        self._header: FileHeader | None = None
        self._held: list[tuple[int, int, bytes]] = []
        self._held_bytes = 0
        self._arrivals: deque[tuple[float, int]] = deque()
        self._order = itertools.count()
        self._due = self._written = -1
        self._lock = threading.RLock()

    def port(self) -> "Port":
        return Port(self, self._output)

    def begin(self, preamble: bytes) -> FileHeader:
        """The header of one more stream. Raises NetshootError where it does not fit the others'."""
        with self._lock:
            header = FileHeader.parse(preamble)
            if self._header is None:
                self._header = header
                self._output.begin(preamble)
            first = self._header
            if (header.link_type, header.order, header.unit) != (first.link_type, first.order, first.unit):
                raise NetshootError(
                    "the pods' captures have different link types, which one pcap file cannot hold",
                    "leave --merge away, or choose an interface that all have by -i",
                )
            return first

    def hold(self, header: FileHeader, records: memoryview) -> None:
        """Take these records, and write those whose time has come."""
        with self._lock:
            newest = -1
            for stamp, record in split(header, records):
                heapq.heappush(self._held, (stamp, next(self._order), record))
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
        stamp, _, record = heapq.heappop(self._held)
        self._held_bytes -= len(record)
        self.late += stamp < self._written
        self._written = max(self._written, stamp)
        if self._output.room < len(record):
            self._output.rotate()
        self._output.write(memoryview(record))


class Port:
    """The output of one of the streams."""

    def __init__(self, merging: Merging, output: Output) -> None:
        self._merging, self._output = merging, output
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
        self._header = self._merging.begin(preamble)

    def rotate(self) -> None:
        """Done where the records are written."""

    def write(self, records: memoryview) -> None:
        """Raises OSError."""
        assert self._header is not None
        self._merging.hold(self._header, records)

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
