"""Finds the Pythons of a machine: on PATH, and those that pyenv keeps."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("python2.7", "python3", *(f"python3.{minor}" for minor in range(6, 16)))
OLDEST = (3, 10)


@cache
def interpreters() -> dict[tuple[int, int], str]:
    """An interpreter for each version that is found; the one that runs the tests is always among them."""
    found: dict[tuple[int, int], str] = {}
    for candidate in candidates():
        version = version_of(candidate)
        if version:
            found.setdefault(version, candidate)
    return dict(sorted(found.items()))


def candidates() -> list[str]:
    """Files that may be a Python."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    kept = sorted(str(path) for path in pyenv.glob("versions/*/bin/python"))
    return [sys.executable, *kept, *filter(None, map(shutil.which, NAMES))]


def version_of(candidate: str) -> tuple[int, int] | None:
    """The version that an interpreter says it is; a pyenv shim for a version that is not set says nothing."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    major, minor = done.stdout.split()
    return int(major), int(minor)


def supported() -> list[str]:
    """Interpreters that must run the zipapp."""
    return [path for version, path in interpreters().items() if version >= OLDEST]


def too_old() -> list[str]:
    """Interpreters that must be told so; there may be none on a machine."""
    return [path for version, path in interpreters().items() if version < OLDEST]
