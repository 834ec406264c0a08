"""Who is who: the capturing host's addresses, the kubelet, load balancers, nodes that stand for clients behind them.

A kubelet names itself when it probes over HTTP; the same address is then the node's, for probes without a word
(connect and close) and for clients whose address the node replaced by its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kubectl_netshoot.packets.conversation import Evidence, Place, Talk
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, notes
from kubectl_netshoot.packets.read.ip import address, is_multicast
from kubectl_netshoot.packets.report import Role

# One connection without data may be anything; a check comes again.
KNOCKS = 3
MOST = 50_000


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


class Holders:
    """Which network cards claim which addresses."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._holders: dict[bytes, dict[bytes, int]] = {}

    def claim(self, held: bytes, hardware: bytes, packet: int) -> None:
        """A packet says that an address belongs to a card."""
        holders = self._holders.setdefault(held, {}) if len(self._holders) < MOST else {}
        holders.setdefault(hardware, packet)

    def settle(self) -> None:
        """The capture is over: addresses that more than one claims."""
        for held, holders in self._holders.items():
            if len(holders) > 1:
                names, packets = tuple(holder.hex(":") for holder in holders), Evidence(*holders.values())
                self._ledger.note(
                    faults.ADDRESS_CONFLICT, None, packets, address=address(held), hardware=names
                )


@dataclass(slots=True)
class Visit:
    """Connections of one address to one server."""

    example: Talk
    count: int = 0
    packets: Evidence = field(default_factory=Evidence)

    def add(self, talk: Talk) -> None:
        """One more."""
        self.count += 1
        self.packets.append(talk.first_packet)


class Visits:
    """All visits of a capture."""

    def __init__(self, ledger: Ledger, sides: Sides) -> None:
        self._ledger = ledger
        self._sides = sides
        self._kubelets: set[bytes] = set()
        self._visits: dict[tuple[bytes, Place], Visit] = {}
        self._guests: set[tuple[bytes, Place]] = set()
        self._knocks: dict[tuple[bytes, Place], Visit] = {}

    def probed(self, talk: Talk) -> None:
        """The kubelet asked over HTTP."""
        self._kubelets.add(talk.client[0])

    def visited(self, talk: Talk) -> None:
        """Somebody asked who is no check."""
        self._visits.setdefault((talk.client[0], talk.server), Visit(talk)).add(talk)

    def spoke(self, talk: Talk) -> None:
        """Somebody sent something: whoever also knocks without a word is no health check."""
        if len(self._guests) < MOST:
            self._guests.add((talk.client[0], talk.server))

    def knocked(self, talk: Talk) -> None:
        """Somebody connected and closed without a word."""
        self._knocks.setdefault((talk.client[0], talk.server), Visit(talk)).add(talk)

    def settle(self) -> None:
        """The capture is over: who they were."""
        for (client, _), visit in self._visits.items():
            if client in self._kubelets:
                self._sides.nodes.add(client)
                self._ledger.about(notes.SOURCE_NAT, visit.example, visit.packets, count=visit.count)
        for (client, server), knocks in self._knocks.items():
            if client in self._kubelets:
                knocks.example.client_roles.add(Role.KUBE_PROBE)
                self._ledger.about(
                    notes.KUBE_PROBE, knocks.example, knocks.packets, target=None, count=knocks.count
                )
            elif knocks.count >= KNOCKS and (client, server) not in self._guests:
                knocks.example.client_roles.add(Role.LOAD_BALANCER)
                self._ledger.about(
                    notes.LOAD_BALANCER_CHECK,
                    knocks.example,
                    knocks.packets,
                    agent=None,
                    count=knocks.count,
                )
