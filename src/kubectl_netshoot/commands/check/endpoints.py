"""Ports: do a Service, each of its endpoints, and --to HOST:PORT take connections, and what do they answer?"""

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus

from kubectl_netshoot.commands.check import dns
from kubectl_netshoot.commands.check.scene import (
    MOST_ENDPOINTS,
    CheckTarget,
    Door,
    PodFacts,
    Scene,
    doors,
    of_connection,
)
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from kubectl_netshoot.kube.proxies import bracketed, is_address
from kubectl_netshoot.model import TCP, ServiceWithEndpoints
from kubectl_netshoot.rules.app_protocol import Speaks, speaks
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.output import Connected, ListeningSocket
from kubectl_netshoot.session.tools.probes import MISSING, Answers, Probe, ToolOutput, no_answer

SLOW_SECONDS = 2.0


def probes(scene: Scene) -> Iterator[Probe]:
    """A connection to every door, and a page where it may speak HTTP."""
    for service in scene.services:
        for door in doors(service):
            yield tcp(door)
            if speaks(door.port) in (Speaks.HTTP, Speaks.UNKNOWN):
                yield http(door, scene.path)
            elif speaks(door.port) is Speaks.HTTPS:
                yield https(door, scene.path)


def follow_ups(scene: Scene, answers: Answers) -> Iterator[Probe]:
    """The page by TLS where plain HTTP was no use, and something listens all the same."""
    for service in scene.services:
        for door in doors(service):
            if may_speak_tls(door, scene, answers):
                yield https(door, scene.path)


def may_speak_tls(door: Door, scene: Scene, answers: Answers) -> bool:
    """Whether a port of which nothing was known took the connection, and does not speak plain HTTP."""
    if speaks(door.port) is not Speaks.UNKNOWN:
        return False
    got = output.read_curl(answers.of(http(door, scene.path)).text)
    return got is not None and (got.speaks_something_else or got.status == HTTPStatus.BAD_REQUEST)


def tcp(door: Door) -> Probe:
    """A connection."""
    return Probe("tcp", door.address, str(door.number))


def http(door: Door, path: str) -> Probe:
    """A page in plain HTTP."""
    return Probe("http", f"http://{door.where}{path}")


def https(door: Door, path: str) -> Probe:
    """A page by TLS, under the Service's name; the certificate is judged elsewhere."""
    name = server_name(door.service)
    resolved = f"{name}:{door.number}:{bracketed(door.address)}"
    return Probe("https", f"https://{name}:{door.number}{path}", resolved)


def server_name(service: ServiceWithEndpoints) -> str:
    """What a client in the cluster calls the Service where it must be exact."""
    return f"{service.name}.{service.namespace}.svc"


def judge(scene: Scene, known: PodFacts, answers: Answers) -> Iterator[Check]:
    """A check for each door, and one for each Service that has none, or for a pod that has no Service."""
    if not scene.services:
        step = "--service NAME or --to HOST:PORT names what is to be reached"
        yield Check(Topic.TCP, "", f"pod/{scene.pod.name}", CheckState.NOTE, "is in no Service", (), step)
    for service in scene.services:
        found = [_judge_door(door, scene, known, answers) for door in doors(service)]
        yield from _explained(_compared(found))
        yield from _without(scene, service)


def _listening(door: Door, scene: Scene, known: PodFacts) -> list[ListeningSocket] | None:
    """What waits at this door for clients; None for one of another pod, which is not asked."""
    if door.endpoint is None or door.endpoint.uid != scene.place.uid or known.sockets is None:
        return None
    return [one for one in known.sockets if (one.protocol, one.port) == (TCP, door.number)]


