"""What a capture's filter keeps out refutes nothing, and what it would have refuted is not concluded."""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from scapy.layers.inet import TCP, UDP
from scapy.packet import Packet

from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.report import Outcome
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.stage import Scene
from tests.unit.packets.told import explained, finding, found
from tests.unit.packets.traffic import CLIENT, SERVER, Connection, capture, network

FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16


class Passing(NamedTuple):
    """A segment's flags, the length of its payload, and whether it goes to the lower port."""

    flags: int
    size: int
    there: bool


Filter = Callable[[Passing], object]
FILTERS: dict[str, Filter] = {
    "tcp-syn": lambda one: one.flags & SYN,
    "tcp-syn alone": lambda one: one.flags & (SYN | ACK) == SYN,
    "tcp-syn and tcp-ack": lambda one: one.flags & (SYN | ACK) == SYN | ACK,
    "tcp-syn, tcp-fin, tcp-rst": lambda one: one.flags & (SYN | FIN | RST),
    "tcp-syn, tcp-rst": lambda one: one.flags & (SYN | RST),
    "tcp-rst": lambda one: one.flags & RST,
    "tcp-fin": lambda one: one.flags & FIN,
    "tcp-push": lambda one: one.flags & PUSH,
    "payload": lambda one: one.size,
    "no ACK alone": lambda one: one.size or one.flags & (SYN | FIN | RST),
    "dst port": lambda one: one.there,
    "src port": lambda one: not one.there,
}
# Said of captures that lack something, or of what is there.
EXPECTED = {
    notes.STARTED_MIDWAY,
    notes.LOST_IN_CAPTURE,
    warnings.ONE_SIDED,
    warnings.PARTLY_CAPTURED,
    warnings.RETRANSMISSIONS,
}
# A SYN or a SYN-ACK that is sent again has had no answer, if only until then; and only its ACK tells that a request was
# long on its way.
INSTEAD = {
    "slow_network": {warnings.SLOW_RESPONSE},
    "slow_handshake": {faults.CONNECTION_UNANSWERED},
    "syn_ack_lost": {faults.CONNECTION_UNANSWERED},
    "accept_queue_full": {faults.HANDSHAKE_UNFINISHED},
    "never_accepted": {faults.HANDSHAKE_UNFINISHED},
    "not_translated_and_ignored": {faults.CONNECTION_UNANSWERED, faults.HANDSHAKE_UNFINISHED},
    "not_translated": {faults.CONNECTION_UNANSWERED, faults.HANDSHAKE_UNFINISHED},
}


def kept(scene: Scene, keep: Filter) -> Iterator[tuple[Packet, float]]:
    """The packets that a filter lets pass, and their times; all that is not TCP passes."""
    times = scene.times or (0.0,) * len(scene.packets)
    for packet, time in zip(scene.packets, times, strict=True):
        data = bytes(packet)
        size = len(data) - (data[0] & 15) * 4
        if data[0] >> 4 != 4 or TCP not in packet or data[9] != 6:
            yield packet, time
            continue
        segment = data[-size:]
        source, target = struct.unpack_from(">HH", segment)
        if keep(Passing(segment[13], size - (segment[12] >> 4) * 4, target < source)):
            yield packet, time


@pytest.mark.parametrize("name", FILTERS)
def test_what_a_filter_keeps_out_is_not_missed(name: str) -> None:
    """Each scene goes on for a while, in which what was sent would have been sent again."""
    later = network(CLIENT, "10.244.9.9") / UDP(sport=9, dport=9)
    for play, played in SCENES.items():
        scene = played(FAMILIES["IPv4"])
        packets = [*kept(scene, FILTERS[name]), (later, max(scene.times, default=0.0) + 10)]
        whole = found(explained(capture([*scene.packets, later], times=(*scene.times, packets[-1][1]))))
        report = explained(capture([one for one, _ in packets], times=tuple(time for _, time in packets)))
        new = found(report) - whole - EXPECTED - INSTEAD.get(play, set())
        assert not {kind for kind in new if kind.from_absence or kind is faults.CONNECTION_RESET}, play


def syn(port: int, server: str = SERVER) -> Packet:
    talk = Connection(client_port=port, server=server)
    return talk.segment(talk.client, "S")


def test_syns_alone_may_have_been_answered() -> None:
    report = explained(capture([syn(port) for port in (1, 2, 3)], times=(0, 20, 40)))
    assert found(report) == {warnings.PARTLY_CAPTURED}
    assert finding(report, warnings.PARTLY_CAPTURED).parameters == {"missing": "answers", "count": 2}


def test_a_syn_that_is_sent_again_was_not_answered() -> None:
    report = explained(capture([syn(1), syn(1), syn(2)], times=(0, 1, 20)))
    assert found(report) == {faults.CONNECTION_UNANSWERED}


def test_a_syn_that_is_sent_again_may_have_been_answered_where_the_others_were() -> None:
    """Of four connections to one port three have one SYN: something answered them that the filter keeps out."""
    packets = [syn(1), syn(1), syn(2), syn(3), syn(4)]
    later = syn(5, "10.244.9.9")
    report = explained(capture([*packets, later], times=(0, 1, 5, 6, 7, 60)))
    assert found(report) == {warnings.PARTLY_CAPTURED}
    assert sum(one.kind is warnings.PARTLY_CAPTURED for one in report.findings) == 2


def test_a_syn_that_is_sent_again_was_not_answered_where_no_other_was() -> None:
    packets = [*[syn(1)] * 2, *[syn(2, "10.244.9.9")] * 1, syn(3, "10.244.9.9"), syn(4, "10.244.9.9")]
    report = explained(capture([*packets, syn(5, "10.244.9.8")], times=(0, 1, 5, 6, 7, 60)))
    assert finding(report, faults.CONNECTION_UNANSWERED).parameters["attempts"] == 2


def test_a_single_syn_is_not_answered_where_others_are() -> None:
    """Who waits for a second only, as the kubelet does, sends no second SYN."""
    other = Connection().handshake().close().packets
    report = explained(capture([syn(1, "10.244.9.9"), *other], times=(0, *[20.0] * len(other))))
    assert finding(report, faults.CONNECTION_UNANSWERED).parameters["attempts"] == 1


def test_an_ack_that_comes_with_the_first_data_is_a_handshakes() -> None:
    """HAProxy has them sent together."""
    talk = Connection().handshake().asks(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    report = explained(capture([*talk.packets[:2], *talk.packets[3:]], times=(0, 0, 3, 3)))
    assert not found(report)
    assert report.conversations[0].outcome is Outcome.OPEN
