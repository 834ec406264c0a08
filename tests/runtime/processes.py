"""Processes of this machine: whether one lives, and that the disk is full for it."""

from __future__ import annotations

import os
import resource
from pathlib import Path

PROC = Path("/proc")


def runs(pid: str | int) -> bool:
    """A zombie does not; where there is no /proc (macOS), whatever has this number does."""
    try:
        if not PROC.exists():
            os.kill(int(pid), 0)
            return True
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def fill_disk(pid: int) -> None:
    """No file that it, or a child that it starts from now on, writes to can grow: this needs no administrator."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
