"""Connections found in the captures of both ends, by what real networks do to them on the way."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scapy.layers.inet import IP, TCP

from kubectl_netshoot.commands.why.evidence import ConnectResult, MatchedFlow, Try, Unreachable
from kubectl_netshoot.commands.why.matching import flows
from kubectl_netshoot.packets.points.direction import Bytes
from kubectl_netshoot.rules.policies import End
from tests.unit import builders
from tests.unit.packets.points.wire import CLIENT, CLIENT_PORT, LO, POD, SERVICE, Connection, Wire, arp


def end(name: str, *addresses: str) -> End:
    return End(builders.pod(name, addresses=addresses))


FRONT, PODS = end("front", CLIENT), (end("api-x7k", POD[0]), end("api-9d2", "10.244.3.3"))


def tried(port: int = CLIENT_PORT, to: str = "10.96.4.7:80") -> Try:
    return Try(to, ConnectResult.TIMEOUT, source_port=port)


def match(
    wire: Wire, *tries: Try, client: bool = True, pods: Sequence[End] = PODS, front: End = FRONT
) -> tuple[MatchedFlow, ...]:
    servers = {pod: recording.read() for pod, recording in wire.servers.items()}
    return flows(tries or (tried(),), wire.client.read() if client else None, servers, front, pods)


def test_a_service_that_is_translated_before_the_packet_is_seen_may_lead_to_what_is_no_pod() -> None:
    made = connection(to=("192.0.2.7", 8080))
    made.syns(2, arrives=False)
    one = tried(to="10.96.4.7:80")
    assert flows((one,), made.wire.client.read(), {}, FRONT, PODS)[0].syns == 0
    assert flows((one,), made.wire.client.read(), {}, FRONT, PODS, ["192.0.2.7"])[0].syns == 2


def only(wire: Wire, *tries: Try, **more: Any) -> MatchedFlow:
    (found,) = match(wire, *tries, **more)
    return found


def connection(**more: Any) -> Connection:
    return Wire().connection(**more)


def test_a_translated_connection_is_known_by_its_first_number() -> None:
    made = (
        connection()
        .handshake()
        .out("PA", 80)
        .back("A")
        .back("PA", 500)
        .out("A")
        .out("FA")
        .back("FA")
        .out("A")
    )
    found = only(made.wire)
    assert found == MatchedFlow(
        to="10.96.4.7:80",
        source_port=CLIENT_PORT,
        isn=made.isn,
        syns=1,
        pod="api-x7k",
        source=f"{CLIENT}:{CLIENT_PORT}",
        target="10.244.2.7:8081",
        arrived=1,
        answers=1,
        answered=1,
        server_closed=True,
        request=Bytes(80, 80, 81, arrived_largest=120),
        response=Bytes(500, 500, 501, arrived_largest=540),
        ended="client",
    )


def test_what_left_and_never_arrived() -> None:
    made = connection().syns(3, arrives=False)
    found = only(made.wire)
    assert (found.syns, found.arrived, found.pod, found.answered) == (3, 0, "", 0)


def test_a_try_that_left_no_packet_is_there_too() -> None:
    other = connection(port=5).handshake()
    assert only(other.wire) == MatchedFlow("10.96.4.7:80", CLIENT_PORT)
    assert match(other.wire, replace(tried(), source_port=0)) == ()


def test_only_our_own_connections_count() -> None:
    """The application connects, too; and answers to connections of before come seven seconds later."""
    wire = Wire()
    wire.connection(port=39999).handshake()
    old = wire.connection(isn=77)
    old.seq = 78
    old.server_ack = 78
    old.back("SA")
    made = wire.connection().syns(3)
    found = only(wire)
    assert (found.isn, found.arrived, found.answers, found.answered) == (made.isn, 3, 0, 0)


def test_two_connections_from_one_port_one_after_the_other() -> None:
    wire = Wire()
    wire.connection(isn=1000).syns(1)
    wire.connection(isn=2000).handshake()
    first, second = match(wire, tried(), tried())
    assert ((first.isn, first.answered), (second.isn, second.answered)) == ((1000, 0), (2000, 1))


def test_a_reset_from_the_pod_and_one_from_the_way() -> None:
    refused = only(connection().out("S").back("RA").wire)
    assert (refused.reset, refused.server_reset, refused.arrived) == ("10.96.4.7:80", True, 1)
    rejected = only(connection().out("S", arrives=False).back("RA", sent=False).wire)
    assert (rejected.reset, rejected.server_reset, rejected.arrived) == ("10.96.4.7:80", False, 0)


def test_a_reset_that_comes_back_untranslated() -> None:
    found = only(connection().out("S").back("RA", by=POD).wire)
    assert (found.reset, found.server_reset) == ("10.244.2.7:8081", True)


def test_another_connections_reset_is_not_ours() -> None:
    wire = Wire()
    other = wire.connection(isn=5000, to=("10.96.9.9", 80))
    other.server_ack = 5001
    other.out("S", sent=False, arrives=False).back("RA")
    wire.connection().syns(2)
    assert only(wire).reset == ""


def test_an_answer_from_another_address() -> None:
    found = only(connection().out("S").back("SA", by=POD).wire)
    assert (found.stranger, found.answers, found.answered) == ("10.244.2.7:8081", 1, 0)


def test_icmp_is_matched_by_what_it_quotes() -> None:
    made = connection().out("S", arrives=False).unreachable("10.244.1.1")
    assert only(made.wire).unreachable == Unreachable("10.244.1.1", "port unreachable")
    other = connection(isn=9).out("S", arrives=False)
    other.isn = 10
    assert only(other.unreachable("10.244.1.1").wire).unreachable is None


def test_ipv6() -> None:
    made = connection(client="fd00:1::5", to=("fd00:96::7", 80), lands=("fd00:2::7", 8081))
    made.handshake().out("PA", 80).back("PA", 1300).too_big("fd00::99").unreachable("fd00::1")
    ours = tried(to="[fd00:96::7]:80")
    front, pods = end("front", "fd00:1::5"), [end("api-x7k", "fd00:2::7")]
    found = only(made.wire, ours, front=front, pods=pods)
    assert (found.target, found.answered, found.response.arrived) == ("[fd00:2::7]:8081", 1, 1300)
    assert found.unreachable == Unreachable("fd00::1", "port unreachable")
    assert found.response.too_big == "fd00::99"


def test_a_hairpin_has_another_source_and_port() -> None:
    """The client is the Service's own endpoint: one capture has both ends, and the bridge translates the source."""
    wire = Wire()
    wire.servers["api-x7k"] = wire.client
    made = wire.connection(client=POD[0], seen_from=("10.244.2.1", 61234)).handshake()
    found = only(wire, front=end("api-x7k", POD[0]))
    assert (found.isn, found.pod, found.source, found.arrived) == (made.isn, "api-x7k", "10.244.2.1:61234", 1)
    assert (found.syns, found.answers, found.answered, found.stranger) == (1, 1, 1, "")


