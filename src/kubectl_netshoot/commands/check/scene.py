"""What is known before the network is asked, the checks that came of it, what is said first, and what to do next."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic, count, is_healthy
from kubectl_netshoot.kube.proxies import bracketed, is_address
from kubectl_netshoot.model import TCP, ContainerPort, Endpoint, Pod, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.rules.listing import number
from kubectl_netshoot.session.tools.output import DEFAULT_DOMAIN, Connected, Link, ListeningSocket, Resolver

# Of one Service, and of these the ready ones first: a check is no load test.
MOST_ENDPOINTS = 20


@dataclass(frozen=True)
class CheckTarget:
    """--to HOST:PORT."""

    host: str
    port: int

    @property
    def is_name(self) -> bool:
        return not is_address(self.host)

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True)
class Scene:
    """`pod` is the one in question; `place` the pod that the tools run in: the same with --live, else its copy.
    `flags` are kubectl's that lead to the cluster, without a namespace.
    """

    pod: Pod
    place: Pod
    services: tuple[ServiceWithEndpoints, ...] = ()
    declared: tuple[ContainerPort, ...] = ()
    topics: frozenset[Topic] = frozenset(Topic)
    to: CheckTarget | None = None
    path: str = "/"
    flags: str = ""

    def command(self, words: str, namespace: str = "") -> str:
        """A command to type next, in the pod's namespace if in no other: whole, in backticks."""
        return f"`{words} -n {namespace or self.pod.namespace} {self.flags}".rstrip() + "`"

    @property
    def in_copy(self) -> bool:
        return self.pod.name != self.place.name


@dataclass(frozen=True)
class PodFacts:
    """What the pod says of itself. None where it could not be asked, for the reason in `trouble`."""

    resolver: Resolver = field(default_factory=Resolver)
    links: tuple[Link, ...] | None = None
    sockets: tuple[ListeningSocket, ...] | None = None
    trouble: str = ""

    def domain(self, namespace: str) -> str:
        return self.resolver.cluster_domain(namespace) or DEFAULT_DOMAIN


@dataclass(frozen=True)
class Door:
    """One port of one endpoint, or of the Service itself where `endpoint` is None."""

    service: ServiceWithEndpoints
    port: ServicePort
    address: str
    number: int
    endpoint: Endpoint | None = None

    @property
    def where(self) -> str:
        return f"{bracketed(self.address)}:{self.number}"

    def __str__(self) -> str:
        if self.endpoint is None:
            return f"service/{self.service.name} ({self.where})"
        name = f"pod/{self.endpoint.pod}" if self.endpoint.pod else "endpoint"
        node = f" on {self.endpoint.node}" if self.endpoint.node else ""
        return f"{name}{node} ({self.where})"


def doors(service: ServiceWithEndpoints) -> tuple[Door, ...]:
    """Every TCP port of the endpoints that are looked at, and of the Service's own addresses.

    Only what is an address and a port by itself: it becomes an argument of programs.
    """
    found = [*_behind(service), *_own(service)]
    return tuple(door for door in found if is_address(door.address) and 0 < door.number < 65536)


def _behind(service: ServiceWithEndpoints) -> Iterator[Door]:
    chosen = sorted(service.endpoints, key=lambda b: b not in service.serving)[:MOST_ENDPOINTS]
    for endpoint in chosen:
        for port in service.ports:
            number = endpoint.port_of(port)
            if port.protocol == TCP and number is not None and not endpoint.terminating:
                yield Door(service, port, endpoint.address, number, endpoint)


def _own(service: ServiceWithEndpoints) -> Iterator[Door]:
    for port in service.ports:
        if port.protocol == TCP:
            yield from (Door(service, port, address, port.number) for address in service.addresses)


MOST_LINES = 3


