"""Runs of our script in a container: many tools side by side by one kubectl exec, bounded, ended by a signal."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process.pipes import Producer
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.tools.probes import Answers, Pace, Probe, RunOutput, batches, script_argv
from kubectl_netshoot.terminal import one_line

# A signal is seen, and progress said, within this.
LOOK_SECONDS = 0.2
LATE_SECONDS = 10
STDERR_LINES = 20


class Lost(Exception):
    """A signal came: nobody waits for the answers any more."""


class _Run:
    """The script, running; `over` once nothing more comes of it. Several are asked side by side: one queue for all
    would wake one of them, and the others late.
    """

    def __init__(self, child: Producer, hearing: RunOutput, budget: int) -> None:
        self.child, self.hearing, self.budget = child, hearing, budget
        self.over = threading.Event()
        self.reader = threading.Thread(target=self._read, name="tools", daemon=True)
        self.reader.start()

    def _read(self) -> None:
        # What has come by then is all there is.
        with contextlib.suppress(OSError):
            while chunk := self.child.read():
                self.hearing.feed(chunk)
        self.over.set()


@dataclass(frozen=True)
class Held:
    """Probes whose script waits in the container: `ask` does as `Tools.ask`, `drop` has it ask nothing any more."""

    ask: Callable[[], None]
    drop: Callable[[], None]


@dataclass
class Tools:
    """The tools in one container, asked by runs of our script; `what` is said meanwhile."""

    edges: Edges
    pod: str
    container: str
    answers: Answers = field(default_factory=Answers)
    pace: Pace = field(default_factory=Pace)
    _complaints: list[str] = field(default_factory=list)

    def ask(self, probes: Sequence[Probe], what: str, budget: float) -> None:
        """None begins after `budget` seconds. Raises NetshootError where no tool could be run, Lost."""
        asked, since = 0, time.monotonic()
        for batch in batches(probes):
            left = budget - (time.monotonic() - since)
            self._finish(self._begin(batch, left), what, (asked, len(probes)))
            asked += len(batch)

    def hold(self, probes: Sequence[Probe], what: str, budget: float) -> Held:
        """The same at `Held.ask`, and kubectl is started now. Raises NetshootError where it cannot be."""
        first, *others = batches(probes)
        run = self._begin(first, budget, held=True)

        def ask() -> None:
            run.child.poke()
            self._finish(run, what, (0, len(probes)))
            self.ask(tuple(chain(*others)), what, budget)

        return Held(ask, run.child.close_stdin)

    def _begin(self, probes: Sequence[Probe], budget: float, held: bool = False) -> _Run:
        seconds = max(3, round(budget))
        command = script_argv(probes, seconds, self.pace, held)
        argv = self.edges.kubectl.exec_argv(
            self.pod, command, tty=False, stdin=held, container=self.container
        )
        return _Run(Producer(argv, self.edges.kubectl.env, self._hear), self.answers.begin(probes), seconds)

    def _finish(self, run: _Run, what: str, count: tuple[int, int]) -> None:
        until = time.monotonic() + run.budget + 2 * self.pace.limit + LATE_SECONDS
        while not run.over.is_set() and not self.edges.inbox.signal and time.monotonic() < until:
            before, everything = count
            self.edges.terminal.progress(f"{self.pod}: {what}, {before + run.hearing.ended} of {everything}")
            run.over.wait(LOOK_SECONDS)
        if not run.over.is_set():
            run.child.kill()
        run.reader.join(LATE_SECONDS)
        status = None if run.reader.is_alive() else run.child.wait()
        if self.edges.inbox.signal:
            raise Lost
        self._complain(run.hearing.ended, status)

    def _complain(self, answers: int, status: int | None) -> None:
        """The script itself always ends with 0: anything else is kubectl's."""
        said = one_line(" ".join(self._complaints[-3:])) or f"kubectl exec ended with status {status}"
        if not answers:
            raise NetshootError(f"the tools could not be run in pod {self.pod}: {said}")
        if status:
            self.edges.terminal.warn(f"the connection to pod {self.pod} was lost while it was asked: {said}")

    def _hear(self, line: str) -> None:
        self._complaints.append(line)
        del self._complaints[:-STDERR_LINES]
