"""Usage: python -m tools.zipapp OUTPUT

Dependencies are prepared once for each lock and builder, below `.cache`; later builds need no network.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tools.zipapp import defer, lazify, reach, tree, wheels
from tools.zipapp.archive import write_archive
from tools.zipapp.helptexts import told_entries

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "runtime.lock"
PACKAGE = ROOT / "src" / "kubectl_netshoot"
CACHE = ROOT / ".cache" / "zipapp"


def build(output: Path) -> None:
    """Build the zipapp; a reader of `output` sees the old file or the new one, whole."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        site = Path(scratch) / "site"
        shutil.copytree(dependencies(), site)
        tree.add_package(PACKAGE, site)
        reach.prune(site, PACKAGE.name)
        lazify.forget_missing(site)
        write_archive(site, Path(scratch), output, told_entries(site))


def dependencies() -> Path:
    """The folder with all that others wrote, trimmed and lazy; made when it is not there yet."""
    folder = CACHE / dependencies_key()
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            site = Path(scratch) / "site"
            tree.install(wheels.fetch_wheels(LOCK, Path(scratch)), site)
            lazify.lazify_client(site)
            defer.defer_imports(site)
            finish(site, folder)
    return folder


def dependencies_key() -> str:
    """A name for what the dependencies are made of: the lock, the builder, and what builds PyYAML."""
    builders = (Path(__file__).with_name(name) for name in ("wheels.py", "tree.py", "lazify.py", "defer.py"))
    inputs = [LOCK, *builders]
    parts = [version("setuptools").encode(), *(path.read_bytes() for path in inputs)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def finish(site: Path, folder: Path) -> None:
    """Give a finished tree its name; another build may have been first with the same."""
    try:
        os.rename(site, folder)
    except OSError:
        if not folder.exists():
            raise


if __name__ == "__main__":
    build(Path(sys.argv[1]).absolute())
