"""The captures of several points as one report: a conversation that several have is told once, with what was lost.

It is told from the point that is nearest to its client, since that has what the client saw. When another point listened
is told by the clock of the one that is looked at: never is a time of two clocks compared. What both captured says how
far the clocks are apart, up to the time that a packet is under way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, cmp_to_key
from ipaddress import ip_address
from itertools import pairwise, permutations
from typing import TypeAlias

from kubectl_netshoot.packets.points.combined import Key, ToldOnce, combined
from kubectl_netshoot.packets.points.connections import (
    MatchedConnection,
    SeenConnection,
    connections,
    matched,
    nearer_to_client,
)
from kubectl_netshoot.packets.points.losses import Losses, Way, datagram_losses, losses
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.points.sightings import Host, SeenSegment
from kubectl_netshoot.packets.read.frame import NotACaptureError
from kubectl_netshoot.packets.report import Conversation, Crossing, Report, Side, Transport

Judge: TypeAlias = Callable[[Way, "Window", bool], Losses]


@dataclass(frozen=True)
class Window:
    """From and to, in nanoseconds since 1970 by the sender's clock; nothing is in an empty one."""

    since: int = 0
    until: int = -1

    def __contains__(self, ns: object) -> bool:
        return isinstance(ns, int) and self.since <= ns <= self.until


def window(sender: Point, receiver: Point, pairs: Iterable[tuple[SeenConnection, SeenConnection]]) -> Window:
    """When the receiver listened for what the sender sees; `pairs` are what both have, the sender's first."""
    if sender.heard is not None:
        return Window(*sender.heard)
    apart = [*times_apart(pairs)]
    began = receiver.sightings.began
    if not apart or began is None:
        return Window()
    return Window(began - min(apart), receiver.sightings.until - max(apart))


def times_apart(pairs: Iterable[tuple[SeenConnection, SeenConnection]]) -> Iterator[int]:
    """How much later by its own clock the receiver has what both have, packet by packet."""
    for mine, its in pairs:
        for sent, got in ((mine.there, its.there), (mine.back, its.back)):
            times = _only(got)
            for key, ns in _only(sent).items():
                if key in times:
                    yield times[key] - ns


def _only(segments: Sequence[SeenSegment]) -> dict[tuple[int, ...], int]:
    """The times of those that are there once."""
    times: dict[tuple[int, ...], int] = {}
    again = set()
    for s in segments:
        key = (s.seq, s.ack, s.flags, s.length, s.ident)
        if key in times:
            again.add(key)
        times[key] = s.ns
    return {key: ns for key, ns in times.items() if key not in again}


def told_together(points: Sequence[Point]) -> Report:
    """The one report of these points, whose captures are over. Raises NotACaptureError."""
    reports = [_report(point) for point in points]
    together = _Together(points, reports)
    return combined(points, reports, [*together.told()], together.ahead())


def _report(point: Point) -> Report:
    try:
        return point.analysis.report()
    except NotACaptureError as error:
        error.message = f"{point.name}: {error.message}"
        raise


