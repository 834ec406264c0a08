"""Captures of two points as one report: what was lost between them, where, and what neither can know."""

from dataclasses import dataclass, field

import pytest
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.points.losses import Losses
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.points.together import told_together
from kubectl_netshoot.packets.report import Conversation, Outcome, Report, Side
from tests.unit.packets.points.wire import CLIENT, POD, Connection, Recording, Wire
from tests.unit.packets.told import finding, found

POD_NAME = "api-x7k"


def point(name: str, recording: Recording) -> Point:
    made = Point(name)
    made.feed(recording.pcap())
    return made


def report(wire: Wire) -> Report:
    return told_together([point("front", wire.client), *(point(n, r) for n, r in wire.servers.items())])


def only(wire: Wire) -> Conversation:
    (told,) = report(wire).conversations
    return told


def ways(told: Conversation) -> dict[Side, Losses]:
    return {crossing.side: crossing.losses for crossing in told.crossings}


def connection(**more: object) -> Connection:
    return Wire().connection(**more)  # type: ignore[arg-type]


def around(made: Connection) -> Wire:
    """Both points listen before and after it: another connection is theirs, too."""
    made.wire.now += 1
    made.wire.connection(port=50000).handshake().out("FA").back("FA").out("A")
    return made.wire


def listening(server_isn: int = 0xFFFFFF00) -> Connection:
    """After a connection that both points have."""
    wire = Wire()
    wire.connection(port=49999).handshake().out("FA").back("FA").out("A")
    wire.now += 1
    return wire.connection(server_isn=server_isn)


def of(wire: Wire, port: int = 40001) -> Conversation:
    (told,) = [one for one in report(wire).conversations if one.client.port == port]
    return told


def test_a_connection_through_a_service_is_told_once_and_nothing_was_lost() -> None:
    made = connection().handshake().out("PA", 80).back("A").back("PA", 500).out("A")
    made.out("FA").back("FA").out("A")
    told = only(made.wire)
    assert (told.point, told.outcome, told.odd) == ("front", Outcome.CLOSED, False)
    (seen,) = told.elsewhere
    assert (seen.point, seen.server.address, seen.server.port) == (POD_NAME, *POD)
    assert told.server.address == "10.96.4.7"
    assert ways(told) == {Side.CLIENT: Losses(6), Side.SERVER: Losses(4)}
    assert [(c.sender, c.receiver) for c in told.crossings] == [("front", POD_NAME), (POD_NAME, "front")]
    assert warnings.LOST_BETWEEN not in found(report(made.wire))


def test_the_order_of_the_captures_does_not_matter() -> None:
    made = connection().handshake().out("PA", 80).back("A")
    points = [point(POD_NAME, made.servers), point("front", made.wire.client)]
    (told,) = told_together(points).conversations
    assert (told.point, [seen.point for seen in told.elsewhere]) == ("front", [POD_NAME])


def test_data_that_is_lost_there_and_sent_again() -> None:
    made = listening().handshake()
    made.out("PA", 80, arrives=False).out("PA", 80, again=True).back("A")
    told = of(around(made))
    lost = made.wire.client
    number = next(n for n, (_, _, data) in enumerate(lost.packets, 1) if len(data) == 20 + 40 + 80)
    assert ways(told)[Side.CLIENT] == Losses(4, lost=(number,))
    assert ways(told)[Side.SERVER].lost == ()
    assert told.odd
    said = finding(report(made.wire), warnings.LOST_BETWEEN)
    assert (said.parameters["sender"], said.parameters["receiver"]) == ("front", POD_NAME)
    assert (said.parameters["side"], said.packets, said.point) == (Side.CLIENT, (number,), "front")


def test_data_that_is_lost_back_and_never_arrives() -> None:
    made = listening().handshake().out("PA", 80).back("A")
    made.back("PA", 1400, arrives=False).back("PA", 1400, again=True, arrives=False)
    found = ways(of(around(made)))[Side.SERVER]
    assert (len(found.lost), found.repeats_lost, found.missing, found.partial) == (2, 1, 1400, False)


