"""Nothing is called well that was not understood, and nobody is said to be silent who never had to answer."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6ND_Redirect, ICMPv6ND_RS, IPv6
from scapy.layers.l2 import ARP
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.messages import notes
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.render.outline import answer
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import Application, Outcome
from tests.unit.packets.told import explained, found
from tests.unit.packets.traffic import CLIENT, SERVER, Connection, capture, network

OSPF, ESP = 89, 50
HELLOS = [
    IP(src=CLIENT, dst="224.0.0.5", proto=OSPF, ttl=1, id=number) / Raw(b"\x02\x01\0\x2c" + bytes(40))
    for number in range(3)
]
HELLO = HELLOS[0]
PING = [
    network(*ends) / ICMP(type=kind, id=1, seq=1)
    for ends, kind in (((CLIENT, SERVER), 8), ((SERVER, CLIENT), 0))
]


def wrong(*packets: Packet) -> str:
    return answer(Teller(explained(capture(packets)), Voice(Language("en")))).wrong


def who(*packets: Packet) -> str:
    return answer(Teller(explained(capture(packets)), Voice(Language("en")))).who


def test_most_of_it_is_not_understood() -> None:
    assert wrong(HELLO) == "Not known: 1 of 1 packets is of a kind that is not explained here"
    assert wrong(*HELLOS, *PING) == ("Not known: 3 of 5 packets are of a kind that is not explained here")


def test_a_little_of_it_is_not_understood() -> None:
    assert wrong(*PING, HELLO) == (
        "Nothing that the others show; 1 of 3 packets is of a kind that is not explained here"
    )


def test_what_is_wrong_is_told_with_how_little_was_understood() -> None:
    refused = Connection()
    syn = refused.segment(refused.client, "S")
    refused.segment(refused.server, "RA", ack=syn[TCP].seq + 1)
    told = wrong(*refused.packets, *HELLOS)
    assert told.startswith(
        "3 of 5 packets are of a kind that is not explained here, so this may not be all: "
    )
    assert "refuses the connection" in told
    assert wrong(*refused.packets, HELLO).startswith("10.244.2.7:80 refuses")


@pytest.mark.parametrize("link", [147, 105])
def test_a_link_that_nobody_knows(link: int) -> None:
    data = bytearray(capture(PING))
    data[20:24] = link.to_bytes(4, "little")
    told = answer(Teller(explained(bytes(data)), Voice(Language("en"))))
    assert told.wrong == "Not known: 2 of 2 packets are of a kind that is not explained here"


def test_contents_of_no_known_protocol() -> None:
    talk = Connection(port=9999)
    talk.handshake().asks(b"\x01\x02zzzz").close()
    told = wrong(*talk.packets)
    assert told.startswith("Nothing that these")
    assert told.endswith("; the contents of 1 conversation are not explained here")
    assert wrong(*PING) == "Nothing that these 2 packets show"


ONE_WAY = {
    "routing protocol": HELLO,
    "UDP to a group": network(CLIENT, "239.1.2.3") / UDP(sport=5000, dport=5001) / Raw(b"x"),
    "UDP to everybody": network("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67) / Raw(b"x"),
    "router solicitation": IPv6(src="fe80::1", dst="ff02::2") / ICMPv6ND_RS(),
    "ESP": network(CLIENT, SERVER) / Raw(bytes(40)),
    "probe of an address": ARP(op=1, psrc="0.0.0.0", pdst=CLIENT, hwsrc="02:00:00:00:00:01"),
}
ONE_WAY["ESP"].proto = ESP


@pytest.mark.parametrize("kind", ONE_WAY)
def test_nobody_has_to_answer(kind: str) -> None:
    packet = ONE_WAY[kind]
    report = explained(capture([packet]))
    assert [talk.outcome for talk in report.conversations] == [Outcome.ONE_WAY]
    assert notes.UDP_UNANSWERED not in found(report)
    assert " sent to " in who(packet)


def test_both_ways_is_an_answer() -> None:
    there, back = (
        IP(src=a, dst=b, proto=ESP) / Raw(bytes(40)) for a, b in ((CLIENT, SERVER), (SERVER, CLIENT))
    )
    (talk,) = explained(capture([there, back])).conversations
    assert talk.outcome is Outcome.ANSWERED


def test_netbios_is_no_dns() -> None:
    """A name that nobody has is asked for in the form of DNS, of everybody: silence is the usual answer."""
    label = b"\x20" + b"FDEDFFEDEMEBECCACACACACACACACABM" + b"\0"
    asked = b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\0" + label + b"\0\x20\0\x01"
    packets = [network("10.1.1.5", "10.1.1.255") / UDP(sport=137, dport=137) / Raw(asked) for _ in range(2)]
    report = explained(capture(packets, times=(0, 5)))
    assert [talk.application for talk in report.conversations] == [Application.NONE]
    assert found(report) == {notes.UDP_UNANSWERED}


def test_icmp_of_no_known_type() -> None:
    strange = network(CLIENT, SERVER) / ICMP(type=200) / Raw(b"x" * 8)
    assert wrong(strange) == "Not known: 1 of 1 packets is of a kind that is not explained here"
    (talk,) = explained(capture([strange])).conversations
    assert talk.outcome is Outcome.ONE_WAY
    (redirect,) = explained(capture([IPv6(src="fe80::1", dst="fe80::2") / ICMPv6ND_Redirect()])).conversations
    assert redirect.outcome is Outcome.ONE_WAY


def test_a_ping_after_another_message_wants_its_answer() -> None:
    report = explained(capture([network(CLIENT, SERVER) / ICMP(type=13), PING[0]]))
    assert [talk.outcome for talk in report.conversations] == [Outcome.UNANSWERED]


@pytest.mark.parametrize("ports", [(67, 68), (547, 546)])
def test_an_answer_of_dhcp_wants_none(ports: tuple[int, int]) -> None:
    """It was asked for by a packet to everybody."""
    offer = network(SERVER, CLIENT) / UDP(sport=ports[0], dport=ports[1]) / Raw(b"\x02\x01\x06\0")
    report = explained(capture([offer]))
    assert [talk.outcome for talk in report.conversations] == [Outcome.ONE_WAY]
    assert not found(report)


def test_a_reset_of_what_was_not_seen() -> None:
    talk = Connection()
    talk.reset(talk.server)
    told = wrong(*talk.packets)
    assert told == (
        "Nothing that this packet shows; what was before the reset of 1 connection is not in the capture"
    )
    assert found(explained(capture(talk.packets))) == {notes.STARTED_MIDWAY}


def test_dns_that_cannot_be_read() -> None:
    told = wrong(network(CLIENT, SERVER) / UDP(sport=4000, dport=53) / Raw(b"\xff" * 9))
    assert told.endswith("the contents of 1 conversation are not explained here")
