"""What tcpdump does not print, or prints in another way, is no fault: learned from its text of public captures."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.read.headers import pseudo_sum
from kubectl_netshoot.packets.render.outline import answer
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import Outcome
from tests.unit.packets.told import explained, finding, found
from tests.unit.packets.traffic import Connection, capture, request

SYN = "{} IP 10.1.1.5.40000 > 10.1.2.7.8080: Flags [S], seq 100, win 64240, length 0\n"


def wrong(text: str) -> str:
    return answer(Teller(explained(text.encode()), Voice(Language("en")))).wrong


def test_a_card_that_is_not_printed_claims_nothing() -> None:
    report = explained(
        b"10:00:00.000000 ARP, Request who-has 10.0.0.9 tell 10.0.0.5, length 28\n"
        b"10:00:00.000200 ARP, Reply 10.0.0.9 is-at 02:00:00:00:00:09, length 28\n"
        b"10:00:01.000000 ARP, Request who-has 10.0.0.5 tell 10.0.0.9, length 28\n"
        b"10:00:01.000200 ARP, Reply 10.0.0.5 is-at 02:00:00:00:00:05, length 28\n"
        b"10:00:02.000000 ARP, Probe 10.0.0.7, length 28\n"
        b"10:00:04.000000 ARP, Announcement 10.0.0.7, length 28\n"
        b"10:00:05.000000 ARP, Reply 10.0.0.7 is-at 02:00:00:00:00:07, length 28\n"
    )
    assert not found(report)


def test_options_of_an_ack_are_no_data() -> None:
    ack = (
        "10:00:0{0}.000000 IP (tos 0x0, ttl 64, id {0}, offset 0, flags [DF], proto TCP (6), length 64)\n"
        "    10.0.0.5.40000 > 10.0.0.9.80: Flags [.], cksum 0x6671 (correct), ack 1, win 502, options "
        "[nop,nop,TS val 3{0} ecr 4,nop,nop,sack 1 {{1449:{1}}}], length 0\n"
    )
    report = explained("".join(ack.format(n, 3000 + n) for n in range(1, 6)).encode())
    assert warnings.RETRANSMISSIONS not in found(report)
    assert report.conversations[0].from_client.payload == 0


@pytest.mark.parametrize("port", [80, 443])
def test_numbers_count_from_the_first_ack(port: int) -> None:
    """Where the server's answers are not captured, tcpdump counts from the handshake's ACK, not from the SYN."""
    ends = f"IP 10.0.0.5.40000 > 10.0.0.9.{port}: Flags"
    report = explained(
        (
            f"10:00:00.000000 {ends} [S], seq 3230539382, win 14600, options [mss 1460], length 0\n"
            f"10:00:00.050000 {ends} [.], ack 4216053346, win 229, length 0\n"
            f"10:00:00.060000 {ends} [P.], seq 0:772, ack 1, win 229, length 772\n"
            f"10:00:00.150000 {ends} [P.], seq 772:1000, ack 1389, win 274, length 228\n"
            # The ports are used again: it still counts from there.
            f"10:00:09.000000 {ends} [S], seq 3330539382, win 14600, options [mss 1460], length 0\n"
            f"10:00:09.050000 {ends} [.], ack 4315053346, win 229, length 0\n"
            f"10:00:09.060000 {ends} [P.], seq 100000000:100000772, ack 99000000, win 229, length 772\n"
        ).encode()
    )
    assert not found(report) & {warnings.RETRANSMISSIONS, notes.OUT_OF_ORDER, notes.LOST_IN_CAPTURE}
    assert sum(talk.from_client.payload for talk in report.conversations) == 1772


HEAD = "\tHTTP/1.1 200 OK\n\tServer: x\n"
BODIES = {
    "in chunks of many lines": "\tTransfer-Encoding: chunked\n\t\n\t5\n\tHello\n\t5\n\tWorl",
    "in a chunk that cannot be printed": "\tTransfer-Encoding: chunked\n\t\n\t1f4\n",
    "that cannot be printed": "\tContent-Length: 300\n\t\n",
    "whose head is not printed to its end": "\tContent-Length: 300\n",
    "with other ends of lines": "\tContent-Length: 290\n\t\n" + "\tx\n" * 95,
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_is_not_cut_where_its_text_ends(body: str) -> None:
    ends = "10.0.0.9.80 > 10.0.0.5.40000: Flags"
    report = explained(
        (
            "10:00:00.000000 IP 10.0.0.5.40000 > 10.0.0.9.80: Flags [P.], seq 1:38, ack 1, win 502, length 37: "
            "HTTP, length: 37\n\tGET / HTTP/1.1\n\tHost: shop.example\n\t\n"
            f"10:00:00.010000 IP {ends} [P.], seq 1:380, ack 38, win 502, length 379: HTTP, length: 379\n"
            f"{HEAD}{BODIES[body]}\n"
            f"10:00:00.011000 IP {ends} [F.], seq 380, ack 38, win 502, length 0\n"
            "10:00:00.012000 IP 10.0.0.5.40000 > 10.0.0.9.80: Flags [F.], seq 38, ack 381, win 502, length 0\n"
            f"10:00:00.013000 IP {ends} [.], ack 39, win 502, length 0\n"
        ).encode()
    )
    assert report.conversations[0].outcome is Outcome.CLOSED
    assert found(report) == {notes.STARTED_MIDWAY}


def snapped(data: bytes, size: int) -> bytes:
    """A capture with no more than so many bytes of each packet."""
    made, at = data[:24], 24
    while at < len(data):
        kept = int.from_bytes(data[at + 8 : at + 12], "little")
        piece = data[at + 16 : at + 16 + min(kept, size)]
        made += data[at : at + 8] + len(piece).to_bytes(4, "little") + data[at + 12 : at + 16] + piece
        at += 16 + kept
    return made


def test_what_was_not_captured_may_be_the_end() -> None:
    talk = Connection().handshake().asks(request())
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n" + b"x" * 500 + b"\r\n0\r\n\r\n"
    talk.answers(chunks).close()
    assert not found(explained(snapped(capture(talk.packets), 200))) & {faults.HTTP_RESPONSE_CUT}


def test_sums_that_a_card_completes_are_so_in_text_too() -> None:
    source, target = bytes((10, 0, 0, 5)), bytes((10, 0, 0, 53))
    partial = pseudo_sum(38, 17, source + target)
    line = (
        "10:00:0{}.000000 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 58{})\n"
        "    10.0.0.5.4000{} > 10.0.0.53.53: [bad udp cksum 0x{:04x} -> 0x1234!] 1+ A? shop.example. (30)\n"
    )
    offloaded = explained("".join(line.format(n, "", n, partial) for n in range(2)).encode())
    assert notes.CHECKSUM_OFFLOAD in found(offloaded)
    assert warnings.BAD_CHECKSUM not in found(offloaded)
    assert warnings.BAD_CHECKSUM in found(explained(line.format(1, "", 1, partial ^ 1).encode()))
    changed = explained(line.format(1, ", bad cksum 0 (->1)!", 1, partial ^ 1).encode())
    assert not found(changed) & {warnings.BAD_CHECKSUM, notes.CHECKSUM_OFFLOAD}


@pytest.mark.parametrize(
    "said",
    [
        "SIP: REGISTER sip:shop.example SIP/2.0",
        "dhcp6 solicit (xid=5b0d43 (client-ID hwaddr type 1 020000000005))",
        "HSRPv0-hello 20: state=active group=1 addr=10.0.0.1",
        "NTPv4, Client, length 48",
        " l2tp:[TLS](0/0)Ns=0,Nr=0 *MSGTYPE(SCCRQ)",
        " GetResponse(29)  .1.3.6.1.2.1.1.3.0=1",
        "sctp (1) [INIT] [init tag: 1] [rwnd: 106496] [OS: 2] [MIS: 100] [init TSN: 1]",
    ],
)
def test_datagrams_whose_length_is_not_printed(said: str) -> None:
    report = explained(f"10:00:00.000000 IP 10.0.0.5.4000 > 10.0.0.9.5060: {said}\n".encode())
    assert (report.capture.packets, report.capture.unread_lines) == (1, 0)


def test_a_packet_of_which_not_all_is_in_the_file() -> None:
    report = explained(
        b"10:00:00.000000 IP truncated-ip - 12 bytes missing! 10.0.0.5.40000 > 10.0.0.9.443: Flags [S], seq 1, "
        b"length 0\n"
        b"10:00:00.100000 IP truncated-ip - 4 bytes missing! (tos 0x0, ttl 64, id 0, offset 0, flags [DF], "
        b"proto TCP (6), length 40)\n    10.0.0.9.443 > 10.0.0.5.40000: Flags [R.], cksum 0x1111 (correct), "
        b"seq 0, ack 2, win 0, length 0\n"
    )
    assert not report.capture.unread_lines
    assert found(report) == {faults.CONNECTION_REFUSED}


def test_where_the_bytes_are_printed_their_words_are_not_needed() -> None:
    data = bytes(IP(src="10.0.0.5", dst="10.0.0.9") / UDP(sport=1, dport=2) / Raw(b"abcd"))
    rows = "".join(
        f"\t0x{at:04x}:  {' '.join(data[at + n : at + n + 2].hex() for n in range(0, min(16, len(data) - at), 2))}\n"
        for at in range(0, len(data), 16)
    )
    report = explained(f"10:00:00.000000 IP what nobody knows of\n{rows}".encode())
    assert (report.capture.packets, report.capture.unread_lines) == (1, 0)
    assert report.conversations[0].from_client.payload == 4


OTHER_TIMES = {
    "whole seconds": "14:14:0{}",
    "a comma": "14:14:0{},844769",
    "a zone": "2026-08-27 14:14:0{}.844769+02:00",
    "half a day": "2:14:0{}.844769 PM",
    "in brackets": "[14:14:0{}]",
}


@pytest.mark.parametrize("way", OTHER_TIMES)
def test_times_as_others_write_them(way: str) -> None:
    report = explained("".join(SYN.format(OTHER_TIMES[way].format(n)) for n in (1, 2, 4)).encode())
    assert finding(report, faults.CONNECTION_UNANSWERED).parameters["seconds"] == 3.0
    assert report.capture.first is not None
    assert report.capture.first % 86_400 // 3600 == 14


@pytest.mark.parametrize("before", ["", "2026-08-27T14:14:01.844769123Z ", "Aug 27 14:14:01 "])
def test_without_times_it_is_not_said_that_nothing_is_wrong(before: str) -> None:
    """What a log says is when a line was written: tcpdump writes many at once."""
    text = (before + SYN.format("")[1:]) * 3
    assert not found(explained(text.encode()))
    assert wrong(text) == "Nothing that these 3 packets show without their times"


def test_an_error_that_names_no_protocol_names_none() -> None:
    line = "10:00:00.000400 IP 10.0.0.1 > 10.0.0.5: ICMP host 10.0.0.9 unreachable{}, length 68\n"
    assert wrong(line.format("")) == "10.0.0.1 says that 10.0.0.9 cannot be reached (ICMP: host)"
    assert wrong(line.format(" - admin prohibited filter")) == (
        "10.0.0.1 says that a firewall forbids packets to 10.0.0.9"
    )


def test_one_router_goes_round_in_a_circle_and_many_are_on_a_way() -> None:
    line = "10:00:0{}.000400 IP 10.0.0.{} > 10.0.0.5: ICMP time exceeded in-transit, length 68\n"
    assert found(explained("".join(line.format(n, n) for n in range(1, 5)).encode())) == {notes.TRACEROUTE}
    assert (
        wrong("".join(line.format(n, 1) for n in range(3)))
        == "Packets run out of hops, says 10.0.0.1; 3 times"
    )


REFUSED = (
    "10:00:00.000000 {0}10.1.1.5.40000 > 10.1.2.7.8080: Flags [S], seq 100, win 64240, length 0{1}\n"
    "10:00:00.000400 {0}10.1.2.7.8080 > 10.1.1.5.40000: Flags [R.], seq 0, ack 101, win 0, length 0{1}\n"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rule 3/0(match): block in on em0: ", ""),
        ("(en0, proc curl:1234, svc BE, out) IP ", ""),
        # As tcpdump 4.9 and before ended what is in a tunnel; and what it shows of a reset's data.
        ("IP 192.0.2.7 > 192.0.2.6: IP ", " (ipip-proto-4)"),
        ("IP ", " [RST+ no listener]"),
    ],
)
def test_what_others_print_around_a_segment(before: str, after: str) -> None:
    report = explained(REFUSED.format(before, after).encode())
    assert (report.capture.packets, report.capture.unread_lines) == (2, 0)
    assert found(report) == {faults.CONNECTION_REFUSED}


def test_ctrl_c_may_stand_before_a_packet() -> None:
    report = explained(("^C" + REFUSED.format("IP ", "")).encode())
    assert found(report) == {faults.CONNECTION_REFUSED}


def test_what_a_text_repeats_of_a_question_over_tcp() -> None:
    ends = "10.1.1.5.40000 > 10.96.0.10.53", "10.96.0.10.53 > 10.1.1.5.40000"
    report = explained(
        (
            f"10:00:00.000000 IP {ends[0]}: Flags [P.], seq 1:46, ack 1, win 502, length 45 "
            "4711+ A? db.shop.svc.cluster.local. (43)\n"
            f"10:00:00.000400 IP {ends[1]}: Flags [P.], seq 1:138, ack 46, win 502, length 137 "
            "4711 NXDomain*- 0/1/0 (135)\n"
        ).encode()
    )
    assert finding(report, faults.DNS_NO_SUCH_NAME).parameters["name"] == "db.shop.svc.cluster.local"
    assert not report.capture.unread_lines
