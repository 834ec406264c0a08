"""Times as tcpdump prints them: of the day, with a date, since 1970, since the first packet or since the last one.

Hides that `-ttt` and `-ttttt` look alike, and like a capture made just after midnight: the first packets are held
until their times tell, by going up and down or not, which it is.
"""

import itertools
import re
from datetime import datetime, timezone

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
HELD = 200
# Packets are captured nearly in order; differences fall as often as they rise.
FALLING = 0.15


class Times:
    """Turns printed times into nanoseconds since 1970, or since the midnight before the capture."""

    def __init__(self) -> None:
        self.dated = False
        self._now = 0
        self._days = 0
        self._second, self._began = "", 0
        # None until it is known whether each time is since the packet before.
        self._differences: bool | None = None

    def printed(self, match: "re.Match[str] | None") -> int:
        """The number that a time says; -1 for a line without one."""
        if match is None:
            return -1
        if match["epoch"]:
            self.dated, self._differences = True, False
            seconds, fraction = match["epoch"].split(".")
            return int(seconds) * SECOND + int(fraction.ljust(9, "0"))
        clock = match["clock"]
        second = clock[:8]
        if second != self._second:
            self._second = second
            self._began = ((int(clock[:2]) * 60 + int(clock[3:5])) * 60 + int(clock[6:8])) * SECOND
        time = self._began + int(clock[9:].ljust(9, "0"))
        if match["date"]:
            self.dated, self._differences = True, False
            return time + day(match["date"])
        return time

    def settled(self, printed: list[int], *, over: bool) -> bool:
        """Whether these first times tell how they are meant; `over`: no more will come."""
        if self._differences is not None:
            return True
        timed = [time for time in printed if time >= 0]
        if not timed and not over:
            return len(printed) >= HELD
        falls = sum(later < earlier for earlier, later in itertools.pairwise(timed))
        if any(time >= HOUR for time in timed):
            self._differences = False
        elif over or len(timed) >= HELD or (falls and not timed[0]):
            zero = bool(timed) and not timed[0]
            self._differences = bool(falls) and (zero or falls > FALLING * len(timed))
        return self._differences is not None

    def at(self, printed: int) -> int:
        """The time of the next packet, whose line says so."""
        if printed < 0:
            return self._now
        if self.dated:
            self._now = printed
        elif self._differences:
            self._now += printed
        else:
            # Midnight has passed.
            if printed + DAY // 2 < self._now - self._days:
                self._days += DAY
            self._now = printed + self._days
        return self._now


def day(date: str) -> int:
    """The beginning of a day, in nanoseconds since 1970; that of 1970 for a date that is none."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()) * SECOND
    except ValueError:
        return 0
