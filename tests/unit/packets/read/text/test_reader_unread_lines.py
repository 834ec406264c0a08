"""A line that cannot be read is told, and nothing is concluded that it could refute."""

import pytest

from kubectl_netshoot.packets.messages import faults, warnings
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.render.outline import answer
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import Outcome
from tests.unit.packets.told import explained, finding, found

OPENED = """\
22:13:20.000300 IP 10.244.1.7.48212 > 198.51.100.20.8080: Flags [S], seq 1000, win 64240, length 0
22:13:20.000600 IP 198.51.100.20.8080 > 10.244.1.7.48212: Flags [S.], seq 7000, ack 1001, win 65160, length 0
22:13:20.000630 IP 10.244.1.7.48212 > 198.51.100.20.8080: Flags [.], ack 1, win 502, length 0
22:13:20.000930 IP 10.244.1.7.48212 > 198.51.100.20.8080: Flags [P.], seq 1:80, ack 1, length 79: HTTP: GET / HTTP/1.1
22:13:20.000955 IP 198.51.100.20.8080 > 10.244.1.7.48212: Flags [.], ack 80, win 502, length 0
"""
LEFT = (
    "22:13:29.000000 IP 10.244.1.7.48212 > 198.51.100.20.8080: Flags [F.], seq 80, ack 1, win 502, length 0\n"
)
ASKED = "22:13:30.100000 IP 10.244.1.7.41000 > 10.96.0.10.53: 4711+ A? shop.example. (30)\n"
ANSWERED = "22:13:30.200000 IP 10.96.0.10.53 > 10.244.1.7.41000: 4711* 1/0/0 A 198.51.100.20 (58)\n"
SYN = "22:13:{} IP 10.244.1.7.48215 > 203.0.113.32.5432: Flags [S], seq 1, win 64240, length 0\n"
# Each is of the first connection; nothing says what it was.
DAMAGED = {
    "after the ends": "22:13:21.001855 IP 198.51.100.20.8080 > 10.244.1.7.48212: F%ags [[R.",
    "in the second end": "22:13:21.001855 IP 198.51.100.20.8080 > 10.244",
    "in the time": "22:1x:21.001855 IP 198.51.100.20.8080 > 10.244.1.7.48212: Flags [R.], ack 80, win 0, length 0",
    "in the flags' letters": "22:13:21.001855 IP 198.51.100.20.8080 > 10.244.1.7.48212: Flags [:r:], ack 80, length 0",
    "in the flags": "22:13:21.001855 IP 198.51.100.20.8080 > 10.244.1.7.48212: FlagR.], seq 1, ack 80, win 0, length 0",
}


def wrong(text: str) -> str:
    return answer(Teller(explained(text.encode()), Voice(Language("en")))).wrong


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_line_takes_nothing_from_other_conversations(damage: str) -> None:
    report = explained((OPENED + DAMAGED[damage] + "\n" + LEFT + ASKED + ANSWERED).encode())
    assert report.capture.unread_lines == 1
    assert [talk.outcome for talk in report.conversations] == [Outcome.UNKNOWN, Outcome.ANSWERED]
    assert found(report) == {warnings.UNREAD_LINES}
    assert finding(report, warnings.UNREAD_LINES).parameters == {"count": 1}


def test_what_is_missing_is_concluded_where_all_was_read() -> None:
    assert faults.HTTP_UNANSWERED in found(explained((OPENED + LEFT + ASKED + ANSWERED).encode()))


def test_a_line_of_nobody_in_particular_may_be_of_anybody() -> None:
    syns = "".join(SYN.format(f"2{second}.500000") for second in range(4))
    assert found(explained((syns + ASKED + ANSWERED).encode())) == {faults.CONNECTION_UNANSWERED}
    report = explained((syns + "22:13:25.000000 IP 198.5#\n" + ASKED).encode())
    assert found(report) == {warnings.UNREAD_LINES}
    assert {talk.outcome for talk in report.conversations} == {Outcome.UNKNOWN}


def test_the_answer_says_so_first_and_never_that_nothing_is_wrong() -> None:
    damaged = DAMAGED["after the ends"] + "\n"
    assert wrong(ASKED + ANSWERED) == "Nothing that these 2 packets show"
    assert wrong(OPENED + damaged + LEFT + ASKED + ANSWERED) == (
        "1 line could not be read: whether something is wrong is not known"
    )
    reset = (
        "22:13:40.000000 IP 203.0.113.32.5432 > 10.244.1.7.48215: Flags [R.], seq 0, ack 2, win 0, length 0\n"
    )
    assert wrong(SYN.format("20.500000") + damaged + damaged + reset).startswith(
        "2 lines could not be read, so this may not be all: 203.0.113.32:5432 refuses"
    )