def test_in_a_nodes_network_a_packet_is_seen_several_times() -> None:
    """Before and after translation, at the bridge and at the card, within a hop's time."""
    made = connection(wait=0.0001).syns(2)
    on_node = made.servers
    for at, interface, data in list(on_node.packets):
        on_node.packets.append((at + 0.002, interface + 1, data))
        untranslated = IP(src=CLIENT, dst=SERVICE[0]) / TCP(
            sport=CLIENT_PORT, dport=80, flags="S", seq=made.isn
        )
        on_node.saw(at + 0.003 - 1_790_000_000 - on_node.clock, untranslated)
    on_node.packets.sort()
    found = only(made.wire)
    assert (found.arrived, found.target) == (2, "10.244.2.7:8081")


def test_packets_seen_twice_were_not_sent_again() -> None:
    made = connection(wait=0.0001).handshake().out("PA", 80).back("A").back("PA", 1460, arrives=False)
    for at, interface, data in list(made.servers.packets):
        made.servers.packets.append((at + 0.002, interface, data))
    assert only(made.wire).response.repeats == 0


def test_a_client_in_its_nodes_network_is_seen_before_and_after_translation() -> None:
    made = connection(wait=0.0001).syns(2)
    for at, _, _ in list(made.wire.client.packets):
        translated = IP(src=CLIENT, dst=POD[0]) / TCP(
            sport=CLIENT_PORT, dport=POD[1], flags="S", seq=made.isn
        )
        made.wire.client.saw(at + 0.001 - 1_790_000_000, translated)
    made.wire.client.packets.sort()
    assert only(made.wire).syns == 2


