"""What looks like a fault and is none: learned from public captures, made anew by hand."""

import dns.message
import hpack
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import HAO, IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages.http_steps import HTTP2_RESPONSE
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.render.outline import answer
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import Outcome
from tests.unit.packets.scenes_http import frame
from tests.unit.packets.told import explained, finding, found
from tests.unit.packets.traffic import CLIENT, SERVER, Connection, capture, network, request, response


def in_two(packet: Packet, at: int) -> list[Packet]:
    """Its two fragments, the second from byte `at` of what IP carries."""
    head, carried = IP(bytes(packet)), bytes(packet)[20:]
    ends = {"src": head.src, "dst": head.dst, "id": head.id, "proto": head.proto}
    return [IP(**ends, flags="MF") / Raw(carried[:at]), IP(**ends, frag=at // 8) / Raw(carried[at:])]


def what(packets: list[Packet]) -> str:
    return answer(Teller(explained(capture(packets)), Voice(Language("en")))).what


def test_the_beginning_of_a_fragmented_packet_has_no_sum() -> None:
    datagram = IP(src=CLIENT, dst=SERVER, id=7) / UDP(sport=5000, dport=6000) / Raw(b"x" * 3000)
    assert warnings.BAD_CHECKSUM not in found(explained(capture(in_two(datagram, 1400))))
    syn = IP(src=CLIENT, dst=SERVER, id=8) / TCP(dport=80, flags="S", options=[("MSS", 1460), ("WScale", 7)])
    assert warnings.BAD_CHECKSUM not in found(explained(capture(in_two(syn, 24))))


def test_a_packet_that_no_router_lets_pass_was_changed_in_the_file() -> None:
    """Addresses were made anonymous, and no sum was made anew: nothing was damaged on the wire."""
    talk = Connection().handshake().asks(request())
    for packet in talk.packets:
        packet[TCP].chksum = packet[IP].chksum = 0xBEEF
    assert not found(explained(capture(talk.packets[3:4]))) & {
        warnings.BAD_CHECKSUM,
        notes.CHECKSUM_OFFLOAD,
    }
    talk.packets[3][IP].chksum = None
    assert warnings.BAD_CHECKSUM in found(explained(capture(talk.packets[3:4])))


def test_nobody_waits_for_a_window_after_the_end() -> None:
    """The client closes with a full buffer; the capture goes on for an hour."""
    talk = Connection().handshake().asks(request())
    talk.segment(talk.server, "PA", response(body=b"x"))
    talk.client.window = 0
    talk.segment(talk.client, "A")
    talk.reset(talk.client)
    other = network(CLIENT, "10.244.9.9") / UDP(dport=9) / Raw(b"x")
    times = (0, 0, 0, 0, 0, 0.001, 0.001, 0.01, 3600)
    assert warnings.ZERO_WINDOW not in found(explained(capture([*talk.packets, other], times=times)))


def test_http_0_9_is_answered_in_no_http() -> None:
    talk = Connection().handshake().asks(b"GET /\r\n\r\n").answers(b"<html>hello</html>")
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    report = explained(capture(talk.packets))
    assert faults.HTTP_UNANSWERED not in found(report)
    assert "got no response" not in what(talk.packets)


def test_the_beginning_of_a_head_is_no_silence() -> None:
    talk = Connection().handshake().asks(request()).answers(b"HTTP/1.1 200 OK\r\nServer: x")
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    assert found(explained(capture(talk.packets))) == {warnings.HTTP_UNREADABLE}
    in_flight = Connection().handshake().asks(request()).answers(b"HTTP/1.1 200 OK\r\nServer: x")
    assert not found(explained(capture(in_flight.packets)))


def test_an_answer_to_a_request_that_was_lost_in_the_capture() -> None:
    """The answer to the first request and the second request are missing: not the first one took half a minute."""
    talk = Connection().handshake()
    talk.asks(request("/first")).answers(response(body=b"1"))
    lost = len(talk.packets)
    talk.asks(request("/second"))
    talk.answers(response(body=b"2")).close()
    packets = talk.packets[: lost - 2] + talk.packets[lost + 1 :]
    times = (*[0.1] * (lost - 2), *[30.0] * (len(packets) - lost + 2))
    assert warnings.SLOW_RESPONSE not in found(explained(capture(packets, times=times)))


def test_a_status_whose_request_was_not_captured() -> None:
    talk = Connection().handshake()
    talk.asks(request()).answers(response("404 Not Found")).close()
    packets = [packet for packet in talk.packets if packet[IP].src == SERVER]
    report = explained(capture(packets))
    headline = Teller(report, Voice(Language("en"))).headline(finding(report, warnings.HTTP_CLIENT_ERROR))
    assert headline == "10.244.2.7:80 answers 10.244.1.5 with 404"


def test_extension_headers_may_name_other_addresses_for_the_sum() -> None:
    """A mobile node: its home address is in the destination options, and stands in the sum (RFC 6275, 11.3.1)."""
    home, care_of, server = "2001:db8::5", "2001:db8:1::5", "2001:db8:2::7"
    sent = UDP(bytes(IPv6(src=home, dst=server) / UDP(dport=9) / Raw(b"x"))[40:])
    options = IPv6ExtHdrDestOpt(options=[HAO(hoa=home)])
    packet = IPv6(src=care_of, dst=server) / options / sent
    assert warnings.BAD_CHECKSUM not in found(explained(capture([packet])))
    damaged = IPv6(src=care_of, dst=server) / sent
    assert warnings.BAD_CHECKSUM in found(explained(capture([damaged])))


def test_a_connection_with_dns_in_it_ends_as_any_other() -> None:
    asked = dns.message.make_query("shop.example", "A", id=7)
    answered = dns.message.make_response(asked)
    talk = Connection(port=53).handshake()
    talk.asks(len(asked.to_wire()).to_bytes(2, "big") + asked.to_wire())
    talk.answers(len(answered.to_wire()).to_bytes(2, "big") + answered.to_wire())
    (still_open,) = explained(capture(talk.packets)).conversations
    assert still_open.outcome is Outcome.OPEN
    talk.asks(len(asked.to_wire()).to_bytes(2, "big") + asked.to_wire()).close()
    times = (*[0] * (len(talk.packets) - 3), 9, 9, 9)
    (closed,) = explained(capture(talk.packets, times=times)).conversations
    assert closed.outcome is Outcome.CLOSED


def test_a_reset_after_an_answer_in_no_http_is_not_before_the_answer() -> None:
    talk = Connection(port=22).handshake().asks(request()).answers(b"SSH-2.0-OpenSSH_9.6\r\n")
    talk.reset(talk.server)
    reset = finding(explained(capture(talk.packets)), faults.CONNECTION_RESET)
    assert reset.parameters["moment"] == "data"


def test_a_browser_lets_the_server_have_a_larger_table_of_headers() -> None:
    """Its SETTINGS allow 64 KiB, so the first answer begins with a change of the table's size (RFC 7541, 6.3)."""
    asked, answered = hpack.Encoder(), hpack.Encoder()
    call = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "shop.example")]
    allowed = frame(4, 0, 0, b"\0\1" + (65_536).to_bytes(4, "big"))
    talk = Connection().handshake()
    talk.asks(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + allowed + frame(1, 5, 1, asked.encode(call)))
    answered.header_table_size = 65_536
    talk.answers(frame(1, 5, 1, answered.encode([(":status", "200")]))).close()
    report = explained(capture(talk.packets))
    assert not found(report)
    (told,) = report.conversations
    assert [step.parameters["status"] for step in told.steps if step.kind is HTTP2_RESPONSE] == [200]


