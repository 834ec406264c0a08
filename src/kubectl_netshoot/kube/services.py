"""Services with their ports and endpoints, and a pod's declared ports, out of the API's JSON."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import Fetch, Json
from kubectl_netshoot.kube.missing import no_object
from kubectl_netshoot.kube.parse import named, reading, typed
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.kube.reads import POD, SERVICE, SLICE
from kubectl_netshoot.model import Service
from kubectl_netshoot.rules import targets
from kubectl_netshoot.rules.services import Backend, BackendPort, ContainerPort, ServicePort, Serving


def services_of(fetch: Fetch, labels: Mapping[str, str]) -> tuple[Serving, ...]:
    """The Services that select a pod with these labels, with their endpoints. Raises ApiError."""
    found = [s for s in fetch.items(fetch.path(*SERVICE)) if parse.service(s).selects(labels)]
    return _with_slices(fetch, found)


def services_named(fetch: Fetch, names: Sequence[str]) -> tuple[Serving, ...]:
    """These Services. Raises NetshootError for one that does not exist, ApiError."""
    found = []
    for name in names:
        item = fetch.find(fetch.path(*SERVICE, name))
        if item is None:
            raise no_object(fetch, targets.TargetName(targets.SERVICE, name))
        found.append(item)
    return _with_slices(fetch, found)


def service_with_rules(fetch: Fetch, name: str) -> tuple[Serving, Service] | None:
    """This Service as its clients meet it and by its rules; None where there is none. Raises ApiError."""
    item = fetch.find(fetch.path(*SERVICE, name))
    return (_with_slices(fetch, [item])[0], parse.service(item)) if item else None


def service_at(fetch: Fetch, address: str) -> tuple[str, str] | None:
    """Namespace and name of the Service with this address, of the cluster where these may be listed, else of the
    namespace; None where there is none. Raises ApiError.
    """
    items = _anywhere(fetch, *SERVICE)
    found = (
        i for i in items if any(_same(a, address) for a in (i.get("spec") or {}).get("clusterIPs") or ())
    )
    return next((_place(item) for item in found), None)


def pod_at(fetch: Fetch, address: str) -> tuple[str, str] | None:
    """The same for a pod that runs."""
    items = _anywhere(fetch, *POD, {"fieldSelector": f"status.podIP={address}"})
    running = (i for i in items if (i.get("status") or {}).get("phase") == "Running")
    own = (i for i in running if not (i.get("spec") or {}).get("hostNetwork"))
    return next((_place(item) for item in own), None)


def _anywhere(fetch: Fetch, group: str, plural: str, query: Mapping[str, object] | None = None) -> list[Json]:
    try:
        return list(fetch.items(f"/{group}/{plural}", query))
    except ApiError as error:
        if error.code != 403:
            raise
        return list(fetch.items(fetch.path(group, plural), query))


@reading("an object")
def _place(item: Json) -> tuple[str, str]:
    meta = item["metadata"]
    return named(meta["namespace"], "namespace"), named(meta["name"], "object")


def _same(one: object, other: str) -> bool:
    return isinstance(one, str) and is_address(one) and ip_address(one) == ip_address(other)


@reading("a pod")
def declared_ports(pod: Json) -> tuple[ContainerPort, ...]:
    """The ports that the containers of a pod declare, sidecars among them."""
    spec = pod["spec"]
    sidecars = [c for c in spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"]
    return tuple(
        typed(ContainerPort(c["name"], p["containerPort"], p.get("name", ""), p.get("protocol", "TCP")))
        for c in (*sidecars, *spec["containers"])
        for p in c.get("ports") or []
    )


def _with_slices(fetch: Fetch, services: Sequence[Json]) -> tuple[Serving, ...]:
    if not services:
        return ()
    names = ",".join(item["metadata"]["name"] for item in services)
    query = {"labelSelector": f"kubernetes.io/service-name in ({names})"}
    slices = list(fetch.items(fetch.path(*SLICE), query))
    return tuple(serving(item, slices) for item in services)


@reading("a Service")
def serving(item: Json, slices: Sequence[Json]) -> Serving:
    """A v1 Service and its EndpointSlices among these."""
    spec, meta = item.get("spec") or {}, item["metadata"]
    addresses = [a for a in spec.get("clusterIPs") or [spec.get("clusterIP")] if a and a != "None"]
    name, alias = named(meta["name"], "Service"), spec.get("externalName")
    return typed(
        Serving(
            name=name,
            namespace=named(meta["namespace"], "namespace"),
            type=spec.get("type", "ClusterIP"),
            addresses=tuple(addresses),
            headless=spec.get("clusterIP") == "None",
            external_name=named(alias.rstrip("."), "host") if alias else "",
            publish_not_ready=bool(spec.get("publishNotReadyAddresses")),
            has_selector=bool(spec.get("selector")),
            families=tuple(spec.get("ipFamilies") or ("IPv4",)),
            ports=tuple(_port(p) for p in spec.get("ports") or []),
            backends=tuple(_backends(name, slices)),
        )
    )


def _port(item: Json) -> ServicePort:
    return ServicePort(
        number=item["port"],
        target=item["targetPort"] if "targetPort" in item else item["port"],
        name=item.get("name", ""),
        protocol=item.get("protocol", "TCP"),
        app_protocol=item.get("appProtocol", ""),
    )


def _backends(service: str, slices: Sequence[Json]) -> Iterator[Backend]:
    for item in slices:
        if parse.slice_service(item) != service:
            continue
        ports = tuple(
            BackendPort(p["port"], p.get("name") or "", p.get("protocol", "TCP"))
            for p in item.get("ports") or []
            if p.get("port")
        )
        for entry in item.get("endpoints") or []:
            yield from _addresses(entry, ports)


def _addresses(entry: Json, ports: tuple[BackendPort, ...]) -> Iterator[Backend]:
    conditions, target = entry.get("conditions") or {}, entry.get("targetRef") or {}
    is_pod = target.get("kind", "Pod") == "Pod" and target.get("name")
    for address in entry.get("addresses") or []:
        yield Backend(
            address=address,
            pod=named(target["name"], "pod") if is_pod else "",
            uid=target.get("uid", ""),
            node=entry.get("nodeName", "") or "",
            ready=conditions.get("ready") is not False,
            terminating=bool(conditions.get("terminating")),
            ports=ports,
        )
