"""One direction of a connection, as its sender's capture and its receiver's have it: which bytes left and arrived.

Ranges of sequence numbers are compared, not packets: a card may cut them, and join them again.
"""

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
        self._ranges: list[tuple[int, int]] = []

    @property
    def total(self) -> int:
        """How many."""
        return sum(end - first for first, end in self._ranges)

    def has(self, first: int, end: int) -> bool:
        """Whether all of these were."""
        return any(one <= first and end <= other for one, other in self._ranges)

    def add(self, first: int, end: int) -> None:
        """These were seen."""
        apart = []
        for one, other in self._ranges:
            if other < first or end < one:
                apart.append((one, other))
            else:
                first, end = min(first, one), max(end, other)
        self._ranges = sorted([*apart, (first, end)])


def is_syn(segment: SeenSegment) -> bool:
    """Whether it begins a connection."""
    return segment.flags & (SYN | ACK) == SYN


def is_answer(segment: SeenSegment, isn: int) -> bool:
    """Whether it answers the SYN with this number."""
    return segment.flags & (SYN | ACK) == SYN | ACK and segment.ack == after(isn)


def after(sequence: int) -> int:
    """The number behind it."""
    return (sequence + 1) % WRAP
