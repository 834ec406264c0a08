"""Scenes of UDP, ICMP and ARP."""

from scapy.layers.inet import ICMP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
)
from scapy.layers.l2 import ARP
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.messages import faults, notes, warnings
from tests.unit.packets.stage import Family, Scene, scene
from tests.unit.packets.traffic import CLIENT, SERVER, network, request, response


@scene
def udp_unanswered(family: Family) -> Scene:
    return Scene(
        [network(family.client, family.server) / UDP(sport=5000, dport=8125) / Raw(b"metric:1|c")],
        {notes.UDP_UNANSWERED},
    )


def error(family: Family, six: Packet, four: Packet, about: Packet) -> Packet:
    """An ICMP error from the server about a packet: the one of the two that is of the family."""
    return network(family.server, family.client) / (six if ":" in family.server else four) / about


@scene
def port_unreachable(family: Family) -> Scene:
    asked = network(family.client, family.server) / UDP(sport=5000, dport=8125) / Raw(b"metric:1|c")
    return Scene(
        [asked, error(family, ICMPv6DestUnreach(code=4), ICMP(type=3, code=3), asked)],
        {faults.ICMP_UNREACHABLE},
    )


@scene
def too_big(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    big = talk.segment(talk.server, "A", response(body=b"x" * 1400)[:1448])
    turned = error(
        Family(family.server, family.client),
        ICMPv6PacketTooBig(mtu=1400),
        ICMP(type=3, code=4, nexthopmtu=1400),
        big,
    )
    return Scene([*talk.packets, turned], {faults.FRAGMENTATION_NEEDED})


@scene
def time_exceeded(family: Family) -> Scene:
    asked = network(family.client, family.server) / UDP(sport=5000, dport=33434) / Raw(b"traceroute")
    return Scene(
        [asked, error(family, ICMPv6TimeExceeded(), ICMP(type=11), asked)],
        {faults.ROUTING_LOOP, notes.UDP_UNANSWERED},
    )


@scene
def echo(family: Family) -> Scene:
    def echoes(reply: type[Packet] | None, source: str, target: str, number: int) -> Packet:
        head = network(source, target)
        if ":" in source:
            return head / (ICMPv6EchoReply if reply else ICMPv6EchoRequest)(id=7, seq=number)
        return head / ICMP(type=0 if reply else 8, id=7, seq=number)

    asked = [echoes(None, family.client, family.server, number) for number in (1, 2)]
    answered = echoes(ICMPv6EchoReply, family.server, family.client, 1)
    later = arp(2, CLIENT, SERVER)
    return Scene([asked[0], answered, asked[1], later], {warnings.ECHO_UNANSWERED}, (0, 0.001, 1, 2.5))


@scene
def echo_in_flight(family: Family) -> Scene:
    return Scene(echo(family).packets, set(), (0, 0.001, 1, 1.002))


def expired(router: str, family: Family, about: Packet) -> Packet:
    """What a router on the way says of a packet that ran out of hops."""
    kind = ICMPv6TimeExceeded() if ":" in family.client else ICMP(type=11)
    return network(router, family.client) / kind / about


def routers(family: Family) -> tuple[str, ...]:
    return tuple(
        f"fd00:ffff::{number}" if ":" in family.client else f"192.0.2.{number}" for number in (1, 2, 3)
    )


def probe(family: Family, hops: int, port: int) -> Packet:
    packet = network(family.client, family.server) / UDP(sport=50000, dport=port) / Raw(b"@ABCDEFG")
    setattr(packet, "hlim" if ":" in family.client else "ttl", hops)
    return packet


@scene
def traceroute(family: Family) -> Scene:
    packets = []
    for hops, router in enumerate(routers(family), start=1):
        asked = probe(family, hops, 33433 + hops)
        packets += [asked, expired(router, family, asked)]
    last = probe(family, 4, 33437)
    packets += [last, error(family, ICMPv6DestUnreach(code=4), ICMP(type=3, code=3), last)]
    return Scene(packets, {notes.TRACEROUTE})


@scene
def loop(family: Family) -> Scene:
    """A traceroute may show one as well: the same router, again and again."""
    packets = []
    for hops in (1, 3, 5):
        asked = probe(family, hops, 33433 + hops)
        packets += [asked, expired(routers(family)[0], family, asked)]
    return Scene(packets, {faults.ROUTING_LOOP, notes.UDP_UNANSWERED})


def arp(operation: int, source: str, target: str, hardware: str = "02:42:0a:f4:01:05") -> Packet:
    return ARP(op=operation, psrc=source, pdst=target, hwsrc=hardware)


@scene
def neighbour_unanswered(_family: Family) -> Scene:
    return Scene([arp(1, CLIENT, "10.244.1.99")] * 3, {faults.NEIGHBOUR_UNANSWERED}, (0, 1, 2))


@scene
def address_probed(_family: Family) -> Scene:
    """RFC 5227: nobody answers, so the address is taken."""
    announced = arp(1, CLIENT, CLIENT)
    return Scene([arp(1, "0.0.0.0", CLIENT)] * 3 + [announced] * 2, set(), (0, 1, 2, 4, 6))


@scene
def address_in_use(_family: Family) -> Scene:
    probed = arp(1, "0.0.0.0", CLIENT)
    return Scene([probed, arp(2, CLIENT, "0.0.0.0", "02:42:00:00:00:09")], {faults.ADDRESS_CONFLICT})


@scene
def address_conflict(_family: Family) -> Scene:
    packets = [
        arp(1, CLIENT, SERVER),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:01"),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:02"),
    ]
    return Scene(packets, {faults.ADDRESS_CONFLICT})
