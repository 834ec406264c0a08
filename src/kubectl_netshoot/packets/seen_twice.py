"""Tells a packet that was captured at two places (`-i any` on a node, a mirror port, merged files) from one sent again.

The same IP packet keeps its identification; what a host sends again gets another one. Where there is none (IPv6, or 0
as Linux writes into packets that must not be fragmented), the same bytes must come too soon for a repetition.
"""

from kubectl_netshoot.packets.conversation import Evidence
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import notes
from kubectl_netshoot.packets.read.ip import TCP

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
        self._seen = Evidence()
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
