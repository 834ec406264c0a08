"""pcapng files with names, interfaces and comments, as Wireshark's own programs read them."""

import struct
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import CookedLinuxV2, Ether

from kubectl_netshoot.commands.capture.outputs import Explained, Outputs
from kubectl_netshoot.commands.capture.request import CaptureForm, CaptureRequest, OutputOptions, Where
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.analysis import analyse
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.rules.targets import TargetName
from kubectl_netshoot.session.tools.tcpdump import Bounds
from tools.prerequisites.pytest_plugin import program

PODS = ("front-6c9", "db-0")
FRONT, DB = "10.244.1.5", "10.244.2.9"
NAMES = {FRONT: "pod/front-6c9", DB: "pod/db-0", "fd00::1": "node/node-a"}
SLL2, ETHERNET = 276, 1
SECONDS = 1_790_000_000


def preamble(link: int = SLL2, magic: int = 0xA1B2C3D4, order: str = "<") -> bytes:
    return struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 96, link)


def record(flags: str, at: int, link: int = SLL2, order: str = "<") -> memoryview:
    """A segment between the two, so many microseconds (or nanoseconds) after SECONDS; kept but for its last byte."""
    source, target = (DB, FRONT) if "A" in flags else (FRONT, DB)
    ports = (5432, 40001) if "A" in flags else (40001, 5432)
    head = CookedLinuxV2(proto=0x0800, ifindex=2, lladdrtype=1) if link == SLL2 else Ether()
    segment = TCP(sport=ports[0], dport=ports[1], flags=flags, seq=100, ack=101)
    data = bytes(head / IP(src=source, dst=target) / segment)
    return memoryview(struct.pack(f"{order}IIII", SECONDS, at, len(data), len(data) + 1) + data)


def outputs(path: Path, *pods: str, merge: bool = False, **more: int) -> Outputs:
    def called() -> Mapping[str, str]:
        return NAMES

    def explaining() -> Explained:
        raise AssertionError("nobody asked for an explanation")

    wanted = CaptureRequest(
        session=SessionRequest(TargetName("deploy", "web")),
        where=Where.LIVE,
        output=OutputOptions(CaptureForm.FILE, str(path), **more),
        bounds=Bounds(timedelta(seconds=1)),
        merge=merge,
    )
    return Outputs(wanted, pods, explaining, lambda: None, called)


def tshark(path: Path, *fields: str) -> list[list[str]]:
    argv = [program("tshark"), "-r", str(path), "-T", "fields", *(word for f in fields for word in ("-e", f))]
    resolve = ("nameres.network_name:TRUE", "nameres.use_external_name_resolver:FALSE")
    argv += [word for one in resolve for word in ("-o", one)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def refused(made: Outputs) -> None:
    """A connection that the other end resets, as one pod captures it."""
    (front,) = made.each
    front.begin(preamble())
    front.write(record("S", 5))
    front.write(record("RA", 6))
    made.close()


def capinfos(path: Path) -> str:
    return subprocess.run(
        [str(Path(program("tshark")).with_name("capinfos")), str(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_an_interface_for_each_pod_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "both.pcapng"
    made = outputs(path, *PODS, merge=True)
    front, db = made.each
    front.begin(preamble())
    # Another link type, order of bytes and unit of time.
    db.begin(preamble(ETHERNET, 0xA1B23C4D, ">"))
    front.write(record("S", 5))
    db.write(record("RA", 7001, ETHERNET, ">"))
    made.close()
    assert tshark(path, "frame.interface_name", "frame.time_epoch", "ip.src_host", "tcp.flags") == [
        ["front-6c9", f"{SECONDS}.000005000", "pod/front-6c9", "0x0002"],
        ["db-0", f"{SECONDS}.000007001", "pod/db-0", "0x0014"],
    ]
    told = capinfos(path)
    assert "Wireshark/... - pcapng" in told
    assert "Number of interfaces in file: 2" in told
    assert "Name = front-6c9" in told
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_findings_are_comments_of_their_packets(tmp_path: Path) -> None:
    path = tmp_path / "one.pcapng"
    refused(outputs(path, "front-6c9"))
    first, second = tshark(path, "frame.len", "frame.cap_len", "frame.comment")
    assert int(first[0]) == int(first[1]) + 1
    assert "pod/db-0 (10.244.2.9:5432) refuses the connection of pod/front-6c9" in first[2] + second[2]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_our_own_explainer_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "one.pcapng"
    refused(outputs(path, "front-6c9"))
    with path.open("rb") as stream:
        report = analyse(stream)
    assert (report.capture.packets, report.capture.damage) == (2, None)
    assert report.capture.names[FRONT] == "pod/front-6c9"


def test_every_file_of_a_ring_opens(tmp_path: Path) -> None:
    path = tmp_path / "ring.pcapng"
    made = outputs(path, *PODS, merge=True, rotate=1000, files=2)
    for port in made.each:
        port.begin(preamble())
    for at in range(40):
        made.each[at % 2].write(record("S", at))
    made.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    assert all(path.stat().st_size <= 1000 for path in files)
    names = [name for path in files for name, _ in tshark(path, "frame.interface_name", "frame.number")]
    assert set(names) == set(PODS)


def test_a_file_for_each_pod(tmp_path: Path) -> None:
    made = outputs(tmp_path / "all.pcapng", *PODS)
    for port in made.each:
        port.begin(preamble())
        port.write(record("S", 1))
    made.close()
    for pod in PODS:
        assert tshark(tmp_path / f"all-{pod}.pcapng", "frame.interface_name") == [[pod]]


def test_comments_that_cannot_be_written_cost_no_packet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "one.pcapng"
    monkeypatch.setattr("kubectl_netshoot.commands.capture.explained.write_all", full)
    with pytest.raises(NetshootError, match="is complete, and its packets have no comments: No space left"):
        refused(outputs(path, "front-6c9"))
    assert len(tshark(path, "frame.number")) == 2
    assert not list(tmp_path.glob("*.part"))


def test_any_other_file_is_pcap(tmp_path: Path) -> None:
    path = tmp_path / "one.pcap"
    refused(outputs(path, "front-6c9"))
    assert path.read_bytes() == preamble() + bytes(record("S", 5)) + bytes(record("RA", 6))
