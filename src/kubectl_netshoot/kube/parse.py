"""From the API's JSON to model types. A field that is missing is its zero value, as in the API's own Go types.

Each reader raises ApiError for JSON that is not what it should be, whatever is wrong with it.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.model import (
    EXTERNAL,
    TCP,
    Claim,
    Container,
    ContainerPort,
    Controller,
    Endpoint,
    EndpointPort,
    Json,
    Owner,
    Pod,
    Requirement,
    Selector,
    Service,
    ServiceEndpoints,
    ServicePort,
    ServiceWithEndpoints,
)
from kubectl_netshoot.rules.marks import parse_time

T = TypeVar("T")
# RFC 1123 subdomains: what the API server itself demands of pods and Services.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Raises ApiError for what goes wrong in the middle of JSON that is not what it should be; also a decorator."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        raise unreadable(what) from error


def unreadable(what: str) -> ApiError:
    """The error for an answer in which `what` makes no sense."""
    return ApiError(f"the API server's answer cannot be read: {what}")


def named(name: str, what: str) -> str:
    """A name that is safe in a path, an argument list and a command to paste. Raises ApiError for any other."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise unreadable(f"a {what} called {str(name)[:80]!r}")
    return name


def sentence(said: object, most: int = 2000) -> Any:
    """A server's own words as one printable line, cut; what is no text stays as it is, for `typed` to find."""
    if not isinstance(said, str):
        return said
    return " ".join("".join(char if char.isprintable() else " " for char in said[:most]).split())


def typed(value: T) -> T:
    """The model value itself, all of its fields of the declared types, and what names something printable.

    Values of labels, annotations and variables are data, and may be any text. Raises TypeError.
    """
    if not _is_a(value, type(value)):
        raise TypeError(type(value).__name__)
    return value


