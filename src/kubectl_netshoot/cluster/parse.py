"""From the API's JSON to model types. A field that is missing is its zero value, as in the API's own Go types."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from kubectl_netshoot.marks import parse_time
from kubectl_netshoot.model import (
    Container,
    Controller,
    Endpoint,
    Owner,
    Pod,
    Requirement,
    Selector,
    Service,
    ServiceEndpoints,
)

Json = dict[str, Any]


def pod(item: Json) -> Pod:
    """A v1 Pod."""
    meta, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    conditions = {c["type"]: c.get("status") == "True" for c in status.get("conditions") or []}
    seconds = spec.get("activeDeadlineSeconds")
    return Pod(
        namespace=meta.get("namespace", ""),
        name=meta["name"],
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        labels=meta.get("labels") or {},
        annotations=meta.get("annotations") or {},
        owners=tuple(
            Owner(o["kind"], o["name"], bool(o.get("controller"))) for o in meta.get("ownerReferences") or []
        ),
        phase=status.get("phase", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        ready=conditions.get("Ready", False),
        containers_ready=conditions.get("ContainersReady", False),
        terminating="deletionTimestamp" in meta,
        readiness_gates=tuple(gate["conditionType"] for gate in spec.get("readinessGates") or []),
        containers=_containers(spec, status),
        node=spec.get("nodeName", ""),
        created=parse_time(meta.get("creationTimestamp") or ""),
        started=parse_time(status.get("startTime") or ""),
        active_deadline=None if seconds is None else timedelta(seconds=seconds),
        grace=timedelta(seconds=spec.get("terminationGracePeriodSeconds") or 0),
    )


def _containers(spec: Json, status: Json) -> tuple[Container, ...]:
    states = {state["name"]: state for state in status.get("containerStatuses") or []}
    return tuple(_container(c, states.get(c["name"]) or {}) for c in spec.get("containers") or [])


def _container(spec: Json, status: Json) -> Container:
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    return Container(
        name=spec["name"],
        image=spec.get("image", ""),
        env={entry["name"]: entry.get("value", "") for entry in spec.get("env") or []},
        ready=bool(status.get("ready")),
        waiting=waiting.get("reason", ""),
        waiting_message=waiting.get("message", ""),
        exit_code=ended.get("exitCode"),
        restarts=status.get("restartCount", 0),
    )


def service(item: Json) -> Service:
    """A v1 Service."""
    spec = item.get("spec") or {}
    return Service(
        name=item["metadata"]["name"],
        selector=spec.get("selector") or {},
        type=spec.get("type", "ClusterIP"),
        headless=spec.get("clusterIP") == "None",
        publish_not_ready=bool(spec.get("publishNotReadyAddresses")),
    )


def controller(kind: str, item: Json) -> Controller:
    """Anything of this kind that adopts pods by a selector."""
    spec = item.get("spec") or {}
    raw = spec.get("selector") or {}
    # A ReplicationController's selector is a plain map; the others have matchLabels and matchExpressions.
    selector = Selector(raw) if kind == "ReplicationController" else _selector(raw)
    return Controller(kind, item["metadata"]["name"], selector, spec.get("replicas"))


def _selector(raw: Json) -> Selector:
    return Selector(
        raw.get("matchLabels") or {},
        tuple(
            Requirement(e["key"], e["operator"], tuple(e.get("values") or ()))
            for e in raw.get("matchExpressions") or []
        ),
    )


def service_endpoints(names: Iterable[str], slices: Iterable[Json]) -> tuple[ServiceEndpoints, ...]:
    """The endpoints of these Services, over all the slices that name them by kubernetes.io/service-name."""
    endpoints: dict[str, list[Endpoint]] = {name: [] for name in names}
    ports: dict[str, set[int]] = {name: set() for name in endpoints}
    for item in slices:
        name = slice_service(item)
        if name not in endpoints:
            continue
        endpoints[name].extend(_endpoint(e) for e in item.get("endpoints") or [])
        ports[name].update(p["port"] for p in item.get("ports") or [] if p.get("port"))
    return tuple(
        ServiceEndpoints(name, tuple(endpoints[name]), tuple(sorted(ports[name]))) for name in endpoints
    )


def slice_service(item: Json) -> str:
    """The Service that a slice belongs to; one without (made by hand) is named itself."""
    labels: Mapping[str, str] = item["metadata"].get("labels") or {}
    return labels.get("kubernetes.io/service-name") or f"EndpointSlice {item['metadata']['name']}"


def holders(uid: str, slices: Iterable[Json]) -> tuple[str, ...]:
    """The Services whose slices name this pod, ready or not."""
    return tuple(
        sorted(
            {
                slice_service(item)
                for item in slices
                if any((e.get("targetRef") or {}).get("uid") == uid for e in item.get("endpoints") or [])
            }
        )
    )


def _endpoint(item: Json) -> Endpoint:
    target, conditions = item.get("targetRef") or {}, item.get("conditions") or {}
    return Endpoint(
        uid=target.get("uid", ""),
        pod=target.get("name", "") or ",".join(item.get("addresses") or []),
        ready=conditions.get("ready") is not False,
        terminating=bool(conditions.get("terminating")),
    )
