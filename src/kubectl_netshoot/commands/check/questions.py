"""All topics together: which tools run in the pod, bounded in time, and the checks made of what they print."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from kubectl_netshoot.commands.check import certificates, dns, endpoints, path, ports, tools
from kubectl_netshoot.commands.check.no_answer import why
from kubectl_netshoot.commands.check.probes import Answers, Hearing, Pace, Probe, batches, script_argv
from kubectl_netshoot.commands.check.scene import Facts, Scene
from kubectl_netshoot.commands.check.verdict import Check, Topic
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process.pipes import Streaming
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.terminal import one_line

RESOLVER, LINKS, SOCKETS = Probe("resolver"), Probe("links"), Probe("sockets")
FACTS = (RESOLVER, LINKS, SOCKETS)


def facts(answers: Answers) -> Facts:
    """What the pod says of itself."""
    listening, links = answers.of(SOCKETS), answers.of(LINKS)
    trouble = [f"{why(p.kind, answers.of(p))}" for p in (SOCKETS, LINKS) if answers.of(p).status != 0]
    return Facts(
        tools.read_resolver(answers.of(RESOLVER).text),
        tools.links(links.text) if links.status == 0 else None,
        tools.sockets(listening.text) if listening.status == 0 else None,
        "; ".join(trouble),
    )


def questions(scene: Scene, known: Facts) -> tuple[Probe, ...]:
    """What to ask the network, each once, the slowest first."""
    return tuple(dict.fromkeys(_questions(scene, known)))


def _questions(scene: Scene, known: Facts) -> Iterator[Probe]:
    if Topic.PATH in scene.topics:
        yield from path.probes(scene, known)
    if Topic.DNS in scene.topics:
        yield from dns.probes(scene, known)
    if Topic.TCP in scene.topics:
        yield from endpoints.probes(scene)
        yield from endpoints.goal_probes(scene)
    if Topic.TLS in scene.topics:
        yield from certificates.probes(scene)


def follow_ups(scene: Scene, answers: Answers) -> tuple[Probe, ...]:
    """What the first answers lead to."""
    found = [*(endpoints.follow_ups(scene, answers) if Topic.TCP in scene.topics else ())]
    found += certificates.follow_ups(scene, answers) if Topic.TLS in scene.topics else ()
    return tuple(dict.fromkeys(found))


def judge(scene: Scene, known: Facts, answers: Answers, now: datetime) -> tuple[Check, ...]:
    """Every check of the topics that were asked for."""
    found = {
        Topic.DNS: dns.judge(scene, known, answers),
        Topic.TCP: chain(endpoints.judge(scene, known, answers), endpoints.judge_goal(scene, known, answers)),
        Topic.TLS: certificates.judge(scene, known, answers, now),
        Topic.PORTS: ports.judge(scene, known, answers),
        Topic.PATH: path.judge(scene, known, answers),
    }
    return tuple(check for topic in Topic if topic in scene.topics for check in found[topic])


# From the first question to the last answer; what is under way then may take its own time.
BUDGET_SECONDS = 20
# An application that was started with the copy may not listen yet.
PATIENCE_SECONDS = 6.0
LOOK_SECONDS = 0.5
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
        child = Streaming(argv, self.edges.kubectl.env, self._hear)
        reader = threading.Thread(target=self._read, args=(child, hearing), name="tools", daemon=True)
        reader.start()
        until = time.monotonic() + budget + 2 * self.pace.limit + LATE_SECONDS
        while not hearing.over and not self.edges.inbox.signal and time.monotonic() < until:
            before, everything = count
            self.edges.terminal.progress(f"{self.pod}: {what}, {before + hearing.ended} of {everything}")
            self.edges.inbox.wait(LOOK_SECONDS)
        if not hearing.over:
            child.kill()
        reader.join(LATE_SECONDS)
        status = None if reader.is_alive() else child.wait()
        if self.edges.inbox.signal:
            raise Lost
        self._complain(hearing.ended, status)

    def _read(self, child: Streaming, hearing: Hearing) -> None:
        # What has come by then is all there is.
        with contextlib.suppress(OSError):
            while chunk := child.read():
                hearing.feed(chunk)
        hearing.over = True
        self.edges.inbox.wake()

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


@dataclass
class Asking:
    """All questions about one scene, asked in one container."""

    tools: Tools
    _since: float = field(default_factory=time.monotonic)

    def run(self, scene: Scene) -> Facts:
        """Ask everything; what the pod said of itself. Raises NetshootError where no tool could be run, Lost."""
        known = self._facts(scene)
        self._ask(questions(scene, known), "asking the network")
        self._ask(follow_ups(scene, self.tools.answers), "asking by TLS")
        return known

    def _facts(self, scene: Scene) -> Facts:
        edges, until = self.tools.edges, time.monotonic() + PATIENCE_SECONDS
        while True:
            self._ask(FACTS, "asking the pod")
            known = facts(self.tools.answers)
            is_early = Topic.PORTS in scene.topics and scene.in_copy and ports.missing(scene, known)
            if not is_early or time.monotonic() >= until:
                return known
            edges.terminal.progress("waiting for the copy's application to listen")
            edges.inbox.wait(LOOK_SECONDS)

    def _ask(self, probes: Sequence[Probe], what: str) -> None:
        self.tools.ask(probes, what, BUDGET_SECONDS - (time.monotonic() - self._since))
