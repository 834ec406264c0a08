"""Small captures, each with one thing to be found in it: name -> packets, their times, and the findings."""

from collections.abc import Callable
from typing import NamedTuple

import dns.flags
import dns.message
import dns.rcode
import hpack
from scapy.layers.inet import ICMP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
)
from scapy.layers.l2 import ARP
from scapy.packet import Packet, Raw

from kubectl_netshoot.explain.finding_ids import FindingId as F
from tests.explain.traffic import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    Connection,
    get_root,
    network,
    request,
    response,
)


class Scene(NamedTuple):
    """`found` is every finding that the packets give, no more."""

    packets: list[Packet]
    found: set[F]
    times: tuple[float, ...] = ()


class Family(NamedTuple):
    """The addresses that a scene plays between."""

    client: str
    server: str

    def connection(self, port: int = 80, client_port: int = 43210) -> Connection:
        return Connection(client=self.client, server=self.server, port=port, client_port=client_port)


FAMILIES = {"IPv4": Family(CLIENT, SERVER), "IPv6": Family(CLIENT6, SERVER6)}
SCENES: dict[str, Callable[[Family], Scene]] = {}


def scene(play: Callable[[Family], Scene]) -> Callable[[Family], Scene]:
    SCENES[play.__name__] = play
    return play


@scene
def nothing_wrong(family: Family) -> Scene:
    return Scene(
        family.connection().handshake().asks(request()).answers(response(body=b"hello")).close().packets,
        set(),
    )


@scene
def refused(family: Family) -> Scene:
    talk = family.connection()
    talk.segment(talk.client, "S")
    talk.segment(talk.server, "RA")
    return Scene(talk.packets, {F.CONNECTION_REFUSED})


@scene
def unanswered(family: Family) -> Scene:
    talk = family.connection()
    for _ in range(3):
        talk.segment(talk.client, "S", seq=1000)
    return Scene(talk.packets, {F.CONNECTION_UNANSWERED}, (0, 1, 3))


@scene
def handshake_unfinished(family: Family) -> Scene:
    talk = family.connection()
    talk.segment(talk.client, "S")
    for _ in range(3):
        talk.segment(talk.server, "SA", seq=900_000)
    return Scene(talk.packets, {F.HANDSHAKE_UNFINISHED}, (0, 0.001, 1, 3))


@scene
def slow_handshake(family: Family) -> Scene:
    talk = family.connection()
    talk.segment(talk.client, "S", seq=1000)
    talk.handshake()
    return Scene(talk.packets, {F.SLOW_HANDSHAKE}, (0, 1, 1.001, 1.002))


@scene
def probe_failing(family: Family) -> Scene:
    probe = request("/healthz").replace(b"curl/8.5.0", b"kube-probe/1.36")
    talk = family.connection().handshake().asks(probe).answers(response("503 Service Unavailable")).close()
    return Scene(talk.packets, {F.PROBE_FAILING, F.KUBE_PROBE})


@scene
def check_failing(family: Family) -> Scene:
    check = request("/healthz").replace(b"curl/8.5.0", b"ELB-HealthChecker/2.0")
    talk = family.connection().handshake().asks(check).answers(response("500 Internal Server Error")).close()
    return Scene(talk.packets, {F.CHECK_FAILING, F.LOAD_BALANCER_CHECK})


@scene
def node_stands_for_clients(family: Family) -> Scene:
    probe = request("/healthz").replace(b"curl/8.5.0", b"kube-probe/1.36")
    first = family.connection().handshake().asks(probe).answers(response()).close()
    second = family.connection(client_port=43211).handshake().asks(request()).answers(response()).close()
    knock = family.connection(client_port=43212).handshake().close()
    return Scene(first.packets + second.packets + knock.packets, {F.KUBE_PROBE, F.SOURCE_NAT})


@scene
def knocks(family: Family) -> Scene:
    talks = [family.connection(client_port=port).handshake().close() for port in (43210, 43211, 43212)]
    return Scene([packet for talk in talks for packet in talk.packets], {F.LOAD_BALANCER_CHECK})


@scene
def server_error(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response("502 Bad Gateway")).close()
    return Scene(talk.packets, {F.HTTP_SERVER_ERROR})


@scene
def client_error(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request("/gone")).answers(response("404 Not Found")).close()
    return Scene(talk.packets, {F.HTTP_CLIENT_ERROR})


@scene
def request_unanswered(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {F.HTTP_UNANSWERED})


