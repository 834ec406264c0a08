"""What is told of conversations beyond their findings: parameters, roles, secrets, groups, and bounded memory."""

import pytest

from kubectl_netshoot.packets.analysis import Analysis
from kubectl_netshoot.packets.messages import faults, http_steps, notes, service_steps, tcp_steps, warnings
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.report import (
    Application,
    Guarded,
    Header,
    Outcome,
    Parameters,
    Report,
    Role,
    Side,
)
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.scenes_tls import client_hello, record, server_hello
from tests.unit.packets.told import explained, finding, steps
from tests.unit.packets.traffic import CLIENT, SERVER, Connection, capture, get_root, request, response


def told(report: Report, kind: StepKind) -> Parameters:
    """The parameters of the one step of a kind."""
    (only,) = [step for talk in report.conversations for step in talk.steps if step.kind is kind]
    return only.parameters


def play(name: str) -> Report:
    packets, _, times = SCENES[name](FAMILIES["IPv4"])
    return explained(capture(packets, times=times))


def talk_of(*exchanges: bytes, port: int = 80) -> Report:
    """What is told of a connection in which client and server speak in turns."""
    talk = Connection(port=port).handshake()
    for place, payload in enumerate(exchanges):
        (talk.answers if place % 2 else talk.asks)(payload)
    return explained(capture(talk.close().packets))


def test_secrets_are_marked() -> None:
    headers = (
        "Authorization: Bearer abc.def.ghi",
        "Cookie: sid=s3cret; theme=dark",
        "X-Api-Key: k-123",
        "Referer: https://joe:pw@shop.example/?q=private",
        "Origin: https://shop.example",
    )
    asked = request("/find?q=private&flag&page=2", *headers)
    answered = response(
        "302 Found", b"", "Set-Cookie: sid=new; Path=/", "Location: /in?token=t0ken#frag=gone"
    )
    report = talk_of(asked, answered)
    target = told(report, http_steps.HTTP_REQUEST)["target"]
    assert isinstance(target, Guarded)
    assert target.masked("*") == "/find?q=*&*&page=*"
    assert target.text == "/find?q=private&flag&page=2"
    assert masked(report, http_steps.HTTP_REQUEST) == {
        "Host": "10.244.2.7",
        "Authorization": "Bearer *",
        "Cookie": "sid=*; theme=*",
        "X-Api-Key": "*",
        "Referer": "https://*@shop.example/?q=*",
        "Origin": "https://shop.example",
    }
    assert masked(report, http_steps.HTTP_RESPONSE)["Set-Cookie"] == "sid=*; Path=/"
    assert masked(report, http_steps.HTTP_RESPONSE)["Location"] == "/in?token=*#frag=*"
    assert "s3cret" not in repr(report)


def masked(report: Report, kind: StepKind) -> dict[str, str]:
    headers = told(report, kind)["headers"]
    assert isinstance(headers, tuple)
    return {header.name: header.value.masked("*") for header in headers if isinstance(header, Header)}


def test_times_of_a_request() -> None:
    times = [0, 0.01, 0.02, 0.03, 0.031, 0.53, 0.54, 0.6, 0.61, 0.62, 0.63, 0.64]
    report = explained(capture(get_root(), times=times))
    assert told(report, http_steps.HTTP_RESPONSE)["first_byte_seconds"] == pytest.approx(0.5)
    assert told(report, tcp_steps.TCP_ESTABLISHED)["round_trip_seconds"] == pytest.approx(0.02)
    assert report.conversations[0].round_trip == pytest.approx(0.02)


def test_a_chunked_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    report = talk_of(request(), head + b"5\r\nhello\r\n", b"", b"6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n")
    step = told(report, http_steps.HTTP_RESPONSE)
    assert (step["chunked"], step["body_bytes"], step["complete"]) == (True, 11, True)


def test_an_answer_that_ends_with_the_connection() -> None:
    talk = Connection().handshake().asks(request()).answers(b"HTTP/1.0 200 OK\r\n\r\nall of it")
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    step = told(explained(capture(talk.packets)), http_steps.HTTP_RESPONSE)
    assert (step["body_bytes"], step["complete"]) == (9, True)