def test_what_is_sent_again_and_arrives_twice_was_not_lost() -> None:
    """The confirmation was lost, or late."""
    made = listening().handshake().out("PA", 80).back("A", arrives=False).out("PA", 80, again=True)
    made.back("A")
    found = ways(of(around(made)))
    assert found[Side.CLIENT] == Losses(4, duplicates=1)


def test_syns_that_never_arrive_at_the_pod_that_they_are_for() -> None:
    """Another connection between the same two, not translated, shows that they would have been captured there."""
    wire = Wire()
    wire.connection(port=49999, to=POD).handshake()
    wire.now += 1
    wire.connection(to=POD).syns(3, arrives=False)
    wire.connection(port=50000, to=POD).handshake()
    told = of(wire)
    assert (told.outcome, told.elsewhere) == (Outcome.UNANSWERED, ())
    assert len(ways(told)[Side.CLIENT].lost) == 3
    assert ways(told)[Side.CLIENT].repeats_lost == 2


def test_syns_to_a_service_may_have_gone_to_another_pod() -> None:
    made = listening().syns(3, arrives=False)
    assert of(around(made)).crossings == ()


def test_answers_that_are_lost() -> None:
    made = listening()
    made.out("S").back("SA", arrives=False)
    for _ in range(2):
        made.wire.now += 1
        made.out("S", again=True).back("SA", arrives=False, again=True)
    told = of(around(made))
    found = ways(told)
    assert (found[Side.CLIENT].lost, found[Side.CLIENT].sent) == ((), 3)
    assert (len(found[Side.SERVER].lost), found[Side.SERVER].repeats_lost) == (3, 2)


def test_one_capture_alone_claims_nothing() -> None:
    made = connection().syns(3, arrives=False)
    told = only(made.wire)
    assert (told.point, told.elsewhere, told.crossings) == ("front", (), ())


@pytest.mark.parametrize("late", [True, False], ids=["began late", "ended early"])
def test_what_a_point_did_not_listen_for_is_not_lost(late: bool) -> None:
    made = connection().handshake()
    for _ in range(20):
        made.wire.now += 0.3
        made.out("PA", 100).back("A")
    seen = made.servers.packets
    made.servers.packets = seen[20:] if late else seen[:20]
    told = only(made.wire)
    found = ways(told)
    assert (found[Side.CLIENT].lost, found[Side.CLIENT].partial) == ((), False)
    assert found[Side.CLIENT].unjudged > 10
    assert found[Side.SERVER].lost == ()


def test_a_capture_that_lacks_what_arrived_is_no_loss() -> None:
    """Its filter took the SYNs only, or its kernel had no time."""
    made = listening().handshake()
    for _ in range(5):
        made.out("PA", 100).back("A")
    made.servers.packets = [p for p in made.servers.packets if len(p[2]) != 20 + 40 + 100]
    found = ways(of(around(made)))[Side.CLIENT]
    assert (found.lost, found.partial) == ((), True)


def test_what_a_kernel_dropped_is_no_loss() -> None:
    made = listening().handshake().out("PA", 80, arrives=False).out("PA", 80, again=True).back("A")
    points = [point("front", around(made).client), point(POD_NAME, made.servers)]
    points[1].is_whole = False
    (told,) = [one for one in told_together(points).conversations if one.client.port == 40001]
    assert (ways(told)[Side.CLIENT].lost, ways(told)[Side.CLIENT].partial) == ((), True)


def test_a_connection_whose_beginning_neither_has() -> None:
    made = connection().handshake()
    for recording in (made.wire.client, made.servers):
        recording.packets.clear()
    made.out("PA", 80).back("A").back("PA", 500).out("A")
    told = only(made.wire)
    assert not told.start_seen
    assert [seen.server.address for seen in told.elsewhere] == [POD[0]]
    assert [len(c.losses.lost) for c in told.crossings] == [0, 0]


