"""Hides that dist/kubectl-netshoot is built at most once, however many test processes ask for it."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ZIPAPP = ROOT / "dist" / "kubectl-netshoot"


def built_zipapp() -> Path:
    """The zipapp of the sources as they are now."""
    ZIPAPP.parent.mkdir(exist_ok=True)
    with (ZIPAPP.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_stale():
            subprocess.run([sys.executable, "-m", "tools.zipapp", str(ZIPAPP)], cwd=ROOT, check=True)
    return ZIPAPP


def is_stale() -> bool:
    """Whether a source is newer than the zipapp, or there is none."""
    if not ZIPAPP.exists():
        return True
    return max(path.stat().st_mtime for path in sources()) > ZIPAPP.stat().st_mtime


def sources() -> Iterator[Path]:
    """What the zipapp is made of, as in the Makefile."""
    yield ROOT / "requirements" / "runtime.lock"
    for folder in (ROOT / "src" / "kubectl_netshoot", ROOT / "tools" / "zipapp"):
        yield from (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