def test_pipelined_requests() -> None:
    report = talk_of(request("/1") + request("/2"), response(body=b"1") + response("404 Not Found"))
    assert told(report, http_steps.HTTP_PIPELINED)["requests"] == 2
    assert finding(report, warnings.HTTP_CLIENT_ERROR).parameters["target"] == Guarded("/2")


def test_a_web_socket() -> None:
    upgrade = request("/ws", "Connection: Upgrade", "Upgrade: websocket")
    switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    report = talk_of(upgrade, switched, b"\x81\x05hello")
    assert told(report, http_steps.HTTP_UPGRADE)["protocol"] == "websocket"
    assert told(report, tcp_steps.TCP_DATA)["bytes"] == 7


def test_a_head_answer_has_no_body() -> None:
    report = talk_of(request().replace(b"GET", b"HEAD"), response(body=b"x" * 90)[:-90])
    assert report.findings == ()


def test_tls() -> None:
    report = play("tls")
    assert report.conversations[0].application is Application.TLS
    hello = told(report, service_steps.TLS_CLIENT_HELLO)
    assert hello == {"version": "TLS 1.3", "server_name": "shop.example", "alpn": ("h2", "http/1.1")}
    answer = told(report, service_steps.TLS_SERVER_HELLO)
    assert (answer["version"], answer["cipher"], answer["retry"]) == (
        "TLS 1.3",
        "TLS_AES_128_GCM_SHA256",
        False,
    )


def test_a_hello_in_two_segments() -> None:
    hello = client_hello()
    talk = Connection(port=443).handshake()
    talk.segment(talk.client, "A", hello[:50])
    talk.asks(hello[50:]).answers(server_hello() + record(23, b"x" * 50)).asks(record(23, b"y" * 50))
    report = explained(capture(talk.close().packets))
    assert told(report, service_steps.TLS_CLIENT_HELLO)["server_name"] == "shop.example"


def test_a_tls_alert_names_its_sender() -> None:
    alert = finding(play("tls_alert"), faults.TLS_ALERT).parameters
    assert (alert["side"], alert["description"], alert["server_name"]) == (
        Side.SERVER,
        "handshake_failure",
        "shop.example",
    )


def test_grpc() -> None:
    report = play("grpc_error")
    assert report.conversations[0].application is Application.GRPC
    error = finding(report, faults.GRPC_ERROR).parameters
    assert (error["grpc_status"], error["grpc_message"]) == (14, Guarded("no backend"))
    assert error["target"] == Guarded("/shop.Cart/Add")


def test_names_tried_by_the_search_list() -> None:
    tried = finding(play("dns_search_list"), warnings.DNS_SEARCH_LIST).parameters
    assert tried["name"] == "api.example.com"
    assert tried["tried"] == (
        "api.example.com.shop.svc.cluster.local",
        "api.example.com.svc.cluster.local",
        "api.example.com.cluster.local",
    )


@pytest.mark.parametrize(
    ("scene", "outcome"),
    [
        ("nothing_wrong", Outcome.CLOSED),
        ("refused", Outcome.REFUSED),
        ("unanswered", Outcome.UNANSWERED),
        ("handshake_unfinished", Outcome.UNANSWERED),
        ("reset_in_response", Outcome.RESET),
        ("keep_alive", Outcome.OPEN),
        ("dns_found", Outcome.ANSWERED),
        ("dns_unanswered", Outcome.UNANSWERED),
        ("port_unreachable", Outcome.REFUSED),
        ("echo", Outcome.ANSWERED),
    ],
)
def test_outcomes(scene: str, outcome: Outcome) -> None:
    assert play(scene).conversations[0].outcome is outcome


@pytest.mark.parametrize(
    ("scene", "moment"),
    [("reset_in_response", "response-cut"), ("reset_when_idle", "idle")],
)
def test_the_moment_of_a_reset(scene: str, moment: str) -> None:
    assert told(play(scene), tcp_steps.TCP_RESET)["moment"] == moment