def test_lengths_alone_say_nothing_of_flags() -> None:
    quiet = "22:13:2{0}.000000 IP 10.244.1.7.48212 > 198.51.100.20.8080: tcp {1}\n"
    report = explained("".join(quiet.format(second, 0) for second in range(6)).encode())
    assert [talk.outcome for talk in report.conversations] == [Outcome.UNKNOWN]
    assert not found(report)
    assert not report.capture.unread_lines


@pytest.mark.parametrize(
    "line",
    [
        "22:13:20.000300 IP 10.1.1.1.1 > 10.1.1.2.80: Flags [S], seq 1, length 0\n\t0x0000:  450 0034",
        "22:13:20.000300 IP 10.1.1.1.1 > 10.1.1.2.80: Flags [P.], seq 1:99999999999, ack 1, length 99999999999",
        "22:13:20.000300 IP 10.1.1.1 > 10.1.1.2: ICMP 10.1.1.3 unreachable - need to frag (mtu 99999999999), length 36",
        "22:13:20.000300 IP 10.1.1.1.7001 > 10.1.1.2.7000:  rx data fs call offset 0 length 131072 (52)",
        "22:13:20.000300 ARP, Reply 10.1.1.1 is-at 02:42:0a:f4:01::07, length 28",
        "99:99:99.999999 IP 999.1.1.1.70000 > ::1.80: UDP, length 1",
    ],
)
def test_odd_lines_are_read_or_told(line: str) -> None:
    """Found by trying damaged text."""
    report = explained((ASKED + line + "\n").encode())
    assert report.capture.packets + report.capture.unread_lines == 2


@pytest.mark.parametrize(
    "line",
    [
        "IP 10.1.1.1 > 10.1.1.2: ICMP echo request, id {}, seq 1, length 64",
        "IP 10.1.1.1.1 > 10.1.1.2.80: Flags [S], seq {}, length 0",
        "IP 10.1.1.1.1 > 10.1.1.2.53: {}+ A? a. (30)",
        "IP 10.1.1.1.1 > 10.1.1.2.8125: UDP, length {}",
        "IP 10.1.1.1 > 10.1.1.2: GREv0, length {}: gre-proto-0x1",
    ],
)
def test_numbers_of_thousands_of_digits_are_unread(line: str) -> None:
    report = explained((ASKED + f"22:13:31.000300 {line.format('9' * 5000)}\n").encode())
    assert (report.capture.packets, report.capture.unread_lines) == (1, 1)


RESET = (
    "22:13:21.001855 IP 198.51.100.20.8080 > 10.244.1.7.48212: Flags [R.], seq 1, ack 80, win 0, length 0\n"
)


@pytest.mark.parametrize("at", [10, 25, 42, 60])
def test_a_text_may_begin_within_a_packet(at: int) -> None:
    report = explained((RESET[at:] + OPENED + LEFT).encode())
    assert (report.capture.packets, report.capture.unread_lines) == (6, 1)
    assert faults.HTTP_UNANSWERED not in found(report)


@pytest.mark.parametrize("cut", [23, 25, 26, 28])
def test_an_address_whose_beginning_is_lost_is_none(cut: int) -> None:
    """As a terminal shows lines that were scrolled to the side."""
    lines = "".join(f"{line[cut:]}\n" for line in OPENED.splitlines())
    report = explained((lines + ASKED + ANSWERED).encode())
    assert {talk.client.address for talk in report.conversations} == {"10.244.1.7"}
    assert report.capture.unread_lines == 5


def test_a_line_that_is_too_long_is_told() -> None:
    report = explained((ASKED + "x" * 70_000 + "\n" + ANSWERED).encode(), max_flows=10)
    assert report.capture.packets == 2


def test_what_does_not_end_is_told() -> None:
    """Of a string of a program, say, that is longer than a line may be."""
    data = (ASKED + ANSWERED).encode() + b'["' + b"x" * (1 << 20)
    assert explained(data).capture.unread_lines


@pytest.mark.parametrize("line", ["], seq 1 " * 8000, OPENED.splitlines()[0] + " " * 60_000 + "x"])
def test_lines_that_are_too_long_to_be_looked_into_are_read_or_told(line: str) -> None:
    report = explained((line + "\n" + ASKED + ANSWERED).encode())
    assert report.capture.packets in (2, 3)
