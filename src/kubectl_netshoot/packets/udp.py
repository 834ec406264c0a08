"""UDP: who sent how much to whom, and DNS inside it."""

from dataclasses import dataclass, field
from functools import partial

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Arrival, NotedPackets, Place, Run, Talk, Tally
from kubectl_netshoot.packets.dns import Resolving, has_dns_form, is_answer, read_dns
from kubectl_netshoot.packets.messages import network_steps as steps
from kubectl_netshoot.packets.messages import notes
from kubectl_netshoot.packets.read.headers import UDP, is_multicast, verify
from kubectl_netshoot.packets.report import Application, Outcome, Phase, Role, Side, Transport
from kubectl_netshoot.packets.tcp.flow import ends, turned

DNS_PORT, MDNS_PORT = 53, 5353
# Names of NetBIOS are asked for in the form of DNS (RFC 1002, 4.2), mostly of everybody: who has none is silent.
NETBIOS_PORT = 137
# From and to these ports go the answers of DHCP and DHCPv6, mostly to what was asked of everybody.
DHCP_REPLIES = frozenset({(67, 68), (547, 546)})
HEADER = 8
CHECKED = 3


@dataclass(slots=True, eq=False, kw_only=True)
class UdpFlow(Talk):
    """Datagrams between two ports."""

    keys: tuple[bytes, bytes]
    from_client: Tally = field(default_factory=Tally)
    from_server: Tally = field(default_factory=Tally)
    resolving: Resolving | None = None
    run: Run | None = None

    def resolve(self, context: Context) -> None:
        """It is DNS."""
        self.application = Application.DNS
        if not is_multicast(self.server[0]):
            self.server_roles.add(Role.DNS_SERVER)
        self.resolving = Resolving(self, context)

    def tallies(self) -> tuple[Tally, Tally]:
        return self.from_client, self.from_server


@dataclass(eq=False)
class UdpTable:
    """All UDP conversations by addresses and ports, as the packets have them."""

    _context: Context
    _flows: dict[bytes, tuple[UdpFlow, Side]] = field(default_factory=dict)

    def datagram(
        self, arrival: Arrival, addresses: bytes, data: bytes, start: int, stop: int, end: int
    ) -> None:
        """Take a datagram whose header begins at `start`, ends at `stop`, and was captured up to `end`."""
        if start + HEADER > end:
            return
        packet, ns, wire = arrival
        key = addresses + data[start : start + 4]
        body = data[start + HEADER : min(stop, end)]
        talk, side = self._flows.get(key) or self._open(key, packet, ns, body)
        tally = talk.from_client if side is Side.CLIENT else talk.from_server
        tally.packets += 1
        tally.bytes += wire
        length = max(stop - start - HEADER, 0)
        tally.payload += length
        talk.until = ns
        if tally.packets <= CHECKED:
            verdict = verify(data, start, stop - start, end, UDP, addresses)
            self._context.checksums.saw(addresses[: len(addresses) // 2], verdict, packet, talk, side)
        if side is Side.SERVER and talk.outcome in (Outcome.UNANSWERED, Outcome.ONE_WAY):
            talk.outcome = Outcome.ANSWERED
        message = read_dns(body) if talk.resolving else None
        if talk.resolving and message is not None:
            talk.resolving.message(message, packet, ns)
        else:
            self._count(talk, side, packet, ns, length)

    def about(self, key: bytes) -> tuple[Talk, Side] | None:
        """The conversation that a datagram with this key belongs to, and who sends it."""
        return self._flows.get(key)

    def leave(self, talk: UdpFlow) -> None:
        """Judge a conversation, and no longer find it."""
        for key in talk.keys:
            self._flows.pop(key, None)
        silent = talk.resolving is None and talk.outcome in (Outcome.UNANSWERED, Outcome.REFUSED)
        self._context.udp_strays.over(talk, silent=silent)
        if talk.resolving is not None:
            talk.resolving.finish(self._context.register.end_after(talk.until))
        elif talk.outcome is Outcome.UNANSWERED and not self._is_traced(talk):
            evidence, count = NotedPackets(talk.first_packet), talk.from_client.packets
            note = partial(self._context.ledger.about, notes.UDP_UNANSWERED, talk, evidence, count=count)
            self._context.udp_strays.unless(talk, note)

    def _is_traced(self, talk: UdpFlow) -> bool:
        return self._context.traceroutes.covers((talk.client[0], talk.server[0]))

    def _open(self, key: bytes, packet: int, ns: int, body: bytes) -> tuple[UdpFlow, Side]:
        places = ends(key)
        # A cluster's DNS often listens on another port than its Service.
        ports = {places[0][1], places[1][1]}
        by_form = not ports & {DNS_PORT, NETBIOS_PORT} and has_dns_form(body)
        # Seen in the middle, an answer comes from the well-known port, or says so.
        answer = is_answer(body) if by_form else places[0][1] == DNS_PORT != places[1][1]
        both = (places[1], places[0]) if answer else places
        register, keys = self._context.register, (key, turned(key))
        talk = UdpFlow(
            register.next_number(), Transport.UDP, *both, packet, ns, register.allowance, keys=keys
        )
        one_way = is_multicast(talk.server[0]) or (talk.client[1], talk.server[1]) in DHCP_REPLIES
        talk.outcome = Outcome.ONE_WAY if one_way else Outcome.UNANSWERED
        talk.start_seen = not answer
        if by_form or talk.server[1] == DNS_PORT or is_mdns(talk.server):
            talk.resolve(self._context)
        here, there = (Side.SERVER, Side.CLIENT) if answer else (Side.CLIENT, Side.SERVER)
        register.admit(talk)
        self._flows[keys[1]] = (talk, there)
        self._flows[key] = (talk, here)
        return talk, here

    def _count(self, talk: UdpFlow, side: Side, packet: int, ns: int, length: int) -> None:
        if talk.run is not None and talk.run.side is side:
            talk.run.more(packet, ns, length)
        else:
            talk.run = talk.step(steps.UDP_DATA, Phase.DATA, side, packet, ns, bytes=length)


def is_mdns(place: Place) -> bool:
    """Whether this is where multicast DNS is asked and announced (RFC 6762)."""
    return place[1] == MDNS_PORT and is_multicast(place[0])
