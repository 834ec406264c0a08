"""Connections that are put off give the report that they give when each is gone through as it comes."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets import artefacts
from kubectl_netshoot.packets.report import Outcome, Report
from kubectl_netshoot.packets.tcp import table
from kubectl_netshoot.packets.tcp.flow import Flow
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.told import explained
from tests.unit.packets.traffic import CLIENT6, SERVER6, Connection, capture, request, response

KINDS: dict[str, Callable[[Connection], object]] = {}


@pytest.fixture(autouse=True, scope="module")
def all_checksums_done() -> Iterator[None]:
    """Of the first connections the checksums are verified; these are the ones after them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artefacts, "CHECKED", 0)
        yield


def gone_through(data: bytes, max_flows: int) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "deferrable", lambda *_: False)
        return explained(data, max_flows=max_flows)


def one(port: int, kind: Callable[[Connection], object]) -> list[Packet]:
    talk = Connection(client_port=40_000 + port)
    kind(talk)
    for place, packet in enumerate(talk.packets):
        # As Linux numbers them: else they would be copies of each other.
        packet.id = port * 100 + place + 1
    return talk.packets


def usual(talk: Connection) -> None:
    talk.handshake().asks(request()).answers(response(body=b"x" * 40)).close()


def kind(play: Callable[[Connection], None]) -> Callable[[Connection], None]:
    KINDS[play.__name__] = play
    return play


@kind
def kept_alive(talk: Connection) -> None:
    talk.handshake()
    for number in range(3):
        talk.asks(request(f"/{number}")).answers(response(body=b"x" * 40))
    talk.close()


@kind
def with_bodies(talk: Connection) -> None:
    asked = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    talk.handshake().asks(asked).answers(response(body=b"x" * 40)[:-20]).answers(b"x" * 20).close()


@kind
def not_modified(talk: Connection) -> None:
    answer = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 615\r\n\r\n"
    talk.handshake().asks(request()).answers(answer).close()


