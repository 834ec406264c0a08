"""Holds the conversations of a capture, at most so many at once, and counts those that are alike."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

from kubectl_netshoot.packets.conversation import Allowance, Place, Talk
from kubectl_netshoot.packets.ledger import Resolve
from kubectl_netshoot.packets.report import PACKETS_SHOWN, Application, Group, Outcome, Transport

Alike: TypeAlias = tuple[Transport, Application, bytes, Place, Outcome]


class Sum:
    """What a group adds up to."""

    __slots__ = ("at", "bytes", "client", "count", "odd", "odd_shown", "packets", "server", "shown", "until")

    def __init__(self, talk: Talk) -> None:
        self.client, self.server = (talk.client[0], None), talk.server
        self.count = self.odd = self.packets = self.bytes = 0
        self.at, self.until = talk.at, talk.until
        self.shown: list[int] = []
        self.odd_shown: list[int] = []

    def add(self, talk: Talk, *, shown: bool) -> None:
        """Count one more."""
        sent, received = talk.tallies()
        self.count += 1
        self.odd += talk.odd
        self.packets += sent.packets + received.packets
        self.bytes += sent.bytes + received.bytes
        self.at, self.until = min(self.at, talk.at), max(self.until, talk.until)
        kept = self.odd_shown if talk.odd else self.shown
        if shown and len(kept) < PACKETS_SHOWN:
            kept.append(talk.number)


class Grouping:
    """All groups of a capture."""

    def __init__(self) -> None:
        self._sums: dict[Alike, Sum] = {}

    def add(self, talk: Talk, *, shown: bool) -> None:
        """Count a conversation that is over; `shown` when the report will hold it."""
        alike = (talk.transport, talk.application, talk.client[0], talk.server, talk.outcome)
        total = self._sums.get(alike)
        if total is None:
            total = self._sums[alike] = Sum(talk)
        total.add(talk, shown=shown)

    def groups(self, resolve: Resolve, began: int) -> tuple[Group, ...]:
        """Largest first; times as seconds since `began`, in nanoseconds since 1970."""
        return tuple(
            Group(
                transport=alike[0],
                application=alike[1],
                client=resolve(one.client),
                server=resolve(one.server),
                outcome=alike[4],
                count=one.count,
                odd=one.odd,
                packets=one.packets,
                bytes=one.bytes,
                at=(one.at - began) / 1e9,
                until=(one.until - began) / 1e9,
                shown=tuple((one.odd_shown + one.shown)[:PACKETS_SHOWN]),
            )
            for alike, one in sorted(self._sums.items(), key=lambda pair: (-pair[1].count, pair[1].at))
        )


class Register:
    """All conversations that are remembered; `seen` is how many there were, `now` the time of the latest packet."""

    def __init__(self, max_flows: int, groups: Grouping, leave: Callable[[Talk], Talk]) -> None:
        """`leave` judges a conversation, forgets where to find it, and gives what it has become."""
        self.seen = 0
        self.now = 0
        self.allowance = Allowance()
        self.groups = groups
        self._talks: dict[int, Talk] = {}
        self._max_flows = max_flows
        self._leave = leave
        self._quiet: deque[int] = deque()
        self._odd: deque[int] = deque()

    def next_number(self) -> int:
        """The number of a new conversation."""
        self.seen += 1
        return self.seen

    def admit(self, talk: Talk) -> None:
        """Remember a conversation, at the cost of another where there is no room."""
        while len(self._talks) >= self._max_flows:
            self._fold(self._least())
        self._talks[talk.number] = talk

    def replace(self, talk: Talk) -> None:
        """The conversation of this number is this one now."""
        self._talks[talk.number] = talk

    def over(self, talk: Talk) -> None:
        """Say that nothing more is expected of it."""
        (self._odd if talk.odd else self._quiet).append(talk.number)

    def talks(self) -> Iterable[Talk]:
        """Those that are still remembered, in order of their numbers."""
        return self._talks.values()

    def _least(self) -> Talk:
        for finished in (self._quiet, self._odd):
            while finished:
                talk = self._talks.get(finished.popleft())
                if talk is not None:
                    return talk
        return next(iter(self._talks.values()))

    def _fold(self, talk: Talk) -> None:
        judged = self._leave(talk)
        del self._talks[talk.number]
        self.groups.add(judged, shown=False)
        judged.forget()
