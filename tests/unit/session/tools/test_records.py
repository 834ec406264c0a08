"""A pcap stream comes in pieces of any size and goes out as whole records, byte for byte."""

import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.read.pcap import LONGEST
from kubectl_netshoot.session.tools.records import FileHeader, Records
from tests.unit.session.tools.pcaps import capture, header, record

LENGTHS = st.lists(st.integers(0, 300), max_size=30)


def drain(records: Records) -> tuple[bytes, int]:
    taken, packets = records.take(sys.maxsize, sys.maxsize)
    return bytes(taken), packets


@given(LENGTHS, st.lists(st.integers(1, 200), min_size=1, max_size=60), st.sampled_from("<>"))
def test_any_pieces_make_the_same_records(lengths: list[int], pieces: list[int], order: str) -> None:
    whole, records, out, count, at = capture(lengths, order), Records(), b"", 0, 0
    for piece in [*pieces, len(whole)]:
        records.feed(whole[at : at + piece])
        at += piece
        taken, packets = drain(records)
        out, count = out + taken, count + packets
    assert records.preamble is not None
    assert records.preamble + out == whole
    assert (count, records.rest) == (len(lengths), 0)


@given(LENGTHS.filter(bool), st.data())
def test_a_stream_that_is_cut_gives_what_is_whole(lengths: list[int], data: st.DataObject) -> None:
    whole = capture(lengths)
    kept = data.draw(st.integers(24, len(whole) - 1))
    records = Records()
    records.feed(whole[:kept])
    taken, packets = drain(records)
    assert whole.startswith(header() + taken)
    assert records.rest == kept - 24 - len(taken)
    assert packets == sum(1 for end in ends(lengths) if end <= kept)


def ends(lengths: list[int]) -> list[int]:
    found, at = [], 24
    for length in lengths:
        at += 16 + length
        found.append(at)
    return found


def test_room_and_packets_bound_what_is_taken() -> None:
    records = Records()
    records.feed(capture([10, 20, 30]))
    assert records.next_size() == 26
    assert drain_at_most(records, 26 + 35, 9) == 1
    assert drain_at_most(records, 1000, 1) == 1
    assert records.next_size() == 46
    assert drain_at_most(records, 45, 9) == 0
    assert drain_at_most(records, 46, 9) == 1
    assert records.next_size() == 0


def drain_at_most(records: Records, room: int, packets: int) -> int:
    taken, count = records.take(room, packets)
    assert len(taken) <= room
    return count


def test_the_header_in_every_form() -> None:
    for order in "<>":
        for nanoseconds in (False, True):
            found = FileHeader.parse(header(order, nanoseconds, 276))
            assert (found.order, found.unit, found.link_type) == (order, 1 if nanoseconds else 1000, 276)


def test_what_is_no_capture() -> None:
    with pytest.raises(NetshootError, match="no pcap stream"):
        Records().feed(b"tcpdump: something went wrong here")


@pytest.mark.parametrize("ask", ["next_size", "take"])
def test_a_length_that_cannot_be(ask: str) -> None:
    records = Records()
    records.feed(header() + struct.pack("<IIII", 0, 0, LONGEST + 1, LONGEST + 1) + b"x" * 50)
    with pytest.raises(NetshootError, match="damaged"):
        records.next_size() if ask == "next_size" else records.take(sys.maxsize, 9)


def test_nothing_is_taken_before_the_header() -> None:
    records = Records()
    records.feed(header()[:20])
    assert (records.preamble, records.next_size(), drain(records)) == (None, 0, (b"", 0))
    records.feed(header()[20:] + record(5))
    assert drain(records) == (record(5), 1)