def test_no_loss_is_told_where_nothing_says_which_point_is_nearer_to_the_client() -> None:
    made = connection().handshake()
    for recording in (made.wire.client, made.servers):
        recording.packets.clear()
    told = only(made.out("PA", 80).out("PA", 80).wire)
    assert ([seen.point for seen in told.elsewhere], told.crossings) == ([POD_NAME], ())


def test_hops_tell_what_no_handshake_does() -> None:
    made = connection().handshake()
    for recording in (made.wire.client, made.servers):
        recording.packets.clear()
    made.out("PA", 80).out("PA", 80)
    far = made.servers.packets
    # The cooked header has 20 bytes, and IPv4's ninth is the time to live.
    made.servers.packets = [
        (at, i, d[:28] + bytes([62 if d[32:36] == bytes(map(int, CLIENT.split("."))) else 64]) + d[29:])
        for at, i, d in far
    ]
    told = only(made.wire)
    assert (told.point, [len(c.losses.lost) for c in told.crossings]) == ("front", [0])


def test_groups_and_counts_are_of_all_points_once() -> None:
    made = connection().handshake().out("FA").back("FA").out("A")
    alone = made.wire.connection(port=7, to=("10.9.9.9", 443))
    alone.servers = Recording()
    alone.handshake()
    whole = report(made.wire)
    assert (whole.conversation_count, len(whole.conversations)) == (2, 2)
    assert sorted((group.server.address, group.count) for group in whole.groups) == [
        ("10.9.9.9", 1),
        ("10.96.4.7", 1),
    ]
    assert [*whole.captures] == ["front", POD_NAME]
    assert whole.capture.packets == sum(capture.packets for capture in whole.captures.values())


def test_a_stack_that_gives_all_its_packets_one_number() -> None:
    made = listening().handshake()
    made.out("PA", 80, arrives=False).out("PA", 80, again=True).back("A")
    wire = around(made)
    for recording in (wire.client, made.servers):
        recording.packets = [(at, i, d[:24] + b"\0\1" + d[26:]) for at, i, d in recording.packets]
    assert len(ways(of(wire))[Side.CLIENT].lost) == 1


def test_pieces_that_a_card_has_cut() -> None:
    """A packet of 7252 bytes leaves the stack, five of 1460 arrive: one is lost, and sent again."""
    made = listening(server_isn=5000).handshake().out("PA", 80).back("A")
    number = made.wire.number + 1
    made.back("A", 7252, arrives=False)
    first = made.last_back
    for piece in (0, 1, 3, 4):
        made.wire.number = number + piece - 1
        made.server_seq = first + piece * 1460
        made.back("A", min(1460, 7252 - piece * 1460), sent=False)
    made.wire.number, made.wire.now = number + 5, made.wire.now + 0.3
    made.server_seq = first + 2 * 1460
    made.back("A", 1460)
    made.server_seq = made.ack = first + 7252
    found = ways(of(around(made.out("A"))))[Side.SERVER]
    assert (len(found.lost), found.repeats_lost, found.missing, found.duplicates) == (1, 0, 0, 0)


def between(made: Connection, *, translates: bool = True) -> Recording:
    """What a node on the way has of it, captured on all of its interfaces: before and after the translation."""
    node = Recording(clock=5.0)
    for at, interface, data in made.wire.client.packets:
        outwards = data[32:36] == bytes(map(int, CLIENT.split(".")))
        node.packets.append((at + 5 + (0.0002 if outwards else -0.0002), interface, data))
    for at, interface, data in made.servers.packets if translates else ():
        inwards = data[32:36] == bytes(map(int, CLIENT.split(".")))
        node.packets.append((at + 42 + (-0.0006 if inwards else 0.0006), interface + 7, data))
    node.packets.sort()
    return node


