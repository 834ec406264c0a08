"""Children that are tied to us by pipes, the other half of the door to processes: one that we read, one that we feed.

Both live in a session of their own, so that a Ctrl-C at the keyboard reaches us alone. The one that we read has a pipe
of ours as its stdin: when we die, however that comes, it reads the end of it.
"""

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Sequence

from kubectl_netshoot.process.child import Changes, cannot_start, environment

CHUNK = 1024 * 1024
LINE = 4096


class Producer:
    """A child whose stdout is read by `read`; `hear` gets each line of its stderr, from another thread."""

    def __init__(self, argv: Sequence[str], env: Changes | None, hear: Callable[[str], None]) -> None:
        """Raises NetshootError when the program is missing or cannot be started."""
        self._hear = hear
        self._child = _started(argv, env, subprocess.PIPE)
        assert self._child.stdout is not None
        self._stdout = self._child.stdout.fileno()
        _widen(self._stdout)
        self._listening = threading.Thread(target=self._listen, name="stderr", daemon=True)
        self._listening.start()

    def read(self) -> bytes:
        """What has come on stdout, at most CHUNK bytes; waits for some. Empty at its end."""
        return os.read(self._stdout, CHUNK)

    def poke(self) -> None:
        """Write an empty line on its stdin; one that does not read is not waited for."""
        stdin = self._child.stdin
        with contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.write(b"\n")

    def close_stdin(self) -> None:
        stdin = self._child.stdin
        with contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.close()

    def kill(self) -> None:
        self._child.kill()

    def wait(self) -> int:
        """Wait for its end and for what it said; a negative status is the signal that ended it."""
        status = self._child.wait()
        # A credential plugin may have left a daemon that holds stderr open: its end is not worth waiting for.
        self._listening.join(timeout=1.0)
        self.close_stdin()
        if self._child.stdout is not None:
            self._child.stdout.close()
        return status

    def _listen(self) -> None:
        assert self._child.stderr is not None
        with self._child.stderr as stream:
            rest = b""
            while chunk := os.read(stream.fileno(), LINE):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._hear(line.decode(errors="replace"))
                rest = rest[-LINE:]
            if rest:
                self._hear(rest.decode(errors="replace"))


class Consumer:
    """A child that reads what is written to `stdin`, and says nothing; it outlives us. `on_exit` is called once."""

    def __init__(self, argv: Sequence[str], on_exit: Callable[[], None]) -> None:
        """Raises NetshootError when the program is missing or cannot be started."""
        self._child = _started(argv, None, subprocess.DEVNULL)
        assert self._child.stdin is not None
        self.stdin = self._child.stdin.fileno()
        self._on_exit = on_exit
        threading.Thread(target=self._wait, name="fed", daemon=True).start()

    @property
    def ended(self) -> bool:
        return self._child.returncode is not None

    def close(self) -> None:
        """The end of its stdin: there is no more to read."""
        with contextlib.suppress(OSError, ValueError):
            if self._child.stdin is not None:
                self._child.stdin.close()

    def _wait(self) -> None:
        self._child.wait()
        self._on_exit()


def _started(argv: Sequence[str], env: Changes | None, output: int) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment(env),
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise cannot_start(argv, error) from error


def _widen(descriptor: int) -> None:
    """A pipe as wide as one read, where the system allows that: fewer turns of ours and of the child's."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, CHUNK)
