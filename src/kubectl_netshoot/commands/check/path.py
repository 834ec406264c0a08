"""The way: how large a packet it takes, how many it loses, and which hops it has."""

from collections.abc import Iterator

from kubectl_netshoot.commands.check.scene import PodFacts, Scene
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.probes import Answers, Probe, ToolOutput, no_answer

# What IP and ICMP take of a packet, in bytes.
HEADERS_4, HEADERS_6 = 28, 48


def probes(scene: Scene, facts: PodFacts) -> Iterator[Probe]:
    """The slow ones first: all of them run while the others do."""
    if scene.to:
        yield _route(scene)
        yield _udp(scene)
        yield _knock(scene)
    host = target(scene)
    if host:
        yield Probe("ping", host)
        if facts.links:
            yield _unsplit(host, facts)


def target(scene: Scene) -> str:
    """--to's host, else an endpoint on another node than the tools; empty where there is none."""
    if scene.to:
        return scene.to.host
    endpoints = (endpoint for service in scene.services for endpoint in service.serving)
    others = (b.address for b in endpoints if b.node and b.node != scene.place.node)
    return next((address for address in others if is_address(address)), "")


def judge(scene: Scene, facts: PodFacts, answers: Answers) -> Iterator[Check]:
    """The interface, then what is known of the way to somebody on another node, or to --to."""
    yield _judge_links(facts)
    host = target(scene)
    if not host:
        what = "was not checked: no endpoint is on another node"
        step = "name a host elsewhere with --to HOST:PORT"
        yield Check(Topic.PATH, "", "the way to other nodes", CheckState.UNKNOWN, what, (), step)
        return
    about = str(scene.to) if scene.to else ""
    pinged = answers.of(Probe("ping", host))
    loss = _judge_loss(about, host, pinged)
    yield loss
    if scene.to and loss.state is CheckState.UNKNOWN:
        yield from _judge_knocking(about, answers.of(_knock(scene)))
    if facts.links:
        yield _judge_size(about, host, facts, pinged, answers)
    if scene.to:
        yield _judge_route(scene, answers)


def _route(scene: Scene) -> Probe:
    assert scene.to
    return Probe("route", scene.to.host, str(scene.to.port))


def _knock(scene: Scene) -> Probe:
    assert scene.to
    return Probe("knock", scene.to.host, str(scene.to.port))


def _udp(scene: Scene) -> Probe:
    assert scene.to
    return Probe("routeudp", scene.to.host)


def _unsplit(host: str, facts: PodFacts) -> Probe:
    assert facts.links
    return Probe("unsplit", host, str(facts.links[0].mtu - (HEADERS_6 if ":" in host else HEADERS_4)))


def _judge_links(facts: PodFacts) -> Check:
    if not facts.links:
        what = f"were not checked: {facts.trouble or 'none is up'}"
        return Check(Topic.PATH, "", "interfaces", CheckState.UNKNOWN, what)
    others = "".join(f", {link.name} {link.mtu}" for link in facts.links[1:])
    return Check(
        Topic.PATH,
        "",
        f"interface {facts.links[0].name}",
        CheckState.OK,
        f"has MTU {facts.links[0].mtu}{others}",
    )


def _judge_loss(about: str, host: str, answer: ToolOutput) -> Check:
    pinged, subject = output.read_ping(answer.text), f"ping to {host}"
    if pinged is None:
        return Check(
            Topic.PATH, about, subject, CheckState.UNKNOWN, f"was not checked: {no_answer('ping', answer)}"
        )
    evidence = tuple(line for line in answer.lines if "packets transmitted" in line or line.startswith("rtt"))
    if not pinged.received:
        what = "is not answered: whether packets are lost is not known (ICMP is often not allowed)"
        return Check(Topic.PATH, about, subject, CheckState.UNKNOWN, what, evidence)
    what = f"lost {pinged.lost} of {pinged.sent} packets, average {pinged.average:g} ms, worst {pinged.worst:g} ms"
    return Check(Topic.PATH, about, subject, CheckState.BAD if pinged.lost else CheckState.OK, what, evidence)


def _judge_knocking(about: str, answer: ToolOutput) -> Iterator[Check]:
    """Where ping tells nothing: a lost packet of a handshake is sent again after a second, and that is too late."""
    came, silent = output.count(answer.text)
    if not came:
        # That nobody is there is told by the connection itself.
        return
    what = f"came about at once {came} of {came + silent} times"
    state = CheckState.BAD if silent else CheckState.OK
    yield Check(Topic.PATH, about, f"connections to {about}", state, what)


def _judge_size(about: str, host: str, facts: PodFacts, pinged: ToolOutput, answers: Answers) -> Check:
    assert facts.links
    mtu, answer = facts.links[0].mtu, answers.of(_unsplit(host, facts))
    found, usual = output.read_ping(answer.text), output.read_ping(pinged.text)
    subject = f"the way to {host}"

    def check(state: CheckState, what: str, step: str = "") -> Check:
        evidence = (answer.last,) if found and answer.last else ()
        return Check(Topic.PATH, about, subject, state, what, evidence, step)

    if found is None or usual is None or not usual.received:
        reason = no_answer("unsplit", answer) if found is None else "it answers no ping"
        return check(CheckState.UNKNOWN, f"was not measured for its largest packet: {reason}")
    if found.received:
        return check(
            CheckState.OK, f"takes packets of {mtu} bytes, as large as the interface sends, in one piece"
        )
    if 0 < found.largest < mtu:
        what = f"takes packets of {found.largest} bytes, less than the interface's {mtu}, and says so"
        return check(CheckState.NOTE, what, "where a firewall drops ICMP on the way, large answers will hang")
    return check(
        CheckState.BAD,
        f"swallows packets of {mtu} bytes silently, though smaller ones pass",
        "the pods' MTU must leave room for what the network plugin adds to each packet",
    )


def _judge_route(scene: Scene, answers: Answers) -> Check:
    assert scene.to
    goal, subject = scene.to, f"the hops to {scene.to}"
    by_tcp, by_udp = answers.of(_route(scene)), answers.of(_udp(scene))
    found = [(how, output.read_route(a.text, goal.host)) for how, a in (("TCP", by_tcp), ("UDP", by_udp))]
    known = [(how, way) for how, way in found if way.hops]
    if not known:
        what = f"are not known: {no_answer('route', by_tcp)}; {no_answer('routeudp', by_udp)}"
        return Check(Topic.PATH, str(goal), subject, CheckState.UNKNOWN, what)
    how, way = next(((h, w) for h, w in known if w.reached), known[0])
    evidence = tuple(f"by {h}: {w}{f', path MTU {w.mtu}' if w.mtu else ''}" for h, w in known)
    if way.reached:
        return Check(
            Topic.PATH, str(goal), subject, CheckState.OK, f"are {len(way.hops)}, by {how}: {way}", evidence
        )
    what = (
        f"are known up to {next((h for h in reversed(way.hops) if h != '*'), 'none')}: the rest keeps silent"
    )
    return Check(Topic.PATH, str(goal), subject, CheckState.NOTE, what, evidence)