def _is_a(value: object, wanted: Any) -> bool:
    if is_dataclass(wanted):
        return type(value) is wanted and all(
            _is_a(getattr(value, name), kind) for name, kind in _fields(wanted)
        )
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        return type(value) is tuple and all(_is_a(item, arguments[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(
            _is_a(key, str) and (type(item) is str or _is_a(item, arguments[1]))
            for key, item in value.items()
        )
    if arguments:
        return any(_is_a(value, one) for one in arguments)
    return type(value) is wanted and (wanted is not str or str(value).isprintable())


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))


# Annotations of Services, with the value that means it ("": any), as their providers' documents have them: AWS Load
# Balancer Controller (the second is its older form), GKE (the status of a NEG that exists), Alibaba Cloud with Terway,
# Tencent Cloud.
DIRECT = (
    ("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type", "ip"),
    ("service.beta.kubernetes.io/aws-load-balancer-type", "nlb-ip"),
    ("alb.ingress.kubernetes.io/target-type", "ip"),
    ("cloud.google.com/neg-status", ""),
    ("service.beta.kubernetes.io/backend-type", "eni"),
    ("service.cloud.tencent.com/direct-access", "true"),
)
# EKS Auto Mode, where the target type is ip unless its annotation says otherwise.
DIRECT_CLASS = "eks.amazonaws.com/nlb"
PROBES = ("liveness", "readiness", "startup")
# The controller's order (hintsEnabled in endpointslice/utils).
HINTING = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")


@reading("a pod")
def pod(item: Json) -> Pod:
    """A v1 Pod."""
    meta, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    conditions = {c["type"]: c.get("status") == "True" for c in status.get("conditions") or []}
    seconds = spec.get("activeDeadlineSeconds")
    found = Pod(
        namespace=meta.get("namespace", "") and named(meta["namespace"], "namespace"),
        name=named(meta["name"], "pod"),
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        labels=meta.get("labels") or {},
        annotations=meta.get("annotations") or {},
        owners=owners(item),
        owns_itself=any(_is_own(reference, item) for reference in meta.get("ownerReferences") or []),
        phase=status.get("phase", ""),
        reason=sentence(status.get("reason", "")),
        message=sentence(status.get("message", "")),
        ready=conditions.get("Ready", False),
        containers_ready=conditions.get("ContainersReady", False),
        terminating="deletionTimestamp" in meta,
        finalizers=tuple(meta.get("finalizers") or ()),
        readiness_gates=tuple(gate["conditionType"] for gate in spec.get("readinessGates") or []),
        containers=_containers(spec.get("containers"), status.get("containerStatuses")),
        ephemeral=_containers(spec.get("ephemeralContainers"), status.get("ephemeralContainerStatuses")),
        node=spec.get("nodeName", "") and named(spec["nodeName"], "node"),
        addresses=tuple(one["ip"] for one in status.get("podIPs") or [] if one.get("ip")),
        created=parse_time(meta.get("creationTimestamp") or ""),
        started=parse_time(status.get("startTime") or ""),
        active_deadline=None if seconds is None else timedelta(seconds=seconds),
        grace=timedelta(seconds=spec.get("terminationGracePeriodSeconds") or 0),
        sidecars=_containers(_sidecars(spec), status.get("initContainerStatuses")),
        **_traits(spec),
    )
    return typed(found)


@reading("a pod")
def container_ports(pod: Json) -> tuple[ContainerPort, ...]:
    """The ports that the containers of a pod declare, sidecars among them."""
    spec = pod["spec"]
    return tuple(
        typed(ContainerPort(c["name"], p["containerPort"], p.get("name", ""), p.get("protocol", TCP)))
        for c in (*_sidecars(spec), *spec["containers"])
        for p in c.get("ports") or []
    )


def _sidecars(spec: Json) -> list[Json]:
    """A native sidecar is an init container that is restarted, and so never ends."""
    return [c for c in spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"]


@reading("an owner")
def owners(item: Json) -> tuple[Owner, ...]:
    """The ownerReferences of any object, less one to itself."""
    return tuple(
        typed(Owner(o["kind"], o["name"], bool(o.get("controller")), group(o)))
        for o in item["metadata"].get("ownerReferences") or []
        if not _is_own(o, item)
    )


def _is_own(reference: Json, item: Json) -> bool:
    return bool(reference.get("uid")) and reference.get("uid") == item["metadata"].get("uid")


def group(reference: Json) -> str:
    """The API group of what a reference names; empty for the core."""
    return str(reference.get("apiVersion", "")).rpartition("/")[0]


def _traits(spec: Json) -> dict[str, Any]:
    """What a copy inherits."""
    every = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    ports = [p["hostPort"] for c in every for p in c.get("ports") or [] if p.get("hostPort")]
    starters = spec.get("initContainers") or []
    return {
        "init_containers": tuple(c["name"] for c in starters if c.get("restartPolicy") != "Always"),
        "claims": tuple(_claims(spec, every)),
        "host_network": bool(spec.get("hostNetwork")),
        "host_ports": tuple(sorted(set(ports))),
        "hostname": spec.get("hostname", ""),
        "subdomain": spec.get("subdomain", ""),
        "requests": _requests(spec.get("containers") or []),
        "probe_periods": tuple(_probe_periods(every)),
        "pull_secrets": tuple(s["name"] for s in spec.get("imagePullSecrets") or [] if s.get("name")),
        "priority": spec.get("priority") or 0,
        "priority_class": sentence(spec.get("priorityClassName", "")),
        "preemption_policy": sentence(spec.get("preemptionPolicy", "")),
        "anti_affinity": tuple(dict.fromkeys(_anti_affinity(spec))),
        "configs": tuple(_configs(spec)),
    }


def _probe_periods(containers: list[Json]) -> Iterator[int]:
    for container in containers:
        for kind in ("readinessProbe", "livenessProbe"):
            probe = container.get(kind) or {}
            if any(probe.get(way) for way in ("httpGet", "tcpSocket", "grpc")):
                yield max(1, probe.get("periodSeconds") or 10)


def _claims(spec: Json, containers: list[Json]) -> Iterator[Claim]:
    for volume in spec.get("volumes") or []:
        source = volume.get("persistentVolumeClaim")
        if source:
            mounts = [
                m for c in containers for m in c.get("volumeMounts") or [] if m["name"] == volume["name"]
            ]
            devices = [
                d for c in containers for d in c.get("volumeDevices") or [] if d["name"] == volume["name"]
            ]
            writable = bool(devices) or any(not m.get("readOnly") for m in mounts)
            yield Claim(source["claimName"], writable and not source.get("readOnly"))


def _anti_affinity(spec: Json) -> Iterator[str]:
    """The topology keys of what the scheduler must obey; a term without a selector is against no pod."""
    terms = (spec.get("affinity") or {}).get("podAntiAffinity") or {}
    for term in terms.get("requiredDuringSchedulingIgnoredDuringExecution") or []:
        if term.get("labelSelector") is not None:
            yield sentence(term["topologyKey"])


def _configs(spec: Json) -> Iterator[str]:
    """The ConfigMaps that are mounted."""
    for volume in spec.get("volumes") or []:
        sources = (volume.get("projected") or {}).get("sources") or [volume]
        yield from (s["configMap"]["name"] for s in sources if (s.get("configMap") or {}).get("name"))


def _requests(containers: list[Json]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for container in containers:
        for resource, quantity in ((container.get("resources") or {}).get("requests") or {}).items():
            found.setdefault(resource, []).append(str(quantity))
    return {resource: tuple(quantities) for resource, quantities in sorted(found.items())}


@reading("a claim")
def claim(claim: Claim, item: Json) -> Claim:
    """The claim with what its access modes say: no writer in ReadOnlyMany, one pod alone in ReadWriteOncePod."""
    modes = set((item.get("spec") or {}).get("accessModes") or [])
    return replace(
        claim,
        writable=claim.writable and modes != {"ReadOnlyMany"},
        exclusive="ReadWriteOncePod" in modes,
        one_node=modes == {"ReadWriteOnce"},
    )


def _containers(specs: list[Json] | None, statuses: list[Json] | None) -> tuple[Container, ...]:
    states = {state["name"]: state for state in statuses or []}
    return tuple(_container(c, states.get(c["name"]) or {}) for c in specs or [])


def _container(spec: Json, status: Json) -> Container:
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    return Container(
        name=spec["name"],
        image=spec.get("image", ""),
        env={entry["name"]: entry.get("value", "") for entry in spec.get("env") or []},
        command=tuple(sentence(word) for word in (*(spec.get("command") or ()), *(spec.get("args") or ()))),
        references=dict(_references(spec)),
        probes=tuple(probe for probe in PROBES if spec.get(f"{probe}Probe")),
        ready=bool(status.get("ready")),
        running="running" in state,
        waiting=sentence(waiting.get("reason", "")),
        waiting_message=sentence(waiting.get("message", "")),
        exit_code=ended.get("exitCode"),
        restarts=status.get("restartCount", 0),
        last_end=_last_end(ended or (status.get("lastState") or {}).get("terminated") or {}),
    )


def _references(container: Json) -> Iterator[tuple[str, str]]:
    """Only the names of what is read from elsewhere: the ConfigMap or Secret and its key, or the kind of source."""
    for entry in container.get("env") or []:
        for kind, found in (entry.get("valueFrom") or {}).items():
            yield entry["name"], "/".join(found[key] for key in ("name", "key") if found.get(key)) or kind
    for entry in container.get("envFrom") or []:
        for kind in ("configMapRef", "secretRef"):
            if (entry.get(kind) or {}).get("name"):
                yield entry[kind]["name"], entry[kind]["name"]


def _last_end(ended: Json) -> str:
    if not ended:
        return ""
    reason = sentence(ended.get("reason", ""))
    return (
        f"{reason}, status {ended.get('exitCode', '?')}" if reason else f"status {ended.get('exitCode', '?')}"
    )


@reading("a Service")
def service(item: Json) -> Service:
    """A v1 Service."""
    spec, meta = item.get("spec") or {}, item["metadata"]
    annotations, alias = meta.get("annotations") or {}, spec.get("externalName")
    found = Service(
        name=named(meta["name"], "Service"),
        selector=spec.get("selector") or {},
        namespace=meta.get("namespace", "") and named(meta["namespace"], "namespace"),
        type=spec.get("type", "ClusterIP"),
        headless=spec.get("clusterIP") == "None",
        publish_not_ready=bool(spec.get("publishNotReadyAddresses")),
        affinity="" if spec.get("sessionAffinity", "None") == "None" else sentence(spec["sessionAffinity"]),
        external_local=spec.get("externalTrafficPolicy") == "Local",
        internal_local=spec.get("internalTrafficPolicy") == "Local",
        distribution=_distribution(annotations, spec),
        direct=_direct(annotations, spec.get("loadBalancerClass") or ""),
        external_ips=tuple(spec.get("externalIPs") or ()),
        external_name=named(alias.rstrip("."), "host") if alias and spec.get("type") == EXTERNAL else "",
        addresses=tuple(a for a in spec.get("clusterIPs") or [spec.get("clusterIP")] if a and a != "None"),
        families=tuple(spec.get("ipFamilies") or ("IPv4",)),
        ports=tuple(_service_port(port) for port in spec.get("ports") or []),
    )
    return typed(found)


def _service_port(item: Json) -> ServicePort:
    return ServicePort(
        number=item["port"],
        target=item["targetPort"] if "targetPort" in item else item["port"],
        name=item.get("name", ""),
        protocol=item.get("protocol", TCP),
        app_protocol=item.get("appProtocol", ""),
    )


@reading("a Service")
def service_with_endpoints(item: Json, slices: Iterable[Json]) -> ServiceWithEndpoints:
    """A v1 Service and its endpoints in those of these slices that are its own."""
    found = service(item)
    (behind,) = service_endpoints([found.name], slices)
    return ServiceWithEndpoints(**vars(found), endpoints=behind.endpoints)


def _distribution(annotations: Json, spec: Json) -> str:
    """What makes kube-proxy keep clients near an endpoint, by its name; the older annotation wins, then the newer."""
    for key in HINTING:
        if key in annotations:
            if annotations[key] in ("Auto", "auto"):
                return f"{key.partition('/')[2]} {annotations[key]}"
            break
    distribution = spec.get("trafficDistribution")
    return f"trafficDistribution {sentence(distribution)}" if distribution else ""


def _direct(annotations: Json, load_balancer_class: str) -> str:
    """What says that a load balancer outside of the cluster sends to the pods themselves, not to nodes."""
    for key, value in DIRECT:
        if key in annotations and value in ("", str(annotations[key]).lower()):
            return key
    is_default = load_balancer_class == DIRECT_CLASS and DIRECT[0][0] not in annotations
    return load_balancer_class if is_default else ""


@reading("an EndpointSlice")
def service_endpoints(names: Iterable[str], slices: Iterable[Json]) -> tuple[ServiceEndpoints, ...]:
    """The endpoints of these Services, over all the slices that name them by kubernetes.io/service-name."""
    endpoints: dict[str, list[Endpoint]] = {name: [] for name in names}
    ports: dict[str, set[EndpointPort]] = {name: set() for name in endpoints}
    for item in slices:
        name = slice_service(item)
        if name not in endpoints:
            continue
        of_slice = tuple(_endpoint_port(p) for p in item.get("ports") or [] if p.get("port"))
        endpoints[name].extend(_endpoint(e, of_slice) for e in item.get("endpoints") or [])
        ports[name].update(of_slice)
    return tuple(
        typed(ServiceEndpoints(name, tuple(endpoints[name]), *_by_protocol(ports[name])))
        for name in endpoints
    )


def _endpoint_port(item: Json) -> EndpointPort:
    return EndpointPort(item["port"], item.get("name") or "", sentence(item.get("protocol") or TCP))


def _by_protocol(ports: Iterable[EndpointPort]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The ports of TCP, and what the others are: SCTP has connections too, but no ss of any image lists them."""
    found = sorted({(port.number, port.protocol) for port in ports})
    tcp = tuple(number for number, protocol in found if protocol == TCP)
    return tcp, tuple(f"{number}/{protocol}" for number, protocol in found if protocol != TCP)


def slice_service(item: Json) -> str:
    """The Service that a slice belongs to; one without (made by hand) is named itself."""
    labels: Mapping[str, str] = item["metadata"].get("labels") or {}
    return labels.get("kubernetes.io/service-name") or f"EndpointSlice {item['metadata']['name']}"


@reading("an EndpointSlice")
def holders(uid: str, slices: Iterable[Json]) -> tuple[str, ...]:
    """The Services whose slices name this pod, ready or not."""
    return tuple(sorted({slice_service(item) for item in slices if _names(item, uid)}))


@reading("an EndpointSlice")
def ports_in_service(uid: str, slices: Iterable[Json]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """On which ports this pod has clients, by all the slices that name it: those of TCP, and others as `53/UDP`."""
    held = (item for item in slices if _names(item, uid))
    return _by_protocol(
        typed(_endpoint_port(p)) for item in held for p in item.get("ports") or [] if p.get("port")
    )


def _names(item: Json, uid: str) -> bool:
    return any((e.get("targetRef") or {}).get("uid") == uid for e in item.get("endpoints") or [])


def _endpoint(item: Json, ports: tuple[EndpointPort, ...]) -> Endpoint:
    target, conditions = item.get("targetRef") or {}, item.get("conditions") or {}
    hints, name = item.get("hints") or {}, target.get("name", "")
    # Nobody checks what a hand writes there.
    is_pod = target.get("kind", "Pod") == "Pod" and isinstance(name, str) and _NAME.fullmatch(name)
    return Endpoint(
        uid=target.get("uid", ""),
        pod=name if is_pod else "",
        ready=conditions.get("ready") is not False,
        terminating=bool(conditions.get("terminating")),
        node=item.get("nodeName") or "",
        zone=item.get("zone") or "",
        for_zones=tuple(hint["name"] for hint in hints.get("forZones") or []),
        for_nodes=tuple(hint["name"] for hint in hints.get("forNodes") or []),
        # kube-proxy looks at no other.
        address=(item.get("addresses") or [""])[0],
        ports=ports,
    )


@reading("a controller")
def controller(kind: str, item: Json) -> Controller:
    """Anything of this kind that adopts pods by a selector."""
    spec = item.get("spec") or {}
    raw = spec.get("selector") or {}
    # A ReplicationController's selector is a plain map; the others have matchLabels and matchExpressions.
    selector = Selector(raw) if kind == "ReplicationController" else label_selector(raw)
    found = Controller(kind, item["metadata"]["name"], selector, spec.get("replicas"), owners(item))
    return typed(found)


def label_selector(raw: Json) -> Selector:
    """A LabelSelector; one that is empty matches every object."""
    return Selector(
        raw.get("matchLabels") or {},
        tuple(
            Requirement(e["key"], e["operator"], tuple(e.get("values") or ()))
            for e in raw.get("matchExpressions") or []
        ),
    )
