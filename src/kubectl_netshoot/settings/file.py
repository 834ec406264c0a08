"""The file: where it is, and that it is one that a person would trust; read and written. Without it nothing is imported
or read.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.settings.keys import Document

VARIABLE = "KUBECTL_NETSHOOT_CONFIG"
# The pure YAML reader takes seconds for a megabyte, and no settings are that long.
LARGEST_BYTES = 64_000


def location(environ: Mapping[str, str]) -> Path | None:
    """Where the file would be: KUBECTL_NETSHOOT_CONFIG names one, else it is in XDG_CONFIG_HOME or ~/.config.

    None where there is no home; a relative XDG_CONFIG_HOME is none, as its specification has it.
    """
    if named := environ.get(VARIABLE):
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".config")
    return Path(base, "kubectl-netshoot", "config.yaml")


def load(environ: Mapping[str, str]) -> Document | None:
    """The file's settings, None where there is no file. Raises UsageError for a file that cannot be taken as it is.

    The file that KUBECTL_NETSHOOT_CONFIG names must be there; /dev/null is one with nothing in it.
    """
    path = location(environ)
    if path is None or str(path) == os.devnull:
        return None
    where = VARIABLE if environ.get(VARIABLE) else "settings"
    try:
        # Before it is opened: a pipe would make us wait for who writes into it.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UsageError(f"{where}: {path} is not a file")
        with path.open("rb") as file:
            found, content = os.fstat(file.fileno()), file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if where == VARIABLE:
            raise UsageError(f"{where}: no file {path}", f"try: unset {VARIABLE}") from None
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{where}: {path} cannot be read: {reason}") from None
    if len(content) > LARGEST_BYTES:
        raise UsageError(f"{where}: {path} is larger than {LARGEST_BYTES // 1000} kB")
    from kubectl_netshoot.settings.positions import read_document

    try:
        return read_document(content, str(path), _distrust(path, found))
    except UsageError as error:
        hint = f"correct it, or do without it\ntry: export {VARIABLE}={os.devnull}"
        raise UsageError(error.message, hint) from None


def text_of(path: Path) -> str:
    """What stands in this file, empty where there is none. Raises UsageError for one that is no file or not text."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"settings: {path} is not a file")
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageError(f"settings: {path} cannot be read: {reason}") from None


def write(path: Path, text: str) -> None:
    """Put this text into the file, in one step; its folder is made. Raises NetshootError."""
    # Beside the file that a link leads to: the link stays.
    real = Path(os.path.realpath(path))
    temporary = real.with_name(f".{real.name}.{os.getpid()}")
    try:
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o600
        with open(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8"
        ) as new:
            new.write(text)
        os.replace(temporary, real)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NetshootError(f"settings: {path} cannot be written: {error.strerror}") from None


def _distrust(path: Path, found: os.stat_result) -> tuple[str, ...]:
    """A warning where somebody else can say which image is run in production."""
    if not hasattr(os, "geteuid"):
        return ()
    if found.st_uid not in (0, os.geteuid()):
        return (f"{path} belongs to another user, who decides which image runs in your pods",)
    if stat.S_IMODE(found.st_mode) & 0o022:
        return (
            f"others can write {path}, and so decide which image runs in your pods: `chmod go-w` takes that away",
        )
    return ()
