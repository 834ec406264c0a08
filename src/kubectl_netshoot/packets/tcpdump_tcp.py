"""TCP as tcpdump prints it, made into bytes again.

Hides that tcpdump prints sequence numbers relative to the first that it saw of a connection, and those of segments
without payload not at all; with `-q` it prints only lengths.
"""

import re
import struct
from typing import TypeAlias

from kubectl_netshoot.packets.tcpdump_http import payload_bytes, starts_well

_SEGMENT = re.compile(
    r"Flags \[(?P<flags>[^\]]*)\](?:, cksum 0x(?P<sum>[0-9a-f]+)(?: \((?P<verdict>\w+)[^)]*\))?)?"
    r"(?:, seq (?P<seq>\d+)(?::(?P<end>\d+))?)?(?:, ack (?P<ack>\d+))?(?:, win (?P<window>\d+))?(?:, urg \d+)?"
    r"(?:, options \[(?P<options>[^\]]*)\])?(?:, length (?P<length>\d+)(?P<app>.*))?",
    re.DOTALL,
)
_QUIET = re.compile(r"tcp (\d+)")
_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "E": 64, "W": 128, "e": 0}
_NUMBER = re.compile(r"\d+")
_VERDICTS = {"correct": 1, "incorrect": 2}
_HEADER = struct.Struct(">HHIIBBHHH")
SYN, RST, FIN, PUSH, ACK = 2, 4, 1, 8, 16
WRAP = 1 << 32
LONGEST = 0xFFFF - 60
MOST = 100_000

# Source, destination, ports.
Way: TypeAlias = tuple[bytes, bytes, int, int]
# Bytes, length and checksum verdict of a segment, and whether its line was whole.
Segment: TypeAlias = tuple[bytes, int, int, bool]


class TcpText:
    """Remembers, for each direction, the number that is printed as 0, and the number behind the last byte."""

    def __init__(self) -> None:
        self._base: dict[Way, int] = {}
        self._next: dict[Way, int] = {}

    def segment(
        self, source: bytes, target: bytes, ports: tuple[int, int], rest: str, below: list[str]
    ) -> Segment | None:
        """The segment; None when it cannot be told."""
        match = _SEGMENT.match(rest)
        if match is None:
            return None
        letters, summed, judged, first, last, acked, win, chosen, long, app = match.groups()
        flags = 0
        for letter in letters:
            flags |= _FLAGS.get(letter, 0)
        span = (int(last) - int(first)) % WRAP if last and first else 0
        if long is None and not (span or flags & (SYN | RST | FIN)):
            return None
        length = min(int(long) if long else span, LONGEST)
        syn = bool(flags & SYN)
        way, back = (source, target, *ports), (target, source, ports[1], ports[0])
        seq = self._sequence(way, first, syn=syn)
        ack = self._acknowledged(back, acked, syn=syn)
        self._next[way] = (seq + length + bool(flags & (SYN | FIN))) % WRAP
        if len(self._next) > MOST:
            self._next.clear()
            self._base.clear()
        options = option_bytes(chosen) if chosen else b""
        size = 20 + len(options)
        payload = payload_bytes(app, below, length) if length and app else b""
        header = _HEADER.pack(
            *ports,
            seq,
            ack,
            size << 2,
            flags,
            int(win) & 0xFFFF if win else 0,
            int(summed, 16) & 0xFFFF if summed else 0,
            0,
        )
        whole = long is not None and (not last or span == length) and (not app or starts_well(app))
        return header + options + payload, size + length, _VERDICTS.get(judged, 0), whole

    def quiet(self, source: bytes, target: bytes, ports: tuple[int, int], rest: str) -> Segment | None:
        """A segment of which only the length is printed: what follows on the last, and acknowledges all."""
        match = _QUIET.match(rest)
        if match is None:
            return None
        way, back = (source, target, *ports), (target, source, ports[1], ports[0])
        length, seq, ack = min(int(match[1]), LONGEST), self._next.get(way, 1), self._next.get(back, 1)
        self._next[way] = (seq + length) % WRAP
        flags = ACK | PUSH if length else ACK
        return _HEADER.pack(*ports, seq, ack, 80, flags, 0xFFFF, 0, 0), 20 + length, 0, True

    def knows(self, source: bytes, target: bytes, ports: tuple[int, int]) -> bool:
        """Whether there were segments between these ends."""
        return (source, target, *ports) in self._next or (target, source, ports[1], ports[0]) in self._next

    def _sequence(self, way: Way, printed: str | None, *, syn: bool) -> int:
        if printed is None:
            return self._next.get(way, self._base.get(way, 0))
        number = int(printed) % WRAP
        if syn or way not in self._base:
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
    away, astray = (relative - expected) % WRAP, (number - expected) % WRAP
    return relative if min(away, WRAP - away) <= min(astray, WRAP - astray) else number


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