def answer(scene: Scene, checks: Sequence[Check]) -> tuple[str, ...]:
    """What fails, the endpoints of a Service in one line; or that no problem was found, with what was not checked."""
    bad = list(_failing(checks))
    if not bad:
        return (_healthy(scene, checks),)
    if len(bad) <= MOST_LINES:
        return tuple(bad)
    left = len(bad) - MOST_LINES + 1
    return (*bad[: MOST_LINES - 1], f"and {left} more problems: see below")


def _failing(checks: Sequence[Check]) -> Iterator[str]:
    told: set[str] = set()
    for check in checks:
        if check.state is not CheckState.BAD:
            continue
        if not check.endpoint:
            yield check.sentence
        elif check.about not in told:
            told.add(check.about)
            yield _of_endpoints(check.about, checks)


def _of_endpoints(service: str, checks: Sequence[Check]) -> str:
    """`Service web: 1 of 3 endpoints failing: pod/web-1 on node-2 (10.0.0.3:8080) answers 502 Bad Gateway`."""
    of = [check for check in checks if check.endpoint and check.about == service]
    bad = [check for check in of if check.state is CheckState.BAD]
    failing, everything = (len({check.subject for check in some}) for some in (bad, of))
    told = f"{failing} of {number(everything, 'endpoint')} failing"
    more = f", and {len(bad) - 2} more" if len(bad) > 2 else ""
    return f"Service {service}: {told}: {'; '.join(check.sentence for check in bad[:2])}{more}"


def _healthy(scene: Scene, checks: Sequence[Check]) -> str:
    ok, notes, unknown = (
        count(checks, state) for state in (CheckState.OK, CheckState.NOTE, CheckState.UNKNOWN)
    )
    if not ok + notes:
        return "nothing could be checked: the reasons are below"
    names = ", ".join(service.name for service in scene.services)
    about = f"Service{'s' if len(scene.services) > 1 else ''} {names}: " if names else ""
    told = (
        f"{ok} ok" if ok else "",
        number(notes, "note") if notes else "",
        f"{unknown} unknown" if unknown else "",
    )
    return f"{about}no problem found ({', '.join(filter(None, told))})"


@dataclass(frozen=True)
class CheckReport:
    """`checks` in the order of telling."""

    scene: Scene
    checks: tuple[Check, ...]

    @property
    def answer(self) -> tuple[str, ...]:
        """One to three lines."""
        return answer(self.scene, self.checks)

    @property
    def healthy(self) -> bool:
        """Whether the exit status is 0."""
        return is_healthy(self.checks)


Show = Callable[[CheckReport], None]


NO_LABELS = (
    "the copy lacks the pod's labels, which a NetworkPolicy may select: --live asks from the pod itself"
)
_SILENT = "a NetworkPolicy, a firewall or the route between the nodes swallows it"
_NO_ROUTE = "there is no route: look at the network plugin on both nodes"


def of_connection(
    state: Connected, scene: Scene, where: str, listening: Sequence[ListeningSocket] | None = None
) -> str:
    """Behind a connection to `where` that ended so; `listening` are the sockets at that port of the pod that was asked
    for it, None where they were not looked at.
    """
    if state is Connected.REFUSED:
        return _of_refusal(scene, where, listening)
    # Some network plugins reject what a policy forbids, others drop it.
    policy = f"; {NO_LABELS}" if scene.in_copy else ""
    return (_SILENT if state is Connected.SILENT else _NO_ROUTE) + policy


def _of_refusal(scene: Scene, where: str, listening: Sequence[ListeningSocket] | None) -> str:
    if listening is None:
        tells = scene.command(f"kubectl netshoot why {scene.pod.name} {where}")
        return f"either nothing listens there, or something on the way rejects it: {tells} tells which"
    if not listening:
        return "nothing listens there: compare the Service's targetPort with what `--only ports` says"
    if all(socket.loopback_only for socket in listening):
        return f"it listens on {listening[0].address} only: let it listen on 0.0.0.0 or [::]"
    return "a process listens there: a rule in the pod rejects it"
