"""Scenes of UDP, ICMP and ARP."""

import dns.message
from scapy.layers.inet import ICMP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
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


def elsewhere(family: Family) -> tuple[str, str]:
    """A Service's address, and a directed broadcast."""
    return ("fd00::20", "ff02::1") if ":" in family.client else ("10.96.0.20", "10.244.1.255")


def datagram(source: str, target: str, sport: int, dport: int) -> Packet:
    return network(source, target) / UDP(sport=sport, dport=dport) / Raw(b"x")


@scene
def datagram_not_translated(family: Family) -> Scene:
    """The Service is asked, its pod answers as itself; the client's kernel knows no such peer."""
    asked = datagram(family.client, elsewhere(family)[0], 5000, 3478)
    stray = datagram(family.server, family.client, 3478, 5000)
    turned = Family(family.server, family.client)
    refused = error(turned, ICMPv6DestUnreach(code=4), ICMP(type=3, code=3), stray)
    return Scene([asked, stray, refused] * 2, {faults.NOT_TRANSLATED})


@scene
def datagrams_of_a_peer(family: Family) -> Scene:
    """Who talks to several from one port may well hear from others."""
    service = elsewhere(family)[0]
    packets = [
        datagram(family.client, service, 5000, 3478),
        datagram(family.client, "10.96.0.21" if ":" not in service else "fd00::21", 5000, 3478),
        datagram(family.server, family.client, 3478, 5000),
    ]
    return Scene(packets, {notes.UDP_UNANSWERED})


@scene
def media_each_its_own_way(family: Family) -> Scene:
    """As of a call: what comes is no answer to what goes."""
    packets = []
    for _ in range(11):
        packets.append(datagram(family.client, elsewhere(family)[0], 5000, 4000))
        packets.append(datagram(family.server, family.client, 4000, 5000))
    return Scene(packets, {notes.UDP_UNANSWERED})


@scene
def asked_of_everybody(family: Family) -> Scene:
    packets = [
        datagram(family.client, elsewhere(family)[1], 5000, 9000),
        datagram(family.server, family.client, 9000, 5000),
    ]
    return Scene(packets, {notes.UDP_UNANSWERED})


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
def answer_too_late(family: Family) -> Scene:
    """The resolver asked a second server meanwhile, and closed its port."""
    asked = dns.message.make_query("shop.example", "A", id=7)
    question = network(family.client, family.server) / UDP(sport=5000, dport=53) / Raw(asked.to_wire())
    answer = dns.message.make_response(asked).to_wire()
    answered = network(family.server, family.client) / UDP(sport=53, dport=5000) / Raw(answer)
    back = Family(family.server, family.client)
    closed = error(back, ICMPv6DestUnreach(code=4), ICMP(type=3, code=3), answered)
    return Scene([question, answered, closed], {notes.ANSWER_TOO_LATE})


@scene
def dns_port_closed(family: Family) -> Scene:
    """That nothing listens is told, and that nothing answers is not."""
    question = dns.message.make_query("shop.example", "A", id=7).to_wire()
    asked = network(family.client, family.server) / UDP(sport=5000, dport=53) / Raw(question)
    refused = error(family, ICMPv6DestUnreach(code=4), ICMP(type=3, code=3), asked)
    return Scene([asked, refused, asked, refused], {faults.ICMP_UNREACHABLE}, (0, 0.001, 5, 5.001))


@scene
def time_exceeded(family: Family) -> Scene:
    asked = network(family.client, family.server) / UDP(sport=5000, dport=33434) / Raw(b"traceroute")
    return Scene(
        [asked, error(family, ICMPv6TimeExceeded(), ICMP(type=11), asked)],
        {faults.ROUTING_LOOP, notes.UDP_UNANSWERED},
    )


