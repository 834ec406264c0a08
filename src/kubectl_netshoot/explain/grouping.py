"""Counts conversations that are alike, whether they are still remembered or not."""

from typing import TypeAlias

from kubectl_netshoot.explain.ledger import Resolve
from kubectl_netshoot.explain.report import PACKETS_SHOWN, Application, Group, Outcome, Transport
from kubectl_netshoot.explain.talk import Place, Talk

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
