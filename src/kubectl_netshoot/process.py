"""The only door to other processes: argument lists, never a shell, and an environment that carries nothing of ours.

Quiet children (`run`) live in a session of their own, so that a Ctrl-C at the keyboard reaches us alone and
no change is broken off in the middle. The one that has the user's terminal (`Interactive`) stays in our
process group: the keyboard is its own.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import NetshootError

# Ours or the bundle's; a Python that is started by kubectl (a credential plugin) must not see them.
PRIVATE = ("PYTHONPATH", "PYTHONHOME", "SHIV_")
TAIL = 4096
LOOK_SECONDS = 0.5
# What a child may say. The image behind `kubectl exec` is not ours, and may never stop.
MAX_OUTPUT = 64 * 1024 * 1024


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


class CrowdError(NetshootError):
    """A child had started more processes than it was allowed to."""


def run(
    argv: Sequence[str],
    env: Mapping[str, str] | None = None,
    timeout: float = 30.0,
    crowd: int = 0,
    with_terminal: bool = False,
) -> Result:
    """Run to the end, stdin closed, output captured as UTF-8.

    After `timeout` seconds the child is killed with all that it has started, and once there are more than `crowd`
    processes, where that is not 0. `with_terminal` leaves it our stdin and stderr, to ask a person.

    Raises NetshootError when the program is missing, cannot be started, takes too long or says more than MAX_OUTPUT
    bytes, CrowdError for a crowd.
    """
    # Files, not pipes: a credential plugin may leave a daemon that holds them open after the child has ended.
    with _temporary_file() as stdout, _temporary_file() as stderr:
        try:
            child = subprocess.Popen(
                argv,
                stdin=None if with_terminal else subprocess.DEVNULL,
                stdout=stdout,
                stderr=None if with_terminal else stderr,
                env=environment(env),
                start_new_session=not with_terminal,
            )
        except (OSError, ValueError) as error:
            raise cannot_start(argv, error) from error
        status = _wait(child, argv[0], timeout, crowd, (stdout, stderr))
        return Result(status, _text(stdout), _text(stderr))


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise NetshootError(f"no temporary file can be written: {error.strerror}") from error


def _wait(
    child: "subprocess.Popen[bytes]", name: str, timeout: float, crowd: int, said: Sequence[IO[bytes]]
) -> int:
    """The child's status. Raises NetshootError for one that had to be killed, or said too much."""
    ended = threading.Event()
    trouble: list[NetshootError] = []

    def watch() -> None:
        deadline = time.monotonic() + timeout
        while not ended.wait(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                trouble.append(NetshootError(f"{name} gave no answer in {timeout:.0f} seconds"))
            elif _is_too_much(said):
                trouble.append(_too_much(name))
            elif crowd and _group_size(child.pid) > crowd:
                trouble.append(CrowdError(f"{name} had started more than {crowd} processes"))
            if trouble:
                _kill(child)
                return

    # Popen.wait with a timeout polls, and is up to 50 ms late; a blocking wait is not.
    watchdog = threading.Thread(target=watch, name="watchdog", daemon=True)
    watchdog.start()
    try:
        status = child.wait()
    except BaseException:
        _kill(child)
        raise
    finally:
        ended.set()
        # It must not look at files that are closed by then.
        watchdog.join()
    if trouble:
        raise trouble[0]
    if _is_too_much(said):
        raise _too_much(name)
    return status


def _is_too_much(said: Sequence[IO[bytes]]) -> bool:
    return any(os.fstat(file.fileno()).st_size > MAX_OUTPUT for file in said)


def _too_much(name: str) -> NetshootError:
    return NetshootError(f"{name} said more than {MAX_OUTPUT // 1024 // 1024} MB")


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """The child, and where it leads a group of its own all that it has started there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg") and os.getpgid(child.pid) == child.pid:
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _group_size(leader: int) -> int:
    """How many processes are in this group; 0 where nobody can tell."""
    try:
        done = subprocess.run(
            ("ps", "-A", "-o", "pgid="), capture_output=True, check=True, timeout=LOOK_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    return done.stdout.split().count(str(leader).encode())


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def cannot_start(argv: Sequence[str], error: OSError | ValueError) -> NetshootError:
    """The error for a program that is missing or cannot be run."""
    name = Path(argv[0]).name
    if isinstance(error, FileNotFoundError):
        return NetshootError(f"{name} was not found on PATH", f"install {name}, or add its folder to PATH")
    return NetshootError(f"{name} cannot be started: {getattr(error, 'strerror', None) or error}")


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
