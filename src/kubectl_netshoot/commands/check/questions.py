"""All topics together: which tools run in the pod, bounded in time, and the checks made of what they print."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from kubectl_netshoot.commands.check import certificates, dns, endpoints, path, ports
from kubectl_netshoot.commands.check.scene import PodFacts, Scene
from kubectl_netshoot.commands.check.verdict import Check, Topic
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.no_answer import why
from kubectl_netshoot.session.tools.probes import Answers, Probe
from kubectl_netshoot.session.tools.run import LOOK_SECONDS, Tools

RESOLVER, LINKS, SOCKETS = Probe("resolver"), Probe("links"), Probe("sockets")
FACTS = (RESOLVER, LINKS, SOCKETS)


def facts(answers: Answers) -> PodFacts:
    """What the pod says of itself."""
    listening, links = answers.of(SOCKETS), answers.of(LINKS)
    trouble = [f"{why(p.kind, answers.of(p))}" for p in (SOCKETS, LINKS) if answers.of(p).status != 0]
    return PodFacts(
        output.read_resolver(answers.of(RESOLVER).text),
        output.links(links.text) if links.status == 0 else None,
        output.sockets(listening.text) if listening.status == 0 else None,
        "; ".join(trouble),
    )


def questions(scene: Scene, known: PodFacts) -> tuple[Probe, ...]:
    """What to ask the network, each once, the slowest first."""
    return tuple(dict.fromkeys(_questions(scene, known)))


def _questions(scene: Scene, known: PodFacts) -> Iterator[Probe]:
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


def judge(scene: Scene, known: PodFacts, answers: Answers, now: datetime) -> tuple[Check, ...]:
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


@dataclass
class Asking:
    """All questions about one scene, asked in one container."""

    tools: Tools
    _since: float = field(default_factory=time.monotonic)

    def run(self, scene: Scene) -> PodFacts:
        """Ask everything; what the pod said of itself. Raises NetshootError where no tool could be run, Lost."""
        known = self._facts(scene)
        self._ask(questions(scene, known), "asking the network")
        self._ask(follow_ups(scene, self.tools.answers), "asking by TLS")
        return known

    def _facts(self, scene: Scene) -> PodFacts:
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