def _judge_door(door: Door, scene: Scene, known: PodFacts, answers: Answers) -> Check:
    connected = answers.of(tcp(door))
    state = output.read_nc(connected.text)
    page = _page(door, scene, answers)
    got = output.read_curl(page.text) if page else None
    if state is Connected.UNKNOWN and got:
        # An image without nc: what curl says of the connection is as good.
        silent = Connected.SILENT if got.timed_out else Connected.UNREACHABLE
        state = Connected.YES if got.connected else silent
    evidence = tuple(a.last for a in (connected, page) if a and a.last and a.status != MISSING)
    if state is Connected.UNKNOWN:
        return _check(door, CheckState.UNKNOWN, f"was not checked: {no_answer('tcp', connected)}")
    if state is not Connected.YES:
        step = of_connection(state, scene, door.where, _listening(door, scene, known))
        return _check(door, _if_in_use(door), state.value, evidence, step)
    if page is None:
        what = "takes connections; what it speaks was not looked at, since it is not HTTP"
        return _check(door, CheckState.OK, what, evidence)
    if got is None:
        # Whoever serves pages takes connections, too, when all of them are an error.
        left = CheckState.OK if speaks(door.port) is Speaks.UNKNOWN else CheckState.UNKNOWN
        return _check(
            door, left, f"takes connections; HTTP was not checked: {no_answer('http', page)}", evidence
        )
    return _judge_page(door, got, scene, evidence)


def _page(door: Door, scene: Scene, answers: Answers) -> ToolOutput | None:
    """What curl was answered, by TLS where that is what the port speaks."""
    secure = answers.of(https(door, scene.path))
    got = output.read_curl(secure.text)
    if speaks(door.port) is Speaks.HTTPS or (got and got.status):
        return secure
    return answers.of(http(door, scene.path)) if speaks(door.port) is not Speaks.OTHER else None


def _judge_page(door: Door, got: output.Got, scene: Scene, evidence: tuple[str, ...]) -> Check:
    if got.status:
        what = f"answers {_named(got.status)} to GET {scene.path} in {got.total * 1000:.0f} ms"
        if got.status >= 500:
            return _check(door, _if_in_use(door), what, evidence, _log_of(scene, door), got.status)
        if got.total >= SLOW_SECONDS:
            return _check(door, CheckState.NOTE, what, evidence, _log_of(scene, door), got.status)
        return _check(door, CheckState.OK, what, evidence, status=got.status)
    expects_http = speaks(door.port) is not Speaks.UNKNOWN
    if got.timed_out:
        what = f"takes the connection and does not answer GET {scene.path} within {got.total:.0f} s"
        state = _if_in_use(door) if expects_http else CheckState.NOTE
        return _check(door, state, what, evidence, _log_of(scene, door))
    if not expects_http:
        return _check(door, CheckState.OK, "takes connections and speaks something else than HTTP", evidence)
    what = f"takes the connection and answers GET {scene.path} with nothing of HTTP ({got.said})"
    return _check(door, _if_in_use(door), what, evidence, _log_of(scene, door))


def _log_of(scene: Scene, door: Door) -> str:
    pod = door.endpoint.pod if door.endpoint else ""
    return f"see {scene.command(f'kubectl logs {pod} --tail=20')}" if pod else ""


def _if_in_use(door: Door) -> CheckState:
    """A problem of an endpoint that gets no traffic harms nobody."""
    in_use = door.endpoint is None or door.endpoint in door.service.serving
    return CheckState.BAD if in_use and door.service.serving else CheckState.NOTE


def _check(
    door: Door, state: CheckState, what: str, evidence: tuple[str, ...] = (), step: str = "", status: int = 0
) -> Check:
    if door.endpoint and door.endpoint not in door.service.serving:
        what = f"{what} (not ready: it gets no traffic)"
    return Check(
        Topic.TCP,
        door.service.name,
        str(door),
        state,
        what,
        evidence,
        step,
        door.endpoint is not None,
        status,
    )


def _compared(checks: list[Check]) -> list[Check]:
    """An endpoint that answers another status than most of them is to be known, though each may be right."""
    statuses = Counter(
        c.http_status for c in checks if c.endpoint and c.state is CheckState.OK and c.http_status
    )
    if len(statuses) < 2:
        return checks
    usual = statuses.most_common(1)[0][0]
    return [
        c.changed(CheckState.NOTE, f"{c.what}; most of the others answer {usual}")
        if c.endpoint and c.state is CheckState.OK and c.http_status not in (0, usual)
        else c
        for c in checks
    ]


