"""The only door to other processes: argument lists, never a shell, and an environment that carries nothing of ours.

kubectl gets the user's connection and credentials, and none of their preferences.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kubectl_netshoot.errors import NetshootError

# What a child may say. The image behind `kubectl exec` is not ours, and may never stop.
MAX_OUTPUT = 64 * 1024 * 1024
CHUNK = 64 * 1024


class ChildOutput:
    """`writing` is the end for the child. At most MAX_OUTPUT bytes are kept; of one that says more, nothing.

    Raises OSError where the system gives no pipe.
    """

    def __init__(self) -> None:
        self._last = os.urandom(32)
        self._reading, self.writing = os.pipe()
        self._bytes = bytearray()
        self.is_too_much = False
        self._reader = threading.Thread(target=self._read, name="said", daemon=True)
        self._reader.start()

    def __enter__(self) -> "ChildOutput":
        return self

    def __exit__(self, *_: object) -> None:
        """Read what has been said so far, and no more; then `text` and `is_too_much` stand."""
        while True:
            # The pipe is full, and a child has made it non-blocking: it is being emptied.
            with contextlib.suppress(BlockingIOError):
                os.write(self.writing, self._last)
                break
            time.sleep(0.01)
        self._reader.join()
        os.close(self.writing)
        os.close(self._reading)

    def text(self) -> str:
        return self._bytes.decode(errors="replace")

    def _read(self) -> None:
        place = -1
        while place < 0:
            chunk = os.read(self._reading, CHUNK)
            new = max(0, len(self._bytes) - len(self._last))
            self._bytes += chunk
            place = self._bytes.find(self._last, new)
            if place < 0 and len(self._bytes) > MAX_OUTPUT + len(self._last):
                self.is_too_much = True
                del self._bytes[: -len(self._last)]
        del self._bytes[place:]
        self.is_too_much |= len(self._bytes) > MAX_OUTPUT


# Ours or the bundle's; a Python that is started by kubectl (a credential plugin) must not see them.
PRIVATE = ("PYTHONPATH", "PYTHONHOME", "SHIV_")
LOOK_SECONDS = 0.5
# What is added to the environment for a child; None takes a variable away.
Changes = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Result:
    """How a child ended; a negative `status` is the signal that ended it."""

    status: int
    stdout: str
    stderr: str


def environment(changes: Changes | None = None) -> dict[str, str]:
    """The environment for a child: the user's, less what is private to us, with these changes."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PRIVATE)}
    return {key: value for key, value in {**kept, **(changes or {})}.items() if value is not None}


# Each variable that kubectl reads was looked up in its source and client-go's (1.27 to 1.37, `os.Getenv`). What changes
# what a command does by default is shut out; what says how the API server is reached, or who asks, stays as it is.
# kubectl's word for "no kuberc" (pkg/kuberc); before 1.33 there is none, and the variable is not read.
WITHOUT_KUBERC = {"KUBERC": "off"}
# pkg/cmd/util, FeatureGate: a variable of this name that says true or false, in any case. Not what says something
# else: a kubectl that is a wrapper may have settings of its own there.
GATE, GATE_VALUES = "KUBECTL_", ("true", "false")
# client-go's own gates, whatever they say.
CLIENT_GATE = "KUBE_FEATURE_"
# A proxy on the way that takes no WebSocket is why somebody sets this one: it is about the connection.
ABOUT_CONNECTION = frozenset({"KUBECTL_REMOTE_COMMAND_WEBSOCKETS"})


def for_kubectl(environ: Mapping[str, str], kubeconfig: str = "") -> dict[str, str | None]:
    """What is different for kubectl from this environment; None stands for a variable that is taken away.

    `kubeconfig`, where given, is what KUBECONFIG says: also a plugin or credential helper below kubectl must not see
    another cluster.
    """
    taken = {name: None for name, value in environ.items() if _is_preference(name, value)}
    return {**taken, **WITHOUT_KUBERC, **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}


def _is_preference(name: str, value: str) -> bool:
    if name in ABOUT_CONNECTION:
        return False
    return name.startswith(CLIENT_GATE) or (name.startswith(GATE) and value.lower() in GATE_VALUES)


