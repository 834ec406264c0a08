"""What one process costs, its children among it, from its start to its end."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds on the clock and of the processor, and the peak of resident memory in MB."""

    seconds: float
    processor: float
    memory: float


def cost(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end, its output thrown away. Ends the bench with its stderr where it fails."""
    began = time.perf_counter()
    child = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - began
        if child.returncode:
            assert child.stderr
            raise SystemExit(child.stderr.read().decode())
    # Kibibytes on Linux, bytes on macOS.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Cost(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)
