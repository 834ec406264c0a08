"""Captures to cut, made by hand: a header and records of these lengths."""

import struct
from collections.abc import Sequence

EN10MB = 1


def header(order: str = "<", nanoseconds: bool = False, link: int = EN10MB) -> bytes:
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    return struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, link)


def record(length: int, at: float = 0.0, order: str = "<", fill: bytes = b"x") -> bytes:
    """A packet of `length` bytes at a time in seconds, in a file of microseconds."""
    seconds, micros = divmod(round(at * 10**6), 10**6)
    return struct.pack(f"{order}IIII", seconds, micros, length, length) + fill * length


def capture(lengths: Sequence[int], order: str = "<") -> bytes:
    return header(order) + b"".join(record(length, order=order) for length in lengths)