class _Together:
    def __init__(self, points: Sequence[Point], reports: Sequence[Report]) -> None:
        self._points = points
        self._is_whole = [
            point.is_whole and not r.capture.kernel_drops for point, r in zip(points, reports, strict=True)
        ]
        self._matched = matched([connections(point.sightings.segments) for point in points])
        self._conversations = [
            ((place, one.number), one) for place, report in enumerate(reports) for one in report.conversations
        ]
        others = [(key, one) for key, one in self._conversations if one.transport is not Transport.TCP]
        self._by_ends = [*_by_ends(others)]
        by_key = dict(others)
        self._exchanges = [
            MatchedConnection(
                {
                    key[0]: self._exchange(key[0], by_key[key])
                    for key in (one.key, *one.others)
                    if by_key[key].transport is Transport.UDP
                }
            )
            for one in self._by_ends
        ]
        self._windows: dict[Key, Window] = {}

    def told(self) -> Iterator[ToldOnce]:
        """Every conversation once."""
        firsts = {
            (place, one.first_packet): (place, number)
            for (place, number), one in self._conversations
            if one.transport is Transport.TCP
        }
        taken: set[Key] = set()
        for one in self._matched:
            order = self._by_distance(one)
            keys = [key for place in order for n in one.at[place].firsts if (key := firsts.get((place, n)))]
            if keys:
                taken.update(keys)
                yield ToldOnce(keys[0], keys[1:], tuple(self._crossings(one, order)))
        yield from (ToldOnce(key, []) for key in firsts.values() if key not in taken)
        yield from map(self._crossed, self._by_ends, self._exchanges)

    def ahead(self) -> list[int]:
        """By how many nanoseconds the clock of each point is ahead of the first one's, as far as packets show it."""
        return [
            0,
            *(min(times_apart(self._both(0, place)), default=0) for place in range(1, len(self._points))),
        ]

    def _both(self, place: int, other: int) -> list[tuple[SeenConnection, SeenConnection]]:
        """What two points have."""
        every = (*self._matched, *self._exchanges)
        return [(one.at[place], one.at[other]) for one in every if place in one.at and other in one.at]

    def _exchange(self, place: int, one: Conversation) -> SeenConnection:
        """The datagrams of a conversation."""
        sightings = self._points[place].sightings
        client, server = (
            Host(ip_address(end.address).packed, end.port or 0) for end in (one.client, one.server)
        )
        # A conversation's times are fractions.
        since, until = (
            round((sightings.began or 0) / 1e3 + seconds * 1e6) * 1000 for seconds in (one.at, one.until)
        )
        there, back = (
            [s for s in sightings.datagrams.get(ends, ()) if since - 1000 <= s.ns <= until + 1000]
            for ends in ((client, server), (server, client))
        )
        return SeenConnection(client, server, [one.first_packet], None, there, back)

    def _crossed(self, told: ToldOnce, one: MatchedConnection) -> ToldOnce:
        """With what became of its datagrams."""
        if not one.at:
            return told
        keys = {key[0]: key for key in (told.key, *told.others)}
        order = self._by_distance(one)
        crossings: tuple[Crossing, ...] = ()
        # What was answered has arrived, and not where it is missed.
        is_elsewhere = len(order) == 1 and one.at[order[0]].back
        if not is_elsewhere and not any(point.sightings.is_cut for point in self._points):
            crossings = tuple(self._crossings(one, order, datagram_losses))
        return ToldOnce(keys[order[0]], [keys[place] for place in order[1:]], crossings)

    def _by_distance(self, one: MatchedConnection) -> list[int]:
        """The points that have it, the nearest to its client first."""

        def compare(a: int, b: int) -> int:
            nearer = self._nearer(one, a, b)
            return 0 if nearer is None else -1 if nearer else 1

        return sorted(one.at, key=cmp_to_key(compare))

    def _nearer(self, one: MatchedConnection, a: int, b: int) -> bool | None:
        """Whether `a` is nearer to its client than `b`; None where that is not known."""
        nearer = nearer_to_client(one.at[a], one.at[b])
        if nearer is not None:
            return nearer
        for this, that, answer in ((a, b, True), (b, a, False)):
            at_client = one.at[this].client.address in self._points[this].own
            if at_client or one.at[that].server.address in self._points[that].own:
                return answer
        return None

    def _crossings(
        self, one: MatchedConnection, order: Sequence[int], judge: Judge = losses
    ) -> Iterator[Crossing]:
        """Between each point and the next one on the way to the server."""
        beyond = self._unseen(one, order[0]) if len(order) == 1 else None
        for near, far in pairwise(order if beyond is None else (*order, beyond)):
            here = one.at[near]
            there = one.at.get(far) or SeenConnection(here.client, here.server, [])
            if far in one.at and not self._nearer(one, near, far):
                continue
            way = Way(here.there, there.there, here.back, there.back)
            yield from self._crossing(Side.CLIENT, near, far, way, judge)
            way = Way(there.back, here.back, there.there, here.there)
            yield from self._crossing(Side.SERVER, far, near, way, judge)

    def _crossing(self, side: Side, place: int, other: int, way: Way, judge: Judge) -> Iterator[Crossing]:
        sender, receiver = self._points[place], self._points[other]
        if way.sent:
            found = judge(way, self._window(place, other), self._is_whole[other])
            yield Crossing(side, sender.name, receiver.name, found)

    def _window(self, place: int, other: int) -> Window:
        if (place, other) not in self._windows:
            pairs = self._both(place, other)
            self._windows[place, other] = window(self._points[place], self._points[other], pairs)
        return self._windows[place, other]

    def _unseen(self, one: MatchedConnection, place: int) -> int | None:
        """The point that this connection goes to and that does not have it: others between these ends arrive there."""
        here = one.at[place]
        for other, point in enumerate(self._points):
            if other != place and (
                here.server.address in point.own
                or (place, other, here.client.address, here.server) in self._direct
            ):
                return other
        return None

    @cached_property
    def _direct(self) -> set[tuple[int, int, bytes, Host]]:
        """From which point to which other one connections between which ends arrive, and are not translated."""
        found = set()
        for known in (*self._matched, *self._exchanges):
            for near, far in permutations(known.at, 2):
                here, there = known.at[near], known.at[far]
                ends = here.client.address, here.server
                key = near, far, *ends
                if key not in found and (there.client.address, there.server) == ends:
                    found |= {key} if self._nearer(known, near, far) else set()
        return found


def _by_ends(others: Sequence[tuple[Key, Conversation]]) -> Iterator[ToldOnce]:
    """What has no sequence numbers is the same where its ends are; a Service's address may be a pod's elsewhere."""
    known: dict[object, ToldOnce] = {}
    for (place, number), one in others:
        for ends in _ends(one):
            told = known.get(ends)
            if told and place not in (p for p, _ in (told.key, *told.others)):
                told.others.append((place, number))
                break
        else:
            told = ToldOnce((place, number), [])
            yield told
        for ends in _ends(one):
            known.setdefault(ends, told)


def _ends(one: Conversation) -> list[object]:
    """What tells it from others without looking into it."""
    client, server = ((end.address, end.port) for end in (one.client, one.server))
    found: list[object] = [(one.transport, frozenset((client, server)))]
    if one.transport is Transport.UDP:
        # The client's port is its own, whomever it asks.
        found.append((one.application, client))
    return found
