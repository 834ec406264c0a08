"""Private folders for credentials: ours alone, locked while we live, swept by the next run when we were killed.

On Windows the temporary folder is the user's own, and a folder that a killed run leaves there stays: a folder with an
open file, its lock, can neither be renamed nor removed there.
"""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kubectl_netshoot.errors import NetshootError

ABANDONED = 3600.0
POSIX = hasattr(os, "getuid")


def private_file(path: Path, content: str | bytes) -> None:
    """Write a new file that only its owner can read (0600). Raises NetshootError, e.g. for a full disk."""
    data = content.encode() if isinstance(content, str) else content
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise NetshootError(f"{path} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def locked_folder(parent: Path) -> Iterator[Path]:
    """A fresh folder below `parent` (0700) for as long as the context lasts; its lock tells `sweep` that we live."""
    # The name that `sweep` looks for is given only once the lock is held.
    try:
        folder = Path(tempfile.mkdtemp(prefix="new-" if POSIX else "unlocked-", dir=parent))
    except OSError as error:
        raise NetshootError(f"no private folder can be made in {parent}: {error.strerror}") from error
    if not POSIX:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    with _lock_file(folder) as lock:
        _lock(lock)
        folder = folder.rename(parent / folder.name.replace("new-", "session-", 1))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _lock_file(folder: Path) -> IO[str]:
    """The folder's lock, made where it is not there, and never through a link. Raises OSError."""
    return os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w")


def _lock(lock: IO[str]) -> None:
    """Take a lock until it is closed. Raises OSError when somebody else has it."""
    import fcntl

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _own(parent: Path, pattern: str) -> Iterator[Path]:
    """The folders below `parent` with such a name that are the user's, and private; no links to others."""
    for folder in parent.glob(pattern):
        with contextlib.suppress(OSError):
            if _is_private(folder):
                yield folder


def _is_private(folder: Path) -> bool:
    """Whether it is a folder of the user's own that nobody else can look into. Raises OSError."""
    found = folder.lstat()
    if not POSIX:
        return stat.S_ISDIR(found.st_mode)
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and not stat.S_IMODE(found.st_mode) & 0o077
    )


def sweep(parent: Path) -> None:
    """Remove the folders of sessions whose process is gone: their lock is free."""
    for folder in _own(parent, "session-*"):
        with contextlib.suppress(OSError), _lock_file(folder) as lock:
            _lock(lock)
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _own(parent, "new-*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)


def abandoned() -> int:
    """How many folders of killed runs there are for `sweep` to remove."""
    return sum(_is_free(folder) for folder in _own(private_parent(), "session-*"))


def _is_free(folder: Path) -> bool:
    try:
        with (folder / "lock").open() as lock:
            _lock(lock)
    except OSError:
        return False
    return True


def private_parent() -> Path:
    """A folder of the user's own, mode 0700: under XDG_RUNTIME_DIR where there is one, else the temp folder."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    user = os.getuid() if POSIX else ""
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError as error:
        raise NetshootError(f"no private folder can be made: {error.strerror}") from error
    for place in [*([Path(runtime)] if runtime else []), temporary]:
        folder = place / f"kubectl-netshoot-{user}"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            if _is_private(folder):
                return folder
    # Somebody else took the name: a fresh folder cannot be swept later, but it is private.
    return Path(tempfile.mkdtemp(prefix="kubectl-netshoot-"))