def test_a_close_in_four_steps_and_data_after_the_first_fin() -> None:
    talk = Connection().handshake().asks(request())
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    talk.answers(response(body=b"late"))
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "A")
    report = explained(capture(talk.packets))
    assert told(report, tcp_steps.TCP_CLOSED)["packets"] == 4
    assert report.findings == ()


def test_the_capturing_side_of_a_cooked_capture() -> None:
    report = explained(capture(get_root(), link="LINUX_SLL2"))
    assert report.conversations[0].server.roles == {Role.CAPTURING}
    assert report.conversations[0].client.roles == frozenset()


def test_the_capturing_side_as_the_caller_knows_it() -> None:
    analysis = Analysis(capturing=[bytes((10, 244, 1, 5))])
    analysis.feed(capture(get_root()))
    assert analysis.report().conversations[0].client.roles == {Role.CAPTURING}


def test_a_node_that_stands_for_its_clients() -> None:
    report = play("node_stands_for_clients")
    assert Role.NODE_NAT in report.conversations[1].client.roles
    assert Role.KUBE_PROBE in report.conversations[0].client.roles
    assert Role.KUBE_PROBE not in report.conversations[1].client.roles


def test_a_close_look_at_retransmissions() -> None:
    report = play("retransmissions")
    assert report.conversations[0].retransmissions == 1
    repeated = finding(report, warnings.RETRANSMISSIONS)
    assert (repeated.packets, repeated.parameters["side"]) == ((7,), Side.SERVER)


def crowd(connections: int) -> bytes:
    """Many like connections, one of them answered with 500."""
    packets = []
    for number in range(connections):
        talk = Connection(client_port=20_000 + number).handshake().asks(request())
        talk.answers(response("500 Internal Server Error" if number == 7 else "200 OK"))
        packets += talk.close().packets
    return capture(packets)


def test_conversations_beyond_the_limit_are_folded_into_their_groups() -> None:
    report = explained(crowd(40), max_flows=10)
    assert (report.conversation_count, len(report.conversations), report.folded) == (40, 10, 30)
    assert {talk.number for talk in report.conversations} >= {8, 40}
    (group,) = report.groups
    assert (group.count, group.odd, group.packets) == (40, 1, 400)
    assert group.shown[0] == 8
    assert finding(report, notes.CONVERSATIONS_FOLDED).parameters == {"count": 30, "kept": 10}
    assert finding(report, faults.HTTP_SERVER_ERROR).conversations == (8,)


def test_a_long_conversation_keeps_its_beginning_and_its_end() -> None:
    talk = Connection().handshake()
    for _ in range(300):
        talk.asks(request()).answers(response())
    (told_of,) = explained(capture(talk.close().packets)).conversations
    assert len(told_of.steps) < 410
    assert told_of.steps_dropped == 300 * 4 + 6 - len(told_of.steps)
    assert [step.kind for step in told_of.steps][-3:] == [
        tcp_steps.TCP_FIN,
        tcp_steps.TCP_FIN,
        tcp_steps.TCP_CLOSED,
    ]


def test_the_same_ports_again_are_another_conversation() -> None:
    first = Connection().handshake().close()
    second = Connection()
    second.client.sequence += 70_000
    second.handshake().asks(request()).answers(response()).close()
    report = explained(capture(first.packets + second.packets))
    assert [len(told_steps) for told_steps in steps(report)] == [6, 10]
    assert {(talk.client.address, talk.server.address) for talk in report.conversations} == {(CLIENT, SERVER)}


def test_many_records_in_one_packet_are_one_packet() -> None:
    talk = (
        Connection(port=443).handshake().asks(client_hello()).answers(server_hello() + record(23, b"x" * 50))
    )
    talk.asks(record(20, b"\1") + record(23, b"y" * 60))
    for _ in range(14):
        talk.segment(talk.server, "PA", record(23, b"z" * 30) * 3)
    (only,) = explained(capture(talk.close().packets)).conversations
    last = [step for step in only.steps if step.kind is service_steps.TLS_APPLICATION_DATA][-1]
    assert (last.count, len(last.packets), last.parameters["bytes"]) == (14, 10, 14 * 3 * 30)
