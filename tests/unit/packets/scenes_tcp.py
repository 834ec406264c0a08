"""Scenes of TCP itself."""

from scapy.layers.inet import IP, TCP
from scapy.packet import Packet

from kubectl_netshoot.packets.messages import faults, notes, warnings
from tests.unit.packets.stage import Family, Scene, scene
from tests.unit.packets.traffic import Connection, get_root, request, response


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
    return Scene(talk.packets, {faults.CONNECTION_REFUSED})


@scene
def unanswered(family: Family) -> Scene:
    talk = family.connection()
    for _ in range(3):
        talk.segment(talk.client, "S", seq=1000)
    return Scene(talk.packets, {faults.CONNECTION_UNANSWERED}, (0, 1, 3))


@scene
def only_syns(family: Family) -> Scene:
    talks = [family.connection(client_port=port) for port in (43210, 43211, 43212)]
    packets = [talk.segment(talk.client, "S") for talk in talks]
    return Scene(packets, {warnings.PARTLY_CAPTURED}, (0, 20, 40))


@scene
def handshake_unfinished(family: Family) -> Scene:
    talk = family.connection()
    talk.segment(talk.client, "S")
    for _ in range(3):
        talk.segment(talk.server, "SA", seq=900_000)
    return Scene(talk.packets, {faults.HANDSHAKE_UNFINISHED}, (0, 0.001, 1, 3))


@scene
def slow_handshake(family: Family) -> Scene:
    talk = family.connection()
    talk.segment(talk.client, "S", seq=1000)
    talk.handshake()
    return Scene(talk.packets, {warnings.SLOW_HANDSHAKE}, (0, 1, 1.001, 1.002))


@scene
def knocks(family: Family) -> Scene:
    talks = [family.connection(client_port=port).handshake().close() for port in (43210, 43211, 43212)]
    return Scene([packet for talk in talks for packet in talk.packets], {notes.LOAD_BALANCER_CHECK})


