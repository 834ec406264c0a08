"""Which outputs a request gets, and that all of them are closed whatever one of them says."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kubectl_netshoot.commands.capture.outputs import Explained, Outputs
from kubectl_netshoot.commands.capture.request import CaptureForm, CaptureRequest, OutputOptions, Where
from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.rules.targets import TargetName
from kubectl_netshoot.session.tools.tcpdump import Bounds
from tests.unit.session.tools.pcaps import header, record

PODS = ("web-1", "web-2")


def request(output: OutputOptions, merge: bool = False) -> CaptureRequest:
    return CaptureRequest(
        session=SessionRequest(TargetName("deploy", "web")),
        where=Where.LIVE,
        output=output,
        bounds=Bounds(timedelta(seconds=1)),
        merge=merge,
    )


def outputs(wanted: CaptureRequest, *pods: str) -> Outputs:
    def explaining() -> Explained:
        raise AssertionError("nobody asked for an explanation")

    return Outputs(wanted, pods, explaining, lambda: None)


def test_a_file_for_each_pod(tmp_path: Path) -> None:
    made = outputs(request(OutputOptions(CaptureForm.FILE, str(tmp_path / "a.pcap"))), *PODS)
    for output in made.each:
        output.begin(header())
    made.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-web-1.pcap", "a-web-2.pcap"]


def test_one_file_for_all(tmp_path: Path) -> None:
    made = outputs(request(OutputOptions(CaptureForm.FILE, str(tmp_path / "a.pcap")), merge=True), *PODS)
    for at, output in enumerate(made.each):
        output.begin(header())
        output.write(memoryview(record(4, 2 - at)))
    made.tick()
    made.close()
    assert (tmp_path / "a.pcap").read_bytes() == header() + record(4, 1) + record(4, 2)


def test_two_pods_with_one_name_for_their_files(tmp_path: Path) -> None:
    (tmp_path / "a-web-2.pcap").touch()
    with pytest.raises(UsageError, match=r"a-web-2\.pcap exists"):
        outputs(request(OutputOptions(CaptureForm.FILE, str(tmp_path / "a.pcap"))), *PODS)


def test_several_pods_and_one_pipe() -> None:
    wanted = request(OutputOptions(CaptureForm.STDOUT))
    with pytest.raises(UsageError, match="2 pods cannot go into one pipe"):
        outputs(wanted, *PODS)
    assert outputs(replace(wanted, merge=True), "web-1").each[0].names == ("stdout",)


def test_one_that_cannot_be_closed_keeps_no_other_open(tmp_path: Path) -> None:
    made = outputs(request(OutputOptions(CaptureForm.FILE, str(tmp_path / "a.pcap"))), *PODS)
    for output in made.each:
        output.begin(header())
    (tmp_path / "a-web-1.pcap").write_text("mine")
    with pytest.raises(NetshootError, match="meanwhile"):
        made.close()
    assert (tmp_path / "a-web-2.pcap").read_bytes() == header()
