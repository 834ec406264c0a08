"""Services as their clients meet them: names, addresses and ports, and the pods behind each. Plain values."""

from dataclasses import dataclass
from enum import Enum

TCP, UDP = "TCP", "UDP"


@dataclass(frozen=True)
class ContainerPort:
    """A port that a container of a pod declares; a declaration opens nothing, it only names."""

    container: str
    number: int
    name: str = ""
    protocol: str = TCP


@dataclass(frozen=True)
class ServicePort:
    """One port of a Service; `target` is the pod's port, by number or by the name that a container gave it."""

    number: int
    target: int | str
    name: str = ""
    protocol: str = TCP
    app_protocol: str = ""

    def __str__(self) -> str:
        return f"port {self.number}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True)
class BackendPort:
    """A port of an endpoint; `name` is the Service's port's."""

    number: int
    name: str = ""
    protocol: str = TCP


@dataclass(frozen=True)
class Backend:
    """One address behind a Service. `pod` is empty for an endpoint that somebody wrote by hand."""

    address: str
    pod: str = ""
    uid: str = ""
    node: str = ""
    ready: bool = True
    terminating: bool = False
    ports: tuple[BackendPort, ...] = ()

    def port_of(self, port: ServicePort) -> int | None:
        """Where this endpoint takes what comes to that port of the Service; None: nowhere."""
        found = [p.number for p in self.ports if (p.name, p.protocol) == (port.name, port.protocol)]
        return found[0] if found else None


@dataclass(frozen=True)
class Serving:
    """A Service and all that stands behind it. `addresses` are its cluster IPs, of each family one at most;
    `external_name` is without a dot at its end.
    """

    name: str
    namespace: str
    type: str = "ClusterIP"
    addresses: tuple[str, ...] = ()
    headless: bool = False
    external_name: str = ""
    publish_not_ready: bool = False
    has_selector: bool = True
    families: tuple[str, ...] = ("IPv4",)
    ports: tuple[ServicePort, ...] = ()
    backends: tuple[Backend, ...] = ()

    def number_at(self, backend: Backend | None, port: ServicePort) -> int | None:
        """Where this endpoint takes what comes to that port; one of a headless Service at the port itself at least."""
        found = backend.port_of(port) if backend else None
        return port.number if found is None and self.headless else found

    @property
    def serving(self) -> tuple[Backend, ...]:
        """The endpoints that get new connections."""
        return tuple(b for b in self.backends if (b.ready or self.publish_not_ready) and not b.terminating)


class Speaks(Enum):
    """HTTP and HTTPS are asked for a page; OTHER is only connected to; UNKNOWN is asked, and may not answer."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    OTHER = "something else"
    UNKNOWN = "unknown"


_OTHER_WORDS = (
    "grpc grpcs http2 h2c tcp tls redis mysql postgres postgresql mongo mongodb amqp kafka mqtt ldap ldaps smtp imap "
    "ssh ftp dns udp memcached cassandra zookeeper nats stomp etcd"
)
_OTHER_NUMBERS = (
    "21 22 25 53 110 143 389 465 587 636 993 995 1433 1521 1883 2049 2181 2379 2380 3306 3389 4222 5222 5432 5671 5672 "
    "6379 6380 6432 7000 7687 8883 9042 9092 9093 9300 11211 26379 27017 27018 33060 50051 61613 61616"
)
# The first word of a port's name, as meshes read it, or of its appProtocol.
_WORDS = {
    **dict.fromkeys(_OTHER_WORDS.split(), Speaks.OTHER),
    **dict.fromkeys(("http", "web", "metrics", "ws"), Speaks.HTTP),
    **dict.fromkeys(("https", "wss"), Speaks.HTTPS),
}
_NUMBERS = {
    **dict.fromkeys(map(int, _OTHER_NUMBERS.split()), Speaks.OTHER),
    **dict.fromkeys((80, 3000, 5000, 8000, 8008, 8080, 8081, 8888), Speaks.HTTP),
    **dict.fromkeys((443, 6443, 8443, 9443), Speaks.HTTPS),
}


def speaks(port: ServicePort) -> Speaks:
    """By appProtocol, then the port's name, then the well-known numbers."""
    for said in (port.app_protocol.rpartition("/")[2], port.name):
        word = said.lower().partition("-")[0]
        if word in _WORDS:
            return _WORDS[word]
    return by_number(port.target if isinstance(port.target, int) else 0, port.number)


def by_number(*numbers: int) -> Speaks:
    """The first of these numbers that is well known decides."""
    return next((_NUMBERS[n] for n in numbers if n in _NUMBERS), Speaks.UNKNOWN)
