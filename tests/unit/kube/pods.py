"""Pods as an API server sends them, and a server that has some, with what they belong to."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

Json = dict[str, Any]
DEPLOYMENT: Json = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}


def pod(name: str, day: int, owner: str = "ReplicaSet/web-1", ready: bool = True, **more: Any) -> Json:
    """A running pod, created on that day of a month, with this controller; `more` replaces whole parts of it."""
    kind, _, of = owner.partition("/")
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "creationTimestamp": f"2026-01-{day:02}T00:00:00Z",
            "ownerReferences": [{"kind": kind, "name": of, "uid": "o", "controller": True}] if owner else [],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"name": "app", "ready": ready, "restartCount": 2}],
        },
        "spec": {"containers": [{"name": "app"}], "nodeName": "node-1"},
        **more,
    }


def terminating(item: Json) -> Json:
    """The same pod, being deleted."""
    return {**item, "metadata": {**item["metadata"], "deletionTimestamp": "2026-01-05T00:00:00Z"}}


def serve(server: ApiServer, workload: Json, *pods: Json, jobs: tuple[Json, ...] = ()) -> None:
    """Every list of pods has all of these, whatever it asks for; any other object but a pod is the workload."""
    named = {item["metadata"]["name"]: item for item in pods}

    def decide(asked: Asked) -> Answer:
        *_, plural, name = urlsplit(asked.path).path.split("/")
        if name in ("pods", "jobs"):
            return Answer({"kind": "List", "items": list(pods if name == "pods" else jobs)})
        if plural == "pods":
            return Answer(named[name]) if name in named else failure(404, "NotFound")
        return Answer(workload)

    server.decide = decide


def selectors(server: ApiServer) -> list[str]:
    """The labelSelector of every list that was asked for; empty where it had none."""
    lists = [urlsplit(a.path) for a in server.asked if urlsplit(a.path).path.endswith(("/pods", "/jobs"))]
    return [parse_qs(url.query).get("labelSelector", [""])[0] for url in lists]
