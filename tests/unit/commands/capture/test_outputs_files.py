"""Captures in files: nothing is overwritten, whole records whenever the writer dies, private, and rings."""

import os
import stat
from pathlib import Path

import pytest

from kubectl_netshoot.commands.capture import outputs
from kubectl_netshoot.commands.capture.outputs import FileOutput, check_free, with_pod
from kubectl_netshoot.errors import NetshootError, UsageError
from tests.unit.session.tools.pcaps import header, record

ONE = memoryview(record(84))


def written(path: Path, *records: memoryview, rotate: int = 0, keep: int = 0) -> FileOutput:
    output = FileOutput(path, rotate, keep)
    output.begin(header())
    for one in records:
        if output.room < len(one):
            output.rotate()
        output.write(one)
    return output


def test_a_file_has_its_name_once_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    output = written(path, ONE)
    assert output.names == (f"{path}.part",)
    assert [p.name for p in tmp_path.iterdir()] == ["a.pcap.part"]
    output.close()
    assert output.names == (str(path),)
    assert path.read_bytes() == header() + bytes(ONE)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_only_its_owner_reads_it(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        output = written(tmp_path / "a.pcap")
    finally:
        os.umask(before)
    output.close()
    assert stat.S_IMODE((tmp_path / "a.pcap").stat().st_mode) & 0o177 == 0


def test_nothing_is_made_before_something_comes(tmp_path: Path) -> None:
    FileOutput(tmp_path / "a.pcap").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.pcap", "a.pcap.part"])
def test_what_is_there_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists"):
        FileOutput(tmp_path / "a.pcap")


def test_what_comes_in_between_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    output = written(path, ONE)
    path.write_text("mine")
    with pytest.raises(NetshootError, match="meanwhile"):
        output.close()
    assert path.read_text() == "mine"
    assert Path(f"{path}.part").read_bytes() == header() + bytes(ONE)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        check_free(tmp_path / "no" / "a.pcap")


def test_a_ring_keeps_the_newest(tmp_path: Path) -> None:
    output = written(tmp_path / "r.pcap", *[ONE] * 9, rotate=24 + 200, keep=3)
    output.close()
    names = [f"r-{number:04}.pcap" for number in (3, 4, 5)]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    assert output.names == tuple(str(tmp_path / name) for name in names)
    assert [len((tmp_path / name).read_bytes()) for name in names] == [224, 224, 124]
    assert all((tmp_path / name).read_bytes().startswith(header()) for name in names)


def test_a_record_that_is_larger_than_a_file_gets_one_of_its_own(tmp_path: Path) -> None:
    large = memoryview(record(500))
    output = written(tmp_path / "r.pcap", large, ONE, large, rotate=200)
    output.close()
    assert [p.stat().st_size for p in sorted(tmp_path.iterdir())] == [540, 124, 540]


def test_a_full_disk_leaves_whole_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = written(tmp_path / "a.pcap", ONE)

    def half(descriptor: int, data: memoryview) -> None:
        os.write(descriptor, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "write_all", half)
    with pytest.raises(OSError, match="No space"):
        output.write(ONE)
    output.close()
    assert (tmp_path / "a.pcap").read_bytes() == header() + bytes(ONE)


def test_a_named_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    output = written(path, ONE)
    left = [output.reader_left]
    assert os.read(reader, 1000) == header() + bytes(ONE)
    os.close(reader)
    # Without having written to it.
    left.append(output.reader_left)
    output.close()
    assert left == [False, True]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize(
    ("path", "several", "name"),
    [
        ("a.pcap", False, "a.pcap"),
        ("a.pcap", True, "a-web-1.pcap"),
        ("x/{pod}.pcap", False, "x/web-1.pcap"),
        ("x/{pod}.pcap", True, "x/web-1.pcap"),
        ("plain", True, "plain-web-1"),
    ],
)
def test_the_pods_name_in_the_files(path: str, several: bool, name: str) -> None:
    assert with_pod(path, "web-1", several) == Path(name)