def test_a_length_that_is_left_to_the_card() -> None:
    made = connection().handshake().out("PA", 80).back("A").back("PA", 3000, arrives=False)
    at, interface, data = made.servers.packets.pop()
    made.servers.packets.append((at, interface, data[:22] + b"\0\0" + data[24:]))
    assert only(made.wire).response == Bytes(3000, 0, 0, largest=3040, smallest=3040)


def test_a_later_fragment_has_no_ports() -> None:
    made = connection().out("S", arrives=False)
    fragment = IP(src=CLIENT, dst=SERVICE[0], frag=3) / bytes(
        TCP(sport=CLIENT_PORT, dport=80, flags="S", seq=7)
    )
    made.wire.client.packets.clear()
    made.wire.client.saw(0, fragment)
    assert only(made.wire).syns == 0


def test_a_client_in_its_nodes_network_dials_what_the_service_became() -> None:
    made = connection(to=POD).handshake()
    found = only(made.wire)
    assert (found.syns, found.answered, found.stranger) == (1, 1, "")


def test_a_proxy_on_lo_takes_it() -> None:
    by_address = only(connection(to=("127.0.0.1", 15001)).handshake().wire)
    assert by_address.loopback
    by_interface = only(connection(interface=LO).handshake().wire)
    assert by_interface.loopback
    assert not only(connection().handshake().wire).loopback


def test_what_a_pod_sends_to_itself_passes_lo_and_no_proxy() -> None:
    wire = Wire()
    wire.connection(client=POD[0], to=POD, interface=LO).out("S").back("RA")
    found = only(wire, tried(to=f"{POD[0]}:{POD[1]}"), front=end("api-x7k", POD[0]))
    assert not found.loopback
    assert found.server_reset


def test_large_packets_are_missing_on_the_way_back() -> None:
    made = connection().handshake().out("PA", 80).back("A")
    made.back("PA", 15928, arrives=False)
    for _ in range(6):
        made.back("A", 1460, arrives=False, again=True)
    found = only(made.wire).response
    assert found == Bytes(15928, 0, 0, largest=1500, smallest=1500, repeats=6)


def test_bytes_are_compared_by_range_whatever_the_packets() -> None:
    """The sender's card cuts 7292 bytes to five packets, the receiver's joins three of them."""
    made = connection().handshake().out("PA", 80).back("A")
    made.back("PA", 7292 - 40, arrives=False)
    made.server_seq = made.last_back
    for size in (4380, 1460, 1412):
        made.back("A", size, sent=False)
    made.out("A")
    found = only(made.wire).response
    assert (found.sent, found.arrived, found.repeats, found.smallest) == (7252, 7252, 0, 0)
    assert found.acked == 7252


def test_bytes_out_of_order_and_a_keepalive() -> None:
    made = connection(isn=0xFFFFFFFF).handshake()
    first = made.seq
    for place in (0, 400, 200, 100):
        made.seq = first + place
        made.out("A", 100)
    made.seq = (first - 1) % (1 << 32)
    found = only(made.out("A", 1).wire)
    assert (found.answered, found.request.sent, found.request.arrived) == (1, 400, 400)


def test_a_pod_that_is_told_to_fragment() -> None:
    made = connection().handshake().out("PA", 80).back("A", 1460, arrives=False).too_big("10.0.0.254")
    assert only(made.wire).response.too_big == "10.0.0.254"
    assert only(made.wire).unreachable is None


def test_who_ended_it_first() -> None:
    assert only(connection().handshake().back("FA").out("FA").wire).ended == "server"
    assert only(connection().handshake().out("FA").back("FA").wire).ended == "client"
    assert only(connection().handshake().back("R").wire).ended == "server"
    assert only(connection().handshake().back("R", by=("10.9.9.9", 80)).wire).ended == ""
    assert only(connection().handshake().wire).ended == ""


def test_without_the_clients_capture_its_address_and_port_tell() -> None:
    wire = Wire()
    wire.connection(port=39999).handshake()
    made = wire.connection().out("S").back("RA")
    found = only(wire, client=False)
    assert (found.isn, found.pod, found.arrived, found.server_reset, found.syns) == (
        made.isn,
        "api-x7k",
        1,
        True,
        0,
    )


def test_next_hops_that_nobody_answers_for() -> None:
    wire = Wire()
    arp(wire.client, "10.244.1.1")
    arp(wire.client, "10.244.1.2", answered=True)
    assert wire.client.read().no_arp == ("10.244.1.1",)
