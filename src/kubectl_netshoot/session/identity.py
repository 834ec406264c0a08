"""Who runs this: for the marks of a copy, and to know our own copies again."""

import getpass
import socket


def whoami() -> str:
    """user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
