"""Every file format, byte order and clock gives the same packets, in pieces of any size; a damaged file says where."""

import io
import struct
import tempfile
import zlib

import pytest
from scapy.utils import PcapNgWriter

from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.packets.analysis import Analysis
from kubectl_netshoot.packets.messages import notes, warnings
from kubectl_netshoot.packets.read.frame import Damage, DamageKind, Format, NotACaptureError
from tests.unit.packets.told import explained, finding, found, steps
from tests.unit.packets.traffic import BEGAN, capture, ethernet, get_root, timed

PLAIN = capture(get_root())
RECORD_HEADER, FILE_HEADER = 16, 24


def pcapng() -> bytes:
    """As dumpcap writes it: one section, one interface, enhanced packet blocks."""
    with tempfile.NamedTemporaryFile() as file:
        with PcapNgWriter(file.name) as writer:
            for packet in timed(get_root(), ethernet):
                writer.write(packet)
        return file.read()


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(order: str = "<", *, resolution: int = 9, snap: int = 0) -> bytes:
    options = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    return block(1, struct.pack(order + "HHI", 1, 0, snap) + options, order)


def handmade(order: str, resolution: int, ticks: int) -> bytes:
    """The same packets with a clock of our choice, one `ticks` apart; the last as an obsolete packet block."""
    made = section(order) + interface(order, resolution=resolution)
    frames = [bytes(ethernet(packet)) for packet in get_root()]
    for place, frame in enumerate(frames[:-1]):
        stamp = place * ticks
        head = struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFF_FFFF, len(frame), len(frame))
        made += block(6, head + frame, order)
    stamp = 11 * ticks
    old = struct.pack(
        order + "HHIIII", 0, 0, stamp >> 32, stamp & 0xFFFF_FFFF, len(frames[-1]), len(frames[-1])
    )
    return made + block(2, old + frames[-1], order)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_pcap_of_either_byte_order_and_clock(endian: str, *, nano: bool) -> None:
    report = explained(capture(get_root(), endian=endian, nano=nano))
    assert steps(report) == steps(explained(PLAIN))
    assert report.capture.format is Format.PCAP
    assert report.capture.first == pytest.approx(BEGAN)
    assert report.capture.seconds == pytest.approx(0.011, abs=2e-6)


def test_pcapng() -> None:
    report = explained(pcapng())
    assert steps(report) == steps(explained(PLAIN))
    assert report.capture.format is Format.PCAPNG
    assert report.capture.first == pytest.approx(BEGAN)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("resolution", "ticks"), [(9, 10**6), (6, 1000), (3, 1), (0x80 | 20, 1 << 10), (12, 10**9)]
)
def test_pcapng_with_any_clock(order: str, resolution: int, ticks: int) -> None:
    report = explained(handmade(order, resolution, ticks))
    assert steps(report) == steps(explained(PLAIN))
    assert report.capture.seconds == pytest.approx(0.011, rel=0.05)


def test_pcapng_with_a_second_section_and_simple_packets() -> None:
    simple = b"".join(
        block(3, struct.pack("<I", len(frame)) + frame)
        for frame in (bytes(ethernet(packet)) for packet in get_root())
    )
    report = explained(pcapng() + section(">") + section() + interface() + simple)
    assert report.capture.packets == 24
    assert report.capture.damage is None


def test_what_the_kernel_dropped_is_said() -> None:
    statistics = block(5, struct.pack("<III", 0, 0, 0) + struct.pack("<HHQHH", 5, 8, 17, 0, 0))
    report = explained(section() + interface() + statistics)
    assert report.capture.kernel_drops == 17
    assert finding(report, warnings.CAPTURE_DROPS).parameters == {"count": 17}


@pytest.mark.parametrize("data", [PLAIN, pcapng()], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_pieces_of_any_size(data: bytes, size: int) -> None:
    analysis = Analysis()
    for place in range(0, len(data), size):
        analysis.feed(data[place : place + size])
    assert steps(analysis.report()) == steps(explained(PLAIN))


@pytest.mark.parametrize("keep", range(FILE_HEADER, len(PLAIN), 13))
def test_a_cut_file_is_explained_up_to_the_cut(keep: int) -> None:
    report = explained(PLAIN[:keep])
    whole, at = 0, FILE_HEADER
    while (
        at + RECORD_HEADER <= keep
        and at + (size := RECORD_HEADER + int.from_bytes(PLAIN[at + 8 : at + 12], "little")) <= keep
    ):
        whole, at = whole + 1, at + size
    assert report.capture.packets == whole
    assert report.capture.damage == (Damage(DamageKind.CUT, at, whole) if at < keep else None)
    assert (warnings.CAPTURE_CUT in found(report)) == (at < keep)


def test_a_garbled_file_is_explained_up_to_the_garbage() -> None:
    whole = explained(PLAIN)
    report = explained(PLAIN + b"\xff" * 40 + PLAIN[FILE_HEADER:])
    assert steps(report) == steps(whole)
    assert report.capture.damage == Damage(DamageKind.GARBLED, len(PLAIN), 12)
    assert finding(report, warnings.CAPTURE_GARBLED).parameters == {"offset": len(PLAIN), "after_packet": 12}


def test_a_short_snap_length_still_tells_the_story() -> None:
    frames = timed(get_root(), ethernet)
    file = io.BytesIO(PLAIN[:FILE_HEADER])
    file.seek(FILE_HEADER)
    for packet in frames:
        data = bytes(packet)
        file.write(struct.pack("<IIII", int(packet.time), 0, min(len(data), 96), len(data)) + data[:96])
    report = explained(file.getvalue())
    told = [step for step, _ in steps(report)[0]]
    assert told[0] == "tcp-syn"
    assert told[-1] == "tcp-closed"
    assert "http-request" in told
    assert "http-response" in told
    assert report.capture.cut_short == 3
    assert finding(report, notes.CAPTURE_SNAPPED).parameters == {"count": 3}


def test_a_link_type_that_is_not_told_is_said() -> None:
    wireless = PLAIN[:20] + struct.pack("<I", 105) + PLAIN[FILE_HEADER:]
    report = explained(wireless)
    assert report.capture.not_understood == 12
    assert finding(report, notes.NOT_UNDERSTOOD).parameters == {"count": 12, "link_types": ("105",)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd4\xc3\xb2\xa1",
        PLAIN[: FILE_HEADER - 1],
        b"\x7fELF\x02\x01\x01\x00",
        b"hello\n",
        zlib.compress(PLAIN),
        b"\x1f\x8b\x08",
    ],
    ids=["empty", "magic", "header", "elf", "text", "zlib", "gzip"],
)
def test_what_is_no_capture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(NotACaptureError) as refusal:
        explained(data)
    assert refusal.value.status is ExitStatus.FAILED
    assert refusal.value.message
