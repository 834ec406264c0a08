"""What we write on the user's own machine: private whatever the umask, and never through what others put there."""

import os
from pathlib import Path

import pytest

from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.security.modes import assert_closed, assert_private

SAY = ("--", "sh", "-c", "echo in; cat")
UMASKS = ["0000", "0077", "0777"]


def under(umask: str, plugin: Plugin, *words: str) -> list[str]:
    """The command as a shell with this umask starts it."""
    return ["sh", "-c", f'umask {umask}; exec "$@"', "sh", *plugin.argv(*words)]


@pytest.mark.parametrize("umask", UMASKS)
@pytest.mark.usefixtures("testimony")
def test_a_sessions_files_are_private_whatever_the_umask(
    plugin: Plugin, source: str, temp: Path, umask: str
) -> None:
    running = plugin.start_argv(*under(umask, plugin, source, "--service=web", *QUICK, *SAY))
    running.says("in\n")
    assert_private(temp)
    running.close_stdin()
    done = running.wait()
    assert done.status == 0, done.stderr


@pytest.mark.parametrize("umask", ["0000", "0777"])
def test_the_unpacked_program_is_private_whatever_the_umask(
    plugin: Plugin, tmp_path: Path, umask: str
) -> None:
    home = tmp_path / "fresh"
    home.mkdir()
    started = Plugin({**plugin.env, "HOME": str(home)}, plugin.kubectl, tmp_path)
    for _ in range(2):
        done = started.start_argv(*under(umask, started, "rbac")).wait()
        assert done.status == 0, done.stderr
    started.close()
    assert_closed(home / ".cache" / "kubectl-netshoot")


def as_link(path: Path, trap: Path) -> None:
    path.symlink_to(trap)


def as_open_folder(path: Path, _trap: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def as_file(path: Path, _trap: Path) -> None:
    path.write_text("")


@pytest.mark.parametrize("take", [as_link, as_open_folder, as_file])
@pytest.mark.usefixtures("testimony")
def test_a_name_that_somebody_took_in_the_temp_folder_gets_nothing(
    plugin: Plugin, source: str, temp: Path, tmp_path: Path, take: object
) -> None:
    assert callable(take)
    temp.chmod(0o1777)
    trap = tmp_path / "trap"
    trap.mkdir()
    taken = temp / f"kubectl-netshoot-{os.getuid()}"
    take(taken, trap)
    running = plugin.start(source, "--service=web", *QUICK, *SAY)
    running.says("in\n")
    assert list(trap.iterdir()) == []
    assert not taken.is_dir() or list(taken.iterdir()) == []
    (elsewhere,) = (path for path in temp.glob("kubectl-netshoot-*") if path != taken)
    assert_closed(elsewhere)
    running.close_stdin()
    assert running.wait().status == 0
    assert list(trap.iterdir()) == []
