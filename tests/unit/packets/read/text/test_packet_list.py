"""A packet list of tshark or Wireshark, copied as text, tells as much of the packets' story as it shows."""

import functools
import re
import subprocess
from collections.abc import Callable

import pytest

from kubectl_netshoot.packets.messages import faults, warnings
from kubectl_netshoot.packets.report import Outcome, Report, Transport
from tests.unit.packets.pastes import DAMAGES, source
from tests.unit.packets.read.text.test_paste import OF_WHOLE_MESSAGES, told_by
from tests.unit.packets.told import explained, found, steps
from tools.prerequisites.pytest_plugin import program

SCENES = (
    *(
        "the_page_of_the_runbook",
        "reset_in_response",
        "dns_found",
        "dns_no_such_name",
        "dns_search_list",
        "refused",
    ),
    *(
        "tls",
        "echo",
        "neighbour_unanswered",
        "udp_unanswered",
        "retransmissions",
        "unanswered",
        "zero_window",
    ),
    *("keep_alive_unanswered", "half_closed", "request_unanswered", "server_error", "out_of_order"),
)
TIMES = ("-tr", "-ta", "-tad", "-te", "-tud", "-td")
HEADER = "No.     Time           Source                Destination           Protocol Length Info\n"
ROW = re.compile(r"(?m)^( *\d+) +((?:\S+ )?\S+) +(\S+) \u2192 (\S+) +(\S+) (\d+) (.*)$")

# As tshark 4.0.17 printed them.
RECORDED = """\
    1   0.000000   10.244.1.5 → 10.244.2.7   TCP 74 43210 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460 SACK_PERM TSval=1 TSecr=0 WS=128
    2   0.001000   10.244.2.7 → 10.244.1.5   TCP 74 80 → 43210 [SYN, ACK] Seq=0 Ack=1 Win=65160 Len=0 MSS=1460 SACK_PERM TSval=1 TSecr=0 WS=128
    3   0.002000   10.244.1.5 → 10.244.2.7   TCP 54 43210 → 80 [ACK] Seq=1 Ack=1 Win=64256 Len=0
    4   0.003000   10.244.1.5 → 10.244.2.7   HTTP 127 GET / HTTP/1.1 
    5   0.004000   10.244.2.7 → 10.244.1.5   TCP 54 80 → 43210 [ACK] Seq=1 Ack=74 Win=64256 Len=0
    6   0.005000   10.244.2.7 → 10.244.1.5   TCP 541 HTTP/1.1 200 OK  [TCP segment of a reassembled PDU]
    7   0.006000   10.244.1.5 → 10.244.2.7   TCP 54 43210 → 80 [ACK] Seq=74 Ack=488 Win=64256 Len=0
    8   0.007000   10.244.2.7 → 10.244.1.5   TCP 54 80 → 43210 [RST, ACK] Seq=488 Ack=74 Win=64256 Len=0
"""  # noqa: E501, W291
OTHER = RECORDED.replace("43210", "43211").splitlines(keepends=True)


def plain(text: str) -> str:
    """As Wireshark copies rows "as plain text"."""
    return HEADER + ROW.sub(
        lambda m: f"{m[1]:>7} {m[2]:<14} {m[3]:<21} {m[4]:<21} {m[5]:<8} {m[6]:<6} {m[7]}", text
    )


def values(text: str) -> str:
    """As Wireshark copies rows "as CSV"."""
    rows = ROW.sub(lambda m: ",".join(f'"{m[at].strip()}"' for at in range(1, 8)), text)
    return '"No.","Time","Source","Destination","Protocol","Length","Info"\n' + rows


def old(text: str) -> str:
    """As tshark 1.x printed rows."""
    return text.replace("\u2192 80", "> http").replace("80 \u2192", "http >").replace("\u2192", "->")


def cells(row: Callable[[list[str]], str]) -> Callable[[str], str]:
    """Each row made anew from its columns."""
    return lambda text: "".join(
        f"{row([match[at].strip() for at in range(1, 8)])}\n" for match in ROW.finditer(text)
    )


