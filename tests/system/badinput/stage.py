"""Where bad input is tried: an API server with one pod behind one Service, and the program in this process.

The server remembers what it was asked, the folders what was left in them, and the processes started here carry a word
in their environment by which they are found.
"""

import io
import os
import pty
import secrets
import signal
import struct
import sys
import tempfile
import termios
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from types import FrameType
from typing import Any

import pyte
import pytest

from kubectl_netshoot.cli.main import run
from tests.processes import RUN, processes
from tests.system.badinput import world
from tests.system.badinput.judge import Outcome
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure
from tests.waiting import until

# Long beyond any honest answer: a case that hangs is a failure, not a stuck suite.
LIMIT_SECONDS = 60
# A screen that breaks no line itself, and does not scroll.
WIDE, LINES = 600, 60
Json = dict[str, Any]


@dataclass
class Stage:
    """`objects` is what the API server has, by path; a test changes its own copy."""

    server: ApiServer
    kubeconfig: Path
    home: Path
    temp: Path
    patch: pytest.MonkeyPatch
    objects: dict[str, Json]

    def answer(self, asked: Asked) -> Answer:
        """What an API server says that has these objects, allows everything and keeps nothing."""
        path, _, query = asked.path.partition("?")
        if asked.method == "GET":
            found = self.objects.get(path)
            return Answer(found) if found is not None else failure(404, "NotFound", f"no {path}")
        if path.endswith("/selfsubjectaccessreviews"):
            return Answer({"kind": "SelfSubjectAccessReview", "status": {"allowed": True}}, 201)
        if "dryRun=All" in query:
            return Answer(asked.body, 201)
        return failure(500, "InternalError", "this server keeps nothing")

    def run(self, *words: str, env: Mapping[str, str | None] | None = None) -> Outcome:
        """Run one command line in this process, the environment changed by `env` (None: taken out)."""
        self.server.asked.clear()
        with self.patch.context() as patch, self._streams() as (stdout, stderr), _alarm():
            for name, value in (env or {}).items():
                if value is None:
                    patch.delenv(name, raising=False)
                else:
                    patch.setenv(name, value)
            status = run(words, "kubectl-netshoot")
        return self.outcome(words, status, _text(stdout), _text(stderr))

    def on_terminal(self, columns: int, *words: str) -> str:
        """What one command line leaves on a terminal of this width, in the lines that the program itself wrote.

        Nobody types there. It has no colour.
        """
        screen = pyte.Screen(WIDE, LINES)
        with self.patch.context() as patch, _terminal(columns, pyte.ByteStream(screen)) as terminal, _alarm():
            patch.setenv("NO_COLOR", "1")
            patch.setenv("TERM", "xterm")
            for name in ("stdout", "stderr"):
                patch.setattr(sys, name, terminal)
            with Path(os.devnull).open() as stdin:
                patch.setattr(sys, "stdin", stdin)
                run(words, "kubectl-netshoot")
        return "\n".join(line.rstrip() for line in screen.display).strip("\n")

    def outcome(self, words: tuple[str, ...], status: int, stdout: str, stderr: str) -> Outcome:
        """All that the judge wants to know of a run that has ended."""
        return Outcome(
            words,
            status,
            stdout,
            stderr,
            tuple(f"{asked.method} {asked.path}" for asked in self.server.asked if world.writes(asked)),
            tuple(sorted(self._left())),
            _survivors(os.environ[RUN]),
        )

    def _left(self) -> Iterator[str]:
        for folder in (self.home, self.temp):
            for path in folder.rglob("*"):
                name = str(path.relative_to(folder))
                if not path.is_dir() and not name.startswith((".kube/cache", ".cache/kubectl-netshoot")):
                    # The next run of the same test is judged for itself.
                    path.unlink()
                    yield name

    @contextmanager
    def _streams(self) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
        # As Python itself opens them in a UTF-8 locale.
        stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")
        stderr = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace")
        with self.patch.context() as patch, Path(os.devnull).open() as stdin:
            patch.setattr(sys, "stdin", stdin)
            patch.setattr(sys, "stdout", stdout)
            patch.setattr(sys, "stderr", stderr)
            yield stdout, stderr


@contextmanager
def _terminal(columns: int, stream: pyte.ByteStream) -> Iterator[io.TextIOWrapper]:
    """A terminal to write on; at the end the stream has had all of it."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))

    def feed() -> None:
        # The other side is closed.
        with suppress(OSError):
            while data := os.read(ours, 65536):
                stream.feed(data)

    reader = threading.Thread(target=feed)
    reader.start()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        yield terminal
    reader.join()
    os.close(ours)


@contextmanager
def staged(server: ApiServer, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage with empty folders; the environment is that of somebody with a good kubeconfig."""
    home, temp = folder / "home", folder / "tmp"
    home.mkdir()
    temp.mkdir()
    kubeconfig = folder / "good"
    stage = Stage(server, kubeconfig, home, temp, patch, world.objects())
    kubeconfig.write_text(world.kubeconfig(server.url))
    server.decide = stage.answer
    for name, value in {
        "HOME": str(home),
        "TMPDIR": str(temp),
        "KUBECONFIG": str(kubeconfig),
        "XDG_RUNTIME_DIR": str(temp),
        RUN: secrets.token_hex(8),
    }.items():
        patch.setenv(name, value)
    patch.setattr(tempfile, "tempdir", str(temp))
    patch.chdir(home)
    yield stage


def _survivors(run: str) -> tuple[str, ...]:
    """The processes that live on; what was killed a moment ago needs another to die."""
    alive = processes(run)
    if alive:
        with suppress(AssertionError):
            until(lambda: not processes(run), "the end of every process")
        alive = processes(run)
    return tuple(alive)


@contextmanager
def _alarm() -> Iterator[None]:
    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError("no end in sight")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