@scene
def fragments_missing(family: Family) -> Scene:
    """The target waited for the rest of a datagram: its hops did not run out."""
    asked = network(family.client, family.server) / UDP(sport=5000, dport=6000) / Raw(b"x" * 900)
    back = Family(family.server, family.client)
    told = error(back, ICMPv6TimeExceeded(code=1), ICMP(type=11, code=1), asked)
    return Scene([asked, told], {warnings.FRAGMENTS_LOST, notes.UDP_UNANSWERED})


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
def address_probed_and_used(_family: Family) -> Scene:
    """It is not announced; who asks for it later is answered by who probed."""
    return Scene(
        [arp(1, "0.0.0.0", CLIENT), arp(1, SERVER, CLIENT, "02:42:00:00:00:02"), arp(2, CLIENT, SERVER)],
        set(),
    )


@scene
def address_in_use(_family: Family) -> Scene:
    probed = arp(1, "0.0.0.0", CLIENT)
    return Scene([probed, arp(2, CLIENT, "0.0.0.0", "02:42:00:00:00:09")], {faults.ADDRESS_CONFLICT})


@scene
def address_moved(_family: Family) -> Scene:
    """A new pod got it, or the standby took it over: the old holder does not come back."""
    packets = [
        arp(1, CLIENT, SERVER),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:01"),
        arp(1, SERVER, SERVER, "02:42:00:00:00:02"),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:02"),
    ]
    return Scene(packets, {warnings.ADDRESS_MOVED}, (0, 0.001, 60, 90))


def advertised(hardware: str, *, target: str = "fe80::1", override: int = 1) -> Packet:
    option = ICMPv6NDOptDstLLAddr(lladdr=hardware)
    return IPv6(src=target, dst="ff02::1") / ICMPv6ND_NA(tgt=target, O=override) / option


@scene
def router_with_two_cards(_family: Family) -> Scene:
    """Neighbour discovery, too, tells who has an address; proxies override nothing."""
    one, two = "02:42:00:00:00:01", "02:42:00:00:00:02"
    packets = [advertised(one), advertised(two), advertised(one)]
    proxied = [advertised(hardware, target="2001:db8::7", override=0) for hardware in (one, two, one)]
    return Scene([*packets, *proxied], {faults.ADDRESS_CONFLICT}, (0, 30, 60, 61, 62, 63))


@scene
def duplicate_address_detected(_family: Family) -> Scene:
    wanted = "2001:db8::9"
    asked = IPv6(src="::", dst="ff02::1:ff00:9") / ICMPv6ND_NS(tgt=wanted)
    objection = advertised("02:42:00:00:00:01", target=wanted)
    return Scene([asked, objection], {faults.ADDRESS_CONFLICT})


@scene
def address_taken_and_announced(_family: Family) -> Scene:
    """Nobody objected within a second."""
    wanted = "2001:db8::9"
    asked = IPv6(src="::", dst="ff02::1:ff00:9") / ICMPv6ND_NS(tgt=wanted)
    return Scene([asked, advertised("02:42:00:00:00:01", target=wanted)], set(), (0, 1.001))


@scene
def questions_of_a_bystander(family: Family) -> Scene:
    """What another host asks everybody is seen here, what it is answered is not."""
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    asked = [arp(1, "10.244.1.77", "10.244.1.1", "02:42:00:00:00:77")] * 4
    return Scene([*talk.packets, *asked], set(), (*[0] * len(talk.packets), 1, 2, 3, 4))


@scene
def sent_with_few_hops(family: Family) -> Scene:
    """As to open a NAT on the way, and no more: the routers say what was expected."""
    packets = []
    for port in range(27520, 27523):
        asked = probe(family, 4, port)
        packets += [asked, expired(routers(family)[0], family, asked)]
    return Scene(packets, {notes.UDP_UNANSWERED})


@scene
def address_conflict(_family: Family) -> Scene:
    packets = [
        arp(1, CLIENT, SERVER),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:01"),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:02"),
    ]
    return Scene(packets, {faults.ADDRESS_CONFLICT})
