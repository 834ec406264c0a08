"""TCP as tcpdump prints it, made into bytes again.

Hides that tcpdump prints sequence numbers relative to the first that it saw of a connection, and those of segments
without payload not at all.
"""

import re
import struct
from typing import TypeAlias

from kubectl_netshoot.packets.internet import TCP

_SEGMENT = re.compile(
    r"Flags \[(?P<flags>[^\]]*)\](?:, cksum 0x(?P<sum>[0-9a-f]+) \((?P<verdict>\w+)[^)]*\))?"
    r"(?:, seq (?P<seq>\d+)(?::\d+)?)?(?:, ack (?P<ack>\d+))?(?:, win (?P<window>\d+))?(?:, urg \d+)?"
    r"(?:, options \[(?P<options>[^\]]*)\])?, length (?P<length>\d+)(?P<app>.*)",
    re.DOTALL,
)
_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "E": 64, "W": 128}
_NUMBER = re.compile(r"\d+")
_FIRST_LINE = re.compile(r"(?:: HTTP)?: (?P<line>[A-Z]+ \S+ HTTP/1\.\d|HTTP/1\.\d \d{3}.*)$")
_HEXADECIMAL = re.compile(r"\s*0x[0-9a-f]{4}:")
WRAP = 1 << 32
HALF = 1 << 31
MOST = 100_000

# Source, destination, ports.
Way: TypeAlias = tuple[bytes, bytes, int, int]


class TcpText:
    """Remembers, for each direction, the number that is printed as 0, and the number behind the last byte."""

    def __init__(self) -> None:
        self._base: dict[Way, int] = {}
        self._next: dict[Way, int] = {}

    def segment(
        self, source: bytes, target: bytes, ports: tuple[int, int], rest: str, below: list[str]
    ) -> tuple[int, bytes, int, int] | None:
        """Protocol, bytes, length and checksum verdict; None when it cannot be told."""
        match = _SEGMENT.match(rest)
        if match is None:
            return None
        flags = sum(_FLAGS.get(letter, 0) for letter in set(match["flags"]))
        way, back = (source, target, *ports), (target, source, ports[1], ports[0])
        length = min(int(match["length"]), 0xFFFF)
        seq = self._sequence(way, match["seq"], syn=bool(flags & 2))
        ack = self._acknowledged(back, match["ack"], syn=bool(flags & 2))
        self._next[way] = (seq + length + bool(flags & 3)) % WRAP
        if len(self._next) > MOST:
            self._next.clear()
            self._base.clear()
        options = option_bytes(match["options"] or "")
        size = 20 + len(options)
        window = min(int(match["window"] or 0), 0xFFFF)
        summed = int(match["sum"] or "0", 16) & 0xFFFF
        header = struct.pack(">HHIIBBHHH", *ports, seq, ack, size // 4 << 4, flags, window, summed, 0)
        payload = payload_bytes(match["app"], below, length)
        verdict = {"correct": 1, "incorrect": 2}.get(match["verdict"] or "", 0)
        return TCP, header + options + payload, size + length, verdict

    def _sequence(self, way: Way, printed: str | None, *, syn: bool) -> int:
        if printed is None:
            return self._next.get(way, self._base.get(way, 0))
        number = int(printed) % WRAP
        if syn or way not in self._base:
            self._base.setdefault(way, number)
            if syn:
                self._base[way] = number
            return number
        return nearest(number, self._base[way], self._next.get(way, number))

    def _acknowledged(self, back: Way, printed: str | None, *, syn: bool) -> int:
        if printed is None:
            return 0
        number = int(printed) % WRAP
        if back not in self._base:
            # tcpdump counts the other direction from the byte before the first acknowledged one.
            self._base[back] = (number - 1) % WRAP
            self._next[back] = number
            return number
        return number if syn else nearest(number, self._base[back], self._next.get(back, number))


def nearest(number: int, base: int, expected: int) -> int:
    """A printed number as it was sent: relative to the base, or (with -S, or from elsewhere) as it is."""
    relative = (base + number) % WRAP
    return min(relative, number, key=lambda one: min((one - expected) % WRAP, (expected - one) % WRAP))


def option_bytes(printed: str) -> bytes:
    """The options that are understood; others do not matter."""
    made = b""
    for option in printed.split(","):
        word, _, value = option.strip().partition(" ")
        number = int(found[0]) if (found := _NUMBER.search(value)) else 0
        if word == "mss":
            made += struct.pack(">BBH", 2, 4, number & 0xFFFF)
        elif word == "wscale":
            made += struct.pack(">BBB", 3, 3, number & 0xFF)
        elif word == "sackOK":
            made += b"\x04\x02"
        elif word == "TS":
            made += struct.pack(">BBII", 8, 10, number % WRAP, 0)
        elif word == "tfo":
            made += b"\x22\x02"
    return (made + b"\0" * (-len(made) % 4))[:40]


def payload_bytes(app: str, below: list[str], length: int) -> bytes:
    """What the text shows of the payload: the lines of an HTTP message, or only its first."""
    if not length:
        return b""
    lines = [line for line in below if not _HEXADECIMAL.match(line)]
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        first = _FIRST_LINE.match(app)
        return f"{first['line']}\r\n".encode("latin-1", "replace")[:length] if first else b""
    if ": HTTP" not in app:
        return b""
    blank = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
    head = "".join(f"{line}\r\n" for line in lines[:blank]) + "\r\n"
    body = "\n".join(lines[blank + 1 :])
    return (head + body).encode("latin-1", "replace")[:length]
