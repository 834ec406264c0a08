"""From a child's stdout to an output: counted, bounded, whole records only, whatever ends it."""

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from kubectl_netshoot.commands.capture import recording
from kubectl_netshoot.commands.capture.outputs import FileOutput, PipeOutput, find_wireshark
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process.pipes import Producer
from kubectl_netshoot.session.tools.records import Records
from kubectl_netshoot.session.tools.stream import Stream, Why
from kubectl_netshoot.session.tools.tcpdump import Bounds
from tests.unit.session.tools.pcaps import capture
from tests.waiting import until

COUNTS = "10 packets captured\n10 packets received by filter\n0 packets dropped by kernel\n"
END = "kubectl-netshoot: tcpdump ended with status 0\n"
# Writes the file, says the words, and stays until its stdin ends where that is asked for.
CHILD = """
import sys
path, words, stays = sys.argv[1:]
sys.stdout.buffer.write(open(path, "rb").read())
sys.stdout.buffer.flush()
if stays == "stays":
    sys.stdin.read()
sys.stderr.write(words)
"""
Run = Callable[..., Stream]
USUAL = Bounds()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Stream these bytes into a file, to the end unless the child `stays`."""

    def start(
        content: bytes, words: str = COUNTS + END, stays: bool = False, bounds: Bounds = USUAL
    ) -> Stream:
        sent, ended = tmp_path / "sent", threading.Event()
        sent.write_bytes(content)
        argv = (sys.executable, "-c", CHILD, str(sent), words, "stays" if stays else "")
        stream = Stream(
            lambda hear: Producer(argv, None, hear),
            Records(),
            FileOutput(tmp_path / "got.pcap"),
            bounds,
            ended.set,
        )
        if not stays:
            assert ended.wait(60)
            stream.output.close()
        return stream

    return start


def got(tmp_path: Path) -> bytes:
    return (tmp_path / "got.pcap").read_bytes()


def warnings(stream: Stream) -> list[str]:
    return list(recording.warnings("web", stream))


def test_a_whole_stream(run: Run, tmp_path: Path) -> None:
    sent = capture([60] * 10)
    stream = run(sent)
    assert got(tmp_path) == sent
    assert (stream.why, stream.lost, stream.taken.packets, stream.taken.bytes) == (
        Why.BY_ITSELF,
        False,
        10,
        len(sent),
    )
    assert warnings(stream) == []
    first, second = recording.summary("web", stream, timedelta(seconds=65), stream.output.names)
    assert first == f"web: 10 packets, 784 B in 1m05s into {tmp_path}/got.pcap"
    assert second == "web: tcpdump says 10 packets captured, 10 received by filter, 0 dropped by kernel"


def test_a_stream_that_is_cut(run: Run, tmp_path: Path) -> None:
    sent = capture([60] * 10)
    stream = run(sent[:-7], words="")
    assert got(tmp_path) == sent[:-76]
    assert stream.lost
    assert warnings(stream) == [
        "web: the stream was cut before tcpdump's end: what came after is not known",
        "web: the last packet did not arrive whole (69 bytes of it): it was left out",
    ]


def test_packets_that_did_not_arrive(run: Run) -> None:
    assert warnings(run(capture([60] * 8))) == ["web: tcpdump captured 10 packets, 8 packets arrived here"]


def test_packets_that_the_kernel_dropped(run: Run) -> None:
    (said,) = warnings(
        run(capture([60] * 10), COUNTS.replace("0 packets dropped", "3 packets dropped") + END)
    )
    assert said.startswith("web: 3 packets were dropped before tcpdump saw them: ")


ENDS = [
    (0, "", ""),
    (
        1,
        "tcpdump: eth9: No such device exists\n",
        "tcpdump ended with status 1: tcpdump: eth9: No such device exists",
    ),
    (2, "", "tcpdump ended with status 2: no reason given"),
    (138, "", "tcpdump was killed by SIGUSR1"),
    (137, "", "tcpdump was killed by SIGKILL"),
    (139, "", "tcpdump was killed by SIGSEGV"),
    (128 + 34, "", "tcpdump was killed by signal 34"),
    (None, "", "the connection was lost"),
]


@pytest.mark.parametrize(("status", "words", "why"), ENDS)
def test_why_it_broke_off(run: Run, status: int | None, words: str, why: str) -> None:
    end = "" if status is None else END.replace("status 0", f"status {status}")
    assert recording.broken_off(run(capture([60]), words + end)) == why


def test_what_was_ended_has_not_broken_off(run: Run) -> None:
    ended = run(capture([60] * 10), END.replace("status 0", "status 143"), bounds=Bounds(count=4))
    assert recording.broken_off(ended) == ""


class Silent:
    """A child that says nothing until it is let go; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked, self.gone = 0, threading.Event()

    def read(self) -> bytes:
        self.gone.wait()
        return b""

    def poke(self) -> None:
        self.asked += 1

    def close_stdin(self) -> None:
        self.gone.set()

    def wait(self) -> int:
        return 0


