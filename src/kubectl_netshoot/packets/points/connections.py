"""The TCP connections of one capture, and which of them are the same at several points.

Translation on the way changes addresses and ports, and leaves sequence numbers alone: a connection is known by the
number of its SYN; one whose beginning is not captured by any pair of sequence and acknowledgement that both have.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kubectl_netshoot.packets.points.direction import WRAP, after, is_answer, is_syn
from kubectl_netshoot.packets.points.sightings import ACK, FIN, ONE_PACKET_NS, SYN, Host, SeenSegment


@dataclass(eq=False)
class SeenConnection:
    """One connection in one capture. `firsts` are the numbers of the packets it begins with there: of several where
    the point sees it before and after its translation. `isn` is None where no handshake tells it.
    """

    client: Host
    server: Host
    firsts: list[int]
    isn: int | None = None
    there: list[SeenSegment] = field(default_factory=list)
    back: list[SeenSegment] = field(default_factory=list)

    @property
    def server_isn(self) -> int | None:
        """The number of the SYN-ACK, where that is here."""
        if self.isn is None:
            return None
        return next((s.seq for s in self.back if is_answer(s, self.isn)), None)

    def has(self, other: "SeenConnection") -> bool:
        """Whether nothing speaks against its being this one."""
        mine, its = self.server_isn, other.server_isn
        return mine is None or its is None or mine == its

    def absorb(self, other: "SeenConnection") -> None:
        """The same one, translated: what was seen of it before and after is one packet."""
        self.firsts += other.firsts
        self.there = _once([*self.there, *other.there])
        self.back = _once([*self.back, *other.back])


def connections(segments: Iterable[SeenSegment]) -> list[SeenConnection]:
    """All of a capture, in the order of their first packets; translated ones are one."""
    current: dict[tuple[Host, Host], SeenConnection] = {}
    found: list[SeenConnection] = []
    for s in segments:
        one, is_there = current.get((s.source, s.target)), True
        if one is None:
            one, is_there = current.get((s.target, s.source)), False
        if one is None or (is_syn(s) and (not is_there or one.isn != s.seq)):
            one, is_there = _opened(s)
            current[one.client, one.server] = one
            current.pop((one.server, one.client), None)
            found.append(one)
        (one.there if is_there else one.back).append(s)
    return _translated(found)


def _opened(s: SeenSegment) -> tuple[SeenConnection, bool]:
    """One that begins with this packet, and whether the client sent it; in its middle a guess by the ports."""
    if s.flags & SYN:
        by_client, isn = not s.flags & ACK, (s.ack - 1) % WRAP if s.flags & ACK else s.seq
    else:
        by_client, isn = s.target.port <= s.source.port, None
    client, server = (s.source, s.target) if by_client else (s.target, s.source)
    return SeenConnection(client, server, [s.number], isn), by_client


def _translated(found: Sequence[SeenConnection]) -> list[SeenConnection]:
    known: dict[int, list[SeenConnection]] = {}
    apart = []
    for one in found:
        alike = known.setdefault(one.isn, []) if one.isn is not None else []
        same = next((other for other in alike if other.has(one) and _at_once(other, one)), None)
        if same is not None:
            same.absorb(one)
            continue
        alike.append(one)
        apart.append(one)
    return apart


def _at_once(one: SeenConnection, other: SeenConnection) -> bool:
    times = [next(iter((*each.there, *each.back))).ns for each in (one, other)]
    return abs(times[0] - times[1]) < ONE_PACKET_NS


def _once(segments: Iterable[SeenSegment]) -> list[SeenSegment]:
    last: dict[tuple[int, ...], int] = {}
    kept = []
    for s in sorted(segments):
        key = (s.seq, s.ack, s.flags, s.length, s.ident)
        if key not in last or s.ns - last[key] >= ONE_PACKET_NS:
            kept.append(s)
        last[key] = s.ns
    return kept


@dataclass(eq=False)
class MatchedConnection:
    """One connection at every point whose capture has it, by the point's place in the order of all points."""

    at: dict[int, SeenConnection]