def test_a_pod_and_its_node_which_sees_it_before_and_after_translation() -> None:
    made = connection().handshake().out("PA", 80).back("A").out("FA").back("FA").out("A")
    points = [point("front", made.wire.client), point("node", between(made)), point(POD_NAME, made.servers)]
    (told,) = told_together(points).conversations
    assert (told.point, told.outcome) == ("front", Outcome.CLOSED)
    assert [(c.sender, c.receiver, c.losses.lost) for c in told.crossings] == [
        ("front", "node", ()),
        ("node", "front", ()),
        ("node", POD_NAME, ()),
        (POD_NAME, "node", ()),
    ]
    assert {seen.point for seen in told.elsewhere} == {"node", POD_NAME}


def test_between_which_two_of_three_points_it_is_lost() -> None:
    made = listening().handshake().out("PA", 80, arrives=False).out("PA", 80, again=True).back("A")
    wire = around(made)
    points = [point("front", wire.client), point("node", between(made, translates=False))]
    points.append(point(POD_NAME, made.servers))
    (told,) = [one for one in told_together(points).conversations if one.client.port == 40001]
    lost = {(c.sender, c.receiver): len(c.losses.lost) for c in told.crossings if c.losses.lost}
    assert lost == {("node", POD_NAME): 1}


def question(source: tuple[str, int], target: tuple[str, int], *, answer: bool) -> Packet:
    """Of DNS, and its answer."""
    asked = DNS(id=7, qd=DNSQR(qname="db.shop."))
    told = DNS(id=7, qr=1, qd=DNSQR(qname="db.shop."), an=DNSRR(rrname="db.shop.", rdata="10.96.0.9"))
    ends = (target, source) if answer else (source, target)
    head = IP(src=ends[0][0], dst=ends[1][0]) / UDP(sport=ends[0][1], dport=ends[1][1])
    return head / (told if answer else asked)


def test_a_question_by_udp_is_told_once_through_a_service_too() -> None:
    client, wire = (CLIENT, 53001), Wire()
    for recording, server in ((wire.client, ("10.96.0.10", 53)), (wire.pod("dns"), ("10.244.2.3", 53))):
        recording.saw(0.0, question(client, server, answer=False))
        recording.saw(0.1, question(client, server, answer=True))
    whole = report(wire)
    (told,) = whole.conversations
    assert (told.server.address, [seen.server.address for seen in told.elsewhere]) == (
        "10.96.0.10",
        ["10.244.2.3"],
    )
    assert [group.count for group in whole.groups] == [1]


RESOLVER, DNS_POD = ("10.96.0.10", 53), ("10.244.2.3", 53)


@dataclass
class Questions:
    """Of one client to a DNS server behind a Service; both points have one before and one after, both answered."""

    wire: Wire = field(default_factory=Wire)
    port: int = 53001

    def __post_init__(self) -> None:
        self.front, self.dns = self.wire.client, self.wire.pod("dns")
        self.ask(0.0, port=50001)

    def ask(
        self, at: float, *, port: int = 0, arrives: bool = True, returns: bool = True, ident: int = 0
    ) -> None:
        """A question and its answer. `arrives`: the question at the server; `returns`: the answer at the client."""
        client = (CLIENT, port or self.port)
        for answer in (False, True):
            late = at + 0.01 * answer
            for recording, server, hop in ((self.front, RESOLVER, answer), (self.dns, DNS_POD, not answer)):
                packet = question(client, server, answer=answer)
                packet[IP].ttl, packet[IP].id = 64 - hop, ident
                is_here = recording is self.front
                came = (returns if is_here else arrives) if answer else (is_here or arrives)
                if came and (arrives or not answer):
                    recording.saw(late, packet)

    @property
    def told(self) -> Conversation:
        self.ask(9.0, port=50009)
        (told,) = [one for one in report(self.wire).conversations if one.client.port == self.port]
        return told


def test_a_question_that_is_lost_and_asked_again() -> None:
    asked = Questions()
    asked.ask(1.0, arrives=False, ident=5)
    asked.ask(6.0, ident=6)
    told = asked.told
    assert (told.point, [seen.point for seen in told.elsewhere], told.odd) == ("front", ["dns"], True)
    assert ways(told) == {Side.CLIENT: Losses(2, (3,)), Side.SERVER: Losses(1)}
    lost = finding(report(asked.wire), warnings.LOST_BETWEEN)
    assert (lost.parameters["sender"], lost.parameters["receiver"], lost.packets) == ("front", "dns", (3,))


