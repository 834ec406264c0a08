"""Whose capture it is: which addresses are the capturing host's own, and which checksums its card completes."""

from collections.abc import Iterable

from kubectl_netshoot.packets.conversation import Evidence, Talk, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import notes, warnings
from kubectl_netshoot.packets.read.ip import Verdict
from kubectl_netshoot.packets.report import Role, Side


class Sides:
    """Learns from packets that say whether they were sent; `given` are addresses that the caller knows to be own."""

    def __init__(self, given: Iterable[bytes] = ()) -> None:
        self._given = frozenset(given)
        self._sent: set[bytes] = set()
        self._received: set[bytes] = set()
        self._offloading: set[bytes] = set()
        self.nodes: set[bytes] = set()

    def saw(self, source: bytes, *, sent: bool) -> None:
        """A packet from an address was sent, or received, by the capturing host."""
        (self._sent if sent else self._received).add(source)

    def offloads(self, source: bytes) -> None:
        """Packets from an address have checksums that only their network card completes."""
        self._offloading.add(source)

    def own(self, address: bytes) -> bool:
        """Whether the capture was made on this side. A router both receives and sends packets of an address."""
        if self._given:
            return address in self._given
        if self._sent or self._received:
            return address in self._sent and address not in self._received
        return address in self._offloading

    def roles(self, address: bytes) -> set[Role]:
        """The roles that an address has in every conversation."""
        found = set()
        if self.own(address):
            found.add(Role.CAPTURING)
        if address in self.nodes:
            found.add(Role.NODE_NAT)
        if is_multicast(address):
            found.add(Role.MULTICAST)
        return found


def is_multicast(address: bytes) -> bool:
    """Multicast, or the broadcast to everyone on the link."""
    if len(address) == 4:
        return 224 <= address[0] < 240 or address == b"\xff" * 4
    return address[:1] == b"\xff"


CHECKED_EACH = 2
CHECKED = 5000


class Source:
    """What was seen of one address's checksums."""

    __slots__ = ("offloaded", "right", "side", "talk", "wrong")

    def __init__(self) -> None:
        self.right = 0
        self.offloaded = Evidence()
        self.wrong = Evidence()
        self.talk: Talk | None = None
        self.side = Side.CLIENT


class Checksums:
    """All checksums of a capture."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._sources: dict[bytes, Source] = {}
        self._checked = 0
        # The packet whose datagram or segment goes on in other fragments, so that there is no sum of it.
        self.fragment = 0
        self._told = False

    @property
    def wanted(self) -> int:
        """How many packets of a new direction should be verified: a sample of all is enough."""
        return 0 if self.enough or self._told else CHECKED_EACH

    @property
    def enough(self) -> bool:
        """Whether the sample is complete."""
        return self._checked >= CHECKED

    def tell(self) -> None:
        """What comes now was made from text: no sum of it is believed, only what the text says."""
        if not self._told:
            self._told = True
            self._sources.clear()

    def saw(self, source: bytes, verdict: Verdict, packet: int, talk: Talk, side: Side) -> None:
        """One packet's checksum."""
        self._checked += 1
        if not self._told and packet != self.fragment:
            self._note(source, verdict, packet, talk, side)

    def told(self, source: bytes, verdict: Verdict, packet: int, talk: Talk, side: Side) -> None:
        """What the text says of one packet's checksum."""
        self.tell()
        self._note(source, verdict, packet, talk, side)

    def _note(self, source: bytes, verdict: Verdict, packet: int, talk: Talk, side: Side) -> None:
        if verdict is Verdict.UNTOLD:
            return
        known = self._sources.get(source)
        if known is None:
            known = self._sources[source] = Source()
        if verdict is Verdict.RIGHT:
            known.right += 1
        elif verdict is Verdict.OFFLOADED:
            known.offloaded.append(packet)
            self._sides.offloads(source)
        else:
            known.wrong.append(packet)
            known.talk, known.side = talk, side

    def settle(self, ledger: Ledger) -> None:
        """The capture is over: tell offloading from damage."""
        rewritten = self._rewritten()
        if rewritten:
            packets = Evidence()
            for address in rewritten:
                packets.extend(self._sources.pop(address).wrong)
            ledger.note(notes.CHECKSUMS_REWRITTEN, None, packets, count=packets.count)
        for address, source in self._sources.items():
            if source.wrong and self._explained(address, source):
                source.offloaded.extend(source.wrong)
                self._sides.offloads(address)
            elif source.wrong and source.talk is not None:
                count = source.wrong.count
                ledger.about(warnings.BAD_CHECKSUM, source.talk, source.wrong, side=source.side, count=count)
            if source.offloaded:
                endpoint, count = plain((address, None)), source.offloaded.count
                ledger.note(notes.CHECKSUM_OFFLOAD, None, source.offloaded, endpoint=endpoint, count=count)

    def _rewritten(self) -> list[bytes]:
        """Whose checksums are all wrong, where this stopped no receiver: then they were right on the wire."""
        all_wrong = {
            address: source
            for address, source in self._sources.items()
            if source.wrong and not source.right and not self._explained(address, source)
        }
        taken = any(one.talk is not None and one.talk.taken(one.side) for one in all_wrong.values())
        return list(all_wrong) if taken else []

    def _explained(self, address: bytes, source: Source) -> bool:
        """Whether wrong checksums are those of the capturing host: all of its, and nobody else's."""
        if self._sides.own(address) or source.offloaded:
            return True
        others = [one for other, one in self._sources.items() if other != address]
        return (
            not source.right
            and not any(one.wrong or one.offloaded for one in others)
            and any(one.right for one in others)
        )
