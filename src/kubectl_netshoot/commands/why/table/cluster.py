"""What the API alone decides: a Service that cannot pass anything on."""

from kubectl_netshoot.commands.why.table import containers
from kubectl_netshoot.commands.why.table.row import Row, Told, lines, listed
from kubectl_netshoot.commands.why.table.view import View
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.model import TCP, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.rules.listing import number


def _passes_on(view: View) -> ServiceWithEndpoints | None:
    """The Service, where it is one that passes connections on to endpoints."""
    service = view.service
    return service if service and service.type != "ExternalName" and not view.works else None


def _no_port(view: View) -> bool:
    service = _passes_on(view)
    return bool(service and not service.headless and view.server.number and view.server.port is None)


def _no_port_told(view: View) -> Told:
    service, asked = view.service, view.server.number
    assert service is not None
    others = [p for p in service.ports if p.protocol == TCP]
    same = [p.protocol for p in service.ports if p.number == asked]
    has = listed(f"{p.number} ({p.name})" if p.name else str(p.number) for p in others)
    return Told(
        f"Service {service.name}",
        f"Service {service.name} has no port {asked}",
        lines(
            f"port {asked} is {listed(same)}, and connections are TCP" if same else "",
            f"it has {'ports' if len(others) > 1 else 'port'} {has}" if others else "it has no TCP port",
        ),
        f"kubectl -n {service.namespace} get service {service.name} -o yaml",
    )


def _no_endpoint(view: View) -> bool:
    service = _passes_on(view)
    return service is not None and (_has_none(service) or _is_without_port(view, service))


def _has_none(service: ServiceWithEndpoints) -> bool:
    """The DNS server leads to an endpoint that is a name; a node does not."""
    return not any(service.headless or is_address(endpoint.address) for endpoint in service.endpoints)


def _is_without_port(view: View, service: ServiceWithEndpoints) -> bool:
    """Whether its endpoints take connections, and none for this port."""
    return bool(view.server.port and service.serving) and not (service.headless or view.server.serving)


def _no_endpoint_told(view: View) -> Told:
    service, pods, port = view.service, view.server.pods, view.server.port
    assert service is not None
    if port and not _has_none(service):
        return _without_port_told(service, port)
    if not service.selector:
        why = ("it has no selector, and no EndpointSlice with an address",)
    elif pods:
        why = (f"it selects {_selector(service)}; {_are([end.pod.name for end in pods], 'no endpoint yet')}",)
    else:
        why = (f"it selects {_selector(service)}, and no pod has these labels",)
    slices = f"get endpointslices -l kubernetes.io/service-name={service.name}"
    step = (
        f"describe pod {pods[0].pod.name}"
        if pods
        else "get pods --show-labels"
        if service.selector
        else slices
    )
    every = [end.pod for end in pods]
    return Told(
        f"Service {service.name}",
        f"Service {service.name} has no endpoint",
        (*why, *containers.failing(every)),
        containers.next_of(every, service.namespace) or f"kubectl -n {service.namespace} {step}",
    )


def _without_port_told(service: ServiceWithEndpoints, port: ServicePort) -> Told:
    """A slice's ports are found by the names of the Service's."""
    has = listed(
        f"{p.number} ({p.name})" if p.name else f"{p.number} (without a name)"
        for p in sorted({p for e in service.serving for p in e.ports}, key=lambda p: (p.number, p.name))
    )
    called = f'"{port.name}"' if port.name else "without a name"
    named = f"its targetPort is {port.target}, and no ready pod declares a port of that name"
    is_named = bool(service.selector) and isinstance(port.target, str)
    pods = f"get pods -l {_selector(service)} -o yaml"
    slices = f"get endpointslices -l kubernetes.io/service-name={service.name} -o yaml"
    return Told(
        f"Service {service.name}",
        f"Service {service.name} has no endpoint for port {port.number}",
        lines(
            named
            if is_named
            else f"its port is {called}; its EndpointSlices have {f'port {has}' if has else 'no port'}"
        ),
        f"kubectl -n {service.namespace} {pods if is_named else slices}",
    )


def _no_ready(view: View) -> bool:
    """A Service whose endpoints all end at the moment may still pass connections on to them."""
    service = _passes_on(view)
    return bool(service and service.endpoints and not service.serving) and not any(
        endpoint.terminating for endpoint in (service.endpoints if service else ())
    )


def _no_ready_told(view: View) -> Told:
    service = view.service
    assert service is not None
    names = sorted({e.pod for e in service.endpoints if e.pod})
    others = sorted({e.address for e in service.endpoints if not e.pod})
    gates = [
        f"{end.pod.name} waits for its readiness gate {listed(end.pod.readiness_gates)}"
        for end in view.server.pods
        if end.pod.readiness_gates and end.pod.containers_ready and not end.pod.ready
    ]
    pods = [end.pod for end in view.server.pods if end.pod.name in names]
    selects = f"it selects {_selector(service)}; its " if service.selector else "its "
    return Told(
        f"Service {service.name}",
        f"Service {service.name} has no ready endpoint",
        (
            selects + _are(names, "not ready")
            if names
            else f"{listed(others)}: not ready in its EndpointSlices",
            *containers.failing(pods),
            *gates,
        ),
        containers.next_of(pods, service.namespace)
        or f"kubectl -n {service.namespace} describe pod {names[0]}"
        if names
        else f"kubectl -n {service.namespace} get endpointslices -l kubernetes.io/service-name={service.name} -o yaml",
    )


def _no_local(view: View) -> bool:
    service = _passes_on(view)
    if not service or not service.internal_local or not view.client.node or not view.server.serving:
        return False
    nodes = {endpoint.node for endpoint in view.server.serving}
    return "" not in nodes and view.client.node not in nodes


def _no_local_told(view: View) -> Told:
    service, node = view.service, view.client.node
    assert service is not None
    nodes = sorted({endpoint.node for endpoint in view.server.serving})
    return Told(
        f"Service {service.name}",
        f"Service {service.name} has no endpoint on node {node}, where pod {view.client.name} is",
        (
            "its internalTrafficPolicy is Local: a node passes connections on to its own pods only",
            f"its ready endpoints are on {number(len(nodes), 'node')}: {listed(nodes)}",
        ),
        f"kubectl -n {service.namespace} get service {service.name} -o yaml",
    )


def _are(names: list[str], what: str) -> str:
    return f"{'pods' if len(names) > 1 else 'pod'} {listed(names)} {'are' if len(names) > 1 else 'is'} {what}"


def _selector(service: ServiceWithEndpoints) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))


ROWS = (
    Row("no-such-port", True, _no_port, _no_port_told),
    Row("no-endpoint", True, _no_endpoint, _no_endpoint_told),
    Row("no-ready-endpoint", True, _no_ready, _no_ready_told),
    Row("no-local-endpoint", True, _no_local, _no_local_told),
)
