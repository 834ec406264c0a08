"""Finds answers that come from another address than the one that was asked: to the client they are no answers.

So it is when the way back of a Service's answer misses the translation that the way there had (hairpin without
masquerading, no br_netfilter, two routes). Each half alone looks like something else, so both wait here for the end.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from kubectl_netshoot.packets.conversation import Evidence, Place, Talk, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults

# Whom an answer is for, and what it acknowledges (the DNS message's number and name, for UDP).
Call: TypeAlias = tuple[Place, object]

MOST = 10_000


class Half(NamedTuple):
    """A question without its answer, or an answer without its question; `note` tells of it should it stay alone."""

    talk: Talk
    packets: Evidence
    note: Callable[[], None]


class Strays:
    """All of a capture, until it is over."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._asked: dict[Call, Half] = {}
        self._strays: dict[Call, Half] = {}

    def asked(self, call: Call, talk: Talk, packets: Evidence, note: Callable[[], None]) -> None:
        """Nobody answered in this conversation; `note` tells so."""
        _keep(self._asked, call, Half(talk, packets, note))

    def answered(self, call: Call, talk: Talk, packets: Evidence, note: Callable[[], None]) -> None:
        """Somebody answered what was not asked in this conversation; `note` tells what else it may be."""
        _keep(self._strays, call, Half(talk, packets, note))

    def settle(self) -> None:
        """The capture is over."""
        for call, asked in self._asked.items():
            stray = self._strays.get(call)
            if stray is None or stray.talk.server == asked.talk.server:
                asked.note()
                continue
            del self._strays[call]
            evidence = Evidence()
            evidence.extend(asked.packets)
            evidence.extend(stray.packets)
            answering = plain(stray.talk.server)
            stray.talk.odd = True
            self._ledger.about(
                faults.NOT_TRANSLATED, asked.talk, evidence, answering=answering, count=asked.packets.count
            )
        for stray in self._strays.values():
            stray.note()


def _keep(halves: dict[Call, Half], call: Call, half: Half) -> None:
    """Until the capture is over; what has no room, or a twin already, is told at once."""
    if call in halves or len(halves) >= MOST:
        half.note()
    else:
        halves[call] = half
