"""What of one direction of a connection was captured where it left, and not where it should have arrived. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kubectl_netshoot.packets.points.direction import MOST, WRAP, Ranges
from kubectl_netshoot.packets.points.sightings import ACK, FIN, RST, SYN, SeenSegment

# Of one packet to a card, that cuts it; and what each of those pieces carries at least.
_LONGEST, _SMALLEST_PIECE = 1 << 17, 512
# Of a keepalive.
_PROBE = 1


class Way(NamedTuple):
    """A direction of a connection as captured where it left and where it arrives, and what came back: `acks` as
    captured at the sender, `confirmed` at the receiver.
    """

    sent: Sequence[SeenSegment]
    got: Sequence[SeenSegment]
    acks: Sequence[SeenSegment] = ()
    confirmed: Sequence[SeenSegment] = ()


@dataclass(frozen=True)
class Losses:
    """`sent` packets left, `lost` of them did not arrive (their numbers); `repeats_lost` of these had been sent before.
    `duplicates` arrived although all of it had arrived before. `missing` are payload bytes that never arrived,
    `unjudged` the packets that did not arrive, and left when the other point may not have listened.

    `partial`: the receiver confirmed what its own capture does not have, so that nothing can be said of losses.
    """

    sent: int
    lost: tuple[int, ...] = ()
    repeats_lost: int = 0
    duplicates: int = 0
    missing: int = 0
    unjudged: int = 0
    partial: bool = False


class _Span(NamedTuple):
    """Sequence numbers that a segment takes; SYN and FIN are one each."""

    first: int
    end: int
    segment: SeenSegment


def losses(way: Way, window: Container[int], is_whole: bool = True) -> Losses:
    """Of a direction in which something was sent. A packet whose time is in `window` would have been captured at the
    receiver, too; unless that is not `is_whole`, because its kernel dropped some.
    """
    # Far enough below, for what is out of order.
    base = (
        min((s.seq - way.sent[0].seq + MOST // 2) % WRAP for s in way.sent) + way.sent[0].seq - MOST // 2 - 1
    )
    spans, arrivals = [*_spans(way.sent, base)], [*_spans(way.got, base)]
    arrived, before, never = _all(arrivals), Ranges(), Ranges()
    missing, repeats = list[SeenSegment](), 0
    for span, mine in zip(spans, _assigned(spans, arrivals), strict=True):
        is_repeat = before.has(span.first, span.end)
        before.add(span.first, span.end)
        if mine.has(span.first, span.end):
            continue
        missing.append(span.segment)
        if span.segment.ns in window:
            repeats += is_repeat
            start = span.first + bool(span.segment.flags & SYN)
            never.add(start, start + span.segment.length)
    missing += _without_numbers(way, confirmed=bool(arrivals))
    lost = sorted(s.number for s in missing if s.ns in window)
    unjudged, duplicates = len(missing) - len(lost), _duplicates(arrivals)
    judged = [span for span in spans if span.segment.ns in window]
    if not is_whole or _is_partial(judged, arrived, _confirmed(way, base, window)):
        return Losses(len(way.sent), duplicates=duplicates, unjudged=unjudged, partial=bool(lost))
    found = tuple(lost), repeats, duplicates, never.without(arrived)
    return Losses(len(way.sent), *found, unjudged=unjudged)


def datagram_losses(way: Way, window: Container[int], is_whole: bool = True) -> Losses:
    """The same of datagrams. Where one arrived that did not leave so, they are changed on their way, by cards that cut
    and join them perhaps, and nothing can be said.
    """
    left, arrived = ({(s.seq, s.length, s.ident) for s in some} for some in (way.sent, way.got))
    missing = [s for s in way.sent if (s.seq, s.length, s.ident) not in arrived]
    lost = tuple(s.number for s in missing if s.ns in window)
    unjudged = len(missing) - len(lost)
    if not is_whole or not arrived <= left:
        return Losses(len(way.sent), unjudged=unjudged, partial=bool(lost))
    return Losses(len(way.sent), lost, unjudged=unjudged)


def _is_partial(spans: Iterable[_Span], arrived: Ranges, confirmed: int) -> bool:
    return any(one.end <= confirmed and not arrived.has(one.first, one.end) for one in spans)


def _confirmed(way: Way, base: int, window: Container[int]) -> int:
    """Up to where the receiver says that it has everything, while it was listened to."""
    said = [*way.confirmed, *(s for s in way.acks if s.ns in window)]
    acks = [(s.ack - base) % WRAP for s in said if s.flags & ACK and not s.flags & RST]
    return max((ack for ack in acks if ack < MOST), default=0)


def _spans(segments: Iterable[SeenSegment], base: int) -> Iterator[_Span]:
    for s in segments:
        first = (s.seq - base) % WRAP
        size = s.length + bool(s.flags & SYN) + bool(s.flags & FIN)
        if size and first < MOST and not s.flags & RST:
            yield _Span(first, first + size, s)


def _all(spans: Iterable[_Span]) -> Ranges:
    found = Ranges()
    for one in spans:
        found.add(one.first, one.end)
    return found


def _assigned(spans: Sequence[_Span], arrivals: Iterable[_Span]) -> list[Ranges]:
    """What arrived of each: by IP's identification, which is another one for what is sent again; where that does not
    tell, the last that was sent arrived, since it was sent for the loss of those before it.
    """
    covered = [Ranges() for _ in spans]
    order = sorted(range(len(spans)), key=lambda i: spans[i].first)
    firsts = [spans[i].first for i in order]
    for one in arrivals:
        some = order[bisect_left(firsts, one.first - _LONGEST) : bisect_right(firsts, one.end - 1)]
        near = sorted(i for i in some if spans[i].end > one.first)
        # Some stacks write a constant.
        tells = len({spans[i].segment.ident for i in near}) == len(near)
        same = [i for i in near if tells and _is(spans[i], one)]
        same = same or [i for i in near if tells and _is_piece(spans[i], one)]
        credit = Ranges()
        for i in same or reversed(near):
            first, end = max(spans[i].first, one.first), min(spans[i].end, one.end)
            if same or not (covered[i].has(first, end) or credit.has(first, end)):
                covered[i].add(first, end)
                credit.add(first, end)
    return covered


def _is(span: _Span, other: _Span) -> bool:
    return bool(span.segment.ident) and span.segment.ident == other.segment.ident


def _is_piece(span: _Span, other: _Span) -> bool:
    """Whether a card has cut one from the other."""
    mine, its = span.segment.ident, other.segment.ident
    pieces = max(span.end - span.first, other.end - other.first) // _SMALLEST_PIECE
    return bool(mine and its) and min((its - mine) % (1 << 16), (mine - its) % (1 << 16)) <= pieces


def _duplicates(arrivals: Iterable[_Span]) -> int:
    seen, count = Ranges(), 0
    for one in arrivals:
        is_probe = one.segment.length <= _PROBE and not one.segment.flags & (SYN | FIN)
        count += seen.has(one.first, one.end) and not is_probe
        seen.add(one.first, one.end)
    return count


def _without_numbers(way: Way, confirmed: bool) -> Iterator[SeenSegment]:
    """Of ACKs and RSTs those that never arrived. An ACK that is sent again looks the same, so that one is enough."""
    arrived = {(s.seq, s.ack, s.flags) for s in way.got}
    for s in way.sent:
        is_reset = bool(s.flags & RST)
        is_plain = not (s.length or s.flags & (SYN | FIN | RST))
        if (is_reset or (is_plain and confirmed)) and (s.seq, s.ack, s.flags) not in arrived:
            yield s
