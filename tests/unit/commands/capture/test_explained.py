"""Several pods that are captured in at once, explained together: their clocks, and when all of them listened."""

import time
from collections.abc import Mapping
from typing import Any, cast

import pytest

from kubectl_netshoot.commands.capture import explained
from kubectl_netshoot.commands.capture.explained import Explanation
from kubectl_netshoot.packets.report import Report
from kubectl_netshoot.session.tools.stream import StreamEnd
from tests.unit.packets.points.wire import CLIENT, POD, Recording, Wire

NAMES = {CLIENT: "pod/front", POD[0]: "pod/api-x7k"}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    monkeypatch.setattr(explained, "names", lambda _: NAMES)
    return []


def explanation(shown: list[Report], *pods: str) -> Explanation:
    def show(report: Report, _: Mapping[str, str]) -> None:
        shown.append(report)

    return Explanation(show, cast(Any, None), pods)


def fed(whole: Explanation, data: bytes) -> None:
    """The first pod has these packets and the other none; both began some time ago."""
    for output, content in zip(whole.each, (data, data[:24]), strict=True):
        output.begin(content[:24])
        output.write(memoryview(content[24:]))
        output.began_ns -= 20 * 10**9
        output.close()


def lost_on_its_way(wire: Wire) -> None:
    """SYNs to the pod itself, which captures nothing at all."""
    wire.now = 3
    wire.connection(to=POD).syns(3, arrives=False)


def test_syns_that_never_arrive_at_a_pod_that_was_captured_in(shown: list[Report]) -> None:
    wire, whole = Wire(), explanation(shown, "front", "api-x7k")
    lost_on_its_way(wire)
    fed(whole, recent(wire.client))
    whole.over([StreamEnd(time.monotonic(), 0)] * 2)
    (told,) = shown[0].conversations
    (crossing,) = told.crossings
    assert (crossing.sender, crossing.receiver, len(crossing.losses.lost)) == ("front", "api-x7k", 3)


def recent(recording: Recording) -> bytes:
    """The same, captured in the last seconds."""
    recording.packets = [(at - 1_790_000_000 + time.time() - 8, i, data) for at, i, data in recording.packets]
    recording.clock = 0.0
    return recording.pcap()


@pytest.mark.parametrize(
    "ends",
    [
        [StreamEnd(0.0, None), StreamEnd(time.monotonic(), 0)],
        [StreamEnd(time.monotonic(), 0), StreamEnd(0.0, None)],
        [StreamEnd(time.monotonic(), 0), StreamEnd(time.monotonic(), 7)],
    ],
    ids=["the client's is cut", "the server's is cut", "the server's kernel dropped some"],
)
def test_nothing_is_claimed_of_a_capture_that_is_not_whole(
    shown: list[Report], ends: list[StreamEnd]
) -> None:
    wire, whole = Wire(), explanation(shown, "front", "api-x7k")
    lost_on_its_way(wire)
    fed(whole, recent(wire.client))
    whole.over(ends)
    (told,) = shown[0].conversations
    assert [crossing.losses.lost for crossing in told.crossings] == [()]


def test_a_pod_that_never_began_is_left_out(shown: list[Report]) -> None:
    wire, whole = Wire(), explanation(shown, "front", "api-x7k")
    wire.connection().handshake()
    whole.each[0].begin(wire.client.pcap())
    whole.over([StreamEnd(time.monotonic(), 0), StreamEnd(0.0, None)])
    assert (shown[0].captures, len(shown[0].conversations)) == ({}, 1)
