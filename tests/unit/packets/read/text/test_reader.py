"""Text as tcpdump prints it tells the same story as the packets that it was printed from."""

import subprocess
from pathlib import Path

import pytest

from kubectl_netshoot.packets.messages import notes
from kubectl_netshoot.packets.read.frame import Format
from kubectl_netshoot.packets.report import ConversationEnd, Header, Role
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.told import explained, finding, found, steps
from tests.unit.packets.traffic import capture, get_root
from tools.prerequisites.pytest_plugin import program

TEXTS = Path(__file__).parent / "texts"
PAGE = (TEXTS / "get-root.txt").read_text(encoding="utf-8")
# What tcpdump does not print cannot be told from its text.
NOT_PRINTED = {
    "damaged_packet",
    "dns_update",
    "grpc_error",
    "keep_alive",
    "keep_alive_unanswered",
    "login_refused",
    "no_tls",
    "not_http_any_more",
    "one_sided",
    "plain_text_to_tls",
    "proxied",
    "socks",
    "starttls",
    "statement_refused",
    "tls",
    "tls_alert",
    "tls_client_certificate_refused",
    "tls_closed",
    "tls_distrusted",
    "tls_gets_plain_text",
    "tls_handshake_cut",
    "tls_idle_and_closed",
    "tls_left_without_a_word",
    "tls_old",
    "tls_to_a_mail_server",
}
# Of an error about IPv6 it prints at most an address and a port, and not whose conversation that is.
NOT_PRINTED_OF_IPV6 = {
    "answer_too_late",
    "datagram_not_translated",
    "dns_port_closed",
    "fragments_missing",
    "loop",
    "port_unreachable",
    "sent_with_few_hops",
    "time_exceeded",
    "too_big",
    "traceroute",
}


def test_the_twelve_packets_of_a_page() -> None:
    report = explained(PAGE.encode())
    assert (report.capture.format, report.capture.packets, report.capture.unread_lines) == (
        Format.TEXT,
        12,
        0,
    )
    assert steps(report) == [
        [
            ("tcp-syn", (1,)),
            ("tcp-syn-ack", (2,)),
            ("tcp-established", (3,)),
            ("http-request", (4,)),
            ("tcp-ack", (5,)),
            ("http-response", (6,)),
            ("tcp-ack", (7,)),
            ("http-response-body", (8,)),
            ("tcp-ack", (9,)),
            ("tcp-fin", (10,)),
            ("tcp-fin", (11,)),
            ("tcp-closed", (12,)),
        ]
    ]
    (talk,) = report.conversations
    told = {step.kind.id: step.parameters for step in talk.steps}
    assert told["http-request"]["method"] == "GET"
    assert told["http-request"]["user_agent"] == "curl/8.5.0"
    assert told["http-response"]["status"] == 200
    assert told["http-response"]["header_bytes"] == 238
    assert told["http-response"]["body_bytes"] == 615
    assert told["http-response-body"] == {"bytes": 615, "complete": True}
    assert told["tcp-closed"] == {"packets": 3}
    headers = told["http-response"]["headers"]
    assert isinstance(headers, tuple)
    assert [header.name for header in headers if isinstance(header, Header)] == [
        "Server",
        "Content-Type",
        "Connection",
    ]


def test_incorrect_checksums_of_the_capturing_side_are_offloading() -> None:
    report = explained(PAGE.encode())
    assert found(report) == {notes.CHECKSUM_OFFLOAD}
    offload = finding(report, notes.CHECKSUM_OFFLOAD)
    assert offload.parameters["endpoint"] == ConversationEnd("10.244.2.7")
    assert report.conversations[0].server.roles == {Role.CAPTURING}


@pytest.mark.parametrize("line", range(2, PAGE.count("\n"), 3))
def test_a_cut_text_is_explained_up_to_there(line: int) -> None:
    text = "\n".join(PAGE.split("\n")[:line])
    report = explained(text.encode())
    assert report.capture.packets in (text.count(" IP "), text.count(" IP ") - 1)


def test_talk_of_tcpdump_itself_is_passed_over() -> None:
    before = "tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
    after = "^C\n12 packets captured\n14 packets received by filter\n2 packets dropped by kernel\n"
    report = explained((before + PAGE + after).encode())
    assert (report.capture.packets, report.capture.unread_lines, report.capture.kernel_drops) == (12, 0, 2)


def test_a_paste_may_come_from_a_web_page() -> None:
    bare = "\r\n".join(line.rstrip() for line in PAGE.split("\n"))
    assert steps(explained(bare.encode())) == steps(explained(PAGE.encode()))


def printed(data: bytes, *options: str) -> bytes:
    done = subprocess.run(
        [program("tcpdump"), *options, "-r", "-"], input=data, capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("options", ["-nv", "-nvv", "-n", "-ntt", "-ntttt", "-nev", "-nS", "-n#", "-nt"])
@pytest.mark.parametrize("link", ["EN10MB", "EN10MB with VLANs", "LINUX_SLL2", "RAW"])
def test_every_way_to_print(options: str, link: str) -> None:
    data = capture(get_root(), link=link)
    report = explained(printed(data, options))
    assert steps(report) == steps(explained(data))
    assert not report.capture.unread_lines


@pytest.mark.parametrize(
    ("play", "family"),
    [
        (play, family)
        for play in sorted(SCENES.keys() - NOT_PRINTED)
        for family in FAMILIES
        if not (family == "IPv6" and play in NOT_PRINTED_OF_IPV6)
    ],
)
def test_every_scene_reads_the_same_as_text(play: str, family: str) -> None:
    packets, expected, times = SCENES[play](FAMILIES[family])
    data = capture(packets, times=times)
    report = explained(printed(data, "-nv"))
    assert steps(report) == steps(explained(data))
    assert found(report) == expected
    assert report.capture.packets == len(packets)
