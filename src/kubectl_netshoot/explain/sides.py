"""Finds out whose capture it is: which addresses are the capturing host's own, and which are a node's."""

from collections.abc import Iterable

from kubectl_netshoot.explain.report import Role


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
