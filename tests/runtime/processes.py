"""Whether a process of this machine lives."""

from __future__ import annotations

import os
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
