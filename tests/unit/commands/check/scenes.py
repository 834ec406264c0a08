"""Builders of what is known beforehand, valid by default: Service web in namespace shop, three pods on two nodes."""

from dataclasses import replace
from typing import Any

from kubectl_netshoot.commands.check.scene import PodFacts, Scene
from kubectl_netshoot.commands.check.verdict import Check, CheckState
from kubectl_netshoot.model import ContainerPort, Endpoint, EndpointPort, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.session.tools import output
from tests.unit import builders
from tests.unit.commands.check.recorded import said

POD = builders.pod("web-1", node="node-1")
COPY = builders.bare_copy(node="node-1")
PORT = ServicePort(80, 8080)
NAME = "web.shop.svc.cluster.local."


def endpoint(number: int = 1, **changes: Any) -> Endpoint:
    """Ready, on node-1 where its number is odd."""
    node = "node-1" if number % 2 else "node-2"
    ports = (EndpointPort(8080),)
    made = Endpoint(
        f"uid-web-{number}", f"web-{number}", node=node, address=f"10.244.2.{number}", ports=ports
    )
    return replace(made, **changes)


def service(name: str = "web", **changes: Any) -> ServiceWithEndpoints:
    endpoints = (endpoint(1), endpoint(2), endpoint(3))
    made = ServiceWithEndpoints(
        name, {"app": name}, "shop", addresses=("10.96.4.20",), ports=(PORT,), endpoints=endpoints
    )
    return replace(made, **changes)


def scene(*services: ServiceWithEndpoints, **changes: Any) -> Scene:
    """Seen from a copy of web-1, which declares its port."""
    made = Scene(
        POD, COPY, services or (service(),), (ContainerPort("app", 8080, "http"),), flags="--context prod"
    )
    return replace(made, **changes)


def facts(**changes: Any) -> PodFacts:
    """As they were recorded."""
    made = PodFacts(
        output.read_resolver(said("resolver")), output.links(said("links")), output.sockets(said("sockets"))
    )
    return replace(made, **changes)


def states(checks: Any) -> list[CheckState]:
    return [check.state for check in checks]


def only(checks: Any) -> Check:
    """The one check there is."""
    (check,) = checks
    assert isinstance(check, Check)
    return check
