"""One direction of a connection, as its sender's capture and its receiver's have it: which bytes left and arrived.

Ranges of sequence numbers are compared, not packets: a card may cut them, and join them again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_netshoot.packets.points.sightings import ACK, RST, SYN, SeenSegment

WRAP = 1 << 32
# Of what a direction carried in one connection; anything farther away is another connection's.
MOST = 1 << 30


@dataclass(frozen=True)
class Bytes:
    """Payload in one direction: what the sender's capture has, how much of it the receiver's has.

    `largest` is the longest IP packet that is missing, of those sent again if any (at first several may be in one, as
    a card gets them); `smallest` the shortest, `arrived_largest` the longest that came. `repeats` is how often
    missing bytes were sent again, `too_big` who told the sender by ICMP that fragmentation is needed.
    """

    sent: int = 0
    arrived: int = 0
    acked: int = 0
    largest: int = 0
    smallest: int = 0
    arrived_largest: int = 0
    repeats: int = 0
    too_big: str = ""


@dataclass(frozen=True)
class Direction:
    """The payload of one direction: what its sender and its receiver captured, and acknowledgements at the sender."""

    sent: list[SeenSegment]
    got: list[SeenSegment]
    acks: list[SeenSegment]
    base: int
    too_big: str = ""


def compared(way: Direction) -> Bytes:
    """What of it arrived."""
    got, have = Ranges(), Ranges()
    for first, end, _ in _data(way.got, way.base):
        got.add(first, end)
    repeated, missing = [], []
    for first, end, size in _data(way.sent, way.base):
        if not got.has(first, end):
            missing.append(size)
            if have.has(first, end):
                repeated.append(size)
        have.add(first, end)
    return Bytes(
        sent=have.total,
        arrived=got.total,
        acked=_acked(way),
        largest=max(repeated or missing, default=0),
        smallest=min(missing, default=0),
        arrived_largest=max((size for _, _, size in _data(way.got, way.base)), default=0),
        repeats=len(repeated),
        too_big=way.too_big,
    )


def _data(segments: Iterable[SeenSegment], base: int) -> Iterator[tuple[int, int, int]]:
    """What was captured of the payload: from byte, to byte, size of the IP packet."""
    for s in segments:
        first = (s.seq - base) % WRAP
        if s.length and first < MOST and not s.flags & (SYN | RST):
            yield first, first + s.length, s.size


def _acked(way: Direction) -> int:
    """How many bytes the sender was told to have arrived; a FIN counts as one more."""
    acks = [(s.ack - way.base) % WRAP for s in way.acks if s.flags & (SYN | RST | ACK) == ACK]
    return max((ack for ack in acks if ack < MOST), default=0)


class Ranges:
    """Bytes that were seen, from and to, apart and in order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._firsts, self._ends, strict=True)

    @property
    def total(self) -> int:
        """How many."""
        return sum(self._ends) - sum(self._firsts)

    def has(self, first: int, end: int) -> bool:
        """Whether all of these were."""
        place = bisect_right(self._firsts, first) - 1
        return place >= 0 and end <= self._ends[place]

    def add(self, first: int, end: int) -> None:
        """These were seen."""
        place, behind = bisect_left(self._ends, first), bisect_right(self._firsts, end)
        if place < behind:
            first, end = min(first, self._firsts[place]), max(end, self._ends[behind - 1])
        self._firsts[place:behind] = [first]
        self._ends[place:behind] = [end]

    def without(self, other: "Ranges") -> int:
        """How many of them are not in the other."""
        both = Ranges()
        for first, end in (*self, *other):
            both.add(first, end)
        return both.total - other.total


def is_syn(segment: SeenSegment) -> bool:
    """Whether it begins a connection."""
    return segment.flags & (SYN | ACK) == SYN


def is_answer(segment: SeenSegment, isn: int) -> bool:
    """Whether it answers the SYN with this number."""
    return segment.flags & (SYN | ACK) == SYN | ACK and segment.ack == after(isn)


def after(sequence: int) -> int:
    """The number behind it."""
    return (sequence + 1) % WRAP
