"""pcapng: an interface for each pod, and names for addresses; blocks as draft-ietf-opsawg-pcapng has them.

Packets come as pcap records, as tcpdump writes them, and leave as enhanced packet blocks, one for one.
"""

import itertools
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import BinaryIO, Protocol

from kubectl_netshoot.packets.read.pcap import (
    INTERFACE,
    NAMES,
    OPTION_COMMENT,
    OPTION_RESOLUTION,
    PACKET,
    RECORD_HEADER,
    SECOND,
    SECTION,
)
from kubectl_netshoot.session.tools.records import FileHeader, Merger, Output, split

_ORDER, _UNKNOWN_LENGTH = 0x1A2B3C4D, -1
_PROGRAM, _NAME, _DESCRIPTION = 4, 2, 3
_IPV4, _IPV6 = 1, 2
_DIGITS = {SECOND // 10**digits: digits for digits in (6, 9)}
Names = Callable[[], Mapping[str, str]]


def block(kind: int, body: bytes) -> bytes:
    """With its length before and after it."""
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def options(found: Iterable[tuple[int, bytes]]) -> bytes:
    """Each with its code, and the end of them; nothing for none."""
    made = b"".join(struct.pack("<HH", code, len(v)) + v + bytes(-len(v) % 4) for code, v in found)
    return made + bytes(4) if made else b""


def section(program: str) -> bytes:
    """What a file begins with."""
    head = struct.pack("<IHHq", _ORDER, 1, 0, _UNKNOWN_LENGTH)
    return block(SECTION, head + options([(_PROGRAM, program.encode())]))


def names(called: Mapping[str, str]) -> bytes:
    """What addresses are called; empty where none is."""
    records = []
    for address, name in called.items():
        packed = ip_address(address).packed
        value = packed + name.encode() + b"\0"
        records.append((_IPV4 if len(packed) == 4 else _IPV6, value))
    return block(NAMES, options(records)) if records else b""


def interface(header: FileHeader, name: str, description: str) -> bytes:
    """One that packets were captured on."""
    head = struct.pack("<HHI", header.link_type & 0xFFFF, 0, header.snaplen)
    said = [(_NAME, name.encode()), (_DESCRIPTION, description.encode())]
    return block(INTERFACE, head + options([*said, (OPTION_RESOLUTION, bytes([_DIGITS[header.unit]]))]))


def packet(number: int, header: FileHeader, stamp: int, record: bytes) -> bytes:
    """A pcap record, captured on that interface at `stamp`, in nanoseconds since 1970."""
    (wire,) = struct.unpack_from(f"{header.order}I", record, 12)
    data, ticks = record[RECORD_HEADER:], stamp // header.unit
    return block(
        PACKET, struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire) + data
    )


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Those of a file of ours, which is whole. Raises OSError."""
    while head := stream.read(8):
        yield head + stream.read(int.from_bytes(head[4:], "little") - 8)


def commented(every: Iterable[bytes], comments: Mapping[int, Sequence[str]]) -> Iterator[bytes]:
    """The blocks of a file of ours, packets with what is to be said of them, by their numbers from 1."""
    number = itertools.count(1)
    for one in every:
        if int.from_bytes(one[:4], "little") == PACKET and (said := comments.get(next(number))):
            yield block(PACKET, one[8:-4] + options((OPTION_COMMENT, text.encode()) for text in said))
        else:
            yield one


class GrowingOutput(Output, Protocol):
    """An output whose beginning can become longer: outputs.FileOutput."""

    def extend(self, preamble: bytes) -> None:
        """More of it."""


class Interfaces:
    """A file, and the pods whose packets it takes: `called` is asked for names once, when the first one begins."""

    def __init__(self, output: GrowingOutput, called: Names, program: str) -> None:
        self.output, self._called, self._program = output, called, program
        self._headers: list[FileHeader] = []

    def open(self, header: FileHeader, pod: str, description: str) -> int:
        """The number of one more interface, of a capture that begins so. Raises OSError."""
        made = interface(header, pod, description)
        if self._headers:
            self.output.extend(made)
        else:
            self.output.begin(section(self._program) + names(self._called()) + made)
        self._headers.append(header)
        return len(self._headers) - 1

    def write(self, number: int, stamp: int, record: bytes) -> None:
        """One packet. Raises OSError."""
        made = packet(number, self._headers[number], stamp, record)
        if self.output.room < len(made):
            self.output.rotate()
        self.output.write(memoryview(made))


class OneInterface:
    """The output for one pod."""

    room = sys.maxsize

    def __init__(self, interfaces: Interfaces, pod: str, description: str) -> None:
        self._interfaces, self._pod, self._description = interfaces, pod, description
        self._header: FileHeader | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self._interfaces.output.names

    @property
    def reader_left(self) -> bool:
        return self._interfaces.output.reader_left

    def begin(self, preamble: bytes) -> None:
        """Raises OSError, NetshootError."""
        self._header = FileHeader.parse(preamble)
        self._interfaces.open(self._header, self._pod, self._description)

    def rotate(self) -> None:
        """Done where the packets are written."""

    def write(self, records: memoryview) -> None:
        """Raises OSError."""
        assert self._header is not None
        for stamp, record in split(self._header, records):
            self._interfaces.write(0, stamp, record)

    def close(self) -> None:
        """All is written."""
        self._interfaces.output.close()


class MergedInterfaces(Merger):
    """Several pods in one file by time; their link types may differ."""

    def __init__(self, interfaces: Interfaces, pods: Sequence[str], description: str) -> None:
        super().__init__(interfaces.output)
        self._interfaces, self._pods, self._description = interfaces, pods, description
        self._numbers: dict[int, int] = {}

    def _begin(self, port: int, header: FileHeader) -> None:
        self._numbers[port] = self._interfaces.open(header, self._pods[port], self._description)

    def _put(self, port: int, stamp: int, record: bytes) -> None:
        self._interfaces.write(self._numbers[port], stamp, record)
