"""tcpdump's text comes in pieces and goes out as whole lines, harmless to a terminal."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.session.tools.records import LONGEST_LINE, Lines

TEXT = b"10:00 IP (tos 0x0)\n    a > b: Flags [S]\n10:01 IP\n    b > a\n\tHTTP/1.1 200 OK\n"


@given(st.lists(st.integers(1, 40), max_size=40))
def test_any_pieces_make_the_same_lines(pieces: list[int]) -> None:
    lines, out, count, at = Lines(), b"", 0, 0
    for piece in [*pieces, len(TEXT)]:
        lines.feed(TEXT[at : at + piece])
        at += piece
        taken, packets = lines.take(sys.maxsize, sys.maxsize)
        out, count = out + bytes(taken), count + packets
    assert (out, count, lines.rest) == (TEXT, 2, 0)


def test_a_packet_goes_with_all_its_lines() -> None:
    lines = Lines()
    lines.feed(TEXT)
    taken, packets = lines.take(sys.maxsize, 1)
    assert bytes(taken).decode().splitlines() == ["10:00 IP (tos 0x0)", "    a > b: Flags [S]"]
    assert packets == 1


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    lines = Lines()
    lines.feed(b"x \x1b]52;c;aGk=\x07y\r\xc2\x9bz \xe2\x80\xaeabc\xff\n")
    taken, _ = lines.take(sys.maxsize, 9)
    assert bytes(taken).decode() == "x ]52;c;aGk=yz abc\ufffd\n"


def test_room_is_for_whole_lines() -> None:
    lines = Lines()
    lines.feed(b"one\ntwo\nthr")
    assert lines.next_size() == 4
    assert bytes(lines.take(7, 9)[0]) == b"one\n"
    assert bytes(lines.take(7, 9)[0]) == b"two\n"
    assert lines.next_size() == 0
    assert lines.rest == 3


def test_a_line_that_never_ends() -> None:
    lines = Lines()
    lines.feed(b"x" * LONGEST_LINE)
    with pytest.raises(NetshootError, match="a line of more than"):
        lines.feed(b"x")
