"""The folder with credentials: for nobody else's eyes, gone afterwards, swept after a kill, left alone while in use."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.private_files import ABANDONED, locked_folder, private_file, private_parent, sweep

HOLDER = """
import sys, pathlib, time
from kubectl_netshoot.kube.private_files import locked_folder, private_file
with locked_folder(pathlib.Path(sys.argv[1])) as folder:
    private_file(folder / "config", "secret")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temp folder and a runtime folder of this test's own."""
    for name in ("tmp", "run"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_modes_whatever_the_umask() -> None:
    before = os.umask(0)
    try:
        with locked_folder(private_parent()) as folder:
            private_file(folder / "config", "secret")
            assert (mode(folder.parent), mode(folder), mode(folder / "config")) == (0o700, 0o700, 0o600)
            assert mode(folder / "lock") == 0o600
    finally:
        os.umask(before)


def test_gone_afterwards_also_after_an_error() -> None:
    with contextlib.suppress(KeyboardInterrupt), locked_folder(private_parent()) as folder:
        private_file(folder / "config", "secret")
        raise KeyboardInterrupt
    assert not folder.exists()


def test_a_file_that_is_there_already_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "config").symlink_to(target)
    with pytest.raises(NetshootError):
        private_file(tmp_path / "config", "secret")
    assert not target.exists()


@pytest.fixture
def holder() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that has a folder in use."""
    parent = private_parent()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(parent)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        yield child, Path(child.stdout.readline().strip())
        child.kill()


def test_a_folder_in_use_is_not_swept(holder: tuple[subprocess.Popen[str], Path]) -> None:
    _, folder = holder
    sweep(folder.parent)
    assert (folder / "config").read_text() == "secret"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_process_left_is_swept(holder: tuple[subprocess.Popen[str], Path], number: int) -> None:
    child, folder = holder
    child.send_signal(number)
    child.wait()
    assert (folder / "config").exists()
    sweep(folder.parent)
    assert not folder.exists()


def test_a_folder_that_is_just_being_made_is_not_swept_and_an_abandoned_one_is() -> None:
    parent = private_parent()
    (parent / "new-young").mkdir(0o700)
    old = parent / "new-old"
    old.mkdir(0o700)
    long_ago = old.stat().st_mtime - ABANDONED - 60
    os.utime(old, (long_ago, long_ago))
    sweep(parent)
    assert [path.name for path in parent.iterdir()] == ["new-young"]


def test_other_files_are_not_swept() -> None:
    parent = private_parent()
    (parent / "kept").write_text("")
    sweep(parent)
    assert (parent / "kept").exists()


def test_what_is_not_ours_alone_is_not_swept(tmp_path: Path) -> None:
    """Names like ours: a link to another folder, a folder that others can write to, a file."""
    parent, other = private_parent(), tmp_path / "other"
    other.mkdir()
    (other / "lock").write_text("theirs")
    for name in ("session-link", "new-link"):
        (parent / name).symlink_to(other)
    (parent / "session-open").mkdir(0o700)
    (parent / "session-open").chmod(0o777)
    (parent / "session-file").write_text("")
    sweep(parent)
    assert len(list(parent.iterdir())) == 4
    assert (other / "lock").read_text() == "theirs"


def test_a_lock_is_not_opened_through_a_link(tmp_path: Path) -> None:
    parent, other = private_parent(), tmp_path / "other"
    other.write_text("theirs")
    (parent / "session-trap").mkdir(0o700)
    (parent / "session-trap" / "lock").symlink_to(other)
    sweep(parent)
    assert other.read_text() == "theirs"


def test_what_a_kill_in_the_middle_of_removing_left_is_swept() -> None:
    """The lock may be gone first, and the credentials still there."""
    parent = private_parent()
    (parent / "session-half").mkdir(0o700)
    (parent / "session-half" / "config").write_text("secret")
    sweep(parent)
    assert list(parent.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_what_is_somebody_elses_is_neither_used_nor_swept(tmp_path: Path) -> None:
    parent = private_parent()
    (parent / "session-theirs").mkdir(0o700)
    os.chown(parent / "session-theirs", 12345, -1)
    sweep(parent)
    assert (parent / "session-theirs").exists()
    os.chown(parent, 12345, -1)
    assert private_parent().parent == tmp_path / "tmp"


def test_the_runtime_folder_comes_first(tmp_path: Path) -> None:
    assert private_parent() == tmp_path / "run" / f"kubectl-netshoot-{os.getuid()}"
    assert private_parent() == private_parent()


def test_no_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert private_parent().parent == tmp_path / "tmp"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    assert private_parent().parent == tmp_path / "tmp"


def _as_symlink(path: Path) -> None:
    elsewhere = path.parent / "elsewhere"
    elsewhere.mkdir()
    path.symlink_to(elsewhere)


def _as_dangling_symlink(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def _as_open_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def _as_readable_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0o750)


def _as_file(path: Path) -> None:
    path.write_text("")


TRAPS = [_as_symlink, _as_dangling_symlink, _as_open_folder, _as_readable_folder, _as_file]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_name_that_somebody_took_before_us_is_not_used(tmp_path: Path, trap: object) -> None:
    assert callable(trap)
    taken = [tmp_path / place / f"kubectl-netshoot-{os.getuid()}" for place in ("run", "tmp")]
    for path in taken:
        trap(path)
    found = private_parent()
    assert found not in taken
    assert not found.is_symlink()
    assert mode(found) == 0o700
    assert found.stat().st_uid == os.getuid()
