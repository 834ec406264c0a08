"""Whom connections are sent to on the link: a router whose address another card takes, as ARP alone does not show."""

import io

import pytest
from scapy.layers.inet import IP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet
from scapy.utils import PcapWriter

from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.report import Report
from tests.unit.packets.told import explained, finding, found
from tests.unit.packets.traffic import CLIENT, SERVER, Connection, raw, request, response, timed

HOST, ROUTER, OTHER = "02:42:00:00:00:05", "02:42:00:00:00:01", "02:42:00:00:00:66"
GATEWAY = "10.244.1.1"


def sent(talk: Connection, router: str) -> list[Packet]:
    """What the connection has sent since, over this router."""
    packets, talk.packets = talk.packets, []
    ends = {CLIENT: (HOST, router), SERVER: (router, HOST)}
    return [Ether(src=ends[one[IP].src][0], dst=ends[one[IP].src][1]) / one for one in packets]


def claim(held: str = GATEWAY) -> Packet:
    """The other card says to the host that the address is its own."""
    return Ether(src=OTHER, dst=HOST) / ARP(op=2, hwsrc=OTHER, psrc=held, hwdst=HOST, pdst=CLIENT)


def question(wanted: str) -> Packet:
    return Ether(src=HOST, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=HOST, psrc=CLIENT, pdst=wanted)


def told(*packets: Packet) -> Report:
    file = io.BytesIO()
    writer = PcapWriter(file, linktype=1, sync=True)
    for packet in timed(packets, raw):
        writer.write(packet)
    return explained(file.getvalue())


def both(between: list[Packet], router: str = OTHER) -> Report:
    """A connection over the router, and over the other card after what comes between."""
    talk = Connection().handshake().asks(request()).answers(response(body=b"x"))
    before = sent(talk, ROUTER)
    return told(*before, *between, *sent(talk.asks(request()).answers(response(body=b"x")), router))


def test_a_card_that_takes_the_routers_address_unasked_gets_its_packets() -> None:
    report = both([claim()])
    moved = finding(report, warnings.ADDRESS_MOVED)
    assert moved.parameters == {"address": GATEWAY, "hardware": (ROUTER, OTHER)}
    assert moved.packets == (1, 8, 9)


def test_a_card_that_nothing_goes_to_has_taken_nothing() -> None:
    assert not found(both([claim()], router=ROUTER))


def test_another_router_that_was_asked_for_is_another_router() -> None:
    assert not found(both([question("10.244.1.2"), claim("10.244.1.2")]))


def test_another_way_is_no_other_address() -> None:
    assert not found(both([]))


@pytest.mark.parametrize("place", [0, 4])
def test_a_connection_that_begins_over_another_router_was_not_taken(place: int) -> None:
    """The host knows two routers: each connection has one of them, whatever the other said before."""
    first, second = Connection().handshake(), Connection(client_port=43211).handshake()
    packets = [*sent(first, ROUTER), *sent(second, OTHER)]
    assert not found(told(*packets[:place], claim(), *packets[place:]))
