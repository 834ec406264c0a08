"""One run of `kubectl netshoot` that things can be done to: signals, an input that ends, a reader that goes away."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import RUN, processes
from tests.waiting import LOOK_SECONDS

READ = 65536
END_OF_FILE = b"\x04"
_SIZE = struct.pack("HHHH", 40, 120, 0, 0)
KUBECTL = "kubectl"
DRAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Streams:
    """What the program talks to: a terminal of its own, or pipes; `stdout` may be a file instead."""

    terminal: bool = False
    stdout: str = ""


class Program:
    """Started at once, in a session of its own; every process that it starts is known by its environment."""

    def __init__(self, argv: list[str], env: Mapping[str, str], folder: Path, streams: Streams) -> None:
        self.run, self.folder = env[RUN], folder
        self._open: list[int] = []
        self._slave = -1
        self._told = bytearray()
        self._deaf: set[int] = set()
        start = self._on_a_terminal if streams.terminal else self._on_pipes
        self.child, self._outputs = start(argv, dict(env), folder, streams.stdout)
        self.pid = self.child.pid
        self._before = self._modes()
        self._readers = {
            fd: threading.Thread(target=self._read, args=(fd,), daemon=True) for fd in self._outputs
        }
        for reader in self._readers.values():
            reader.start()

    def _on_pipes(
        self, argv: list[str], env: dict[str, str], folder: Path, stdout: str
    ) -> tuple["subprocess.Popen[bytes]", list[int]]:
        inside, self._input = os.pipe()
        told, says = os.pipe()
        data, out = (-1, os.open(stdout, os.O_WRONLY)) if stdout else os.pipe()
        child = subprocess.Popen(
            argv, stdin=inside, stdout=out, stderr=says, env=env, cwd=folder, start_new_session=True
        )
        for descriptor in (inside, says, out):
            os.close(descriptor)
        outputs = [told, *([] if stdout else [data])]
        self._open = [self._input, *outputs]
        return child, outputs

    def _on_a_terminal(
        self, argv: list[str], env: dict[str, str], folder: Path, _: str
    ) -> tuple["subprocess.Popen[bytes]", list[int]]:
        self._input, self._slave = os.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, _SIZE)
        ends: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), self._slave)
        child = subprocess.Popen(["setsid", "--ctty", *argv], env=env, cwd=folder, **ends)
        self._open = [self._input, self._slave]
        return child, [self._input]

    @property
    def text(self) -> str:
        """All that it said so far, on both streams."""
        return self._told.decode(errors="replace")

    @property
    def has_terminal(self) -> bool:
        return self._slave >= 0

    @property
    def ended(self) -> bool:
        return self.child.poll() is not None

    def says(self, text: str, seconds: float) -> bool:
        """Whether it says this before it ends and before `seconds` are over."""
        end = time.monotonic() + seconds
        while text not in self.text:
            if self.ended or time.monotonic() > end:
                return text in self.text
            time.sleep(LOOK_SECONDS)
        return True

    def type(self, keys: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._input, keys)

    def end_input(self) -> None:
        """As Ctrl-D does on a terminal."""
        if self.has_terminal:
            self.type(END_OF_FILE)
        elif self._input in self._open:
            self._open.remove(self._input)
            os.close(self._input)

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """To it alone, or as the terminal does to it and its children in the foreground."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number) if group else os.kill(self.pid, number)

    def kill_kubectl(self) -> int:
        """Kill -9 every kubectl that it has running; how many there were."""
        found = [pid for pid in self.descendants() if _program(pid) == KUBECTL]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(found)

    def descendants(self) -> list[int]:
        """All processes but itself that carry its environment."""
        pids = (int(line.split()[0]) for line in processes(self.run))
        return [pid for pid in pids if pid != self.pid]

    def stop_reading(self, *, errors: bool = False) -> None:
        """As `| head` does when it has seen enough, or `2>&1 | head`: the next write meets a broken pipe."""
        self._deaf.update(self._outputs if errors else self._outputs[-1:])
        for descriptor, reader in self._readers.items():
            if descriptor in self._deaf:
                reader.join()
                os.close(descriptor)
                self._open.remove(descriptor)

    def wait(self, seconds: float) -> int | None:
        """Its status, negative for a signal, or None when it does not end within so many seconds."""
        try:
            status = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if not self.has_terminal and status != -signal.SIGKILL:
            # A child of a killed one may hold the streams open; nobody waits for what it says.
            for reader in self._readers.values():
                reader.join(DRAIN_SECONDS)
        return status

    def restored_terminal(self) -> bool:
        """Whether the terminal's modes are what they were when it started."""
        return self._modes() == self._before

    def close(self) -> None:
        """End it and everything that it started."""
        for pid in [*([] if self.ended else [self.pid]), *self.descendants()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.child.wait()
        self._deaf.update(self._outputs)
        for reader in self._readers.values():
            reader.join()
        for descriptor in self._open:
            os.close(descriptor)
        self._open.clear()

    def _modes(self) -> object:
        return termios.tcgetattr(self._slave) if self.has_terminal else None

    def _read(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            while descriptor not in self._deaf:
                if not select.select([descriptor], [], [], LOOK_SECONDS)[0]:
                    continue
                chunk = os.read(descriptor, READ)
                if not chunk:
                    return
                self._told += chunk


def _program(pid: int) -> str:
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""
