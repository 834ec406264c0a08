"""The program under test as people run it: `kubectl netshoot ...`, in an environment with nothing else in it."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.waiting import LIMIT_SECONDS, until

READ = 65536


@dataclass(frozen=True)
class Done:
    """How it ended; `status` as a shell would show it."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode()


@dataclass
class Running:
    """A started command: what it has said so far, and signals as a terminal or an operator sends them."""

    child: subprocess.Popen[bytes]
    _stdout: bytearray = field(default_factory=bytearray)
    _stderr: bytearray = field(default_factory=bytearray)
    _readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream, kept in ((self.child.stdout, self._stdout), (self.child.stderr, self._stderr)):
            assert stream is not None
            reader = threading.Thread(target=_read_all, args=(stream.fileno(), kept), daemon=True)
            reader.start()
            self._readers.append(reader)

    @property
    def stdout(self) -> bytes:
        return bytes(self._stdout)

    @property
    def stderr(self) -> str:
        return self._stderr.decode(errors="replace")

    @property
    def ended(self) -> bool:
        return self.child.poll() is not None

    def says(self, text: str) -> None:
        """Wait until it has said this, on either stream. AssertionError when it ends without."""
        until(
            lambda: text in self.stdout.decode(errors="replace") + self.stderr or self.ended,
            f"{text!r}",
            lambda: self.stderr,
        )
        assert text in self.stdout.decode(errors="replace") + self.stderr, self.stderr

    def send(self, number: signal.Signals) -> None:
        """Ctrl-C and a hangup reach the whole process group, as from a terminal; TERM and KILL us alone."""
        if number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(self.child.pid, number)
        else:
            self.child.send_signal(number)

    def insist(self) -> None:
        """Ctrl-C again and again, to us alone, until the process has ended: a kubectl that hears one ends at the first.

        One more may come after its last word; a shell shows 130 for that, too. The command in the pod runs on, with our
        streams, until its input ends: that is ended here.
        """

        def has_ended() -> bool:
            self.child.send_signal(signal.SIGINT)
            return self.ended

        until(has_ended, "the end of the process", lambda: self.stderr)
        self.close_stdin()

    def close_stdin(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()

    def wait(self) -> Done:
        """Wait for the end of the process; a negative status is the signal that killed it."""
        status = self.child.wait(LIMIT_SECONDS * 2)
        if status != -signal.SIGKILL:
            # A child of a killed one may hold the streams open; nobody waits for what it says.
            for reader in self._readers:
                reader.join(LIMIT_SECONDS)
        return Done(status, self.stdout, self.stderr)


def _read_all(descriptor: int, kept: bytearray) -> None:
    # The pipe may be closed under it at the end of the test, while a child of a killed process still holds it.
    with contextlib.suppress(OSError):
        while chunk := os.read(descriptor, READ):
            kept += chunk


@dataclass
class Plugin:
    """`kubectl netshoot` with this environment and no other. Every process is ended with the test."""

    env: Mapping[str, str]
    kubectl: str
    folder: Path
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def argv(self, *words: str) -> list[str]:
        return [self.kubectl, "netshoot", *words]

    def start(self, *words: str) -> Running:
        """Start it in a process group of its own, stdin an open pipe."""
        return self.start_argv(*self.argv(*words))

    def start_argv(self, *argv: str) -> Running:
        """The same for a command that starts it in turn."""
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=self.folder,
            start_new_session=True,
        )
        self._started.append(child)
        return Running(child)

    def run(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
        """Run it to the end."""
        done = subprocess.run(
            self.argv(*words),
            input=stdin,
            capture_output=True,
            env={**self.env, **(env or {})},
            cwd=self.folder,
            timeout=LIMIT_SECONDS * 2,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def close(self) -> None:
        for child in self._started:
            if child.poll() is None:
                child.kill()
                child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream is not None:
                    stream.close()