def test_headers_that_cannot_be_decoded_are_no_silence() -> None:
    call = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "shop.example")]
    talk = Connection().handshake()
    talk.asks(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(1, 5, 1, hpack.Encoder().encode(call)))
    talk.answers(frame(1, 5, 1, b"\xff\xff\xff")).close()
    assert not found(explained(capture(talk.packets)))


def test_a_server_that_resets_at_once_is_not_silent() -> None:
    talk = Connection().handshake().asks(request())
    assert found(explained(capture(talk.reset(talk.server).packets))) == {faults.CONNECTION_RESET}


def test_an_answer_that_the_capture_lost_is_no_silence() -> None:
    """What is missing begins in the body of the first answer, and ends in that of the second."""
    talk = Connection().handshake().asks(request("/1") + request("/2"))
    both = response(body=b"x" * 100) * 2
    for part in (both[:120], both[120:320], both[320:]):
        talk.answers(part)
    del talk.packets[-4]
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    assert faults.HTTP_UNANSWERED not in found(explained(capture(talk.packets)))


def test_who_asks_in_the_middle_of_a_connection_is_the_client_whatever_its_port() -> None:
    talk = Connection(client_port=39_976, port=64_000).handshake()
    talk.asks(request()).answers(response(body=b"1")).asks(request("/2")).answers(response(body=b"2"))
    for begin in (3, 5):
        report = explained(capture(talk.packets[begin:]))
        assert found(report) == {notes.STARTED_MIDWAY}
        assert report.conversations[0].server.port == 64_000
