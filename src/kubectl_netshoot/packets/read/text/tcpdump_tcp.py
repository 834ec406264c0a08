"""TCP as tcpdump prints it, and what a text shows of its payload, made into bytes again."""

import functools
import re
import struct
from typing import TypeAlias

from kubectl_netshoot.packets.read.text.hosts import Place
from kubectl_netshoot.packets.read.text.line import is_hex

_START = r"(?:[A-Z][A-Z-]{2,15} \S+ HTTP/\d\.\d|HTTP/\d\.\d \d{3}\b.*)"
_FIRST = re.compile(rf"(?:: HTTP)?(?:, length: \d+)?: (?P<line>{_START})\s*$")
_HTTP = re.compile(r": HTTP(?:, length: \d+|:.*)?\s*$", re.DOTALL)
# Most of what is printed stands behind a colon.
_APP = re.compile(r"[:,]| \[| SMB PACKET: ")
_LINE = re.compile(rf"{_START}$")
# Printed with `-A`, it follows the headers of the packet.
_WITHIN = re.compile(rf"(?P<line>{_START})$")
_HTTP_HEADER = re.compile(r"[!#$%&'*+.^_`|~\w-]+:")


_SIZE = re.compile(r"content-length:\s*(\d{1,15})\s*$", re.IGNORECASE)
_ROUGH = 4


def starts_well(app: str) -> bool:
    """Whether what is printed of HTTP behind a segment is whole."""
    if app.startswith(": HTTP: "):
        return bool(_FIRST.match(app))
    return not app.strip() or (
        bool(_APP.match(app)) and (not app.startswith(": H") or bool(_HTTP.match(app)))
    )


def payload_bytes(app: str, below: list[str], length: int) -> bytes:
    """As much of the payload as the text shows."""
    first = _FIRST.match(app)
    if below and (lines := message(below)):
        return assembled(lines, length)
    return f"{first['line']}\r\n".encode("latin-1", "replace")[:length] if first else b""


def message(below: list[str]) -> list[str]:
    """The lines of an HTTP message among those below a packet's head; none where it does not begin there."""
    for place, line in enumerate(below):
        bare = line.strip()
        if not bare or is_hex(line):
            continue
        if _LINE.match(bare):
            indent = line[: len(line) - len(line.lstrip())]
            return [bare, *(one.removeprefix(indent) for one in below[place + 1 :] if not is_hex(one))]
        if found := _WITHIN.search(bare):
            return [found["line"], *below[place + 1 :]]
    return []


def assembled(lines: list[str], length: int) -> bytes:
    """The message as it was sent: blank lines may have been lost, or put between.

    tcpdump stops at what it cannot print, and prints ends of lines in one way: of a message that is not as long as it
    was, where its head ends is not known.
    """
    filled = [line.strip() for line in lines if line.strip()]
    size = 1
    while size < len(filled) and _HTTP_HEADER.match(filled[size]):
        size += 1
    rest, seen = [], 0
    for line in lines:
        if seen >= size:
            rest.append(line)
        seen += bool(line.strip())
    ended = bool(rest)
    if rest and not rest[0].strip():
        del rest[0]
    head = "\r\n".join([*filled[:size], "", ""])
    for end, last in (("\n", False), ("\n", True), ("\r\n", False), ("\r\n", True)):
        whole = (head + end.join(rest) + end * (last and bool(rest))).encode("latin-1", "replace")
        if len(whole) == length:
            return whole
    sized = next((int(found[1]) for line in filled[:size] if (found := _SIZE.match(line))), None)
    body = length - len(head)
    # What is printed of its lines may be a few bytes more or less than they had.
    sure = ended if sized is None else body <= sized and not 0 < sized - body <= _ROUGH * size
    return (head if sure else head[:-2]).encode("latin-1", "replace")[:length]


_SEGMENT = re.compile(
    r"Flags \[(?P<flags>[SFPRUEWe.|]*|none)\](?:, cksum 0x(?P<sum>[0-9a-f]+)(?: \((?P<verdict>\w+)[^)]*\))?)?"
    r"(?:, seq (?P<seq>\d+)(?::(?P<end>\d+))?)?(?:, ack (?P<ack>\d+))?(?:, win (?P<window>\d+))?(?:, urg \d+)?"
    r"(?:, options \[(?P<options>[^\]]*)\])?(?:, length (?P<length>\d+)(?P<app>.*))?",
    re.DOTALL,
)
_USUAL = re.compile(r"(?:nop,nop,)?TS val \d+ ecr \d+(?:,nop,nop)?$")
_TIMESTAMPS = bytes(12)
_QUIET = re.compile(r"tcp (\d+)")
_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "E": 64, "W": 128, "e": 0}
_NUMBER = re.compile(r"\d+")
_VERDICTS = {"correct": 1, "incorrect": 2}
_HEADER = struct.Struct(">HHIIBBHHH")
SYN, RST, FIN, PUSH, ACK = 2, 4, 1, 8, 16
WRAP = 1 << 32
LONGEST = 0xFFFF - 60
MOST = 100_000

# Bytes, length and checksum verdict of a segment, and whether its line was whole.
Segment: TypeAlias = tuple[bytes, int, int, bool]


