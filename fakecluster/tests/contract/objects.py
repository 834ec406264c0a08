"""Objects for tests, valid by default."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def pods(namespace: str, name: str = "") -> str:
    """The path of the namespace's pods, or of one."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    return f"{path}/{name}" if name else path


def own_labels(obj: Json) -> dict[str, str]:
    """Without those of the node that a pod is on."""
    labels = obj["metadata"].get("labels") or {}
    return {key: value for key, value in labels.items() if not key.startswith("topology.kubernetes.io/")}


def pod(name: str = "web", **spec: Any) -> Json:
    container = {"name": "app", "image": "nginx:1.27"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, **spec},
    }