class CrowdError(NetshootError):
    """A child had started more processes than it was allowed to."""


def run(
    argv: Sequence[str],
    env: Changes | None = None,
    timeout: float = 30.0,
    crowd: int = 0,
    with_terminal: bool = False,
    shown: bool = False,
) -> Result:
    """Run to the end, stdin closed, output captured as UTF-8.

    After `timeout` seconds the child is killed with all that it has started, and once there are more than `crowd`
    processes, where that is not 0. `with_terminal` leaves it our stdin and stderr, to ask a person, `shown` the stderr
    alone.

    Raises NetshootError when the program is missing, cannot be started, takes too long or says more than MAX_OUTPUT
    bytes, CrowdError for a crowd.
    """
    begun = None if with_terminal or shown else _begun.pop(_key(argv, env), None)
    with begun or _start(argv, env, with_terminal, shown) as started:
        status = _wait(started, timeout, crowd)
    if started.says_too_much:
        raise _too_much(argv[0])
    return Result(status, started.stdout.text(), started.stderr.text())


def begin(argv: Sequence[str], env: Changes | None = None) -> None:
    """Start a child now whose answer `run` will be asked for, with the same words and environment.

    It is killed at our end where nobody asks. What goes wrong here is for `run` to say.
    """
    if not _begun:
        atexit.register(_drop_begun)
    with contextlib.suppress(NetshootError):
        _begun[_key(argv, env)] = _start(argv, env)


def _drop_begun() -> None:
    while _begun:
        _, started = _begun.popitem()
        with started:
            _kill(started.child)


def _key(argv: Sequence[str], env: Changes | None) -> "_Key":
    return tuple(argv), tuple(sorted(environment(env).items()))


@dataclass
class _Started:
    """A quiet child, and what it says. Leaving the context ends the reading of it."""

    argv: Sequence[str]
    child: "subprocess.Popen[bytes]"
    stdout: ChildOutput
    stderr: ChildOutput
    reading: contextlib.ExitStack

    def __enter__(self) -> "_Started":
        return self

    def __exit__(self, *_: object) -> None:
        self.reading.close()

    @property
    def says_too_much(self) -> bool:
        return self.stdout.is_too_much or self.stderr.is_too_much


_Key = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
_begun: dict[_Key, _Started] = {}


def _start(
    argv: Sequence[str], env: Changes | None, with_terminal: bool = False, shown: bool = False
) -> _Started:
    with contextlib.ExitStack() as stack:
        try:
            stdout, stderr = (stack.enter_context(ChildOutput()) for _ in range(2))
            child = subprocess.Popen(
                argv,
                stdin=None if with_terminal else subprocess.DEVNULL,
                stdout=stdout.writing,
                stderr=None if with_terminal or shown else stderr.writing,
                env=environment(env),
                start_new_session=not with_terminal,
            )
        except (OSError, ValueError) as error:
            raise cannot_start(argv, error) from error
        return _Started(argv, child, stdout, stderr, stack.pop_all())


def _wait(started: _Started, timeout: float, crowd: int) -> int:
    """The child's status. Raises NetshootError for one that had to be killed."""
    name, child = started.argv[0], started.child
    ended = threading.Event()
    trouble: list[NetshootError] = []

    def watch() -> None:
        deadline = time.monotonic() + timeout
        while not ended.wait(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                trouble.append(NetshootError(f"{name} did not answer within {timeout:.0f} seconds"))
            elif started.says_too_much:
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
        watchdog.join()
    if trouble:
        raise trouble[0]
    return status


def _too_much(name: str) -> NetshootError:
    return NetshootError(f"{name} printed more than {MAX_OUTPUT // 1024 // 1024} MB")


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


def cannot_start(argv: Sequence[str], error: OSError | ValueError) -> NetshootError:
    """The error for a program that is missing or cannot be run."""
    name = Path(argv[0]).name
    if isinstance(error, FileNotFoundError) and os.sep in argv[0]:
        return NetshootError(f"{argv[0]} was not found")
    if isinstance(error, FileNotFoundError):
        return NetshootError(f"{name} was not found on PATH", f"install {name}, or add its folder to PATH")
    return NetshootError(f"{name} cannot be started: {getattr(error, 'strerror', None) or error}")
