"""Whether a process of this machine lives."""

from __future__ import annotations

from pathlib import Path


def runs(pid: str) -> bool:
    """A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
