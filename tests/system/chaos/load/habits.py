"""What each kind of client does: how often it sends, what it asks for, and how many of each kind a Service has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from tests.system.chaos.load.records import Kind
from tests.system.chaos.load.wire import Ask

Range = tuple[float, float]
#: How many clients of each kind.
Mix = Mapping[Kind, int]
PLAIN: Mix = {Kind.SHORT: 2, Kind.KEEP_ALIVE: 3}

#: Who goes to one address again and again, a connection for each request.
STICKY = (Kind.CACHING, Kind.LATE)

_AT_ONCE: Range = (0.0, 0.0)
_PAUSES: Mapping[Kind, Range] = {
    Kind.SHORT: (0.7, 1.3),
    Kind.KEEP_ALIVE: (0.1, 0.2),
    Kind.CACHING: (0.2, 0.3),
    Kind.LATE: (0.2, 0.3),
}
_SELDOM: Range = (0.3, 0.9)
#: For how many seconds a client is in the middle of something.
PATIENT: Range = (1.0, 3.0)
_CACHED: Range = (2.0, 4.0)
_LATE: Range = (0.5, 3.0)
# More than ROOM and all that the two kernels take over by themselves: the rest stays in the server's send queue.
_LARGE = 65536
ROOM = 4096


@dataclass(frozen=True)
class Habit:
    """`life` is that of a connection, or of an address; `delay` of how many seconds the node's proxy is behind,
    `patient` how long it is in the middle of something.
    """

    kind: Kind
    life: Range = _AT_ONCE
    delay: Range = _AT_ONCE
    patient: Range = PATIENT

    @property
    def pause(self) -> Range:
        """Seconds between two requests."""
        return _PAUSES.get(self.kind, _SELDOM)

    @property
    def room(self) -> int:
        """The receive buffer that its connections get; 0 for what the kernel gives."""
        return ROOM if self.kind is Kind.SLOW_READER else 0

    def ask(self, dice: Random) -> Ask:
        """What is asked for next."""
        seconds = dice.uniform(*self.patient)
        if self.kind in (Kind.LONG, Kind.HALF_CLOSED):
            half = self.kind is Kind.HALF_CLOSED
            return Ask(last=True, path=f"/?wait={seconds:.3f}", half_close=half, seconds=seconds)
        if self.kind is Kind.SLOW_READER:
            return Ask(last=True, path=f"/?bytes={_LARGE}", rests=True, seconds=seconds)
        return Ask(last=self.kind is not Kind.KEEP_ALIVE)


def habits(mix: Mix, life: Range, proxy_delay: float, patient: Range) -> Iterator[Habit]:
    """One for each client. `life` is that of a kept connection; `proxy_delay` the longest of most proxies."""
    lives = {Kind.KEEP_ALIVE: life, Kind.CACHING: _CACHED, Kind.LATE: _CACHED}
    for kind, count in mix.items():
        delay = _LATE if kind is Kind.LATE else (0.0, proxy_delay)
        yield from [Habit(kind, lives.get(kind, _AT_ONCE), delay, patient)] * count
