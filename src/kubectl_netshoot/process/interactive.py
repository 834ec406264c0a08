"""The child that has the user's terminal: it stays in our process group, since the keyboard is its own."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from . import Changes, cannot_start, environment

TAIL = 4096


class Interactive:
    """A child with the user's stdin and stdout; its stderr passes through us, and its last bytes are kept.

    `on_exit(status)` is called once from another thread; a negative status is the signal that ended it.
    """

    def __init__(self, argv: Sequence[str], env: Changes | None, on_exit: Callable[[int], None]) -> None:
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
