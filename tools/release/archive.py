"""Hides how files become one tar.gz whose bytes depend on nothing but their content.

krew unpacks plain files only, keeps their modes, and refuses links; so there are no folders and no links in it.
"""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

# The date of every file in the zipapp, too: 1980-01-01, the earliest that a zip can hold.
DATE = 315532800


def write_archive(files: Mapping[str, Path], output: Path) -> None:
    """Pack `files`, name in the archive to file, sorted, owned by root; only whether one is executable is kept."""
    with (
        output.open("wb") as file,
        # Not gzip.compress: what that writes into the header depends on Python's version.
        gzip.GzipFile("", "wb", 9, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, path in sorted(files.items()):
            archive.addfile(entry(name, path), io.BytesIO(path.read_bytes()))


def entry(name: str, path: Path) -> tarfile.TarInfo:
    """What the archive says about a file."""
    found = path.stat()
    info = tarfile.TarInfo(name)
    info.size = found.st_size
    info.mode = 0o755 if found.st_mode & 0o100 else 0o644
    info.mtime = DATE
    info.uname = info.gname = "root"
    return info
