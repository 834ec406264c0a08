"""ping: packets lost and their times, and what the way said about a packet that is too large for it."""

import re
from dataclasses import dataclass

_COUNTS = re.compile(r"([0-9]+) packets transmitted, ([0-9]+) (?:packets )?received")
_TIMES = re.compile(r"(?:rtt|round-trip) min/avg/max(?:/mdev)? = [0-9.]+/([0-9]+\.[0-9]+)/([0-9]+\.[0-9]+)")
_LARGEST = re.compile(r"mtu ?[=:] ?([0-9]+)")
_NO_PERMISSION = re.compile(r"not permitted|Permission denied|permission denied|lacking privilege")


@dataclass(frozen=True)
class Pinged:
    """Times are in milliseconds; `largest` the MTU that somebody on the way told, 0 for none."""

    sent: int
    received: int
    average: float = 0.0
    worst: float = 0.0
    largest: int = 0

    @property
    def lost(self) -> int:
        return self.sent - self.received


def read(text: str) -> Pinged | None:
    """None where it did not come to send anything."""
    counts, times, largest = _COUNTS.search(text), _TIMES.search(text), _LARGEST.findall(text)
    if not counts:
        return None
    average, worst = (float(times[1]), float(times[2])) if times else (0.0, 0.0)
    return Pinged(int(counts[1]), int(counts[2]), average, worst, min(map(int, largest), default=0))


def lacks_right(text: str, status: int | None) -> bool:
    """Whether the container may not send such packets at all (no NET_RAW, no ping group)."""
    return status == 126 or _NO_PERMISSION.search(text) is not None
