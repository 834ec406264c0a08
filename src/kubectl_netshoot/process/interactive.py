"""The children that have the user's terminal: a shell, in our process group since the keyboard is its own; a pager."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from kubectl_netshoot.process.child import Changes, cannot_start, environment

TAIL = 4096
CHUNK = 1024 * 1024
STDOUT = 1


def _offset() -> int | None:
    """How far stdout's file is written, which the child shares with us; None where it is no file."""
    try:
        if not stat.S_ISREG(os.fstat(STDOUT).st_mode):
            return None
        # Whoever appends (>>) moves the end, the offset follows with the next write.
        return os.fstat(STDOUT).st_size + os.lseek(STDOUT, 0, os.SEEK_CUR)
    except OSError:
        return None


class Interactive:
    """A child with the user's stdin and stdout; its stderr passes through us, and its last bytes are kept.

    `on_exit(status)` is called once from another thread; a negative status is the signal that ended it. With
    `counting` its stdout passes through us too where there is no other way to tell whether there was any.
    """

    def __init__(
        self, argv: Sequence[str], env: Changes | None, on_exit: Callable[[int], None], counting: bool = False
    ) -> None:
        self._tail = b""
        self._on_exit = on_exit
        self._passed = False
        self._offset = _offset() if counting else None
        passes = counting and self._offset is None
        try:
            self._child = subprocess.Popen(
                argv, stdout=subprocess.PIPE if passes else None, stderr=subprocess.PIPE, env=environment(env)
            )
        except OSError as error:
            raise cannot_start(argv, error) from error
        self._passing = threading.Thread(target=self._pass_stdout, name="stdout", daemon=True)
        if passes:
            self._passing.start()
        self._relaying = threading.Thread(target=self._relay, name="stderr", daemon=True)
        self._relaying.start()
        threading.Thread(target=self._wait, name="interactive", daemon=True).start()

    @property
    def stderr_tail(self) -> str:
        return self._tail.decode(errors="replace")

    @property
    def has_output(self) -> bool:
        """Whether anything was written on stdout; asked of a child that was started with `counting`, at its end."""
        return self._passed or (self._offset is not None and _offset() != self._offset)

    def terminate(self) -> None:
        """Ask it to end (TERM): kubectl then restores the terminal."""
        self._child.terminate()

    def kill(self) -> None:
        self._child.kill()

    def _wait(self) -> None:
        status = self._child.wait()
        if self._passing.ident is not None:
            self._passing.join()
        # A credential plugin may have left a daemon that holds stderr open: its end is not worth waiting for.
        self._relaying.join(timeout=1.0)
        self._on_exit(status)

    def _pass_stdout(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as stream, contextlib.suppress(OSError):
            # Where nobody reads any more, the child's next write ends it as ours does.
            while chunk := os.read(stream.fileno(), CHUNK):
                self._passed = True
                while chunk:
                    chunk = chunk[os.write(STDOUT, chunk) :]

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


# Where the person has not said how less and lv shall be: colours stay, and what fits the screen is not paged.
PREFERENCES = {"LESS": "FRX", "LV": "-c"}


def page(argv: Sequence[str], text: str, environ: Mapping[str, str]) -> bool:
    """Show a text by this pager and wait until it is left; False where it cannot be started."""
    unsaid = {name: value for name, value in PREFERENCES.items() if name not in environ}
    # Ctrl-C is the pager's own key.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            env=environment(unsaid),
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        with contextlib.suppress(BrokenPipeError):
            child.communicate(text)
        child.wait()
    except (OSError, ValueError):
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True
