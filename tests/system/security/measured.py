"""How much memory a command took at its most: the figure is a small process's between it and us.

Our own would count too, since a child begins as its parent's image.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 60
BETWEEN = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w") as file:
    file.write(str(used if sys.platform == "darwin" else used * 1024))
sys.exit(status)
"""


@dataclass(frozen=True)
class Measured:
    """How it ended, and the bytes that it, or a child of it, had in memory at most."""

    status: int
    stdout: str
    stderr: str
    memory: int


def measure(argv: Sequence[str], env: Mapping[str, str], folder: Path) -> Measured:
    """Run a command to its end. subprocess.TimeoutExpired when there is none."""
    figure = folder / "memory"
    done = subprocess.run(
        [sys.executable, "-I", "-c", BETWEEN, str(figure), *argv],
        env=env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_SECONDS,
        check=False,
    )
    return Measured(done.returncode, done.stdout, done.stderr, int(figure.read_text()))
