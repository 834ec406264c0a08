"""When another point listened, by the clock of the one that is looked at: never is a time of two clocks compared.

What both captured says how far the clocks are apart, up to the time that a packet is under way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kubectl_netshoot.packets.points.connections import SeenConnection
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.points.sightings import SeenSegment


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
