"""Names: does the pod's resolver know its Services by their long and short names, and how fast is it?"""

from collections.abc import Iterable, Iterator
from statistics import median

from kubectl_netshoot.commands.check.scene import NO_LABELS, CheckTarget, PodFacts, Scene
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.model import ServiceWithEndpoints
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.probes import Answers, Probe, no_answer

SLOW_SECONDS, VERY_SLOW_SECONDS = 0.1, 1.0
_TYPES = {"IPv4": "A", "IPv6": "AAAA"}


def probes(scene: Scene, facts: PodFacts) -> Iterator[Probe]:
    """All that is asked of dig."""
    for service in scene.services:
        for kind in _types(service):
            yield _long(service, facts, kind)
        yield _short(service)
    yield _latency(scene, facts)
    if scene.to and scene.to.is_name:
        yield _search(scene.to)


def judge(scene: Scene, facts: PodFacts, answers: Answers) -> Iterator[Check]:
    """A check for each name, and one for the speed."""
    for service in scene.services:
        for kind in _types(service):
            yield _judge_long(service, _long(service, facts, kind), scene, answers)
        yield _judge_short(service, scene, facts, answers)
    yield _judge_latency(_latency(scene, facts), scene, answers)
    if scene.to and scene.to.is_name:
        yield _judge_goal(scene.to, scene, facts, answers)


def knows(goal: CheckTarget, answers: Answers) -> bool:
    """Whether the name of --to was found; an address needs none."""
    return not goal.is_name or any(
        reply.found for reply in output.read_dig(answers.of(_search(goal)).text).replies
    )


def full_name(service: ServiceWithEndpoints, facts: PodFacts) -> str:
    """The Service's one unambiguous name."""
    return f"{service.name}.{service.namespace}.svc.{facts.domain(service.namespace)}."


def _types(service: ServiceWithEndpoints) -> list[str]:
    return [_TYPES[family] for family in service.families if family in _TYPES] or ["A"]


def _long(service: ServiceWithEndpoints, facts: PodFacts, kind: str) -> Probe:
    return Probe("name", full_name(service, facts), kind)


def _short(service: ServiceWithEndpoints) -> Probe:
    return Probe("search", service.name, _types(service)[0])


def _latency(scene: Scene, facts: PodFacts) -> Probe:
    """By a name that there is in any case."""
    if not scene.services:
        return Probe("latency", f"kubernetes.default.svc.{facts.domain(scene.pod.namespace)}.", "A")
    return Probe("latency", full_name(scene.services[0], facts), _types(scene.services[0])[0])


def _search(goal: CheckTarget) -> Probe:
    return Probe("search", goal.host, "A")


def _expected(service: ServiceWithEndpoints, kind: str) -> set[str]:
    """What the name should stand for; nothing where that is not for the cluster to say."""
    found = [b.address for b in service.serving] if service.headless else service.addresses
    return {address for address in found if is_address(address) and (":" in address) == (kind == "AAAA")}


def _judge_long(service: ServiceWithEndpoints, probe: Probe, scene: Scene, answers: Answers) -> Check:
    answer = answers.of(probe)
    asked = output.read_dig(answer.text)

    def check(state: CheckState, what: str, step: str = "") -> Check:
        return Check(Topic.DNS, service.name, probe.first, state, what, _evidence(asked), step)

    if not asked.replies:
        return _unanswered(service.name, probe, scene, answers)
    reply, expected = asked.replies[-1], _expected(service, probe.second)
    if service.type == "ExternalName":
        return _judge_alias(
            service, reply, check(CheckState.OK, f"is an alias of {reply.alias or 'nothing'}")
        )
    if reply.status not in ("NOERROR", "NXDOMAIN"):
        return check(
            CheckState.BAD,
            f"is not resolved: {reply.server} says {reply.status}",
            "look at the DNS pods' log",
        )
    if set(reply.addresses) == expected and expected:
        took = f"in {_span(reply.seconds)} from {reply.server}"
        return check(CheckState.OK, f"is {_listed(reply.addresses)}, as Service {service.name} says ({took})")
    if not expected:
        return check(
            CheckState.NOTE,
            "has no address, since the Service has no ready endpoint and no address of its own",
        )
    if not reply.addresses:
        return check(
            CheckState.BAD,
            f"does not exist for {reply.server} ({reply.status}), but Service {service.name} does",
            "is that the cluster's own DNS server? "
            + scene.command("kubectl get pods -l k8s-app=kube-dns", "kube-system"),
        )
    # Endpoints come and go, and answers may be some seconds old.
    state = CheckState.NOTE if service.headless else CheckState.BAD
    return check(state, f"is {_listed(reply.addresses)}, but Service {service.name} has {_listed(expected)}")


def _judge_alias(service: ServiceWithEndpoints, reply: output.Reply, well: Check) -> Check:
    wanted = service.external_name
    if reply.alias.rstrip(".") == wanted or reply.addresses:
        return well
    what = f"is no alias of {wanted} ({reply.status}), but Service {service.name} is"
    return Check(Topic.DNS, service.name, well.subject, CheckState.BAD, what, well.evidence)