@scene
def reset_in_response(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x" * 900)[:-500])
    return Scene(talk.reset(talk.server).packets, {faults.HTTP_RESPONSE_CUT, faults.CONNECTION_RESET})


@scene
def reset_when_idle(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    return Scene(talk.reset(talk.client).packets, {notes.IDLE_RESET})


@scene
def reset_behind_the_answer(family: Family) -> Scene:
    """As Windows ends SMB: nothing is owed to anybody."""
    talk = family.connection(445).handshake().asks(b"\0\0\0\4bye!")
    talk.segment(talk.server, "PA", b"\0\0\0\4bye!")
    return Scene(talk.reset(talk.client).packets, {notes.IDLE_RESET})


@scene
def reset_before_all_of_the_answer_came(family: Family) -> Scene:
    talk = family.connection(445).handshake().asks(b"\0\0\0\4more")
    talk.segment(talk.server, "PA", b"\0\0\0\4more" * 100)
    talk.segment(talk.client, "RA", ack=talk.client.acknowledged - 400)
    return Scene(talk.packets, {faults.CONNECTION_RESET})


@scene
def never_acknowledged_in_half_a_capture(family: Family) -> Scene:
    """Who says the same again and again, and nothing new, is not heard."""
    talk = family.connection(1043)
    first = talk.client.sequence
    for _ in range(6):
        talk.segment(talk.client, "PA", b"x" * 648, seq=first, ack=1)
    return Scene(talk.packets, {faults.PEER_SILENT, notes.STARTED_MIDWAY}, (0, 0.2, 0.8, 2, 4.4, 9.2))


@scene
def last_ack_of_a_close_lost(family: Family) -> Scene:
    """The client has all that it asked for, and has left."""
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    talk.segment(talk.client, "FA")
    first = talk.server.sequence
    for _ in range(4):
        talk.segment(talk.server, "FA", seq=first)
    return Scene(talk.packets, set(), (0, 0, 0, 0, 0, 0.1, 0.1, 0.2, 0.2, 0.5, 1.1, 2.3))


@scene
def retransmissions(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    first = talk.server.sequence
    talk.segment(talk.server, "PA", response(body=b"x" * 100))
    talk.segment(talk.server, "PA", response(body=b"x" * 100), seq=first)
    talk.segment(talk.client, "A")
    return Scene(
        talk.close().packets,
        {warnings.RETRANSMISSIONS},
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
    return Scene(talk.close().packets, {notes.OUT_OF_ORDER}, times)


@scene
def black_hole(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    first = talk.server.sequence
    for _ in range(5):
        talk.segment(talk.server, "A", response(body=b"x" * 1400)[:1448], seq=first)
    return Scene(talk.packets, {faults.MTU_BLACK_HOLE}, (0, 0, 0, 0, 0, 0, 0.2, 0.6, 1.4, 3))


@scene
def as_large_passed_elsewhere(family: Family) -> Scene:
    """Another connection of the same two hosts, at the same time: so the size is not to blame."""
    fine = family.connection(client_port=50002).handshake().asks(request()).answers(b"y" * 1448)
    talk = family.connection(client_port=50001).handshake().asks(request())
    first = talk.server.sequence
    for _ in range(5):
        talk.segment(talk.server, "A", response(body=b"x" * 1400)[:1448], seq=first)
    times = (*[0] * (len(fine.packets) + 6), 0.2, 0.6, 1.4, 3)
    return Scene([*fine.packets, *talk.packets], {faults.PEER_SILENT}, times)


@scene
def gone_before_a_large_request(family: Family) -> Scene:
    """It was silent for long before: that what it does not get is large may be chance."""
    talk = family.connection(8443).handshake().asks(b"hello").answers(b"hello")
    first = talk.client.sequence
    for _ in range(5):
        talk.segment(talk.client, "PA", b"x" * 1400, seq=first)
    return Scene(talk.packets, {faults.PEER_SILENT}, (*[0] * 7, 30, 30.2, 30.6, 31.4, 33))


@scene
def zero_window(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    talk.segment(talk.server, "A", response(body=b"x" * 2000)[:1000])
    talk.segment(talk.client, "A", window=0)
    talk.segment(talk.client, "A", window=500)
    talk.segment(talk.server, "A", response(body=b"x" * 2000)[1000:])
    talk.segment(talk.client, "A")
    return Scene(
        talk.close().packets, {warnings.ZERO_WINDOW}, (0, 0, 0, 0, 0, 0, 0, 1.5, 1.5, 1.5, 1.6, 1.6, 1.6)
    )


@scene
def keep_alive(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    talk.segment(talk.client, "A", seq=talk.client.sequence - 1)
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {notes.KEEP_ALIVE}, (0, 0, 0, 0, 0, 0, 0, 15, 15))


@scene
def keep_alive_unanswered(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    for _ in range(4):
        talk.segment(talk.client, "A", seq=talk.client.sequence - 1)
    return Scene(talk.packets, {faults.KEEP_ALIVE_UNANSWERED}, (0, 0, 0, 0, 0, 0, 0, 15, 30, 45, 60))


@scene
def half_closed(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "A")
    other = family.connection(client_port=43999)
    other.segment(other.client, "S")
    other.segment(other.server, "RA")
    found = {notes.HALF_CLOSED_LONG, faults.CONNECTION_REFUSED}
    return Scene(talk.packets + other.packets, found, (0, 0, 0, 0, 0, 0, 0, 1, 1, 60, 60))


@scene
def one_sided(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    mine = [packet for packet in talk.packets if packet[TCP].dport == 80]
    return Scene(mine, {warnings.ONE_SIDED})


@scene
def peer_silent(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    first = talk.client.sequence
    for _ in range(5):
        talk.segment(talk.client, "PA", request(), seq=first)
    return Scene(talk.packets, {faults.PEER_SILENT}, (0, 0, 0, 0, 0, 0, 0, 9, 9.2, 9.6, 10.4, 12))


@scene
def large_passed_before(family: Family) -> Scene:
    """What is as large was acknowledged: no MTU is too small for it."""
    talk = family.connection().handshake().asks(request())
    whole = response(body=b"x" * 8000)
    talk.answers(whole[:1448])
    first = talk.server.sequence
    for _ in range(5):
        talk.segment(talk.server, "A", whole[1448:2896], seq=first)
    return Scene(talk.packets, {faults.PEER_SILENT}, (0, 0, 0, 0, 0, 0, 0, 0, 0.2, 0.6, 1.4, 3))


@scene
def mtu_hole_worked_around(family: Family) -> Scene:
    """Three times in vain, then in smaller pieces, as Linux with tcp_mtu_probing and as Windows."""
    talk = family.connection().handshake().asks(request())
    whole = response(body=b"x" * 8000)
    first = talk.server.sequence
    for _ in range(4):
        talk.segment(talk.server, "PA", whole[:1448], seq=first)
    for at in range(0, len(whole), 1012):
        talk.answers(whole[at : at + 1012])
    talk.close()
    times = (0, 0, 0, 0, 0, 0, 0.2, 0.6, 1.4, *[3] * (len(talk.packets) - 9))
    return Scene(talk.packets, {warnings.MTU_WORKED_AROUND}, times)


@scene
def smaller_though_large_ones_passed(family: Family) -> Scene:
    """A packet as large was acknowledged before: what is sent again in pieces was lost, and not for its size."""
    talk = family.connection().handshake().asks(request())
    whole = response(body=b"x" * 8000)
    talk.answers(whole[:1448])
    first = talk.server.sequence
    for _ in range(3):
        talk.segment(talk.server, "A", whole[1448:2896], seq=first)
    for at in range(1448, len(whole), 1012):
        talk.answers(whole[at : at + 1012])
    talk.close()
    times = (0, 0, 0, 0, 0, 0, 0, 0, 0.2, 0.6, *[1.4] * (len(talk.packets) - 10))
    return Scene(talk.packets, {warnings.RETRANSMISSIONS}, times)


@scene
def slow_client(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"hello")).close()
    return Scene(talk.packets, {warnings.SLOW_CLIENT}, (0, 0, 0, *[1.3] * (len(talk.packets) - 3)))


@scene
def connected_in_advance(family: Family) -> Scene:
    """Of two connections that a browser opens, one is for later."""
    packets: list[Packet] = []
    times: list[float] = []
    for port, asked in ((43210, 0.01), (43211, 1.3)):
        talk = family.connection(client_port=port)
        talk.handshake().asks(request()).answers(response(body=b"hello")).close()
        packets += talk.packets
        times += [0, 0, 0, *[asked] * (len(talk.packets) - 3)]
    return Scene(packets, set(), tuple(times))


@scene
def not_translated(family: Family) -> Scene:
    """The Service is asked, its pod answers as itself."""
    called = Connection(client=family.client, server="fd00::20" if ":" in family.client else "10.96.0.20")
    pod = Connection(client=family.client, server=family.server, port=8080)
    packets = []
    for _ in range(3):
        packets.append(called.segment(called.client, "S", seq=1000))
        packets.append(pod.segment(pod.server, "SA", seq=7000, ack=1001))
        packets.append(pod.segment(pod.client, "R", seq=1001))
    return Scene(packets, {faults.NOT_TRANSLATED}, (0, 0, 0, 1, 1, 1, 3, 3, 3))


@scene
def accept_queue_full(family: Family) -> Scene:
    talk = family.connection().handshake()
    for _ in range(2):
        talk.segment(talk.server, "SA", seq=900_000, ack=1001)
        talk.segment(talk.client, "A")
    return Scene(talk.packets, {faults.ACCEPT_QUEUE_FULL}, (0, 0, 0, 1, 1, 3, 3))


@scene
def not_translated_and_ignored(family: Family) -> Scene:
    """As above, where the client's firewall drops what it did not ask for."""
    packets, *_ = not_translated(family)
    return Scene(packets[0:2] + packets[3:5] + packets[6:8], {faults.NOT_TRANSLATED}, (0, 0, 1, 1, 3, 4))


@scene
def never_accepted(family: Family) -> Scene:
    """No application has the request: that it does not answer is no wonder."""
    talk = family.connection().handshake()
    first = talk.client.sequence
    for _ in range(2):
        talk.segment(talk.client, "PA", request(), seq=first)
        talk.segment(talk.server, "SA", seq=900_000, ack=1001)
        talk.segment(talk.client, "A", seq=first + len(request()))
    times = (0, 0, 0, 0, 1, 1, 2, 3, 3)
    return Scene(talk.packets, {faults.ACCEPT_QUEUE_FULL, warnings.RETRANSMISSIONS}, times)


@scene
def syn_ack_lost(family: Family) -> Scene:
    """The client did not get the SYN-ACK and asks again: the next one is the answer to that."""
    talk = family.connection().handshake()
    talk.packets.pop()
    for _ in range(3):
        talk.segment(talk.client, "S", seq=1000)
        talk.segment(talk.server, "SA", seq=900_000, ack=1001)
        talk.segment(talk.client, "A")
    return Scene(talk.packets, {warnings.SLOW_HANDSHAKE}, (0, 0, 1, 1.1, 1.2, 3, 3.1, 3.2, 7, 7.1, 7.2))


@scene
def closed_ports(family: Family) -> Scene:
    packets = []
    for port in range(1, 30):
        talk = family.connection(port=port)
        packets += [talk.segment(talk.client, "S"), talk.segment(talk.server, "RA")]
    return Scene(packets, {warnings.PORT_SCAN})


@scene
def few_closed_ports(family: Family) -> Scene:
    """One of a Service with many ports, whose pod has just started: no scan."""
    packets = []
    for port in range(1, 13):
        talk = family.connection(port=port)
        packets += [talk.segment(talk.client, "S"), talk.segment(talk.server, "RA")]
    return Scene(packets, {faults.CONNECTION_REFUSED})


@scene
def scan_of_a_firewalled_host(family: Family) -> Scene:
    """As nmap does: two SYNs for each silent port, a reset for what is open."""
    packets = []
    for client_port in (36_050, 36_051):
        for port in range(1, 16):
            talk = family.connection(port=port, client_port=client_port)
            packets.append(talk.segment(talk.client, "S"))
    talk = family.connection(port=443)
    packets += [
        talk.segment(talk.client, "S"),
        talk.segment(talk.server, "SA"),
        talk.segment(talk.client, "R"),
    ]
    times = tuple(place / 10 for place in range(len(packets)))
    return Scene(packets, {warnings.PORT_SCAN}, times)


@scene
def fingerprint_of_a_system(family: Family) -> Scene:
    """As `nmap -O` asks: no flags, FIN with SYN, FIN without ACK."""
    packets = []
    for client_port, flags in ((1, ""), (2, "SFUP"), (43212, "FPU")):
        talk = family.connection(client_port=client_port)
        packets += [talk.segment(talk.client, flags, seq=1000) for _ in range(4)]
    times = tuple(place % 4 * 0.2 for place in range(len(packets)))
    return Scene(packets, {warnings.PORT_SCAN}, times)


@scene
def put_together_from_two_captures(family: Family) -> Scene:
    """The first ends with a question and a SYN that had no time to be answered; years lie between."""
    talk, later = family.connection(), family.connection(client_port=43211)
    packets = [talk.segment(talk.client, "S"), *later.handshake().asks(request()).answers(response()).packets]
    return Scene(packets, {notes.CLOCK_JUMPS}, (0, *[100_000_000] * (len(packets) - 1)))


@scene
def put_together_with_a_part_of_a_handshake(family: Family) -> Scene:
    """What a SYN-ACK that nobody confirms is followed by for minutes was left out."""
    talk, later = family.connection(), family.connection(client_port=43211)
    packets = [talk.segment(talk.client, "S"), talk.segment(talk.server, "SA")]
    packets += later.handshake().asks(request()).answers(response()).packets
    other = family.connection(client_port=43212).handshake().close().packets
    times = (0, 0, *[300] * (len(packets) - 2), *[-100_000_000] * len(other))
    return Scene([*packets, *other], {notes.CLOCK_JUMPS, warnings.PARTLY_CAPTURED}, times)


@scene
def seen_twice(family: Family) -> Scene:
    """`-i any` on a node: each packet on its way in and on its way out, with the TTL one less."""
    packets = get_root() if ":" not in family.client else nothing_wrong(family).packets
    twice = []
    for number, packet in enumerate(packets, start=1):
        if IP in packet:
            packet[IP].id = number
        twice.append(packet)
        there = packet.__class__(bytes(packet))
        if IP in there:
            there[IP].ttl -= 1
        twice.append(there)
    return Scene(
        twice, {notes.SEEN_TWICE}, tuple(at / 1000 for n in range(len(packets)) for at in (n, n + 0.004))
    )


@scene
def lost_in_capture(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    whole = response(body=b"x" * 2000)
    for part in (whole[:1000], whole[1000:1500], whole[1500:]):
        talk.answers(part)
    del talk.packets[7]
    return Scene(talk.close().packets, {notes.LOST_IN_CAPTURE})


@scene
def started_midway(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    return Scene(talk.packets[3:], {notes.STARTED_MIDWAY})


@scene
def offloading(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    for packet in talk.packets:
        if packet[TCP].sport == 80:
            packet[TCP].chksum = 0xBEEF
    return Scene(talk.packets, {notes.CHECKSUM_OFFLOAD})


@scene
def rewritten(family: Family) -> Scene:
    """Addresses were made anonymous: no checksum is right any more, and yet each packet was acknowledged."""
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    for packet in talk.packets:
        packet[TCP].chksum = 0xBEEF
    return Scene(talk.packets, {notes.CHECKSUMS_REWRITTEN})


@scene
def damaged_on_every_way(family: Family) -> Scene:
    """Each packet of either host arrives damaged, and nobody takes it: no mere question of the file."""
    first, second = family.connection(), family.connection(port=81)
    for talk in (first, second):
        for _ in range(2):
            talk.segment(talk.client, "S", seq=1000)[TCP].chksum = 0xBEEF
    return Scene(
        first.packets + second.packets,
        {warnings.BAD_CHECKSUM, faults.CONNECTION_UNANSWERED},
        (0, 1.5, 0, 1.5),
    )


@scene
def damaged_packet(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x")).close()
    talk.packets[1][TCP].chksum = 0xBEEF
    return Scene(talk.packets, {warnings.BAD_CHECKSUM})


@scene
def the_page_of_the_runbook(_family: Family) -> Scene:
    return Scene(get_root(), set())
