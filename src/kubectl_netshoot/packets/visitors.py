"""Tells who comes to a server: clients, the kubelet, a load balancer, a node that stands for clients behind it.

A kubelet names itself when it probes over HTTP; the same address is then the node's, for probes without a word
(connect and close) and for clients whose address the node replaced by its own.
"""

from kubectl_netshoot.packets.capturing_host import Sides
from kubectl_netshoot.packets.conversation import Evidence, Place, Talk
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import notes
from kubectl_netshoot.packets.report import Role

# One connection without data may be anything; a check comes again.
KNOCKS = 3
MOST = 50_000


class Visit:
    """Connections of one address to one server."""

    __slots__ = ("count", "example", "packets")

    def __init__(self, talk: Talk) -> None:
        self.example = talk
        self.count = 0
        self.packets = Evidence()

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
