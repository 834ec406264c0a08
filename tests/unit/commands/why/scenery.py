"""A Service, its pods and a client, and what was tried between them: evidence that is healthy by default."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kubectl_netshoot.commands.why.evidence import (
    ConnectResult,
    EndCapture,
    Evidence,
    RequestResult,
    Server,
    Try,
)
from kubectl_netshoot.commands.why.matching import flows
from kubectl_netshoot.model import Endpoint, EndpointPort, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.rules.policies import End
from tests.unit import builders
from tests.unit.packets.points.wire import CLIENT, Connection, Wire

Play = Callable[[Connection], object]
FIRST_PORT = 61000
ADDRESSES = {"api-x7k": "10.244.2.7", "api-9d2": "10.244.3.3", "db-0": "10.244.2.9", "cache-0": "10.244.1.4"}


@dataclass
class Scenery:
    """`pods` are ready endpoints of Service `name`, `port` the Service's and `target` theirs."""

    name: str = "api"
    pods: tuple[str, ...] = ("api-x7k",)
    address: str = "10.96.4.7"
    port: int = 80
    target: int = 8081
    labels: Mapping[str, str] = field(default_factory=lambda: {"app": "api"})
    client: str = "front-6c9"
    service: Mapping[str, Any] = field(default_factory=dict)
    wire: Wire = field(default_factory=Wire)
    tries: list[Try] = field(default_factory=list)

    @property
    def front(self) -> End:
        labels = {"app": "front", "pod-template-hash": "6c9"}
        return End(builders.pod(self.client, addresses=(CLIENT,), node="node-a", labels=labels))

    @property
    def ends(self) -> tuple[End, ...]:
        return tuple(
            End(builders.pod(pod, addresses=(ADDRESSES[pod],), node="node-b", labels=self.labels))
            for pod in self.pods
        )

    @property
    def server(self) -> Server:
        declared = ServicePort(self.port, self.target)
        endpoints = tuple(
            Endpoint(
                f"uid-{pod}",
                pod,
                node="node-b",
                address=ADDRESSES[pod],
                ports=(EndpointPort(self.target),),
            )
            for pod in self.pods
        )
        made = ServiceWithEndpoints(
            self.name,
            dict(self.labels),
            "shop",
            addresses=(self.address,),
            ports=(declared,),
            endpoints=endpoints,
        )
        return Server(
            asked=f"{self.name}:{self.port}",
            namespace="shop",
            number=self.port,
            service=replace(made, **self.service),
            port=declared,
            pods=self.ends,
        )

    def dial(
        self,
        outcome: ConnectResult,
        play: Play | None = None,
        *,
        times: int = 1,
        lands: str = "",
        direct: bool = False,
        reply: RequestResult | None = None,
        error: str = "",
        **more: Any,
    ) -> "Scenery":
        """So many connections, each played on the wire; they land at pod `lands`, or the first one."""
        pod = lands or self.pods[0]
        to = (ADDRESSES[pod], self.target) if direct else (self.address, self.port)
        for _ in range(times):
            source_port = FIRST_PORT + len(self.tries)
            here = {"to": to, "pod": pod, "lands": (ADDRESSES[pod], self.target), **more}
            made = self.wire.connection(source_port, **here)
            if play:
                play(made)
            where = f"{to[0]}:{to[1]}"
            self.tries.append(Try(where, outcome, source_port, pod if direct else "", error, reply))
        return self

    def evidence(self, *, captured: Sequence[str] | None = None, here: bool = True, **more: Any) -> Evidence:
        """With captures at these pods (all of them, unless said otherwise) and at the client."""
        pods = self.pods if captured is None else tuple(captured)
        servers = {pod: self.wire.pod(pod).read() for pod in pods}
        found = flows(self.tries, self.wire.client.read() if here else None, servers, self.front, self.ends)
        known: dict[str, Any] = {
            "tries": tuple(self.tries),
            "flows": found,
            "client_capture": EndCapture(self.client) if here else None,
            "captures": {pod: EndCapture(pod) for pod in pods},
        }
        return Evidence(self.front, more.pop("server", self.server), **{**known, **more})

    def without(self, **more: Any) -> Evidence:
        """The same without any capture."""
        return self.evidence(captured=(), here=False, **{"flows": (), **more})


def healthy(connection: Connection) -> None:
    connection.handshake().out("FA").back("FA").out("A")


def answered(size: int = 300) -> Play:
    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 80).back("A").back("PA", size).out("A").out("FA").back("FA").out("A")

    return play


def refused(connection: Connection) -> None:
    connection.out("S").back("RA")


def rejected(connection: Connection) -> None:
    connection.out("S", arrives=False).back("RA", sent=False)


def lost(connection: Connection) -> None:
    connection.syns(3, arrives=False)


def ignored(connection: Connection) -> None:
    connection.syns(3)


def half_answered(connection: Connection) -> None:
    connection.out("S").back("SA", arrives=False)
    connection.wire.now += 1
    connection.seq = connection.isn
    connection.out("S").back("SA", arrives=False, again=True)
