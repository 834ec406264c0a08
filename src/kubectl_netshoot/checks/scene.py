"""What is known before the network is asked: the pod, its Services, the place that is asked from, and its resolver."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kubectl_netshoot.model import Pod
from kubectl_netshoot.serving import TCP, Backend, ContainerPort, ServicePort, Serving
from kubectl_netshoot.urls import bracketed, is_address

from .tools.iproute import Link, Socket
from .tools.resolver import DEFAULT_DOMAIN, Resolver
from .verdict import Topic

# Of one Service, and of these the ready ones first: a check is no load test.
MOST_ENDPOINTS = 20


@dataclass(frozen=True)
class Goal:
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
    """`pod` is the one in question; `place` the pod that the tools run in: the same with --live, else its copy."""

    pod: Pod
    place: Pod
    services: tuple[Serving, ...] = ()
    declared: tuple[ContainerPort, ...] = ()
    topics: frozenset[Topic] = frozenset(Topic)
    to: Goal | None = None
    path: str = "/"

    @property
    def in_copy(self) -> bool:
        return self.pod.name != self.place.name


@dataclass(frozen=True)
class Facts:
    """What the pod says of itself. None where it could not be asked, for the reason in `trouble`."""

    resolver: Resolver = field(default_factory=Resolver)
    links: tuple[Link, ...] | None = None
    sockets: tuple[Socket, ...] | None = None
    trouble: str = ""

    def domain(self, namespace: str) -> str:
        return self.resolver.cluster_domain(namespace) or DEFAULT_DOMAIN


@dataclass(frozen=True)
class Door:
    """One port of one endpoint, or of the Service itself where `backend` is None."""

    service: Serving
    port: ServicePort
    address: str
    number: int
    backend: Backend | None = None

    @property
    def where(self) -> str:
        return f"{bracketed(self.address)}:{self.number}"

    def __str__(self) -> str:
        if self.backend is None:
            return f"service/{self.service.name} ({self.where})"
        name = f"pod/{self.backend.pod}" if self.backend.pod else "endpoint"
        node = f" on {self.backend.node}" if self.backend.node else ""
        return f"{name}{node} ({self.where})"


def doors(service: Serving) -> tuple[Door, ...]:
    """Every TCP port of the endpoints that are looked at, and of the Service's own addresses.

    Only what is an address and a port by itself: it becomes an argument of programs.
    """
    found = [*_behind(service), *_own(service)]
    return tuple(door for door in found if is_address(door.address) and 0 < door.number < 65536)


def _behind(service: Serving) -> Iterator[Door]:
    chosen = sorted(service.backends, key=lambda b: b not in service.serving)[:MOST_ENDPOINTS]
    for backend in chosen:
        for port in service.ports:
            number = backend.port_of(port)
            if port.protocol == TCP and number is not None and not backend.terminating:
                yield Door(service, port, backend.address, number, backend)


def _own(service: Serving) -> Iterator[Door]:
    for port in service.ports:
        if port.protocol == TCP:
            yield from (Door(service, port, address, port.number) for address in service.addresses)
