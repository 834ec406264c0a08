"""The real kubectl programs of this machine: the one that is installed with the tests, and kubectl.1.N on PATH."""

import os
import re
import sysconfig
from pathlib import Path

OLDEST = 27


def installed() -> Path:
    """The one from the lock file: it is always there."""
    return Path(sysconfig.get_path("scripts")) / "kubectl"


def found() -> dict[str, Path]:
    """All of them by name, no file twice."""
    programs = {"installed": installed()}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for path in sorted(Path(folder or ".").glob("kubectl.1.*")):
            version = re.fullmatch(r"kubectl\.1\.(\d+)", path.name)
            if version and int(version[1]) >= OLDEST:
                programs.setdefault(path.name, path)
    return programs
