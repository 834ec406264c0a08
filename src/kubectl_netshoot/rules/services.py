"""Services as their clients meet them: names, addresses and ports, and the pods behind each. Plain values."""

from dataclasses import dataclass

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

    @property
    def serving(self) -> tuple[Backend, ...]:
        """The endpoints that get new connections."""
        return tuple(b for b in self.backends if (b.ready or self.publish_not_ready) and not b.terminating)
