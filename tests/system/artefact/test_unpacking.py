"""Where the zipapp unpacks itself, and that what it runs from is whole and the user's own."""

import fcntl
import json
import os
import signal
from pathlib import Path

import pexpect
import pytest

from tests.system.artefact.probe import Probe, mode
from tools.zipapp.archive import read_entries, write_entries

LONG_AGO = 1_000_000_000


def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".cache" / "kubectl-netshoot"


def temporary_cache(tmp_path: Path) -> Path:
    return tmp_path / "tmp" / f"kubectl-netshoot-cache-{os.geteuid()}"


def versions(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()]


def old_version(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "complete").write_text("site-packages\n")
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder


def test_the_cache_is_private_whatever_the_umask(probe: Probe, tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        seen = probe.look()
    finally:
        os.umask(previous)
    assert Path(seen["file"]).is_relative_to(cache(tmp_path))
    for folder in (cache(tmp_path), *versions(cache(tmp_path))):
        assert mode(folder) == 0o700


def test_a_cache_that_others_could_read_is_closed_to_them(probe: Probe, tmp_path: Path) -> None:
    cache(tmp_path).mkdir(parents=True, mode=0o755)
    probe.look()
    assert mode(cache(tmp_path)) == 0o700


def test_xdg_cache_home_comes_first(probe: Probe, tmp_path: Path) -> None:
    probe.environ["XDG_CACHE_HOME"] = str(tmp_path / "xdg")
    assert Path(probe.look()["file"]).is_relative_to(tmp_path / "xdg" / "kubectl-netshoot")


@pytest.mark.parametrize("elsewhere", ["", "relative"])
def test_an_xdg_cache_home_that_is_no_absolute_path_is_ignored(
    probe: Probe, tmp_path: Path, elsewhere: str
) -> None:
    probe.environ["XDG_CACHE_HOME"] = elsewhere
    assert Path(probe.look()["file"]).is_relative_to(cache(tmp_path))


def test_first_runs_at_once_unpack_once_and_all_run(probe: Probe, tmp_path: Path) -> None:
    processes = [probe.popen() for _ in range(4)]
    ends = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ends
    assert len(versions(cache(tmp_path))) == 1
    assert len({json.loads(stdout)["unpacked"] for stdout, _ in ends}) == 1


def test_ctrl_c_while_another_run_unpacks_ends_without_a_trace(probe: Probe, tmp_path: Path) -> None:
    cache(tmp_path).mkdir(parents=True, mode=0o755)
    with (cache(tmp_path) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = probe.popen()
        # Closing the folder to others is what comes just before waiting.
        while mode(cache(tmp_path)) != 0o700:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "")
    assert process.returncode == 130


def test_what_a_killed_run_left_half_unpacked_does_no_harm(probe: Probe, tmp_path: Path) -> None:
    probe.look()
    (version,) = versions(cache(tmp_path))
    (version / "complete").unlink()
    version.rename(f"{version}.tmp")
    probe.look()
    assert versions(cache(tmp_path)) == [version]


@pytest.mark.parametrize("home", ["/dev/null", "", None])
def test_without_a_usable_home_a_private_temporary_folder_serves(
    probe: Probe, tmp_path: Path, home: str | None
) -> None:
    del probe.environ["HOME"]
    if home is not None:
        probe.environ["HOME"] = home
    root = temporary_cache(tmp_path)
    first, second = probe.look(), probe.look()
    assert mode(root) == 0o700
    assert Path(first["file"]).is_relative_to(root)
    assert second["file"] == first["file"]


def test_a_temporary_folder_that_others_can_write_is_not_used(probe: Probe, tmp_path: Path) -> None:
    probe.environ["HOME"] = "/dev/null"
    planted = temporary_cache(tmp_path)
    planted.mkdir()
    planted.chmod(0o777)
    assert not Path(probe.look()["file"]).is_relative_to(planted)
    assert list((tmp_path / "tmp").iterdir()) == [planted], "the folder for this run alone is still there"


def test_files_that_others_could_have_changed_are_not_run(probe: Probe, tmp_path: Path) -> None:
    probe.look()
    cache(tmp_path).chmod(0o777)
    assert not Path(probe.look()["file"]).is_relative_to(cache(tmp_path))


def test_a_temporary_folder_behind_a_link_is_not_used(probe: Probe, tmp_path: Path) -> None:
    probe.environ["HOME"] = "/dev/null"
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    temporary_cache(tmp_path).symlink_to(tmp_path / "elsewhere")
    probe.look()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_another_users_cache_is_not_used(probe: Probe, tmp_path: Path) -> None:
    cache(tmp_path).mkdir(parents=True)
    os.chown(cache(tmp_path), 12345, 12345)
    assert Path(probe.look()["file"]).is_relative_to(tmp_path / "tmp")


@pytest.mark.parametrize("damage", ["complete", "site-packages/kubectl_netshoot/late.py"])
def test_a_damaged_cache_heals(probe: Probe, tmp_path: Path, damage: str) -> None:
    probe.look()
    (version,) = versions(cache(tmp_path))
    (version / damage).unlink()
    probe.look()
    assert (version / damage).exists()


def test_an_emptied_marker_does_not_count_as_whole(probe: Probe, tmp_path: Path) -> None:
    probe.look()
    (version,) = versions(cache(tmp_path))
    (version / "complete").write_text("")
    probe.look()
    assert (version / "complete").read_text() != ""


def test_a_version_nobody_used_for_long_goes_when_a_new_one_comes(probe: Probe, tmp_path: Path) -> None:
    old = old_version(cache(tmp_path), "old")
    young = old_version(cache(tmp_path), "young")
    os.utime(young)
    probe.look()
    assert not old.exists()
    assert young.exists()


def test_a_version_in_use_stays_however_old(probe: Probe, tmp_path: Path) -> None:
    old = old_version(cache(tmp_path), "old")
    with (old / "complete").open() as marker:
        fcntl.flock(marker, fcntl.LOCK_SH)
        probe.look()
    assert old.exists()


def test_every_run_keeps_its_version_young(probe: Probe, tmp_path: Path) -> None:
    probe.look()
    (version,) = versions(cache(tmp_path))
    os.utime(version, (LONG_AGO, LONG_AGO))
    probe.look()
    assert version.stat().st_mtime > LONG_AGO


def test_a_running_process_holds_its_version(probe: Probe, tmp_path: Path) -> None:
    with probe.popen("wait") as process:
        assert process.stdout
        assert process.stdout.readline() == "running\n"
        (version,) = versions(cache(tmp_path))
        with (version / "complete").open() as marker, pytest.raises(BlockingIOError):
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.communicate()
    assert process.returncode == 0


def test_bytecode_is_kept_even_for_those_who_want_none_elsewhere(probe: Probe, tmp_path: Path) -> None:
    probe.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    seen = probe.look()
    assert list(cache(tmp_path).rglob("kubectl_netshoot/__pycache__/__init__.*.pyc"))
    assert seen["environ"]["PYTHONDONTWRITEBYTECODE"] == "1"


def test_who_waits_at_a_terminal_for_a_first_run_is_told_why(probe: Probe, tmp_path: Path) -> None:
    cache(tmp_path).mkdir(parents=True, mode=0o700)
    command, *arguments = probe.command()
    with (cache(tmp_path) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        first = pexpect.spawn(command, arguments, env=probe.environ, timeout=60)
        first.expect_exact("kubectl netshoot: unpacking, once for each version")
    first.expect(pexpect.EOF)
    first.close()
    assert first.exitstatus == 0
    second = pexpect.spawn(command, arguments, env=probe.environ, timeout=60)
    assert second.expect_exact(["unpacking", pexpect.EOF]) == 1


def test_nobody_is_told_where_stderr_is_no_terminal(probe: Probe, tmp_path: Path) -> None:
    entries = read_entries(probe.zipapp)
    patient = entries["start.py"]
    entries["start.py"] = patient.replace(b"LONG_SECONDS = 1.0", b"LONG_SECONDS = 0.0")
    assert entries["start.py"] != patient
    impatient = Probe(tmp_path / "impatient", probe.environ)
    write_entries(entries, impatient.zipapp)
    impatient.look()
