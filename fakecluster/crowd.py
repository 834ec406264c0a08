"""A namespace of any size, as a snapshot: Deployment web behind Service web, and many others beside it.

Objects have the weight that they have in life: templates, probes, conditions and managedFields are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fakecluster.handle import ClusterProcess

Object = dict[str, Any]
WEB = {"app": "web"}
SOURCE = "web-7d4b9c-source"
SLICE = 100
AT_ONCE = 500
NOW = "2026-05-04T12:00:00Z"


@dataclass(frozen=True)
class Size:
    """How many of each; `endpoints` are those of Service web, and `pods` are at least as many."""

    pods: int = 3
    replica_sets: int = 1
    services: int = 1
    endpoints: int = 3


def settle(cluster: ClusterProcess, namespace: str, size: Size) -> None:
    """Put them there; from now on no controller of this cluster runs."""
    objects = everything(namespace, size)
    while some := list(islice(objects, AT_ONCE)):
        cluster.act("restore", objects=some)


def everything(namespace: str, size: Size) -> Iterator[Object]:
    """One at a time: the whole does not have to fit into memory."""
    yield _object("v1", "Namespace", namespace)
    for number in range(size.pods):
        yield _pod(
            namespace,
            number,
            WEB if number < size.endpoints else {"app": f"app-{number % size.replica_sets}"},
        )
    for number in range(size.replica_sets):
        yield _replica_set(namespace, number)
    for number in range(size.services):
        yield _service(namespace, number)
    for first in range(0, size.endpoints, SLICE):
        yield _slice(namespace, range(first, min(first + SLICE, size.endpoints)))


def _pod_name(number: int) -> str:
    return f"web-7d4b9c-{number:05}" if number else SOURCE


def _pod(namespace: str, number: int, labels: dict[str, str]) -> Object:
    conditions = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    status = {
        "phase": "Running",
        "startTime": NOW,
        "conditions": [{"type": t, "status": "True", "lastTransitionTime": NOW} for t in conditions],
        "containerStatuses": [
            {"name": "app", "ready": True, "restartCount": 0, "state": {"running": {"startedAt": NOW}}}
        ],
    }
    labels = {**labels, "pod-template-hash": "7d4b9c"}
    owner = _owner("ReplicaSet", "web-7d4b9c")
    made = _object("v1", "Pod", _pod_name(number), namespace, labels, owner)
    return {**made, "spec": {**_pod_spec(), "nodeName": "k8s-node-1"}, "status": status}


def _replica_set(namespace: str, number: int) -> Object:
    """The first is web's own; of the others nine in ten are past revisions, at 0."""
    app = "web" if number == 0 else f"app-{number // 10}"
    labels = {"app": app, "pod-template-hash": "7d4b9c" if number == 0 else f"{number:x}"}
    replicas = 3 if number % 10 == 0 else 0
    name = f"{app}-{labels['pod-template-hash']}"
    made = _object("apps/v1", "ReplicaSet", name, namespace, labels, _owner("Deployment", app))
    template = {"metadata": {"labels": labels}, "spec": _pod_spec()}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {**made, "spec": spec, "status": {"replicas": replicas, "observedGeneration": 1}}


def _service(namespace: str, number: int) -> Object:
    app = "web" if number == 0 else f"app-{number}"
    ports = [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]
    spec = {"type": "ClusterIP", "clusterIP": "10.96.0.9", "selector": {"app": app}, "ports": ports}
    return {**_object("v1", "Service", app, namespace, {"app": app}), "spec": spec}


def _slice(namespace: str, numbers: range) -> Object:
    labels = {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller",
    }
    made = _object("discovery.k8s.io/v1", "EndpointSlice", f"web-{numbers.start:05}", namespace, labels)
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    return {**made, "addressType": "IPv4", "ports": ports, "endpoints": [_endpoint(n) for n in numbers]}


def _endpoint(number: int) -> Object:
    return {
        "addresses": [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "nodeName": "k8s-node-1",
        "targetRef": {"kind": "Pod", "name": _pod_name(number), "uid": f"uid-{number}"},
    }


def _object(
    api_version: str,
    kind: str,
    name: str,
    namespace: str = "",
    labels: dict[str, str] | None = None,
    owner: Object | None = None,
) -> Object:
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": labels or {},
        "managedFields": [_managed_fields()],
    }
    if owner:
        metadata["ownerReferences"] = [owner]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _owner(kind: str, name: str) -> Object:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-of-{name}", "controller": True}


def _managed_fields() -> Object:
    fields: Object = {f"f:field-{n}": {".": {}, "f:value": {}, "f:valueFrom": {}} for n in range(20)}
    return {"manager": "kube-controller-manager", "operation": "Update", "time": NOW, "fieldsV1": fields}


def _pod_spec() -> Object:
    probe = {
        "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
        "periodSeconds": 10,
        "timeoutSeconds": 1,
    }
    container = {
        "name": "app",
        "image": "docker.io/library/nginx:1.27",
        "env": [{"name": f"SETTING_{n}", "value": f"value of setting {n}"} for n in range(20)],
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "readinessProbe": probe,
        "livenessProbe": probe,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    }
    return {"containers": [container], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30}