def _explained(checks: list[Check]) -> Iterator[Check]:
    """The Service's own address answers what one of its endpoints does: a failing one is told once."""
    failing = any(c.endpoint and c.state is CheckState.BAD for c in checks)
    for check in checks:
        if failing and not check.endpoint and check.state is CheckState.BAD:
            yield check.changed(CheckState.NOTE, f"{check.what}, as it may with a failing endpoint")
        else:
            yield check


def _without(scene: Scene, service: ServiceWithEndpoints) -> Iterator[Check]:
    """What there is no door for, and why."""
    subject = f"service/{service.name}"
    if service.type == "ExternalName":
        what = f"is an alias of {service.external_name}, without endpoints of its own"
        step = f"check it by --to {service.external_name}:PORT"
        yield Check(
            Topic.TCP, service.name, subject, CheckState.UNKNOWN, f"was not checked: it {what}", (), step
        )
        return
    if not service.serving:
        yield Check(Topic.TCP, service.name, subject, CheckState.BAD, *_no_endpoint(scene, service))
    if len(service.endpoints) > MOST_ENDPOINTS:
        left = len(service.endpoints) - MOST_ENDPOINTS
        what = f"{left} of {len(service.endpoints)} endpoints were not checked: {MOST_ENDPOINTS} are the most at once"
        yield Check(Topic.TCP, service.name, f"service/{service.name}:", CheckState.UNKNOWN, what)
    for endpoint in service.endpoints:
        if not is_address(endpoint.address):
            subject, what = f"endpoint {endpoint.address}", "was not checked: it is a name, and no address"
            yield Check(Topic.TCP, service.name, subject, CheckState.UNKNOWN, what)
    for port in service.ports:
        if port.protocol != TCP:
            what = f"was not checked: a connection says nothing about {port.protocol}"
            yield Check(Topic.TCP, service.name, f"service/{service.name} {port}", CheckState.UNKNOWN, what)


def _no_endpoint(scene: Scene, service: ServiceWithEndpoints) -> tuple[str, tuple[str, ...], str]:
    if not service.endpoints:
        what = "has no endpoint: no running pod has its labels" if service.selector else "has no endpoint"
        return what, (), f"see {scene.command(f'kubectl describe service {service.name}')}"
    states = ", ".join(
        f"{b.pod or b.address} {'is ending' if b.terminating else 'is not ready'}" for b in service.endpoints
    )
    return "has no ready endpoint, so it takes no traffic", (states,), "see the readiness probes of its pods"


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def goal_probes(scene: Scene) -> Iterator[Probe]:
    """A connection."""
    if scene.to:
        yield _tcp(scene.to)


def judge_goal(scene: Scene, _: PodFacts, answers: Answers) -> Iterator[Check]:
    """One check, where there is a --to."""
    if scene.to:
        yield _judge(scene, scene.to, answers)


def _tcp(goal: CheckTarget) -> Probe:
    return Probe("tcp", goal.host, str(goal.port))


def _judge(scene: Scene, goal: CheckTarget, answers: Answers) -> Check:
    answer, subject = answers.of(_tcp(goal)), str(goal)
    state = output.read_nc(answer.text)
    evidence = (answer.last,) if answer.last else ()
    if state is Connected.YES:
        return Check(Topic.TCP, subject, subject, CheckState.OK, state.value, evidence)
    if state is not Connected.UNKNOWN:
        return Check(
            Topic.TCP,
            subject,
            subject,
            CheckState.BAD,
            state.value,
            evidence,
            of_connection(state, scene, subject),
        )
    if "getaddrinfo" in answer.text and Topic.DNS in scene.topics and not dns.knows(goal, answers):
        return Check(
            Topic.TCP, subject, subject, CheckState.UNKNOWN, "was not checked: its name does not resolve"
        )
    if "getaddrinfo" in answer.text:
        return Check(
            Topic.TCP, subject, subject, CheckState.BAD, "has a name that does not resolve", evidence
        )
    return Check(
        Topic.TCP, subject, subject, CheckState.UNKNOWN, f"was not checked: {no_answer('tcp', answer)}"
    )
