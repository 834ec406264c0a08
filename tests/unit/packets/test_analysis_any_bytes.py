"""Whatever the bytes are, the readers and all that understands packets give a report or our own refusal."""

import contextlib
import io
import random
import struct
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_netshoot.packets import analysis
from kubectl_netshoot.packets.read.frame import NotACaptureError
from tests.unit.packets.read.text.test_reader import PAGE
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.traffic import LINKS, capture

KINDS = [(family, link) for family in FAMILIES for link in ("EN10MB", "LINUX_SLL", "LINUX_SLL2", "NULL")]


@cache
def captured(kind: tuple[str, str]) -> bytes:
    """Every scene one after the other, so that a damaged byte may be in any protocol."""
    family, link = kind
    return capture(
        [packet for play in SCENES.values() for packet in play(FAMILIES[family]).packets], link=link
    )


CAPTURES = st.sampled_from(KINDS).map(captured)
FILE_HEADER = 24
LINK_TYPES = [number for number, _ in LINKS.values()]
DAMAGE = st.lists(st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=40)
MANY = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])


def explain_or_refuse(data: bytes) -> None:
    with contextlib.suppress(NotACaptureError):
        analysis.analyse(io.BytesIO(data), max_flows=50)


@MANY
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    explain_or_refuse(data)


@MANY
@given(
    st.sampled_from([b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a"]), st.binary(max_size=400)
)
def test_any_bytes_after_a_magic(magic: bytes, data: bytes) -> None:
    explain_or_refuse(magic + data)


@MANY
@given(st.sampled_from(LINK_TYPES), st.lists(st.binary(max_size=120), max_size=8))
def test_any_packets(link: int, packets: list[bytes]) -> None:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link)
    explain_or_refuse(
        head + b"".join(struct.pack("<IIII", 1, 2, len(one), len(one)) + one for one in packets)
    )


@MANY
@given(
    CAPTURES,
    st.lists(st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=40),
)
def test_captures_with_damaged_bytes(data: bytes, damage: list[tuple[int, int]]) -> None:
    broken = bytearray(data)
    for place, value in damage:
        broken[FILE_HEADER + place % (len(broken) - FILE_HEADER)] = value
    explain_or_refuse(bytes(broken))


@MANY
@given(CAPTURES, st.randoms(use_true_random=True), st.integers(1, 30))
def test_captures_with_damaged_packets(data: bytes, chance: random.Random, each: int) -> None:
    """The records stay whole, so that the damage reaches the protocols."""
    broken, at = bytearray(data), FILE_HEADER
    while at < len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        for _ in range(chance.randrange(3) if chance.randrange(each) == 0 else 0):
            broken[at + 16 + chance.randrange(size)] = chance.randrange(256)
        at += 16 + size
    explain_or_refuse(bytes(broken))


@MANY
@given(
    st.lists(
        st.tuples(st.integers(0, len(PAGE)), st.integers(0, 30), st.text(max_size=12)),
        min_size=1,
        max_size=10,
    )
)
def test_damaged_text(damage: list[tuple[int, int, str]]) -> None:
    text = PAGE
    for place, gone, instead in damage:
        text = text[:place] + instead + text[place + gone :]
    explain_or_refuse(text.encode("utf-8", "surrogatepass"))


@MANY
@given(st.lists(st.sampled_from(PAGE.split("\n")), max_size=40))
def test_lines_in_any_order(lines: list[str]) -> None:
    explain_or_refuse("\n".join(lines).encode())
