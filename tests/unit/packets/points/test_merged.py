"""A file of several pods: its interfaces are the points, and packets keep the numbers that they have in the file."""

import io
import struct

import pytest

from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.points.merged import explained, points_of
from kubectl_netshoot.session.tools import pcapng
from kubectl_netshoot.session.tools.records import FileHeader
from tests.unit.packets.points.wire import Recording, Wire
from tests.unit.packets.told import finding

HEAD = FileHeader.parse(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 128, 276))


def merged(*recordings: tuple[str, Recording], program: str = "kubectl-netshoot 1.0") -> bytes:
    """As `capture --merge -w FILE.pcapng` writes it, in the order of the true time."""
    made = [pcapng.section(program), pcapng.names({"10.96.4.7": "svc/api"})]
    packets = []
    for number, (name, recording) in enumerate(recordings):
        made.append(pcapng.interface(HEAD, name, "any"))
        for at, _, data in recording.packets:
            stamp = round(at * 1e6) * 1000
            record = struct.pack("<IIII", 0, 0, len(data), len(data)) + data
            packets.append((at - recording.clock, pcapng.packet(number, HEAD, stamp, record)))
    return b"".join(made) + b"".join(block for _, block in sorted(packets))


@pytest.fixture
def wire() -> Wire:
    wire = Wire()
    made = wire.connection().handshake().out("PA", 80, arrives=False).out("PA", 80, again=True).back("A")
    made.out("FA").back("FA").out("A")
    return wire


def test_its_interfaces_are_told_together(wire: Wire) -> None:
    data = merged(("front", wire.client), ("api-x7k", wire.servers["api-x7k"]))
    report = explained(io.BytesIO(data))
    (told,) = report.conversations
    assert (told.point, [seen.point for seen in told.elsewhere]) == ("front", ["api-x7k"])
    lost = finding(report, warnings.LOST_BETWEEN)
    # Six packets of the handshake, at both; then the one that is lost.
    assert lost.packets == (7,)
    assert report.capture.names == {"10.96.4.7": "svc/api"}
    assert report.capture.packets == len(wire.client.packets) + len(wire.servers["api-x7k"].packets)


def test_another_programs_interfaces_are_of_one_host(wire: Wire) -> None:
    data = merged(("eth0", wire.client), ("eth1", wire.servers["api-x7k"]), program="Dumpcap")
    assert explained(io.BytesIO(data)).captures == {}


def test_one_interface_is_one_point(wire: Wire) -> None:
    assert points_of(io.BytesIO(merged(("front", wire.client)))) == []


def test_a_file_that_is_cut_is_told_as_it_is(wire: Wire) -> None:
    data = merged(("front", wire.client), ("api-x7k", wire.servers["api-x7k"]))
    report = explained(io.BytesIO(data[:-7]))
    assert report.captures == {}
    finding(report, warnings.CAPTURE_CUT)


@pytest.mark.parametrize("data", [b"", b"x", b"\x0a\x0d\x0d\x0a", b"\xd4\xc3\xb2\xa1" + bytes(30)])
def test_what_is_no_such_file(data: bytes) -> None:
    assert points_of(io.BytesIO(data)) == []