@kind
def without_a_name(talk: Connection) -> None:
    talk.handshake().asks(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answers(response()).close()


for name, asked, answer in (
    ("kube_probe", request().replace(b"curl/", b"kube-probe/"), response()),
    ("not_found", request(), response("404 Not Found")),
    ("chunked", request(), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("until_close", request(), b"HTTP/1.1 200 OK\r\nServer: a\r\n\r\nabc"),
    ("interim", request(), b"HTTP/1.1 100 Continue\r\n\r\n" + response()),
    ("too_long", request(), response(body=b"x" * 40) + b"more"),
    ("cut_short", request(), response(body=b"x" * 40)[:-1]),
    ("odd_answer", request(), b"SSH-2.0-OpenSSH\r\n"),
    ("head_only", b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    ("upgrade", request("/", "Upgrade: websocket"), b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"),
    ("half_a_request", request()[:-1], response()),
    ("pipelined", request() * 2, response() * 2),
    ("no_http", b"hello", b"world"),
    ("large", request(), response(body=b"x" * 5000)),
):
    KINDS[name] = lambda talk, asked=asked, answer=answer: (
        talk.handshake().asks(asked).answers(answer).close()  # type: ignore[misc]
    )


@kind
def silent(talk: Connection) -> None:
    talk.handshake().close()


@kind
def unanswered(talk: Connection) -> None:
    talk.handshake().asks(request()).close()


@kind
def unasked(talk: Connection) -> None:
    talk.handshake().answers(response()).close()


@kind
def open_still(talk: Connection) -> None:
    talk.handshake().asks(request()).answers(response())


@kind
def reset_after_the_close(talk: Connection) -> None:
    usual(talk)
    talk.reset(talk.client)


@kind
def same_ports_again(talk: Connection) -> None:
    usual(talk)
    talk.client.sequence += 1_000_000
    usual(talk)


@kind
def quoted_by_icmp(talk: Connection) -> None:
    usual(talk)
    about = talk.packets[3]
    error = IP(src="10.9.9.9", dst=about.src) / ICMP(type=3, code=1)
    talk.packets.append(error / Raw(bytes(about)[:28]))


@kind
def with_itself(talk: Connection) -> None:
    usual(talk)
    for packet in talk.packets:
        packet.src, packet.payload.sport = packet.dst, packet.payload.dport


@kind
def confirmed_by_a_request(talk: Connection) -> None:
    usual(talk)
    del talk.packets[2]


@kind
def traced(talk: Connection) -> None:
    usual(talk)
    talk.packets[0].ttl = 3


def report_both_ways(packets: list[Packet], max_flows: int, times: tuple[float, ...] = ()) -> Report:
    data = capture(packets, times=times)
    report = explained(data, max_flows=max_flows)
    assert report == gone_through(data, max_flows)
    return report


def test_usual_connections_are_gone_through_when_somebody_looks_at_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[Flow] = []
    monkeypatch.setattr(table, "judge", lambda flow, _: judged.append(flow))
    plays = [usual, kept_alive, with_bodies, not_modified, without_a_name]
    data = capture([packet for port in range(20) for packet in one(port, plays[port % len(plays)])])
    report = explained(data, max_flows=4)
    assert not judged
    assert sum(group.count for group in report.groups if group.outcome is Outcome.CLOSED) == 20
    assert all(talk.steps for talk in report.conversations)
    assert len(judged) == len(report.conversations) == 4


@pytest.mark.parametrize("max_flows", [1, 3, 50])
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_connection_is_told_the_same(name: str, max_flows: int) -> None:
    plays = [usual, KINDS[name], usual, usual, KINDS[name], usual]
    report_both_ways([packet for port, play in enumerate(plays) for packet in one(port, play)], max_flows)


@pytest.mark.parametrize("slow", [1, 4])
def test_a_slow_handshake_or_answer_is_found(slow: int) -> None:
    packets = [packet for port in range(3) for packet in one(port, usual)]
    times = tuple(place / 1000 + 2 * (place > slow) for place in range(len(packets)))
    assert report_both_ways(packets, 1, times).findings[0].kind.id in ("slow-handshake", "slow-response")


def test_ipv6_is_put_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    talks = [Connection(client=CLIENT6, server=SERVER6, client_port=40_000 + port) for port in range(9)]
    for talk in talks:
        usual(talk)
    report_both_ways([packet for talk in talks for packet in talk.packets], 2)
    judged: list[Flow] = []
    monkeypatch.setattr(table, "judge", lambda flow, _: judged.append(flow))
    explained(capture([packet for talk in talks for packet in talk.packets]), max_flows=2)
    assert not judged


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_told_the_same(name: str, family: str) -> None:
    scene = SCENES[name](FAMILIES[family])
    before = [packet for port in range(3) for packet in one(port, usual)]
    times = [place / 1000 for place in range(len(before))]
    report_both_ways(before + scene.packets, 2, (*times, *(1 + time for time in scene.times)))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(2, 12), st.sampled_from([1, 2, 5, 50]))
def test_lost_doubled_swapped_and_damaged_segments(chance: random.Random, each: int, max_flows: int) -> None:
    """Connections side by side, in which one of so many packets is not as it should be."""
    plays = [usual, *KINDS.values()]
    talks = [one(port, chance.choice([usual, chance.choice(plays)])) for port in range(6)]
    packets = [bytes(packet) for packet in one(9, usual)]
    while any(talks):
        talk = chance.choice([talk for talk in talks if talk])
        raw = bytearray(bytes(talk.pop(0)))
        if chance.randrange(each) == 0:
            fate = chance.randrange(4)
            if fate == 0:
                continue
            if fate == 1 and talk:
                talk.insert(1, IP(bytes(raw)))
                continue
            if fate == 2:
                packets.append(bytes(raw))
            elif fate == 3:
                raw[chance.randrange(20, len(raw))] = chance.randrange(256)
        packets.append(bytes(raw))
    report_both_ways([IP(raw) for raw in packets], max_flows)
