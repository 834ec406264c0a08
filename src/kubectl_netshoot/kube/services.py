"""Services with their endpoints, as their clients meet them, and whose an address is."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.missing import no_object
from kubectl_netshoot.kube.parse import named, reading
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.kube.reads import POD, SERVICE, SLICE
from kubectl_netshoot.model import Json, ServiceWithEndpoints
from kubectl_netshoot.rules import targets


def services_of(fetch: Fetch, labels: Mapping[str, str]) -> tuple[ServiceWithEndpoints, ...]:
    """The Services that select a pod with these labels, with their endpoints. Raises ApiError."""
    found = [s for s in fetch.items(fetch.path(*SERVICE)) if parse.service(s).selects(labels)]
    return _with_slices(fetch, found)


def services_named(fetch: Fetch, names: Sequence[str]) -> tuple[ServiceWithEndpoints, ...]:
    """These Services. Raises NetshootError for one that does not exist, ApiError."""
    found = []
    for name in names:
        item = fetch.find(fetch.path(*SERVICE, name))
        if item is None:
            raise no_object(fetch, targets.TargetName(targets.SERVICE, name))
        found.append(item)
    return _with_slices(fetch, found)


def service_named(fetch: Fetch, name: str) -> ServiceWithEndpoints | None:
    """This Service; None where there is none. Raises ApiError."""
    item = fetch.find(fetch.path(*SERVICE, name))
    return _with_slices(fetch, [item])[0] if item else None


def namespaces_with(fetch: Fetch, name: str) -> tuple[str, ...]:
    """The namespaces in which there is a Service of this name; none where they may not all be seen."""
    try:
        items = list(fetch.items("/api/v1/services", {"fieldSelector": f"metadata.name={name}"}))
        return tuple(sorted(where for where, called in map(_place, items) if called == name))
    except ApiError:
        return ()


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


def _with_slices(fetch: Fetch, services: Sequence[Json]) -> tuple[ServiceWithEndpoints, ...]:
    if not services:
        return ()
    names = ",".join(item["metadata"]["name"] for item in services)
    query = {"labelSelector": f"kubernetes.io/service-name in ({names})"}
    slices = list(fetch.items(fetch.path(*SLICE), query))
    return tuple(parse.service_with_endpoints(item, slices) for item in services)
