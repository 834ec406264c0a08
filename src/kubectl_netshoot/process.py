"""The only door to other processes: argument lists, never a shell, and an environment that carries nothing of ours.

Quiet children (`run`) live in a session of their own, so that a Ctrl-C at the keyboard reaches us alone and
no change is broken off in the middle. The one that has the user's terminal (`Interactive`) stays in our
process group: the keyboard is its own.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import NetshootError

# Ours or the bundle's; a Python that is started by kubectl (a credential plugin) must not see them.
PRIVATE = ("PYTHONPATH", "PYTHONHOME", "SHIV_")
TAIL = 4096


@dataclass(frozen=True)
class Result:
    """How a child ended; a negative `status` is the signal that ended it."""

    status: int
    stdout: str
    stderr: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child: the user's, less what is private to us, and `extra`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PRIVATE)}
    return {**kept, **(extra or {})}


def run(argv: Sequence[str], env: Mapping[str, str] | None = None, timeout: float = 30.0) -> Result:
    """Run to the end, stdin closed, output captured as UTF-8; `timeout` in seconds, then the child is killed.

    Raises NetshootError when the program is missing, cannot be started or takes too long.
    """
    # Files, not pipes: a credential plugin may leave a daemon that holds them open after the child has ended.
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env=environment(env),
                start_new_session=True,
            )
        except OSError as error:
            raise cannot_start(argv, error) from error
        status = _wait(child, timeout)
        if status is None:
            raise NetshootError(f"{argv[0]} gave no answer in {timeout:.0f} seconds")
        return Result(status, _text(stdout), _text(stderr))


def _wait(child: "subprocess.Popen[bytes]", timeout: float) -> int | None:
    """The child's status, or None for one that had to be killed."""
    late = threading.Event()

    def kill() -> None:
        late.set()
        child.kill()

    # Popen.wait with a timeout polls, and is up to 50 ms late; a blocking wait is not.
    timer = threading.Timer(timeout, kill)
    timer.daemon = True
    timer.start()
    try:
        status = child.wait()
    except BaseException:
        child.kill()
        raise
    finally:
        timer.cancel()
    return None if late.is_set() else status


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def cannot_start(argv: Sequence[str], error: OSError) -> NetshootError:
    """The error for a program that is missing or cannot be run."""
    name = Path(argv[0]).name
    if isinstance(error, FileNotFoundError):
        return NetshootError(f"{name} was not found on PATH", f"install {name}, or add its folder to PATH")
    return NetshootError(f"{name} cannot be started: {error.strerror}")


class Interactive:
    """A child with the user's stdin and stdout; its stderr passes through us, and its last bytes are kept.

    `on_exit(status)` is called once from another thread; a negative status is the signal that ended it.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str] | None, on_exit: Callable[[int], None]
    ) -> None:
        self._tail = b""
        self._on_exit = on_exit
        try:
            self._child = subprocess.Popen(argv, stderr=subprocess.PIPE, env=environment(env))
        except OSError as error:
            raise cannot_start(argv, error) from error
        self._relaying = threading.Thread(target=self._relay, name="stderr", daemon=True)
        self._relaying.start()
        threading.Thread(target=self._wait, name="interactive", daemon=True).start()

    @property
    def stderr_tail(self) -> str:
        return self._tail.decode(errors="replace")

    def terminate(self) -> None:
        """Ask it to end (TERM): kubectl then restores the terminal."""
        self._child.terminate()

    def kill(self) -> None:
        self._child.kill()

    def _wait(self) -> None:
        status = self._child.wait()
        # A credential plugin may have left a daemon that holds stderr open: its end is not worth waiting for.
        self._relaying.join(timeout=1.0)
        self._on_exit(status)

    def _relay(self) -> None:
        assert self._child.stderr is not None
        with self._child.stderr as stream:
            while chunk := os.read(stream.fileno(), TAIL):
                self._pass_on(chunk)

    def _pass_on(self, chunk: bytes) -> None:
        self._tail = (self._tail + chunk)[-TAIL:]
        with contextlib.suppress(OSError, ValueError, AttributeError):
            # Where our own stderr is gone (a closed terminal), the child goes on and what it says is lost.
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()