@scene
def response_cut(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x" * 900)[:-500])
    return Scene(talk.close().packets, {F.HTTP_RESPONSE_CUT})


@scene
def reset_in_response(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x" * 900)[:-500])
    return Scene(talk.reset(talk.server).packets, {F.HTTP_RESPONSE_CUT, F.CONNECTION_RESET})


@scene
def reset_when_idle(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    return Scene(talk.reset(talk.client).packets, {F.IDLE_RESET})


@scene
def slow_response(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response()).close()
    return Scene(talk.packets, {F.SLOW_RESPONSE}, (0, 0, 0, 0, 0, 2.5, 2.5, 2.6, 2.6, 2.6))


@scene
def not_http_any_more(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(b"\0\1\2\3garbage\r\n\r\n").close()
    return Scene(talk.packets, {F.HTTP_UNREADABLE, F.HTTP_UNANSWERED})


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    """An HTTP/2 frame."""
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + body


@scene
def grpc_error(family: Family) -> Scene:
    asked, answered = hpack.Encoder(), hpack.Encoder()
    call = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/shop.Cart/Add"),
        (":authority", "cart:50051"),
        ("content-type", "application/grpc"),
    ]
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    question = preface + frame(1, 4, 1, asked.encode(call)) + frame(0, 1, 1, b"\0\0\0\0\0")
    head = answered.encode([(":status", "200"), ("content-type", "application/grpc")])
    trailers = answered.encode([("grpc-status", "14"), ("grpc-message", "no backend")])
    answer = frame(4, 0, 0, b"") + frame(1, 4, 1, head) + frame(1, 5, 1, trailers)
    return Scene(
        family.connection(50051).handshake().asks(question).answers(answer).close().packets, {F.GRPC_ERROR}
    )


def record(kind: int, body: bytes, version: bytes = b"\x03\x03") -> bytes:
    """A TLS record."""
    return bytes((kind,)) + version + len(body).to_bytes(2, "big") + body


def sized(data: bytes, size: int = 2) -> bytes:
    return len(data).to_bytes(size, "big") + data


def client_hello(name: bytes = b"shop.example") -> bytes:
    """A ClientHello that offers TLS 1.3 and h2."""
    server_name = b"\0\0" + sized(sized(b"\0" + sized(name)))
    alpn = b"\0\x10" + sized(sized(sized(b"h2", 1) + sized(b"http/1.1", 1)))
    versions = b"\0\x2b" + sized(sized(b"\x03\x04\x03\x03", 1))
    body = b"\x03\x03" + bytes(32) + sized(b"", 1) + sized(b"\x13\x01\xc0\x2f") + sized(b"\0", 1)
    return record(22, b"\x01" + sized(body + sized(server_name + alpn + versions), 3), b"\x03\x01")


def server_hello(version: bytes = b"\x03\x04") -> bytes:
    """A ServerHello; with TLS 1.3 the version is in an extension."""
    extension = sized(b"\0\x2b" + sized(version)) if version == b"\x03\x04" else b""
    old = min(version, b"\x03\x03")
    body = old + bytes(32) + sized(b"", 1) + b"\x13\x01" + b"\0" + extension
    return record(22, b"\x02" + sized(body, 3))


@scene
def tls(family: Family) -> Scene:
    talk = (
        family.connection(443)
        .handshake()
        .asks(client_hello())
        .answers(server_hello() + record(23, b"x" * 900))
    )
    talk.asks(record(20, b"\1") + record(23, b"y" * 60)).answers(record(23, b"z" * 300)).close()
    return Scene(talk.packets, set())


@scene
def tls_alert(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(client_hello()).answers(record(21, b"\x02\x28")).close()
    return Scene(talk.packets, {F.TLS_ALERT})


@scene
def tls_handshake_cut(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(client_hello())
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {F.TLS_HANDSHAKE_CUT})


@scene
def tls_old(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(client_hello()).answers(server_hello(b"\x03\x01"))
    talk.asks(record(20, b"\1") + record(22, b"e" * 40)).answers(record(20, b"\1") + record(22, b"e" * 40))
    return Scene(talk.close().packets, {F.TLS_OLD_VERSION})


@scene
def tls_gets_plain_text(family: Family) -> Scene:
    talk = (
        family.connection(443).handshake().asks(client_hello()).answers(response("400 Bad Request")).close()
    )
    return Scene(talk.packets, {F.TLS_GOT_PLAIN_TEXT})


@scene
def plain_text_to_tls(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(request()).answers(record(21, b"\x02\x46")).close()
    return Scene(talk.packets, {F.TLS_GOT_PLAIN_TEXT})


@scene
def retransmissions(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    first = talk.server.sequence
    talk.segment(talk.server, "PA", response(body=b"x" * 100))
    talk.segment(talk.server, "PA", response(body=b"x" * 100), seq=first)
    talk.segment(talk.client, "A")
    return Scene(
        talk.close().packets,
        {F.RETRANSMISSIONS},
        (0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.3, 0.301, 0.4, 0.4, 0.4),
    )


@scene
def out_of_order(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    for _ in range(3):
        talk.segment(talk.server, "PA", b"")
        del talk.packets[-1]
    whole = response(body=b"x" * 1000)
    for part in (whole[:400], whole[400:800], whole[800:]):
        talk.segment(talk.server, "A", part)
    talk.packets[-2], talk.packets[-1] = talk.packets[-1], talk.packets[-2]
    talk.segment(talk.client, "A")
    times = (0, 0.005, 0.01, 0.011, 0.012, 0.013, 0.0131, 0.0132, 0.02, 0.03, 0.03, 0.03)
    return Scene(talk.close().packets, {F.OUT_OF_ORDER}, times)


@scene
def black_hole(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    first = talk.server.sequence
    for _ in range(5):
        talk.segment(talk.server, "A", response(body=b"x" * 1400)[:1448], seq=first)
    return Scene(talk.packets, {F.MTU_BLACK_HOLE}, (0, 0, 0, 0, 0, 0, 0.2, 0.6, 1.4, 3))


@scene
def zero_window(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    talk.segment(talk.server, "A", response(body=b"x" * 2000)[:1000])
    talk.segment(talk.client, "A", window=0)
    talk.segment(talk.client, "A", window=500)
    talk.segment(talk.server, "A", response(body=b"x" * 2000)[1000:])
    talk.segment(talk.client, "A")
    return Scene(talk.close().packets, {F.ZERO_WINDOW}, (0, 0, 0, 0, 0, 0, 0, 1.5, 1.5, 1.5, 1.6, 1.6, 1.6))


@scene
def keep_alive(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    talk.segment(talk.client, "A", seq=talk.client.sequence - 1)
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {F.KEEP_ALIVE}, (0, 0, 0, 0, 0, 0, 0, 15, 15))


@scene
def keep_alive_unanswered(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    for _ in range(4):
        talk.segment(talk.client, "A", seq=talk.client.sequence - 1)
    return Scene(talk.packets, {F.KEEP_ALIVE_UNANSWERED}, (0, 0, 0, 0, 0, 0, 0, 15, 30, 45, 60))


@scene
def half_closed(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "A")
    other = family.connection(client_port=43999)
    other.segment(other.client, "S")
    other.segment(other.server, "RA")
    found = {F.HALF_CLOSED_LONG, F.CONNECTION_REFUSED}
    return Scene(talk.packets + other.packets, found, (0, 0, 0, 0, 0, 0, 0, 1, 1, 60, 60))


@scene
def one_sided(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    mine = [packet for packet in talk.packets if packet[TCP].dport == 80]
    return Scene(mine, {F.ONE_SIDED, F.HTTP_UNANSWERED})


@scene
def lost_in_capture(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    whole = response(body=b"x" * 2000)
    for part in (whole[:1000], whole[1000:1500], whole[1500:]):
        talk.answers(part)
    del talk.packets[7]
    return Scene(talk.close().packets, {F.LOST_IN_CAPTURE})


@scene
def started_midway(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    return Scene(talk.packets[3:], {F.STARTED_MIDWAY})


@scene
def offloading(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    for packet in talk.packets:
        if packet[TCP].sport == 80:
            packet[TCP].chksum = 0xBEEF
    return Scene(talk.packets, {F.CHECKSUM_OFFLOAD})


@scene
def damaged_packet(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    talk.packets[1][TCP].chksum = 0xBEEF
    return Scene(talk.packets, {F.BAD_CHECKSUM})


def question(
    family: Family, name: str, identity: int, port: int = 40000, kind: str = "A"
) -> tuple[Packet, dns.message.Message]:
    """A question as a pod asks it, and what its answer is made from."""
    asked = dns.message.make_query(name, kind, id=identity)
    packet = network(family.client, family.server) / UDP(sport=port, dport=53) / Raw(asked.to_wire())
    return packet, asked


def answer(
    family: Family, asked: dns.message.Message, code: str = "NOERROR", port: int = 40000, *, cut: bool = False
) -> Packet:
    answered = dns.message.make_response(asked)
    answered.set_rcode(dns.rcode.from_text(code))
    if cut:
        answered.flags |= dns.flags.TC
    return network(family.server, family.client) / UDP(sport=53, dport=port) / Raw(answered.to_wire())


def resolving(family: Family, *names: tuple[str, str]) -> list[Packet]:
    """Questions with the codes of their answers, one after the other."""
    packets = []
    for identity, (name, code) in enumerate(names, start=1):
        asking, asked = question(family, name, identity)
        packets += [asking, answer(family, asked, code)]
    return packets


@scene
def dns_found(family: Family) -> Scene:
    return Scene(resolving(family, ("web.shop.svc.cluster.local.", "NOERROR")), set())


@scene
def dns_no_such_name(family: Family) -> Scene:
    return Scene(resolving(family, ("nowhere.example.", "NXDOMAIN")), {F.DNS_NO_SUCH_NAME})


@scene
def dns_search_list(family: Family) -> Scene:
    endings = ("shop.svc.cluster.local.", "svc.cluster.local.", "cluster.local.")
    tried = [(f"api.example.com.{ending}", "NXDOMAIN") for ending in endings]
    return Scene(resolving(family, *tried, ("api.example.com.", "NOERROR")), {F.DNS_SEARCH_LIST})


@scene
def dns_search_list_in_vain(family: Family) -> Scene:
    tried = [
        (f"api.example.com{ending}", "NXDOMAIN")
        for ending in (".shop.svc.cluster.local.", ".svc.cluster.local.", ".")
    ]
    return Scene(resolving(family, *tried), {F.DNS_SEARCH_LIST, F.DNS_NO_SUCH_NAME})


@scene
def dns_server_failure(family: Family) -> Scene:
    return Scene(resolving(family, ("web.example.", "SERVFAIL")), {F.DNS_SERVER_FAILURE})


@scene
def dns_unanswered(family: Family) -> Scene:
    asking, _ = question(family, "web.example.", 1)
    return Scene([asking, asking], {F.DNS_UNANSWERED}, (0, 5))


@scene
def dns_slow_and_truncated(family: Family) -> Scene:
    asking, asked = question(family, "web.example.", 1)
    return Scene([asking, answer(family, asked, cut=True)], {F.DNS_SLOW, F.DNS_TRUNCATED}, (0, 3))


@scene
def udp_unanswered(family: Family) -> Scene:
    return Scene(
        [network(family.client, family.server) / UDP(sport=5000, dport=8125) / Raw(b"metric:1|c")],
        {F.UDP_UNANSWERED},
    )


def error(family: Family, six: Packet, four: Packet, about: Packet) -> Packet:
    """An ICMP error from the server about a packet: the one of the two that is of the family."""
    return network(family.server, family.client) / (six if ":" in family.server else four) / about


@scene
def port_unreachable(family: Family) -> Scene:
    asked = network(family.client, family.server) / UDP(sport=5000, dport=8125) / Raw(b"metric:1|c")
    return Scene(
        [asked, error(family, ICMPv6DestUnreach(code=4), ICMP(type=3, code=3), asked)], {F.ICMP_UNREACHABLE}
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
    return Scene([*talk.packets, turned], {F.FRAGMENTATION_NEEDED})


@scene
def time_exceeded(family: Family) -> Scene:
    asked = network(family.client, family.server) / UDP(sport=5000, dport=33434) / Raw(b"traceroute")
    return Scene(
        [asked, error(family, ICMPv6TimeExceeded(), ICMP(type=11), asked)], {F.ROUTING_LOOP, F.UDP_UNANSWERED}
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
    return Scene([asked[0], answered, asked[1]], {F.ECHO_UNANSWERED})


def arp(operation: int, source: str, target: str, hardware: str = "02:42:0a:f4:01:05") -> Packet:
    return ARP(op=operation, psrc=source, pdst=target, hwsrc=hardware)


@scene
def neighbour_unanswered(_family: Family) -> Scene:
    return Scene([arp(1, CLIENT, "10.244.1.99")] * 3, {F.NEIGHBOUR_UNANSWERED}, (0, 1, 2))


@scene
def address_conflict(_family: Family) -> Scene:
    packets = [
        arp(1, CLIENT, SERVER),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:01"),
        arp(2, SERVER, CLIENT, "02:42:00:00:00:02"),
    ]
    return Scene(packets, {F.ADDRESS_CONFLICT})


@scene
def the_page_of_the_runbook(_family: Family) -> Scene:
    return Scene(get_root(), set())
