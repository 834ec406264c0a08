"""Hides that what takes seconds to make is made once, however many test processes ask for it.

`xdist_group` would do; with pytest 9 it groups nothing (pytest-xdist 3.8 writes to a field that is no longer read).
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name below the test run's own, filled by `make` before anybody gets it."""
    base = factory.getbasetemp()
    # A worker's folder lies in the run's.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "once"
    shared.mkdir(exist_ok=True)
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