def test_an_answer_that_is_lost() -> None:
    asked = Questions()
    asked.ask(1.0, returns=False)
    assert ways(asked.told) == {Side.CLIENT: Losses(1), Side.SERVER: Losses(1, (4,))}


def test_a_question_that_only_its_client_has() -> None:
    """Others of the same client arrive there, and are not translated."""
    wire = Wire()
    for recording in (wire.client, wire.pod("dns")):
        for at in (0.0, 9.0):
            for answer in (False, True):
                packet = question((CLIENT, 50001), DNS_POD, answer=answer)
                packet[IP].ttl, packet[IP].id = 64 - ((recording is wire.client) is answer), int(at) + 1
                recording.saw(at + 0.01 * answer, packet)
    wire.client.saw(5.0, question((CLIENT, 53001), DNS_POD, answer=False))
    wire.client.packets.sort()
    (told,) = [one for one in report(wire).conversations if one.client.port == 53001]
    assert ways(told) == {Side.CLIENT: Losses(1, (3,))}
    wire.client.saw(10.0, question((CLIENT, 53001), DNS_POD, answer=True))
    (told,) = [one for one in report(wire).conversations if one.client.port == 53001]
    assert told.crossings == ()


def test_datagrams_before_the_other_point_listened_are_not_judged() -> None:
    asked = Questions()
    asked.dns.packets.clear()
    asked.ask(1.0, arrives=False)
    asked.ask(6.0, port=50006)
    assert ways(asked.told) == {}
    early = Questions()
    early.ask(1.0, ident=3)
    early.ask(6.0, ident=4)
    early.dns.packets = early.dns.packets[4:]
    assert ways(early.told)[Side.CLIENT] == Losses(2, unjudged=1)


def test_datagrams_that_are_changed_on_their_way_are_not_lost() -> None:
    """A card cuts what was sent as one."""
    wire = Wire()
    for recording, sizes in ((wire.client, (900,)), (wire.pod("quic"), (450, 450))):
        for at, sizes_ in ((0.0, (20,)), (1.0, sizes), (2.0, (30,))):
            for number, size in enumerate(sizes_):
                payload = Raw(bytes([size % 251, number]) * (size // 2))
                packet = IP(src=CLIENT, dst=POD[0], ttl=64 - (recording is not wire.client))
                recording.saw(at + number / 1e4, packet / UDP(sport=5000, dport=4433) / payload)
    (told,) = report(wire).conversations
    assert ways(told) == {Side.CLIENT: Losses(3, partial=True)}


def test_datagrams_of_which_too_little_was_captured_are_not_compared() -> None:
    wire = Wire()
    for recording in (wire.client, wire.pod("log")):
        hop = recording is not wire.client
        for at in (0.0, 1.0, 2.0):
            if at != 1.0 or not hop:
                head = IP(src=CLIENT, dst=POD[0], ttl=64 - hop, id=int(at) + 1)
                recording.saw(at, head / UDP(sport=5000, dport=4433) / Raw(b"x" * 100))
    (told,) = report(wire).conversations
    assert ways(told) == {Side.CLIENT: Losses(3, (2,))}
    recording = wire.client
    recording.packets = [(at, lo, data[:60]) for at, lo, data in recording.packets]
    (told,) = report(wire).conversations
    assert told.crossings == ()


def test_pings_between_two_points_are_told_once() -> None:
    wire = Wire()
    for recording in (wire.client, wire.pod(POD_NAME)):
        recording.saw(0.0, IP(src=CLIENT, dst=POD[0]) / ICMP(type=8, id=3, seq=1))
        recording.saw(0.1, IP(src=POD[0], dst=CLIENT) / ICMP(type=0, id=3, seq=1))
    (told,) = report(wire).conversations
    assert (told.point, [seen.point for seen in told.elsewhere]) == ("front", [POD_NAME])
