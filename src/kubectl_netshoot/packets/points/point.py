"""A point that captures: what it saw is understood while it comes in, and kept to be compared with other points'."""

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from kubectl_netshoot.packets.analysis import BLOCK, DEFAULT_MAX_FLOWS, Analysis, rare_collections
from kubectl_netshoot.packets.points.sightings import Sightings
from kubectl_netshoot.packets.read.frame import Frame

# Of TCP, to compare: so many take some hundred megabytes.
MOST_SEGMENTS = 200_000


class Point:
    """Feed it a capture; `told_together` makes the report of several.

    `own` are its own addresses in network form where they are known. `heard` is when every point listened, in
    nanoseconds since 1970 by this point's clock; None where only the packets themselves show it. `is_whole` is False
    where its kernel may have dropped packets. One that `is_alone` is compared with none. `numbers` are what its packets
    are numbered in what the person has, None where they are counted from 1.
    """

    def __init__(
        self,
        name: str,
        own: Iterable[bytes] = (),
        *,
        max_flows: int = DEFAULT_MAX_FLOWS,
        is_alone: bool = False,
    ) -> None:
        self.name, self.own = name, frozenset(own)
        self.heard: tuple[int, int] | None = None
        self.is_whole = True
        self.numbers: Sequence[int] | None = None
        self.sightings = Sightings(most=0 if is_alone else MOST_SEGMENTS)
        self.analysis: Analysis = _Watched(self.sightings, max_flows, self.own)

    def feed(self, chunk: bytes) -> None:
        """The next bytes of its capture. Raises NotACaptureError."""
        self.analysis.feed(chunk)

    def read(self, stream: BinaryIO) -> None:
        """All of its capture. Raises NotACaptureError, OSError."""
        with rare_collections():
            while block := stream.read(BLOCK):
                self.feed(block)

    def numbered(self, packets: Iterable[int]) -> tuple[int, ...]:
        """The numbers that these packets of its capture have for the person."""
        return tuple(packets) if self.numbers is None else tuple(self.numbers[n - 1] for n in packets)


class _Watched(Analysis):
    def __init__(self, sightings: Sightings, max_flows: int, own: Iterable[bytes]) -> None:
        super().__init__(max_flows=max_flows, capturing=own)
        self._sightings = sightings

    def _take(self, frames: Iterable[Frame]) -> None:
        super()._take(self._seen(frames))

    def _seen(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self._sightings.take(frame)
            yield frame
