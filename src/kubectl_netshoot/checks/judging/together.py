"""All topics together: the questions in the order of asking, and the checks in the order of telling."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from kubectl_netshoot.checks.judging import dns, doors, goal, path, ports, tls
from kubectl_netshoot.checks.probes import Answers, Probe
from kubectl_netshoot.checks.scene import Facts, Scene
from kubectl_netshoot.checks.tools import iproute, resolver
from kubectl_netshoot.checks.unasked import why
from kubectl_netshoot.checks.verdict import Check, Topic

RESOLVER, LINKS, SOCKETS = Probe("resolver"), Probe("links"), Probe("sockets")
FACTS = (RESOLVER, LINKS, SOCKETS)


def facts(answers: Answers) -> Facts:
    """What the pod says of itself."""
    listening, links = answers.of(SOCKETS), answers.of(LINKS)
    trouble = [f"{why(p.kind, answers.of(p))}" for p in (SOCKETS, LINKS) if answers.of(p).status != 0]
    return Facts(
        resolver.read(answers.of(RESOLVER).text),
        iproute.links(links.text) if links.status == 0 else None,
        iproute.sockets(listening.text) if listening.status == 0 else None,
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
        yield from doors.probes(scene)
        yield from goal.probes(scene)
    if Topic.TLS in scene.topics:
        yield from tls.probes(scene)


def follow_ups(scene: Scene, answers: Answers) -> tuple[Probe, ...]:
    """What the first answers lead to."""
    found = [*(doors.follow_ups(scene, answers) if Topic.TCP in scene.topics else ())]
    found += tls.follow_ups(scene, answers) if Topic.TLS in scene.topics else ()
    return tuple(dict.fromkeys(found))


def judge(scene: Scene, known: Facts, answers: Answers, now: datetime) -> tuple[Check, ...]:
    """Every check of the topics that were asked for."""
    found = {
        Topic.DNS: dns.judge(scene, known, answers),
        Topic.TCP: chain(doors.judge(scene, known, answers), goal.judge(scene, known, answers)),
        Topic.TLS: tls.judge(scene, known, answers, now),
        Topic.PORTS: ports.judge(scene, known, answers),
        Topic.PATH: path.judge(scene, known, answers),
    }
    return tuple(check for topic in Topic if topic in scene.topics for check in found[topic])