def matched(points: Sequence[Sequence[SeenConnection]]) -> list[MatchedConnection]:
    """Every connection once, in the order of the points and of their captures."""
    found: list[MatchedConnection] = []
    by_isn: dict[int, list[MatchedConnection]] = {}
    by_pair: dict[tuple[int, int], MatchedConnection] = {}
    for place, every in enumerate(points):
        for one in every:
            same = _same(place, one, by_isn, by_pair)
            if same is None:
                same = MatchedConnection({})
                found.append(same)
            same.at[place] = one
        # A point is compared with those before it, not with itself.
        for same in found:
            if place in same.at:
                _remember(same, same.at[place], by_isn, by_pair)
    return found


def _same(
    place: int,
    one: SeenConnection,
    by_isn: dict[int, list[MatchedConnection]],
    by_pair: dict[tuple[int, int], MatchedConnection],
) -> MatchedConnection | None:
    alike = list(by_isn.get(one.isn, [])) if one.isn is not None else []
    alike += [by_pair[pair] for pair in _pairs(one) if pair in by_pair]
    for known in alike:
        if place not in known.at and all(other.has(one) for other in known.at.values()):
            return known
    return None


def _remember(
    same: MatchedConnection,
    one: SeenConnection,
    by_isn: dict[int, list[MatchedConnection]],
    by_pair: dict[tuple[int, int], MatchedConnection],
) -> None:
    if one.isn is not None:
        by_isn.setdefault(one.isn, []).append(same)
    for pair in _pairs(one):
        by_pair.setdefault(pair, same)


def _pairs(one: SeenConnection) -> Iterator[tuple[int, int]]:
    """Both numbers together are of one connection only; those of the handshake are no pair yet."""
    for s in (*one.there, *one.back):
        if s.flags & ACK and not s.flags & SYN and s.seq and after(s.ack) > 1:
            yield s.seq, s.ack


def nearer_to_client(one: SeenConnection, other: SeenConnection) -> bool | None:
    """Whether `one` was seen nearer to the client than `other`; None where neither shows it.

    No two clocks are compared. Where it is nearer, an answer comes later after its question.
    """
    by_client = [_waits(each.there, each.back) for each in (one, other)]
    by_server = [_waits(each.back, each.there) for each in (one, other)]
    for is_of_client, (mine, its) in ((True, by_client), (False, by_server)):
        apart = sum(mine[end] - its[end] for end in mine.keys() & its.keys())
        if apart:
            return (apart > 0) is is_of_client
    # An answer that only one point has was lost on its way to the other one.
    syns, answers = zip(*(_handshake(each) for each in (one, other)), strict=True)
    if all(syns) and bool(answers[0]) != bool(answers[1]):
        return not answers[0]
    hops = _hops(one.there, other.there), _hops(one.back, other.back)
    for is_of_client, (here, there) in zip((True, False), hops, strict=True):
        if here and there and here != there:
            return (here > there) is is_of_client
    return syns[0] > syns[1] if all(syns) and syns[0] != syns[1] else None


def _waits(asked: Sequence[SeenSegment], answered: Sequence[SeenSegment]) -> dict[int, int]:
    """Nanoseconds until the first answer that confirms up to this number, by the number."""
    first: dict[int, int] = {}
    for s in asked:
        if size := s.length + bool(s.flags & SYN) + bool(s.flags & FIN):
            first.setdefault((s.seq + size) % WRAP, s.ns)
    waits: dict[int, int] = {}
    for s in answered:
        if s.flags & ACK and s.ack in first:
            waits.setdefault(s.ack, s.ns - first[s.ack])
    return waits


def _handshake(one: SeenConnection) -> tuple[int, int]:
    """How many SYNs and SYN-ACKs there are."""
    isn = one.isn
    return sum(map(is_syn, one.there)), 0 if isn is None else sum(is_answer(s, isn) for s in one.back)


def _hops(*ways: Sequence[SeenSegment]) -> list[int]:
    return [max((s.ttl for s in way), default=0) for way in ways]
