"""What SERVER means to a client, as the cluster has it: a Service or pods, their ports, and the pods behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kubectl_netshoot.commands.why.evidence import Server
from kubectl_netshoot.commands.why.request import Destination
from kubectl_netshoot.errors import ApiError, NetshootError, NotThereError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.missing import no_object
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.services import namespaces_with, pod_at, service_at, service_named
from kubectl_netshoot.kube.workloads import pods_of, query
from kubectl_netshoot.model import TCP, Endpoint, Json, Selector, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.rules.policies import End
from kubectl_netshoot.rules.targets import POD, SERVICE, TargetName


@dataclass(frozen=True)
class ServerFacts:
    """Reads what a destination means to a client in this namespace."""

    fetch: Fetch

    def of(self, wanted: Destination) -> Server:
        """Raises UsageError where no port is clear or it is none of TCP, NetshootError where an object that was named
        is not there, ApiError.
        """
        if wanted.object is not None and wanted.object.kind != SERVICE:
            return self._of_pods(wanted, wanted.object)
        for namespace, name in wanted.services(self.fetch.namespace):
            found = self._perhaps_service(wanted, namespace, name)
            if found is not None and found.external_name:
                number = _needed_port(wanted, found)
                return Server(wanted.text, namespace, number=number, alias=found.external_name)
            if found is not None:
                return self._of_service(wanted, found)
            if wanted.object is not None:
                raise self._no_named_service(wanted.object, namespace)
        if wanted.is_address:
            return self.at(wanted, wanted.host)
        if not wanted.port and "." not in wanted.host:
            raise self._no_service(wanted)
        return Server(wanted.text, self.fetch.namespace, number=_needed_port(wanted))

    def at(self, wanted: Destination, address: str) -> Server:
        """What has this address: a Service, a pod, or nothing of the cluster that may be seen."""
        number = wanted.port or None
        try:
            service, pod = service_at(self.fetch, address), pod_at(self.fetch, address)
        except ApiError as error:
            if error.code != 403:
                raise
            service = pod = None
        if service:
            found = self._service(*service)
            if found is not None:
                return self._of_service(wanted, found, address)
        if pod:
            end = _find(self.fetch.elsewhere(pod[0]), pod[1])
            return Server(wanted.text, pod[0], address, number or _only_port((end,), wanted), pods=(end,))
        return Server(wanted.text, self.fetch.namespace, address, _needed_port(wanted))

    def has_changed(self, server: Server) -> bool:
        """Whether its Service has other endpoints by now; not where that cannot be read any more."""
        if server.service is None:
            return False
        try:
            now = service_named(self.fetch.elsewhere(server.namespace), server.service.name)
        except ApiError:
            return False
        before = {endpoint.address for endpoint in server.service.serving}
        return now is None or {endpoint.address for endpoint in now.serving} != before

    def _no_named_service(self, wanted: TargetName, namespace: str) -> NotThereError:
        """For svc/NAME."""
        error = no_object(self.fetch.elsewhere(namespace), wanted)
        if there := namespaces_with(self.fetch, wanted.name):
            where = f"it exists in namespace {', '.join(there)}: add --server-namespace {there[0]}"
            error.hint = f"{where}\n{error.hint}"
        return error

    def _no_service(self, wanted: Destination) -> NotThereError:
        """For a name of one word without a port; a Service that is called so elsewhere is more likely than one that is
        nearly called so here.
        """
        error = no_object(self.fetch, TargetName(SERVICE, wanted.host))
        there = namespaces_with(self.fetch, wanted.host)
        if there and error.typed == wanted.host and not error.meant.endswith(f"/{wanted.host}"):
            error = NotThereError(
                f'no Service "{wanted.host}" in namespace {self.fetch.namespace}',
                wanted.host,
                f"{wanted.host}.{there[0]}",
                f"it exists in namespace {', '.join(there)}\n{error.hint}",
            )
        error.hint = f"write {wanted.text}:PORT if it is not a Service\n{error.hint}"
        return error

    def _perhaps_service(self, wanted: Destination, namespace: str, name: str) -> ServiceWithEndpoints | None:
        """None also where a name of two words may well be no Service's, and its namespace may not be looked into."""
        try:
            return self._service(namespace, name)
        except ApiError as error:
            is_own = namespace == self.fetch.namespace or wanted.object is not None
            if error.code != 403 or is_own or ".svc" in wanted.host:
                raise
            return None

    def _service(self, namespace: str, name: str) -> ServiceWithEndpoints | None:
        fetch = self.fetch.elsewhere(namespace)
        try:
            return service_named(fetch, name)
        except ApiError as error:
            # The Service was found, or there would have been no second question.
            if error.code == 404:
                raise NetshootError(
                    "this cluster serves no EndpointSlices (discovery.k8s.io/v1), and so does not tell what is behind "
                    f"Service {name}",
                    "give one of its pods as SERVER: pod/NAME:PORT",
                ) from error
            raise

    def _of_service(self, wanted: Destination, service: ServiceWithEndpoints, address: str = "") -> Server:
        port = _port_of(wanted, service)
        pods = self._pods(service)
        service = replace(service, endpoints=tuple(_with_pod(e, pods) for e in service.endpoints))
        number = port.number if port else wanted.port
        return Server(wanted.text, service.namespace, address, number, service, port, pods)

    def _pods(self, service: ServiceWithEndpoints) -> tuple[End, ...]:
        """Those that it selects; without a selector those of its namespace that are in its slices."""
        fetch = self.fetch.elsewhere(service.namespace)
        path = fetch.path("api/v1", "pods")
        if service.joinable:
            selected = {"labelSelector": query(Selector(service.selector))}
            return tuple(map(end_of, fetch.items(path, selected)))
        if not service.endpoints:
            return ()
        every = map(end_of, fetch.items(path))
        return tuple(end for end in every if any(_is_at(end, e) for e in service.endpoints))

    def _of_pods(self, wanted: Destination, name: TargetName) -> Server:
        namespace = wanted.namespace or self.fetch.namespace
        fetch = self.fetch.elsewhere(namespace)
        if name.kind == POD:
            ends: tuple[End, ...] = (_running(fetch, name.name),)
        else:
            ends = tuple(_find(fetch, pod.name) for pod in pods_of(Reads(fetch), name))
        number = wanted.port or _only_port(ends, wanted)
        return Server(wanted.text, namespace, number=number, pods=ends)


