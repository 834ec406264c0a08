"""Several streams as one: in order of time as far as a moment's patience reaches, every packet once."""

import sys
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.session.tools.records import WINDOW_SECONDS, FileHeader, Merger, split
from tests.unit.session.tools.pcaps import header, record


@dataclass
class Kept:
    """An output that keeps what it gets."""

    content: bytes = b""
    closed: bool = False
    names: tuple[str, ...] = field(default=("here",))
    room: int = sys.maxsize
    reader_left: bool = False

    def begin(self, preamble: bytes) -> None:
        self.content += preamble

    def rotate(self) -> None:
        raise AssertionError("there is room")

    def write(self, records: memoryview) -> None:
        self.content += bytes(records)

    def close(self) -> None:
        self.closed = True

    @property
    def times(self) -> list[int]:
        return [at for at, _ in split(FileHeader.parse(self.content[:24]), memoryview(self.content)[24:])]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.lists(st.integers(0, 50), max_size=20), min_size=1, max_size=4))
def test_all_in_order_when_all_come_in_time(streams: list[list[int]]) -> None:
    kept = Kept()
    merging = Merger(kept, Clock())
    for times in streams:
        port = merging.port()
        port.begin(header())
        for at in sorted(times):
            port.write(memoryview(record(4, at)))
    merging.close()
    assert kept.times == sorted(at * 10**9 for times in streams for at in times)
    assert (kept.closed, merging.late) == (True, 0)


def test_packets_are_held_for_a_moment_and_no_longer() -> None:
    kept, clock = Kept(), Clock()
    merging = Merger(kept, clock)
    first, second = merging.port(), merging.port()
    for port in (first, second):
        port.begin(header())
    first.write(memoryview(record(4, 5)))
    second.write(memoryview(record(4, 3)))
    merging.write_due()
    assert kept.times == []
    clock.now = WINDOW_SECONDS
    merging.write_due()
    assert kept.times == [3 * 10**9, 5 * 10**9]
    second.write(memoryview(record(4, 4)))
    merging.close()
    assert merging.late == 1
    assert len(kept.times) == 3


@pytest.mark.parametrize("other", [header(link=276), header(order=">"), header(nanoseconds=True)])
def test_what_does_not_fit_into_one_file(other: bytes) -> None:
    merging = Merger(Kept())
    merging.port().begin(header())
    with pytest.raises(NetshootError, match="different link types"):
        merging.port().begin(other)
