"""Real local processes, each leading a session of its own, with all that it started.

Hides how a child is tied to its terminal and to us: it dies with us (Linux), its exit status is a shell's
(128 plus the signal's number), and its session can be ended as a whole, as a container's processes are.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, eq=False)
class Process:
    """A running child."""

    child: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.child.pid

    async def wait(self) -> int:
        """The exit status, 128 + N when signal N ended it."""
        code = await self.child.wait()
        return code if code >= 0 else 128 - code

    def catches(self, number: signal.Signals) -> bool:
        """Whether it has a handler of its own for this signal; unknown counts as yes."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return True
        caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught, 16) >> (number - 1) & 1)

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def left_something(self) -> bool:
        """Whether anything of its session still runs; as long as it does, the session's number is not given away."""
        return any(session_members(self.pid))

    def kill_session(self) -> None:
        """End it and everything that it started and that did not leave its session."""
        if self.child.returncode is None:
            # It comes first, or it would see its children killed and say so.
            self.signal(signal.SIGKILL)
        for pid in session_members(self.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def runs(pid: str | int) -> bool:
    """A zombie does not; where there is no /proc (macOS), whatever has this number does."""
    try:
        if not _PROC.exists():
            os.kill(int(pid), 0)
            return True
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def session_members(session: int) -> Iterator[int]:
    """Process ids of a session, as far as /proc tells."""
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The second field may hold spaces and brackets; session is the fourth after it.
            if int(entry.read_text().rpartition(")")[2].split()[3]) == session:
                yield int(entry.parent.name)


async def spawn(
    argv: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    stdio: tuple[int, int, int],
    *,
    terminal: bool = False,
) -> Process:
    """Start `argv`; `stdio` are descriptors that stay the caller's to close. Raises OSError."""
    child = await asyncio.create_subprocess_exec(
        *argv,
        env=dict(environment),
        cwd=directory,
        stdin=stdio[0],
        stdout=stdio[1],
        stderr=stdio[2],
        start_new_session=True,
        preexec_fn=_in_child(terminal),
    )
    return Process(child)


def _in_child(terminal: bool) -> Callable[[], None]:
    def prepare() -> None:
        if terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # asyncio's own handlers and what pytest ignored are not the command's.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)

    return prepare
