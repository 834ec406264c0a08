"""Answers over UDP that come from another address than was asked, so that they are none to who asked.

UDP has no number by which an answer is known. But a port that asks one address, and hears from one other soon after,
and has nothing to do with anybody else, was answered from there.
"""

from collections import Counter
from collections.abc import Callable

from kubectl_netshoot.packets.conversation import NotedPackets, Place, Talk, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults

# Later, it is something else; and streams each way between other places are no question and answer.
SOON = 5_000_000_000
FEW = 10
MOST = 10_000


class UdpStrays:
    """All conversations over UDP in which one side is silent."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._used: Counter[Place] = Counter()
        self._silent: list[Talk] = []
        self._strays: set[int] = set()
        self._held: list[tuple[Talk, Callable[[], None]]] = []

    def over(self, talk: Talk, *, silent: bool) -> None:
        """A conversation is over; `silent` is whether its server has sent nothing."""
        self._used.update((talk.client, talk.server))
        if silent and len(self._silent) < MOST:
            self._silent.append(talk)

    def unless(self, talk: Talk, note: Callable[[], None]) -> None:
        """Have `note` called at the end, should this be neither such a question nor such an answer."""
        if len(self._held) < MOST:
            self._held.append((talk, note))
        else:
            note()

    def settle(self) -> None:
        """The capture is over."""
        heard = {talk.server: talk for talk in self._silent}
        for asked in self._silent:
            stray = heard.get(asked.client)
            if stray is not None and self._answers(stray, asked):
                self._strays |= {asked.number, stray.number}
                stray.odd = True
                evidence = NotedPackets(asked.first_packet, stray.first_packet)
                answering, count = plain(stray.client), asked.totals()[0]
                self._ledger.about(faults.NOT_TRANSLATED, asked, evidence, answering=answering, count=count)
        for talk, note in self._held:
            if talk.number not in self._strays:
                note()

    def _answers(self, stray: Talk, asked: Talk) -> bool:
        return (
            stray.client[0] != asked.server[0]
            and asked.server[0][-1:] != b"\xff"
            and self._used[asked.client] == 2
            and 0 < stray.at - asked.at < SOON
            and stray.totals()[0] <= asked.totals()[0] <= FEW
        )
