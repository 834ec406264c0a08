"""How tcpdump is called, and what its words mean."""

from datetime import timedelta

import pytest

from kubectl_netshoot.errors import ExitStatus, NetshootError, UsageError
from kubectl_netshoot.session.tools.tcpdump import Bounds, Counts, Tcpdump, TcpdumpStderr, judge_check

FILTER = ("port", "80", "and", "-w", "; rm -rf /")


def test_the_filter_is_arguments_after_two_dashes() -> None:
    tcpdump = Tcpdump("any", Bounds(), filter=FILTER)
    for argv in (tcpdump.check_argv(), tcpdump.argv(), tcpdump.bounded_argv()):
        assert argv[-len(FILTER) - 1 :] == ("--", *FILTER)


def test_the_script_is_a_constant() -> None:
    one = Tcpdump("any", Bounds(), filter=FILTER).bounded_argv()
    other = Tcpdump("eth0", Bounds(timedelta(seconds=3), 5, 1000, 96)).bounded_argv(7)
    assert one[:4] == other[:4]
    assert other[4:7] == ("3", "1000", "7")
    assert Tcpdump("any", Bounds(), immediate=True).bounded_argv()[:4] == one[:4]


def test_every_bound_is_tcpdumps_too() -> None:
    argv = Tcpdump("eth0", Bounds(count=5, snaplen=96)).argv()
    assert argv == ("tcpdump", "-i", "eth0", "-U", "-w", "-", "-s", "96", "-c", "5", "--")
    assert Tcpdump("lo", Bounds(), text=True).argv() == ("tcpdump", "-i", "lo", "-n", "-v", "-l", "--")


def heard(*lines: str) -> TcpdumpStderr:
    said = TcpdumpStderr()
    for line in lines:
        said.hear(line)
    return said


def test_counts_at_the_end() -> None:
    said = heard(
        "tcpdump: data link type LINUX_SLL2",
        "tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes",
        "1 packet captured",
        "14 packets received by filter",
        "2 packets dropped by kernel",
        "1 packet dropped by interface",
        "kubectl-netshoot: tcpdump ended with status 0",
    )
    assert (said.listening, said.whole, said.status, said.complaints) == (True, True, 0, [])
    assert said.final == Counts(captured=1, received=14, dropped=3)


def test_counts_meanwhile_are_not_the_end() -> None:
    said = heard(
        "tcpdump: 5 packets captured, 9 packets received by filter, 4 packets dropped by kernel",
        "reading went on",
    )
    assert said.live == Counts(5, 9, 4)
    assert (said.final, said.whole) == (None, False)
    assert said.complaints == ["reading went on"]


def test_a_stream_without_an_end_is_not_whole() -> None:
    assert not heard("5 packets captured", "5 packets received by filter").whole


def test_complaints_are_clean_and_few() -> None:
    said = heard(*(f"bad \x1b[31m{number}" for number in range(100)))
    assert len(said.complaints) == 20
    assert said.complaints[-1] == "bad [31m99"


@pytest.mark.parametrize(
    ("status", "stderr", "kind", "words"),
    [
        (1, "tcpdump: can't parse filter expression: syntax error", UsageError, "can't parse filter"),
        (
            1,
            "tcpdump: eth9: No such device exists\n(No such device exists)",
            UsageError,
            "eth9: No such device",
        ),
        (1, "tcpdump: unknown host 'web.shop'", UsageError, "unknown host"),
        (
            1,
            "tcpdump: any: You don't have permission to x\n(socket: Operation not permitted)",
            NetshootError,
            "NET_RAW",
        ),
        (127, "sh: tcpdump: not found", NetshootError, "image some/image has no tcpdump"),
        (1, 'exec: "tcpdump": executable file not found in $PATH: unknown', NetshootError, "has no tcpdump"),
        (1, "error: unable to upgrade connection", NetshootError, "could not be tried: error: unable"),
        (1, "", NetshootError, "could not be tried: status 1"),
    ],
)
def test_what_a_failed_check_means(status: int, stderr: str, kind: type[NetshootError], words: str) -> None:
    with pytest.raises(NetshootError) as caught:
        judge_check(status, stderr, "some/image", "baseline")
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert caught.value.status == (ExitStatus.USAGE if kind is UsageError else ExitStatus.FAILED)


def test_a_check_that_succeeded() -> None:
    judge_check(0, "tcpdump: data link type LINUX_SLL2\n", "image", "netadmin")
