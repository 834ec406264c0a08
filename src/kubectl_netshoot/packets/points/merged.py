"""A file of `capture --merge`, whose interfaces are the points: each is explained for itself, and then together."""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from kubectl_netshoot.packets.analysis import DEFAULT_MAX_FLOWS, analyse, rare_collections
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.points.together import told_together
from kubectl_netshoot.packets.read.pcap import (
    INTERFACE,
    MAGIC,
    NAMES,
    ORDERS,
    PACKET,
    SECTION,
    SECTION_FIELDS,
)
from kubectl_netshoot.packets.report import Report

# What our files begin with says so.
OURS = b"kubectl-netshoot "
_PROGRAM, _NAME = 4, 2
# The pods' captures begin together: a file with one interface in so many blocks has one.
_SOON = 10_000
_LONGEST = 16 << 20


def explained(stream: BinaryIO, max_flows: int = DEFAULT_MAX_FLOWS) -> Report:
    """Explain a file, which is of one point or of several. Raises NotACaptureError, OSError."""
    points = points_of(stream, max_flows)
    if points:
        return told_together(points)
    stream.seek(0)
    return analyse(stream, max_flows=max_flows)


def points_of(stream: BinaryIO, max_flows: int = DEFAULT_MAX_FLOWS) -> list[Point]:
    """The points whose packets this file has; none where it is not a whole one of ours with several. Raises OSError."""
    try:
        interfaces = [kind for kind, _ in islice(_blocks(stream), _SOON) if kind == INTERFACE]
        stream.seek(0)
        with rare_collections():
            return _split(stream, max_flows) if len(interfaces) > 1 else []
    except _UnknownError:
        return []


class _UnknownError(Exception):
    """It is no file of ours, or not a whole one."""


def _blocks(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The kind of each, and all of its bytes."""
    first, order = True, ""
    while head := stream.read(8):
        if first:
            order = "<" if head[:4] == MAGIC else ""
        if len(head) < 8 or not order:
            raise _UnknownError
        kind, length = struct.unpack("<II", head)
        if not 12 <= length <= _LONGEST:
            raise _UnknownError
        rest = stream.read(length - 8)
        if len(rest) != length - 8 or (first and not _is_ours(rest)):
            raise _UnknownError
        first = False
        yield kind, head + rest


def _is_ours(section: bytes) -> bool:
    options = _options(section[SECTION_FIELDS:-4])
    return ORDERS.get(section[:4]) == "<" and options.get(_PROGRAM, b"").startswith(OURS)


def _options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("<HH", data, at)
        if not code:
            break
        found[code] = data[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4
    return found


def _split(stream: BinaryIO, max_flows: int) -> list[Point]:
    points: list[Point] = []
    numbers: list[list[int]] = []
    beginning, count = b"", 0
    for kind, block in _blocks(stream):
        if kind == INTERFACE:
            name = _options(block[16:-4]).get(_NAME, b"").decode("utf-8", "replace")
            points.append(Point(name, max_flows=max_flows))
            points[-1].feed(beginning + block)
            numbers.append([])
        elif kind == PACKET:
            count += 1
            (interface,) = struct.unpack_from("<I", block, 8)
            if interface >= len(points):
                raise _UnknownError
            points[interface].feed(block[:8] + bytes(4) + block[12:])
            numbers[interface].append(count)
        elif kind in (SECTION, NAMES):
            beginning += block
    for point, counted in zip(points, numbers, strict=True):
        point.numbers = counted
    return points
