"""Runs of our script in a container: many tools side by side by one kubectl exec, bounded, ended by a signal."""

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

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
            self._ask_at_once(batch, max(3, round(left)), what, (asked, len(probes)))
            asked += len(batch)

    def _ask_at_once(self, probes: Sequence[Probe], budget: int, what: str, count: tuple[int, int]) -> None:
        hearing = self.answers.begin(probes)
        argv = self.edges.kubectl.exec_argv(
            self.pod, script_argv(probes, budget, self.pace), tty=False, stdin=False, container=self.container
        )
        child = Producer(argv, self.edges.kubectl.env, self._hear)
        # Several are asked side by side: one queue for all would wake one of them, and the others late.
        over = threading.Event()
        reader = threading.Thread(target=self._read, args=(child, hearing, over), name="tools", daemon=True)
        reader.start()
        until = time.monotonic() + budget + 2 * self.pace.limit + LATE_SECONDS
        while not over.is_set() and not self.edges.inbox.signal and time.monotonic() < until:
            before, everything = count
            self.edges.terminal.progress(f"{self.pod}: {what}, {before + hearing.ended} of {everything}")
            over.wait(LOOK_SECONDS)
        if not over.is_set():
            child.kill()
        reader.join(LATE_SECONDS)
        status = None if reader.is_alive() else child.wait()
        if self.edges.inbox.signal:
            raise Lost
        self._complain(hearing.ended, status)

    def _read(self, child: Producer, hearing: RunOutput, over: threading.Event) -> None:
        # What has come by then is all there is.
        with contextlib.suppress(OSError):
            while chunk := child.read():
                hearing.feed(chunk)
        over.set()

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
