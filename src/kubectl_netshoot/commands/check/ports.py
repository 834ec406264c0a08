"""Listening: do the pod's programs listen where the Services send to, and can others come in there?"""

from collections.abc import Iterator, Sequence

from kubectl_netshoot.commands.check.scene import PodFacts, Scene
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from kubectl_netshoot.model import ContainerPort, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.session.tools.output import ListeningSocket
from kubectl_netshoot.session.tools.probes import Answers


def judge(scene: Scene, facts: PodFacts, _: Answers) -> Iterator[Check]:
    """A check for each port of each Service that has the pod behind it, then the declared ports that nobody opens."""
    if facts.sockets is None:
        what = f"were not checked: {facts.trouble}"
        yield Check(Topic.PORTS, "", "listening ports", CheckState.UNKNOWN, what)
        return
    if scene.place.host_network:
        what = "is in its node's network: what listens here is all that listens on the node"
        yield Check(Topic.PORTS, "", f"pod/{scene.place.name}", CheckState.NOTE, what)
    meant: set[tuple[str, int]] = set()
    for service in scene.services:
        if any(endpoint.uid == scene.pod.uid for endpoint in service.endpoints):
            for port in service.ports:
                number = _number(port, scene.declared)
                meant.add((port.protocol, number or 0))
                yield _judge(service, port, number, scene, facts.sockets)
    for declared in scene.declared:
        if (declared.protocol, declared.number) not in meant and not _open(
            facts.sockets, declared.protocol, declared.number
        ):
            subject = f"port {declared.number}{f' ({declared.name})' if declared.name else ''}"
            what = f"is declared by container {declared.container}, and nothing listens on it"
            yield Check(Topic.PORTS, "", subject, CheckState.NOTE, what)


def missing(scene: Scene, facts: PodFacts) -> bool:
    """Whether something does not listen (yet): an application that has just been started may need a moment."""
    return any(check.state is CheckState.BAD for check in judge(scene, facts, Answers()))


def _number(port: ServicePort, declared: Sequence[ContainerPort]) -> int | None:
    """The pod's port that is meant; None for a name that no container has given to one."""
    if isinstance(port.target, int):
        return port.target
    found = [d.number for d in declared if (d.name, d.protocol) == (port.target, port.protocol)]
    return found[0] if found else None


def _open(sockets: Sequence[ListeningSocket], protocol: str, number: int) -> tuple[ListeningSocket, ...]:
    return tuple(s for s in sockets if (s.protocol, s.port) == (protocol, number))


def _judge(
    service: ServiceWithEndpoints,
    port: ServicePort,
    number: int | None,
    scene: Scene,
    sockets: Sequence[ListeningSocket],
) -> Check:
    who = "the copy's application" if scene.in_copy else "the pod"
    subject = f"service/{service.name} {port}"

    def check(state: CheckState, what: str, step: str = "") -> Check:
        evidence = tuple(f"ss: {s.protocol} {s.address}:{s.port}" for s in sockets if s.port == number)
        return Check(Topic.PORTS, service.name, subject, state, what, evidence, step)

    if number is None:
        what = f"has targetPort {port.target!r}, and no container of the pod gives that name to a port"
        return check(CheckState.BAD, what, "name a containerPort so, or write its number into the Service")
    found = _open(sockets, port.protocol, number)
    if any(not socket.loopback_only for socket in found):
        return check(CheckState.OK, f"has targetPort {number}, and {who} listens there")
    if found:
        step = "let it listen on 0.0.0.0 or [::]"
        what = f"has targetPort {number}, where {who} listens on {found[0].address} only: other pods cannot reach it"
        return check(CheckState.BAD, what, step)
    others = sorted({s.port for s in sockets if s.protocol == port.protocol and not s.loopback_only})
    listens = f"it listens on {', '.join(map(str, others))}" if others else "it listens nowhere"
    return check(
        CheckState.BAD,
        f"has targetPort {number}, where {who} does not listen: {listens}",
        "" if not others else "correct the Service's targetPort, or the application's port",
    )