def _judge_short(service: ServiceWithEndpoints, scene: Scene, facts: PodFacts, answers: Answers) -> Check:
    probe = _short(service)
    asked = output.read_dig(answers.of(probe).text)
    subject = f"short name {service.name}"

    def check(state: CheckState, what: str, step: str = "") -> Check:
        return Check(Topic.DNS, service.name, subject, state, what, _evidence(asked), step)

    if not asked.replies:
        return _unanswered(service.name, probe, scene, answers, subject)
    if not facts.resolver.servers:
        return check(
            CheckState.UNKNOWN, "was not judged: /etc/resolv.conf names no server, or cannot be read"
        )
    if not facts.resolver.cluster_domain(service.namespace):
        return check(
            CheckState.NOTE,
            f"cannot work here: the search list has no {service.namespace}.svc (it is {_search_list(facts)})",
            "a pod with dnsPolicy Default, or hostNetwork without ClusterFirstWithHostNet, has its node's resolver",
        )
    found, tried = asked.replies[-1], len(asked.replies)
    if found.name == full_name(service, facts) and found.status == "NOERROR":
        of = len(facts.resolver.tried(service.name))
        return check(CheckState.OK, f"is {found.name}: name {tried} of {of} to try ({_search_list(facts)})")
    if not _expected(service, probe.second) and service.type != "ExternalName":
        return check(CheckState.NOTE, "has no address, as its long name")
    return check(
        CheckState.BAD,
        f"is not found as {full_name(service, facts)}; tried {_listed(r.name for r in asked.replies)}",
        f"see /etc/resolv.conf in pod {scene.place.name}",
    )


def _judge_latency(probe: Probe, scene: Scene, answers: Answers) -> Check:
    asked = output.read_dig(answers.of(probe).text)
    subject, lost = f"the DNS server {asked.server}".rstrip(), len(asked.errors)
    if not asked.replies:
        return _unanswered("", probe, scene, answers, f"the question for {probe.first}")
    times = [reply.seconds for reply in asked.replies]
    speed = f"median {_span(median(times))}, worst {_span(max(times))}"
    what = f"answered {len(times)} of {len(times) + lost} questions: {speed}"
    if lost or max(times) >= VERY_SLOW_SECONDS:
        step = "lost questions cost a client 5 seconds each; look at the DNS pods and at the node's conntrack table"
        return Check(Topic.DNS, "", subject, CheckState.BAD, what, asked.errors, step)
    state = CheckState.NOTE if median(times) >= SLOW_SECONDS else CheckState.OK
    return Check(Topic.DNS, "", subject, state, what)


def _judge_goal(goal: CheckTarget, scene: Scene, facts: PodFacts, answers: Answers) -> Check:
    probe = _search(goal)
    asked = output.read_dig(answers.of(probe).text)
    if not asked.replies:
        return _unanswered(str(goal), probe, scene, answers, goal.host)
    last, tried = asked.replies[-1], len(asked.replies)
    if last.found or (last.status == "NOERROR" and last.alias):
        cost = "at the first try" if tried == 1 else f"at try {tried} ({_search_list(facts)})"
        step = "" if tried == 1 else "a dot at the end of the name avoids the other tries"
        what = f"is {_listed(last.addresses) or last.alias} {cost}"
        return Check(Topic.DNS, str(goal), goal.host, CheckState.OK, what, _evidence(asked), step)
    if last.status == "NOERROR":
        what = "has no IPv4 address"
        return Check(Topic.DNS, str(goal), goal.host, CheckState.NOTE, what, _evidence(asked))
    what = f"does not exist ({last.status}); tried {_listed(r.name for r in asked.replies)}"
    return Check(
        Topic.DNS, str(goal), goal.host, CheckState.BAD, what, _evidence(asked), "is the name spelled right?"
    )


def _unanswered(about: str, probe: Probe, scene: Scene, answers: Answers, subject: str = "") -> Check:
    """There was no reply: the servers did not give one, which is bad, or dig was not to be had."""
    answer = answers.of(probe)
    asked = output.read_dig(answer.text)
    subject = subject or probe.first
    if asked.errors:
        # Asked several times, dig says the same several times.
        errors = tuple(dict.fromkeys(asked.errors))
        policy = f" {NO_LABELS}" if scene.in_copy else ""
        step = f"may this pod talk to the DNS server, by UDP and TCP port 53?{policy}"
        what = f"got no answer: {_listed(errors)}"
        return Check(Topic.DNS, about, subject, CheckState.BAD, what, errors, step)
    return Check(
        Topic.DNS, about, subject, CheckState.UNKNOWN, f"was not checked: {no_answer(probe.kind, answer)}"
    )


def _search_list(facts: PodFacts) -> str:
    return f"search {' '.join(facts.resolver.search) or 'empty'}, ndots {facts.resolver.ndots}"


def _evidence(asked: output.DigOutput) -> tuple[str, ...]:
    lines = [
        f"dig {reply.name}: {reply.status}{''.join(' ' + a for a in (reply.alias, *reply.addresses) if a)}, "
        f"{_span(reply.seconds)}, {reply.server}"
        for reply in asked.replies
    ]
    return (*lines, *asked.errors)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
