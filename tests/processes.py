"""Processes that a test started: which of them still run, and a disk that is full for one of them."""

import os
import resource
from pathlib import Path

# A word of each test's own in the environment: by it its processes are known.
RUN = "E2E_RUN"


def processes(run: str) -> list[str]:
    """The processes that run in this test's environment: ours and all that they started. Linux only."""
    word = f"{RUN}={run}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{folder.name} {command}")
        except OSError:
            continue
    return [line for line in found if not line.startswith(f"{os.getpid()} ")]


def fill_disk(pid: int) -> None:
    """No file that it, or a child that it starts from now on, writes to can grow: this needs no administrator."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
