"""Captures in files: written as NAME.part, renamed when they are closed, private, and in a ring where that is wanted.

A .part file holds whole records only, whenever its writer dies.
"""

import contextlib
import os
import select
import stat
import sys
from pathlib import Path

from kubectl_netshoot.errors import NetshootError, UsageError

PART = ".part"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
MODE = 0o600


def check_free(path: Path) -> None:
    """Raise UsageError where a capture cannot be written without harm to what is there: nothing is overwritten."""
    if is_special(path):
        return
    part = _part(path)
    if path.exists() or path.is_symlink():
        raise UsageError(f"-w: {path} exists", "choose another name, or move it away")
    if part.exists() or part.is_symlink():
        raise UsageError(
            f"-w: {part} exists: a capture that was not closed",
            "it opens like any other; rename it, or move it away",
        )
    if not path.parent.is_dir():
        raise UsageError(f"-w: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"-w: you may not write into {path.parent}")


def is_special(path: Path) -> bool:
    """Whether there is something that is written to as it is: a device such as /dev/null, or a named pipe."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def with_pod(path: str, pod: str, several: bool) -> Path:
    """The name for this pod's file: `{pod}` in it is the pod, which is put before the suffix where several need it."""
    if "{pod}" in path:
        return Path(path.replace("{pod}", pod))
    plain = Path(path)
    return plain.with_name(f"{plain.stem}-{pod}{plain.suffix}") if several else plain


def numbered(path: Path, number: int) -> Path:
    """The name of a file of a ring, counted from 1."""
    return path.with_name(f"{path.stem}-{number:04}{path.suffix}")


class FileOutput:
    """One capture in one file, or in files of at most `rotate` bytes of which the last `files` are kept (0: all)."""

    def __init__(self, path: Path, rotate: int = 0, files: int = 0) -> None:
        """Raises UsageError where something is there already."""
        self._path, self._rotate, self._files = path, rotate, files
        check_free(self._name(1))
        self._preamble = b""
        self._descriptor = -1
        self._number = 0
        self._size = 0
        self._finished: list[Path] = []

    @property
    def reader_left(self) -> bool:
        """Nobody reads a file."""
        return False

    @property
    def room(self) -> int:
        """Bytes until the next file begins."""
        return max(0, self._rotate - self._size) if self._rotate else sys.maxsize

    @property
    def names(self) -> tuple[str, ...]:
        """The files that are there now, oldest first."""
        present = [_part(self._name(self._number))] if self._descriptor >= 0 else []
        return tuple(str(path) for path in (*self._finished, *present))

    def begin(self, preamble: bytes) -> None:
        """Open the first file. Raises OSError."""
        self._preamble = preamble
        self._open()

    def rotate(self) -> None:
        """Close this file and begin the next one; one record goes into a file whatever its size. Raises OSError."""
        if self._size <= len(self._preamble):
            return
        self._close()
        while self._files and len(self._finished) >= self._files:
            self._finished.pop(0).unlink(missing_ok=True)
        self._open()

    def write(self, records: memoryview) -> None:
        """Append whole records. Raises OSError; the file then ends where it ended before."""
        try:
            write_all(self._descriptor, records)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(records)

    def close(self) -> None:
        """The last file gets its name. Raises NetshootError where that is taken meanwhile."""
        if self._descriptor >= 0:
            self._close()

    def _open(self) -> None:
        self._number += 1
        path = self._name(self._number)
        special = is_special(path)
        self._descriptor = os.open(path, os.O_WRONLY) if special else os.open(_part(path), NEW, MODE)
        self._size = 0
        self.write(memoryview(self._preamble))

    def _close(self) -> None:
        path = self._name(self._number)
        os.close(self._descriptor)
        self._descriptor = -1
        if is_special(path):
            self._finished.append(path)
            return
        if path.exists():
            raise NetshootError(f"{path} has come to exist meanwhile: the capture is in {_part(path)}")
        os.rename(_part(path), path)
        self._finished.append(path)

    def _name(self, number: int) -> Path:
        return numbered(self._path, number) if self._rotate else self._path


def write_all(descriptor: int, data: memoryview) -> None:
    """Write all of it. Raises OSError."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # A pipe that somebody else has switched over.
            select.select([], [descriptor], [])


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)
