"""Who may read what we keep on disk: nobody but its owner."""

import stat
from pathlib import Path


def assert_private(temp: Path) -> None:
    """While a session runs: credentials below this temp folder, in folders 0700 and files 0600."""
    found = list(temp.glob("kubectl-netshoot-*"))
    inside = [path for folder in found for path in folder.rglob("*")]
    assert [path for path in inside if path.name == "config"]
    for path in (*found, *inside):
        wanted = 0o600 if path.is_file() else 0o700
        assert stat.S_IMODE(path.lstat().st_mode) == wanted, path


def assert_closed(folder: Path) -> None:
    """Others can look into no folder, and write to no file."""
    for path in (folder, *folder.rglob("*")):
        refused = 0o077 if path.is_dir() else 0o022
        assert not stat.S_IMODE(path.lstat().st_mode) & refused, path
