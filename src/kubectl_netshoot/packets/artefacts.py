"""Tells what only the capture shows from what was on the wire: packets captured twice, checksums that a card completes.

The same IP packet keeps its identification where it is captured at two places (`-i any` on a node, a mirror port,
merged files); what a host sends again gets another one. Where there is none (IPv6, or 0 as Linux writes into packets
that must not be fragmented), the same bytes must come too soon for a repetition.
"""

from dataclasses import dataclass, field

from kubectl_netshoot.packets.conclusions import Sides
from kubectl_netshoot.packets.conversation import NotedPackets, Talk, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import notes, warnings
from kubectl_netshoot.packets.read.headers import TCP, ChecksumVerdict
from kubectl_netshoot.packets.report import Side

# No timer of TCP is shorter (RTO_MIN of Linux is 200 ms), and nobody repeats anything within a millisecond.
FAR, SOON = 150_000_000, 1_000_000
# What is remembered, in two generations: as many packets as pass between two interfaces of a busy node.
GENERATION = 512
# A file that has no packet twice among its first ones is not looked at any further.
SAMPLE = 20_000
# Of a datagram as much as tells it from another: in tunnels all begin alike.
WHOLE = 256
_BARE_ACK = 16
# In what `identity` gives for IPv4; so many packets of a source show how it numbers them.
_ID, _SOURCE = slice(2, 4), slice(7, 11)
ENOUGH = 8


class SeenTwice:
    """Remembers the packets that came last."""

    def __init__(self) -> None:
        self.looking = True
        self._looked = 0
        self._seen = NotedPackets()
        self._recent: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}
        self._numbering: dict[bytes, bool] = {}

    def again(self, packet: int, ns: int, data: bytes, at: int, start: int, end: int) -> bool:
        """Whether the IP packet at `at`, whose transport header begins at `start`, is one that was seen before."""
        self._looked += 1
        if self._looked > SAMPLE and not self._seen:
            self.looking = False
            return False
        key, numbered, bare = identity(data, at, start, end)
        seen = self._recent.get(key) or self._older.get(key)
        if seen is None or not self._is_copy(abs(ns - seen), key, numbered=numbered, bare=bare):
            self._remember(key, ns)
            return False
        self._seen.append(packet)
        return True

    def settle(self, ledger: Ledger) -> None:
        """The capture is over."""
        if self._seen:
            ledger.note(notes.SEEN_TWICE, None, self._seen, count=self._seen.count)

    def _is_copy(self, apart: int, key: bytes, *, numbered: bool, bare: bool) -> bool:
        if apart <= SOON:
            # ACKs that are alike mean something: only where others were seen twice they may be copies as well.
            return not bare or bool(self._seen) or (numbered and self._numbers(key))
        return apart <= FAR and numbered and self._numbers(key)

    def _numbers(self, key: bytes) -> bool:
        """Whether the source of an IPv4 packet gives each of its packets another number; some write a constant."""
        known = self._numbering.get(key[_SOURCE])
        if known is None:
            ids = [other[_ID] for other in (*self._recent, *self._older) if other[_SOURCE] == key[_SOURCE]]
            known = len(set(ids)) > 1
            if len(ids) >= ENOUGH:
                self._numbering[key[_SOURCE]] = known
        return known

    def _remember(self, key: bytes, ns: int) -> None:
        if len(self._recent) >= GENERATION:
            self._older, self._recent = self._recent, {}
        self._recent[key] = ns


def identity(data: bytes, at: int, start: int, end: int) -> tuple[bytes, bool, bool]:
    """What stays the same on the way (not TTL and checksums), whether IP numbers it, whether it is a bare ACK."""
    four = data[at] >> 4 == 4
    protocol = data[at + 9] if four else data[at + 6]
    if protocol == TCP:
        inside = data[start : start + 16]
    else:
        inside = data[start : start + 6] + data[start + 8 : min(start + WHOLE, end)]
    if four:
        key = data[at + 2 : at + 8] + data[at + 9 : at + 10] + data[at + 12 : at + 20] + inside
        size = int.from_bytes(data[at + 2 : at + 4], "big") - (start - at)
    else:
        key = data[at + 4 : at + 7] + data[at + 8 : at + 40] + inside
        size = int.from_bytes(data[at + 4 : at + 6], "big") - (start - at - 40)
    bare = protocol == TCP and len(inside) > 13 and inside[13] == _BARE_ACK and size == (inside[12] >> 4) * 4
    return key, four and data[at + 4 : at + 6] != b"\0\0", bare


CHECKED_EACH = 2
CHECKED = 5000


@dataclass(slots=True)
class Source:
    """What was seen of one address's checksums."""

    right: int = 0
    offloaded: NotedPackets = field(default_factory=NotedPackets)
    wrong: NotedPackets = field(default_factory=NotedPackets)
    talk: Talk | None = None
    side: Side = Side.CLIENT


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

    def saw(self, source: bytes, verdict: ChecksumVerdict, packet: int, talk: Talk, side: Side) -> None:
        """One packet's checksum."""
        self._checked += 1
        if not self._told and packet != self.fragment:
            self._note(source, verdict, packet, talk, side)

    def told(self, source: bytes, verdict: ChecksumVerdict, packet: int, talk: Talk, side: Side) -> None:
        """What the text says of one packet's checksum."""
        self.tell()
        self._note(source, verdict, packet, talk, side)

    def _note(self, source: bytes, verdict: ChecksumVerdict, packet: int, talk: Talk, side: Side) -> None:
        if verdict is ChecksumVerdict.UNTOLD:
            return
        known = self._sources.get(source)
        if known is None:
            known = self._sources[source] = Source()
        if verdict is ChecksumVerdict.RIGHT:
            known.right += 1
        elif verdict is ChecksumVerdict.OFFLOADED:
            known.offloaded.append(packet)
            self._sides.offloads(source)
        else:
            known.wrong.append(packet)
            known.talk, known.side = talk, side

    def settle(self, ledger: Ledger) -> None:
        """The capture is over: tell offloading from damage."""
        rewritten = self._rewritten()
        if rewritten:
            packets = NotedPackets()
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
