"""What the API server of these tests has: pod web-0 behind Service web, in namespace shop."""

import json
from typing import Any

from tests.unit.kube.apiserver import Asked

Json = dict[str, Any]
SHOP = "/api/v1/namespaces/shop"
POD, SERVICES = f"{SHOP}/pods/web-0", f"{SHOP}/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
EMPTY = (
    f"{SHOP}/pods",
    "/api/v1/pods",
    f"{SHOP}/replicationcontrollers",
    "/apis/apps/v1/namespaces/shop/replicasets",
    "/apis/apps/v1/namespaces/shop/daemonsets",
    "/apis/apps/v1/namespaces/shop/statefulsets",
    "/apis/batch/v1/namespaces/shop/jobs",
    "/apis/policy/v1/namespaces/shop/poddisruptionbudgets",
    "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers",
    "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies",
)


def objects() -> dict[str, Json]:
    """The objects by path, new each time."""
    return {
        "/version": {"gitVersion": "v1.36.1"},
        SHOP: {"kind": "Namespace", "metadata": {"name": "shop"}},
        POD: pod(),
        SERVICES: {"items": [service()]},
        SLICES: {"items": [endpoint_slice()]},
        **{path: {"items": []} for path in EMPTY},
    }


def pod() -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "shop", "uid": "uid-0", "labels": {"app": "web"}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def service() -> Json:
    return {
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "type": "ClusterIP", "clusterIP": "10.0.0.1"},
    }


def endpoint_slice() -> Json:
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": [
            {"targetRef": {"uid": uid, "name": uid}, "conditions": {"ready": True}}
            for uid in ("uid-0", "uid-1")
        ],
        "ports": [{"port": 80}],
    }


def kubeconfig(server: str, user: Json | None = None, **cluster: object) -> str:
    """A kubeconfig with one context that leads to this server, in namespace shop."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": server, **cluster}}],
            "users": [{"name": "me", "user": {"token": "t0ken"} if user is None else user}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "shop"}}],
        }
    )


def writes(asked: Asked) -> bool:
    """Whether the request would have changed something: no read, no review and no dry run."""
    return not (
        asked.method == "GET" or "selfsubjectaccessreviews" in asked.path or "dryRun=All" in asked.path
    )
