"""Captures for somebody who reads along: our stdout, or a Wireshark of our own. When the reader leaves, it is over."""

import os
import select
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.piping import Fed

from .files import write_all

WIRESHARK = ("wireshark", "-k", "-i", "-")
ON_MACOS = "Applications/Wireshark.app/Contents/MacOS/Wireshark"


class PipeOutput:
    """Writes to a descriptor; `names` says to people what that is."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self.names: tuple[str, ...] = (name,)

    @property
    def room(self) -> int:
        return sys.maxsize

    @property
    def reader_left(self) -> bool:
        """Whether the other end of the pipe was closed, which otherwise only the next write would show."""
        try:
            poll = select.poll()
            poll.register(self._descriptor, 0)
            return any(flags & (select.POLLERR | select.POLLHUP) for _, flags in poll.poll(0))
        except (OSError, ValueError):
            return True

    def begin(self, preamble: bytes) -> None:
        """Raises OSError, BrokenPipeError where nobody reads any more."""
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """A pipe is one file."""

    def write(self, records: memoryview) -> None:
        """Raises OSError, BrokenPipeError where nobody reads any more."""
        write_all(self._descriptor, records)

    def close(self) -> None:
        """Our stdout is closed with us."""


class WiresharkOutput:
    """A Wireshark that shows the packets as they come, started when the first do. `wake`: it was closed."""

    names = ("Wireshark",)
    room = sys.maxsize

    def __init__(self, program: str, wake: Callable[[], None]) -> None:
        self._program, self._wake = program, wake
        self._child: Fed | None = None

    @property
    def reader_left(self) -> bool:
        return self._child is not None and self._child.ended

    def begin(self, preamble: bytes) -> None:
        """Raises NetshootError where it cannot be started."""
        self._child = Fed((self._program, *WIRESHARK[1:]), self._wake)
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """A pipe is one file."""

    def write(self, records: memoryview) -> None:
        """Raises BrokenPipeError when it was closed."""
        if self._child is not None:
            write_all(self._child.stdin, records)

    def close(self) -> None:
        """The capture in it is complete; the window stays."""
        if self._child is not None:
            self._child.close()


def find_wireshark(home: Path, platform: str = sys.platform) -> str:
    """The program: from PATH, on macOS also the application's own. Raises NetshootError where there is none."""
    found = shutil.which(WIRESHARK[0])
    if found:
        return found
    for folder in (Path("/"), home) if platform == "darwin" else ():
        candidate = folder / ON_MACOS
        if os.access(candidate, os.X_OK):
            return str(candidate)
    raise NetshootError(
        "Wireshark was not found",
        "install it, or add it to PATH; `-w FILE` writes what it can open later",
    )