FORMS: dict[str, Callable[[str], str]] = {
    "tshark": str,
    "plain text": plain,
    "CSV": values,
    "tshark 1.x": old,
    "tabs": cells("\t".join),
    "values between commas": cells(",".join),
    "values between semicolons": cells(lambda row: ";".join(f'"{one}"' for one in row)),
    "bars between columns": cells(" | ".join),
    "a table of Markdown": lambda text: (
        "| No. | Time | Source | Destination | Protocol | Length | Info |\n|---|---|---|---|---|---|---|\n"
        + cells(lambda row: f"| {' | '.join(row)} |")(text)
    ),
    "a table with borders": cells(lambda row: f"| {' | '.join(f'{one:<15}' for one in row)} |\n+{'-' * 90}+"),
    "a box": lambda text: FORMS["a table of Markdown"](text).replace("|", "\u2502"),
    "columns of ports": cells(lambda row: "\t".join([*row[:3], "1", row[3], "2", *row[4:6], "64", row[6]])),
    "a column of differences": cells(lambda row: "   ".join([*row[:2], "0.001000", *row[2:]])),
    "the last row first": lambda text: "".join(reversed(text.splitlines(keepends=True))),
    "a table of Jira": cells(lambda row: f"|{'|'.join(row)}|"),
}
HARMLESS = (
    "indented",
    "quoted",
    "numbered",
    "CRLF",
    "no-break spaces",
    "trailing blanks lost",
    "in a page",
)


@functools.cache
def printed(play: str, family: str, times: str) -> str:
    done = subprocess.run(
        [program("tshark"), "-n", times, "-r", "-"],
        input=source(play, family)[0],
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def told(report: Report) -> tuple[object, ...]:
    """What a list can tell: of a datagram of DNS not the client's port, of HTTP the first lines."""
    *talks, findings = told_by("tcpdump -n", report)
    shown = [
        (talk[0], (talk[1][0], None) if talk[0] is Transport.UDP and talk[3] == 53 else talk[1], *talk[2:])  # type: ignore[index]
        for talk in talks
    ]
    return (*shown, findings - OF_WHOLE_MESSAGES)  # type: ignore[operator]


def check(text: str, play: str, family: str) -> None:
    data, packets = source(play, family)
    report = explained(text.encode())
    assert (report.capture.packets, report.capture.unread_lines) == (packets, 0), text
    assert told(report) == told(explained(data)), text


# Each scene with the usual times and with others in turn: a row's times say nothing of the rest of it.
ROWS = [(play, times) for place, play in enumerate(SCENES) for times in ("-tr", TIMES[1 + place % 5])]


@pytest.mark.parametrize(
    # Waits that grow from packet to packet look like times.
    ("play", "times"),
    [row for row in ROWS if row != ("echo", "-td")],
)
def test_rows_tell_what_the_packets_tell(play: str, times: str) -> None:
    check(printed(play, "IPv4", times), play, "IPv4")


@pytest.mark.parametrize("play", ["the_page_of_the_runbook", "refused", "dns_found", "echo"])
def test_six(play: str) -> None:
    check(printed(play, "IPv6", "-tr"), play, "IPv6")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "play", ["the_page_of_the_runbook", "refused", "dns_no_such_name", "echo", "neighbour_unanswered"]
)
def test_every_form(play: str, form: str) -> None:
    check(FORMS[form](printed(play, "IPv4", "-tr")), play, "IPv4")


@pytest.mark.parametrize("form", FORMS)
def test_recorded_rows(form: str) -> None:
    check(FORMS[form](RECORDED), "reset_in_response", "IPv4")


@pytest.mark.parametrize("form", ["tshark", "plain text"])
@pytest.mark.parametrize("damage", [*HARMLESS, "wrapped at 80", "wrapped at 100", "folded at 100"])
def test_damaged_rows(form: str, damage: str) -> None:
    check(DAMAGES[damage](FORMS[form](RECORDED)), "reset_in_response", "IPv4")


def test_a_row_without_ports_is_of_nobody_when_it_may_be_of_two() -> None:
    both = RECORDED.splitlines(keepends=True)
    report = explained("".join([*both[:3], *OTHER[:3], both[3]]).encode())
    assert report.capture.unread_lines == 1
    assert {talk.outcome for talk in report.conversations} == {Outcome.UNKNOWN}
    assert found(report) == {warnings.UNREAD_LINES}


def test_a_connection_that_is_over_takes_no_more_rows() -> None:
    report = explained((RECORDED + "".join(OTHER[:4])).encode())
    assert not report.capture.unread_lines
    assert [talk.from_client.payload for talk in report.conversations] == [73, 73]


def test_rows_that_were_left_out_are_told() -> None:
    rows = RECORDED.splitlines(keepends=True)
    report = explained("".join([*rows[:5], "[...]\n", *rows[6:]]).encode())
    assert (report.capture.packets, report.capture.unread_lines) == (7, 1)
    assert {talk.outcome for talk in report.conversations} == {Outcome.RESET}