def test_tcpdump_is_asked_for_counts_only_once_it_listens(tmp_path: Path) -> None:
    """USR1 kills it before: its handler is set just before it says so."""
    child, ended = Silent(), threading.Event()

    def start(_hear: Callable[[str], None]) -> Producer:
        return cast(Producer, child)

    stream = Stream(start, Records(), FileOutput(tmp_path / "got.pcap"), USUAL, ended.set)
    stream.said.hear("tcpdump: data link type LINUX_SLL2")
    stream.ask_for_counts()
    assert child.asked == 0
    stream.said.hear(
        "tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes"
    )
    stream.ask_for_counts()
    assert child.asked == 1
    stream.stop(Why.SIGNAL)
    stream.ask_for_counts()
    assert ended.wait(60)
    assert child.asked == 1


def test_no_counts(run: Run) -> None:
    (said,) = warnings(run(capture([60]), END))
    assert "is not known" in said


@pytest.mark.parametrize(
    ("bounds", "packets", "why"),
    [(Bounds(count=4), 4, Why.COUNT), (Bounds(max_size=24 + 76 * 5 + 75), 5, Why.SIZE)],
)
def test_bounds(run: Run, tmp_path: Path, bounds: Bounds, packets: int, why: Why) -> None:
    stream = run(capture([60] * 10), bounds=bounds)
    assert got(tmp_path) == capture([60] * packets)
    assert (stream.why, stream.taken.packets, stream.lost) == (why, packets, False)
    assert warnings(stream) == []


def test_a_stop_waits_for_what_still_comes(run: Run, tmp_path: Path) -> None:
    stream = run(capture([60] * 10), stays=True)
    until(lambda: stream.taken.packets == 10, "packets")
    assert not stream.ended
    stream.stop(Why.SIGNAL)
    until(lambda: stream.ended, "the end")
    stream.output.close()
    assert (stream.why, stream.lost) == (Why.SIGNAL, False)
    assert got(tmp_path) == capture([60] * 10)


def test_what_is_no_capture(run: Run, tmp_path: Path) -> None:
    stream = run(b"tcpdump: something else was printed on stdout")
    assert stream.why is Why.BROKEN
    assert stream.error
    assert "no pcap stream" in stream.error.message
    assert not (tmp_path / "got.pcap").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
def test_a_full_disk(tmp_path: Path) -> None:
    ended, sent = threading.Event(), tmp_path / "sent"
    sent.write_bytes(capture([60] * 10))
    argv = (sys.executable, "-c", CHILD, str(sent), END, "")
    with open("/dev/full", "wb") as full:
        stream = Stream(
            lambda hear: Producer(argv, None, hear),
            Records(),
            PipeOutput(full.fileno(), "disk"),
            Bounds(),
            ended.set,
        )
        assert ended.wait(60)
    assert stream.why is Why.BROKEN
    assert stream.error
    assert stream.error.message == "the capture cannot be written: No space left on device"


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(NetshootError, match="no-such-program was not found"):
        Producer(("no-such-program",), None, lambda _: None)


def test_wireshark_in_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for platform in ("linux", "darwin"):
        with pytest.raises(NetshootError, match="Wireshark was not found"):
            find_wireshark(tmp_path, platform)
    program = tmp_path / "Applications/Wireshark.app/Contents/MacOS/Wireshark"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_wireshark(tmp_path, "darwin") == str(program)
    on_path = tmp_path / "wireshark"
    on_path.write_text("#!/bin/sh\n")
    on_path.chmod(0o755)
    assert find_wireshark(tmp_path, "linux") == str(on_path)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (10**6, "1.0 MB"), (10**9, "1.0 GB")]
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert recording.size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0s"), (59.9, "59s"), (65, "1m05s"), (7260, "2h01m")])
def test_times_for_people(seconds: float, text: str) -> None:
    assert recording.clock(seconds) == text
