"""Whom the packets of connections are sent to on the link, by the headers of Ethernet: what ARP alone does not show.

Who poisons ARP tells a host, without being asked, that the router's address is his. ARP may hold nothing else of the
router; but the host's connections, which went to one card, go to his from then on.
"""

from typing import NamedTuple

from kubectl_netshoot.packets.conversation import NotedPackets
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.read.headers import address

# A link's cards, the receiving one first, as its header has them.
CARD = 6
MOST = 2000


class Sent(NamedTuple):
    """The first packet from one card to another, and the address that it was for."""

    packet: int
    card: bytes
    target: bytes


class Moved(NamedTuple):
    """The first packet of a host that was sent to another card in the middle of a connection."""

    packet: int
    source: bytes
    before: Sent
    card: bytes


class Claim(NamedTuple):
    """A card tells a host, unasked, that an address is its own."""

    packet: int
    held: bytes
    card: bytes
    told: bytes


class NextHops:
    """All of a capture; `headers` are those of the link that are known."""

    def __init__(self, ledger: Ledger) -> None:
        self.headers: set[bytes] = set()
        self._ledger = ledger
        self._sent: dict[bytes, list[Sent]] = {}
        self._moved: list[Moved] = []
        self._claims: list[Claim] = []

    def saw(self, header: bytes, packet: int, source: bytes, target: bytes, *, midway: bool) -> None:
        """A packet of a connection has a header that none before it had; `midway` if its sender sent others there."""
        if len(self.headers) >= MOST:
            return
        self.headers.add(header)
        card, sender = header[:CARD], header[CARD : 2 * CARD]
        known = self._sent.setdefault(sender, [])
        if midway and (before := _before(known, target)):
            self._moved.append(Moved(packet, source, before, card))
        known.append(Sent(packet, card, target))

    def claimed(self, packet: int, held: bytes, card: bytes, told: bytes) -> None:
        """An answer of ARP that nobody had asked for."""
        if len(self._claims) < MOST:
            self._claims.append(Claim(packet, held, card, told))

    def settle(self) -> None:
        """The capture is over."""
        for moved in self._moved:
            for claim in self._claims:
                if (claim.card, claim.told) == (moved.card, moved.source) and (
                    moved.before.packet < claim.packet < moved.packet
                ):
                    cards = moved.before.card.hex(":"), moved.card.hex(":")
                    packets = NotedPackets(moved.before.packet, claim.packet, moved.packet)
                    self._ledger.note(
                        warnings.ADDRESS_MOVED, None, packets, address=address(claim.held), hardware=cards
                    )
                    break


def _before(known: list[Sent], target: bytes) -> Sent | None:
    """What was sent to the same address; or to any, where all went to one card."""
    same = [sent for sent in known if sent.target == target]
    return same[-1] if same else known[0] if len(known) == 1 else None
