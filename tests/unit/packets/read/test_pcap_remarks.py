"""What a file holds beside packets: names of addresses and comments in pcapng, and compressed files."""

import bz2
import gzip
import lzma
import struct
import sys
from itertools import pairwise

import pytest

from kubectl_netshoot.packets.analysis import Analysis
from kubectl_netshoot.packets.messages import notes, warnings
from kubectl_netshoot.packets.read.frame import MOST_COMMENTS, DamageKind, NotACaptureError, Remarks
from tests.unit.packets.read.test_pcap import PLAIN, block, interface, section
from tests.unit.packets.told import explained, finding, found, steps
from tests.unit.packets.traffic import CLIENT6, SERVER

PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
FILE_HEADER, RECORD_HEADER = 24, 16


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def frames() -> list[bytes]:
    made, at = [], FILE_HEADER
    while at < len(PLAIN):
        kept = int.from_bytes(PLAIN[at + 8 : at + 12], "little")
        made.append(PLAIN[at + RECORD_HEADER : at + RECORD_HEADER + kept])
        at += RECORD_HEADER + kept
    return made


def with_remarks(comments: dict[int, bytes], names: bytes = b"", whole: bytes = b"") -> bytes:
    """The packets of PLAIN as pcapng; comments by packet number, records of names, options of the section."""
    fields = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    made = (block(0x0A0D0D0A, fields + whole) if whole else section()) + interface()
    if names:
        made += block(4, names + option(0, b""))
    for number, frame in enumerate(frames(), start=1):
        data = (
            struct.pack("<IIIII", 0, 0, number * 1000, len(frame), len(frame))
            + frame
            + bytes(-len(frame) % 4)
        )
        if number in comments:
            data += option(2, bytes(4)) + option(1, comments[number]) + option(0, b"")
        made += block(6, data)
    return made


def test_names_of_the_file_are_names_of_its_addresses() -> None:
    four = bytes(map(int, SERVER.split(".")))
    names = option(1, four + b"cart.shop\0cart\0") + option(2, bytes.fromhex("fd00") + bytes(14) + b"six\0")
    report = explained(with_remarks({}, names))
    assert report.capture.names == {SERVER: "cart.shop", "fd00::": "six"}
    # An address stays one: the voice says its name, as with --names.
    assert report.conversations[0].server.address == SERVER
    assert report.findings == ()


@pytest.mark.parametrize("value", [b"", b"\1", b"\1\2\3\4", b"\1\2\3\4\0", b"\1\2\3\4\0more"])
@pytest.mark.parametrize("kind", [0, 1, 2, 9])
def test_a_record_without_a_name_is_none(kind: int, value: bytes) -> None:
    remarks = Remarks()
    remarks.name(kind, value)
    assert remarks.names == {}


def test_comments_are_told_with_their_packets() -> None:
    said = b"here the customer waited"
    report = explained(with_remarks({1: said, 6: said, 7: b"\xff\x1b[31m"}))
    told = {one.parameters["text"]: one for one in report.findings}
    assert {one.kind for one in report.findings} == {notes.COMMENT}
    assert told[said.decode()].packets == (1, 6)
    assert told[said.decode()].parameters["count"] == 2
    assert len(told) == 2


def test_a_comment_on_the_whole_file_is_of_no_packet() -> None:
    note = finding(explained(with_remarks({}, whole=option(1, b"taken at noon"))), notes.COMMENT)
    assert (note.parameters["text"], note.packets) == ("taken at noon", ())


def test_comments_are_bounded() -> None:
    remarks = Remarks()
    for number in range(MOST_COMMENTS + 50):
        remarks.comment(b"%d" % number, number)
    for number in range(50):
        remarks.comment(b"0", number)
    assert len(remarks.comments) == MOST_COMMENTS
    assert (remarks.comments["0"].count, len(remarks.comments["0"].packets)) == (51, 10)


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("data", [PLAIN, with_remarks({1: b"x"})], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_compressed_capture_is_what_it_holds(pack: object, data: bytes, size: int) -> None:
    assert callable(pack)
    packed = pack(data)
    analysis = Analysis()
    for start, end in pairwise([*range(0, len(packed), size), len(packed)]):
        analysis.feed(packed[start:end])
    report, plain = analysis.report(), explained(data)
    assert (report.capture, steps(report)) == (plain.capture, steps(plain))


def test_members_follow_each_other() -> None:
    half = len(PLAIN) // 2
    packed = gzip.compress(PLAIN[:half]) + gzip.compress(PLAIN[half:]) + bytes(100)
    assert explained(packed).capture == explained(PLAIN).capture


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_one_that_is_cut_is_read_as_far_as_it_goes(pack: object) -> None:
    assert callable(pack)
    report = explained(pack(PLAIN)[:-6])
    assert warnings.CAPTURE_CUT in found(report)
    assert report.capture.damage is not None


def test_one_that_is_garbled_is_read_as_far_as_it_goes() -> None:
    packed = bytearray(gzip.compress(PLAIN + bytes(20_000), compresslevel=0))
    packed[-6] ^= 0xFF
    report = explained(bytes(packed))
    assert report.capture.packets > 12
    assert report.capture.damage is not None
    assert report.capture.damage.kind is DamageKind.GARBLED


def test_one_that_is_garbled_at_once_is_refused() -> None:
    with pytest.raises(NotACaptureError):
        explained(b"\x1f\x8b\x08\0" + b"\xff" * 200)


def test_what_unpacks_to_very_much_takes_little_memory() -> None:
    import tracemalloc

    packet = struct.pack("<IIII", 1, 0, 60, 60) + bytes(60)
    packed = gzip.compress(PLAIN[:FILE_HEADER] + packet * 500_000)
    assert len(packed) < 200_000
    analysis = Analysis()
    tracemalloc.start()
    analysis.feed(packed[:20_000])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_a_compressed_text_is_refused_or_read_as_text_is() -> None:
    with pytest.raises(NotACaptureError):
        explained(gzip.compress(b"\0\1\2\3 nothing"))
    with pytest.raises(NotACaptureError):
        explained(gzip.compress(gzip.compress(PLAIN)))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python can")
def test_zstd_is_read_from_python_3_14_on_and_else_the_command_is_named() -> None:
    with pytest.raises(NotACaptureError) as refusal:
        explained(b"\x28\xb5\x2f\xfd" + bytes(20))
    assert "zstd -dc" in str(refusal.value.hint)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="zstd came with Python 3.14")
def test_zstd_is_read() -> None:
    from importlib import import_module

    packed = import_module("compression.zstd").compress(PLAIN)
    assert explained(packed).capture == explained(PLAIN).capture


def test_no_bytes_of_names_or_comments_raise() -> None:
    for size in range(40):
        explained(with_remarks({1: bytes(size)}, b"\xff" * size, option(1, b"x" * size) + b"\1" * (size % 4)))
    assert CLIENT6