def test_an_icmp_error_may_be_about_anything_of_its_receiver() -> None:
    syn = RECORDED.splitlines(keepends=True)[0]
    error = "    2   0.100000   10.0.0.1 → 10.244.1.5   ICMP 70 Destination unreachable (Host unreachable)\n"
    report = explained((syn + error).encode())
    assert [talk.outcome for talk in report.conversations] == [Outcome.UNKNOWN]
    assert found(report) == {warnings.UNREAD_LINES}


def test_a_fin_that_no_row_shows_makes_doubtful() -> None:
    rows = RECORDED.splitlines(keepends=True)[:7]
    rows[6] = rows[6].replace("Ack=488", "Ack=489")
    assert explained("".join(rows).encode()).conversations[0].outcome is Outcome.UNKNOWN


def test_a_message_whose_beginning_is_hidden_is_not_missed() -> None:
    # Before 4.0, tshark showed the first line of a message in its last row only.
    rows = RECORDED.splitlines(keepends=True)[:7]
    rows[5] = (
        "    6   0.005000   10.244.2.7 → 10.244.1.5   TCP 541 80 → 43210 [ACK] Seq=1 Ack=74 Win=64256 Len=487 "
        "[TCP segment of a reassembled PDU]\n"
    )
    rows.append("    8  60.007000   10.244.2.7 → 10.244.1.5   HTTP 154 HTTP/1.1 200 OK  (text/html)\n")
    report = explained("".join(rows).encode())
    assert report.conversations[0].from_server.payload == 587
    assert not found(report) & {faults.HTTP_UNANSWERED, warnings.SLOW_RESPONSE}


def test_a_message_that_goes_on_is_one_message() -> None:
    # From 4.4 on, tshark says so by the protocol alone.
    rows = RECORDED.replace("  [TCP segment of a reassembled PDU]", " ").splitlines(keepends=True)[:7]
    rows.append("    8   0.007000   10.244.2.7 → 10.244.1.5   HTTP 154 HTTP/1.1 200 OK  (text/html)\n")
    report = explained("".join(rows).encode())
    assert report.conversations[0].from_server.payload == 587
    assert [step for (step, _) in steps(report)[0]].count("http-response") == 1


def test_the_list_is_not_taken_for_a_page() -> None:
    text = "We saw this:\n\n" + HEADER + RECORDED + "\nand port 80 was gone.\n"
    assert explained(text.encode()).capture.packets == 8


@pytest.mark.parametrize(
    "row",
    [
        f"1 0.0 10.1.1.1 → 10.1.1.2 TCP 74 1 → 80 [SYN] Seq={'9' * 5000} Win=1 Len=0",
        f"1 0.0 10.1.1.1 → 10.1.1.2 TCP 74 1 → 80 [SYN] Seq=0 Win=1 Len={'9' * 5000}",
        f"1 0.0 10.1.1.1 → 10.1.1.2 UDP 74 1 → 80 Len={'9' * 5000}",
        f"1 0.0 10.1.1.1 → 10.1.1.2 ICMP 74 Echo (ping) request id=0x{'9' * 5000}, seq={'9' * 5000}",
        "1 0.0 10.1.1.1 → 10.1.1.2 TCP 74 x → y [SYN] Seq=0 Win=1 Len=0",
        "1 0.0 10.1.1.1 → 10.1.1.2 DNS 74 Standard query 0x0001",
        "1 0.0 10.1.1.1 → 10.1.1.2 DNS 74 Standard query response 0x0001 A " + "a." * 3000,
        "1 0.0 10.1.1.1 → 10.1.1.1 HTTP 127 GET / HTTP/1.1",
        "1 0.0 999.1.1.1 → ::1 HTTP 127 GET / HTTP/1.1",
        "1 0.0 10.1.1.1 → 10.1.1.2 ARP 42 who knows",
        # More than Python's reader of such values takes.
        f'"1","0.0","10.1.1.1","10.1.1.2","DNS","74","{"a" * 140_000}"',
    ],
)
def test_odd_rows_are_read_or_told(row: str) -> None:
    report = explained((RECORDED + row + "\n").encode())
    assert report.capture.packets + report.capture.unread_lines == 9


def test_what_tcpdump_printed_is_no_list() -> None:
    line = "22:13:2{0}.000300 IP 10.1.1.1.1 > 10.1.1.2.80: Flags [S], seq 7, win 64240, length 0\n"
    text = "".join(map(line.format, range(5)))
    assert (
        explained((text + RECORDED.splitlines()[0] + "\n").encode()).conversations[0].from_client.packets == 5
    )
