"""Where kubectl finds the script: hides which folder is ours to write to, and how a file comes to be there whole.

A file of a script's name that does not say that we made it is somebody else's, and stays.
"""

import contextlib
import os
import re
import shlex
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from kubectl_netshoot.errors import NetshootError

NAME = "kubectl_complete-netshoot"
AGAIN = "kubectl netshoot completion install"
ELSEWHERE = f"{AGAIN} --dir ~/.local/bin"
_MADE = re.compile(r"# (\S+), made by kubectl-netshoot (\S+)\.$", re.MULTILINE)
_HEAD_BYTES = 400
# These belong to the system's own packages.
_SYSTEM = {"/bin", "/sbin", "/usr/bin", "/usr/sbin"}


def version_of(path: Path) -> str:
    """Which version of ours made this file; empty where it is not ours, or cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ""
    found = _MADE.search(head.decode(errors="replace"))
    return found[2] if found and found[1] == path.name else ""


def installed() -> Path | None:
    """The one that kubectl runs: the first on PATH, whoever made it."""
    found = shutil.which(NAME)
    return Path(found) if found else None


def install(text: str, folder: Path, instead: str, name: str = NAME) -> Path:
    """Write the script into this folder, in one step, and return where. Raises NetshootError, which names the command
    `instead` where nothing can be written there.
    """
    path = folder / name
    if os.path.lexists(path) and not (_is_file(path) and version_of(path)):
        quoted = shlex.quote(str(path))
        raise NetshootError(
            f"{path} was not made by kubectl-netshoot, and was left alone",
            f"move it away\ntry: mv {quoted} {quoted}.old",
        )
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).chmod(0o755)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except FileNotFoundError as error:
        raise NetshootError(f"no folder {folder}", f"try: mkdir -p {shlex.quote(str(folder))}") from error
    except OSError as error:
        raise NetshootError(f"{path} cannot be written: {error.strerror}", f"try: {instead}") from error
    return path


def uninstall(folders: Iterator[Path], name: str = NAME) -> list[Path]:
    """Take the script away wherever it is ours in these folders; where it was. Raises NetshootError."""
    gone = []
    for path in (folder / name for folder in folders):
        if _is_file(path) and version_of(path):
            try:
                path.unlink()
            except OSError as error:
                raise NetshootError(
                    f"{path} cannot be removed: {error.strerror}",
                    f"try: ls -ld {shlex.quote(str(path.parent))}",
                ) from error
            gone.append(path)
    return gone


def folder_for(plugin: Path, env: Mapping[str, str]) -> Path:
    """Beside the plugin (krew's bin, if that is where it runs from), else the first on PATH that is ours to use.

    Raises NetshootError where there is none.
    """
    beside = plugin.parent
    usable = [folder for folder in on_path(env) if _is_ours(folder)]
    if beside in usable:
        return beside
    if usable:
        return usable[0]
    raise NetshootError(
        "no folder on PATH is yours to write to",
        f"make one, and put it on PATH\ntry: mkdir -p ~/.local/bin && {ELSEWHERE}",
    )


def on_path(env: Mapping[str, str]) -> Iterator[Path]:
    """The folders of PATH, each once. A relative one means another folder tomorrow, and does not count."""
    for text in dict.fromkeys(env.get("PATH", "").split(os.pathsep)):
        if os.path.isabs(text):
            yield Path(text)


def _is_ours(folder: Path) -> bool:
    """Whether it belongs to this user, nobody else can write to it, and no package manager keeps it."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and hasattr(os, "geteuid")
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and os.access(folder, os.W_OK)
        and str(folder.resolve()) not in _SYSTEM
    )


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