def _with_pod(endpoint: Endpoint, pods: Sequence[End]) -> Endpoint:
    """A slice that was made by hand need not say whose an address is."""
    found = next((end.pod for end in pods if _is_at(end, endpoint)), None)
    return endpoint if endpoint.pod or found is None else replace(endpoint, pod=found.name, uid=found.uid)


def _is_at(end: End, endpoint: Endpoint) -> bool:
    """Whether it is the pod with the endpoint's address; those in their node's network share one."""
    alone = not end.pod.host_network or end.pod.name == endpoint.pod
    return alone and not end.pod.finished and endpoint.address in end.pod.addresses


def _port_of(wanted: Destination, service: ServiceWithEndpoints) -> ServicePort | None:
    """The one that was asked for, or the only one; None for one that the Service has not."""
    tcp = [port for port in service.ports if port.protocol == TCP]
    if not wanted.port:
        if len(tcp) == 1:
            return tcp[0]
        if service.ports and not tcp:
            named = ", ".join(f"{port.number}/{port.protocol}" for port in service.ports)
            raise UsageError(f"Service {service.name} has only {named}: only TCP is judged here")
        has = ", ".join(f"{port.number}" + (f" ({port.name})" if port.name else "") for port in tcp)
        what = f"has the ports {has}" if tcp else "has no TCP port"
        raise UsageError(f"Service {service.name} {what}: name one", "write HOST:PORT, e.g. db:5432")
    found = [port for port in service.ports if port.number == wanted.port]
    if not any(port.protocol == TCP for port in found):
        if found:
            raise UsageError(
                f"port {wanted.port} of Service {service.name} is {found[0].protocol}: only TCP is judged here"
            )
        # Without an address of its own a Service hides no port of its pods.
        return ServicePort(wanted.port, wanted.port) if service.headless else None
    return next(port for port in found if port.protocol == TCP)


def _only_port(ends: Sequence[End], wanted: Destination) -> int:
    numbers = sorted({port.number for end in ends for port in end.ports if port.protocol == TCP})
    if len(numbers) == 1:
        return numbers[0]
    has = f"declares the ports {', '.join(map(str, numbers))}" if numbers else "declares no port"
    raise UsageError(f"{wanted.text} {has}: say which is meant", f"{wanted.text}:PORT")


def _needed_port(wanted: Destination, service: ServiceWithEndpoints | None = None) -> int:
    if wanted.port:
        return wanted.port
    if service is None:
        what = f"SERVER: {wanted.text!r} needs a port: no Service {wanted.text} with a single port was found"
    elif len(service.ports) == 1:
        return service.ports[0].number
    else:
        what = f"Service {service.name} is another name for {service.external_name}, and has no single port"
    raise UsageError(what, f"write {wanted.text}:PORT")


def _find(fetch: Fetch, name: str) -> End:
    item = fetch.find(fetch.path("api/v1", "pods", name))
    if item is None:
        raise no_object(fetch, TargetName(POD, name))
    return end_of(item)


def _running(fetch: Fetch, name: str) -> End:
    end = _find(fetch, name)
    if end.pod.addresses and not end.pod.finished:
        return end
    raise NetshootError(
        f"pod {name} takes no connections: it is {end.pod.phase}",
        f"try: kubectl describe pod {name} -n {fetch.namespace} {fetch.flags}".rstrip(),
    )


def end_of(item: Json) -> End:
    """A v1 Pod."""
    return End(parse.pod(item), parse.container_ports(item))