class PrintedDirection:
    """One direction of a connection: the number that is printed as 0, and the number behind the last byte.

    tcpdump counts both directions from the first segment with an ACK, or from the last SYN with one.
    """

    __slots__ = ("back", "base", "counted", "next", "ports")

    def __init__(self, ports: tuple[int, int]) -> None:
        self.ports = ports
        self.base: int | None = None
        self.next: int | None = None
        self.counted = False
        self.back = self

    def sequence(self, printed: str | None, *, syn: bool) -> int:
        """The number of a segment's first byte."""
        if printed is None:
            return self.next if self.next is not None else self.base or 0
        number = int(printed) % WRAP
        if syn or self.base is None:
            if not self.counted:
                self.base = number
            return number
        return nearest(number, self.base, number if self.next is None else self.next)

    def acknowledged(self, printed: str | None, *, syn: bool) -> int:
        """The number that the other side waits for."""
        if printed is None:
            return 0
        number = int(printed) % WRAP
        if self.base is None:
            # tcpdump counts the other direction from the byte before the first acknowledged one.
            self.base, self.next = (number - 1) % WRAP, number
            return number
        return number if syn else nearest(number, self.base, number if self.next is None else self.next)


class TcpText:
    """Remembers all directions of all connections."""

    def __init__(self) -> None:
        self._ways: dict[tuple[Place, Place], PrintedDirection] = {}

    def way(self, source: Place, target: Place) -> PrintedDirection:
        """The direction from one end to the other."""
        way = self._ways.get((source, target))
        if way is None:
            if len(self._ways) > MOST:
                self._ways.clear()
            here, there = source[1] or 0, target[1] or 0
            way, way_back = PrintedDirection((here, there)), PrintedDirection((there, here))
            way.back, way_back.back = way_back, way
            self._ways[target, source] = way_back
            self._ways[source, target] = way
        return way

    def knows(self, source: Place, target: Place) -> bool:
        """Whether there were segments between these ends."""
        return (source, target) in self._ways


def segment(way: PrintedDirection, rest: str, below: list[str]) -> Segment | None:
    """The segment; None when it cannot be told."""
    match = _SEGMENT.match(rest)
    if match is None:
        return None
    letters, summed, judged, first, last, acked, win, chosen, long, app = match.groups()
    flags = flag_bits(letters)
    span = (int(last) - int(first)) % WRAP if last and first else 0
    if last and int(last) >= WRAP:
        return None
    if long is None and (
        rest[match.end() : match.end() + 1] != "," or not (span or flags & (SYN | RST | FIN))
    ):
        # The last number may have been cut.
        return None
    length = min(span or int(long or 0), LONGEST)
    syn = bool(flags & SYN)
    seq, ack = way.sequence(first, syn=syn), way.back.acknowledged(acked, syn=syn)
    if flags & ACK and not acked:
        # The line was cut before it.
        ack = way.back.next or 0
    elif flags & ACK and (syn or not way.counted):
        way.base, way.back.base = seq, (ack - 1) % WRAP
        way.counted = way.back.counted = True
    way.next = (seq + length + bool(flags & (SYN | FIN))) % WRAP
    options = b""
    if chosen:
        # Of other segments than SYNs only the size of the options counts.
        options = option_bytes(chosen) if syn or not _USUAL.match(chosen) else _TIMESTAMPS
    size = 20 + len(options)
    payload = payload_bytes(app, below, length) if length and app else b""
    window = int(win) & 0xFFFF if win else 0
    header = _HEADER.pack(
        *way.ports, seq, ack, size << 2, flags, window, int(summed, 16) & 0xFFFF if summed else 0, 0
    )
    whole = long is not None and (not last or span == length) and (not app or starts_well(app))
    return header + options + payload, size + length, _VERDICTS.get(judged, 0), whole


def quiet(way: PrintedDirection, rest: str) -> Segment | None:
    """A segment of which only the length is printed: what follows on the last, and acknowledges all."""
    match = _QUIET.match(rest)
    if match is None:
        return None
    length = min(int(match[1]), LONGEST)
    seq, ack = way.next or 1, way.back.next or 1
    way.next = (seq + length) % WRAP
    flags = ACK | PUSH if length else ACK
    return _HEADER.pack(*way.ports, seq, ack, 80, flags, 0xFFFF, 0, 0), 20 + length, 0, True


def nearest(number: int, base: int, expected: int) -> int:
    """A printed number as it was sent: relative to the base, or (with -S, or from elsewhere) as it is."""
    relative = (base + number) % WRAP
    if relative == expected:
        return relative
    away, astray = (relative - expected) % WRAP, (number - expected) % WRAP
    return relative if min(away, WRAP - away) <= min(astray, WRAP - astray) else number


@functools.lru_cache(1024)
def flag_bits(letters: str) -> int:
    """The flags as they are sent."""
    flags = 0
    for letter in letters[:9]:
        flags |= _FLAGS.get(letter, 0)
    return flags


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
        elif word == "sack":
            made += bytes((5, min(2 + 8 * number, 34))).ljust(min(2 + 8 * number, 34), b"\0")
        elif word == "nop":
            made += b"\x01"
        elif word == "TS":
            made += struct.pack(">BBII", 8, 10, number % WRAP, 0)
        elif word == "tfo":
            made += b"\x22\x02"
    return (made + b"\0" * (-len(made) % 4))[:40]
