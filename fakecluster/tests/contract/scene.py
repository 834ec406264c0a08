"""The state of the recorded cluster, rebuilt in a namespace of the fake one, and requests moved there."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any

from fakecluster.client import Answer, Api, eventually
from fakecluster.tests.contract.recordings import Exchange, load

RECORDED_NAMESPACE = "acc"
SOURCE = "nginx-6d6479fc65-8kcr2"


@dataclass
class Scene:
    """`uids` maps recorded uids to those of the rebuilt objects."""

    api: Api
    namespace: str
    uids: dict[str, str] = field(default_factory=dict)

    def moved(self, text: str) -> str:
        """A recorded path or body, about the objects of this scene."""
        text = text.replace(f"/namespaces/{RECORDED_NAMESPACE}", f"/namespaces/{self.namespace}")
        text = text.replace(f'"namespace": "{RECORDED_NAMESPACE}"', f'"namespace": "{self.namespace}"')
        for recorded, ours in self.uids.items():
            text = text.replace(recorded, ours)
        return text

    def replay(self, exchange: Exchange) -> Answer:
        """Sends the recorded request here."""
        body = exchange.raw_body()
        if body is not None and not body.startswith(b"k8s\0"):
            body = self.moved(body.decode()).encode()
        elif body is not None:
            body = _moved_protobuf(body, self.namespace)
        return self.api.raw(exchange.method, self.moved(exchange.path), body, exchange.headers)

    def pod(self, recorded: dict[str, Any]) -> dict[str, Any]:
        """A pod like the recorded one, without owner and node; waits for nothing."""
        metadata = recorded["metadata"]
        given = ("name", "generateName", "labels", "annotations")
        kept = {key: metadata[key] for key in given if key in metadata}
        spec = {key: value for key, value in copy.deepcopy(recorded["spec"]).items() if key != "nodeName"}
        made = self.api.create(
            f"/api/v1/namespaces/{self.namespace}/pods", {"kind": "Pod", "metadata": kept, "spec": spec}
        )
        self.uids[metadata["uid"]] = made["metadata"]["uid"]
        return dict(made)

    def get(self, name: str) -> Any:
        return self.api("GET", f"/api/v1/namespaces/{self.namespace}/pods/{name}").body

    def ready(self, name: str) -> dict[str, Any]:
        """The pod when it is Ready."""

        def look() -> Any:
            pod = self.get(name)
            return pod if is_ready(pod) else None

        pod = eventually(look)
        assert pod, f"{name} did not become ready"
        return dict(pod)

    def source(self) -> str:
        """The recorded pod that is copied, ready, with a ReplicaSet that owns it and a Service; its name."""
        self.service()
        exchanges = load("1.31-debug-copy")
        recorded = next(e.answer for e in exchanges if e.path.endswith(f"/pods/{SOURCE}"))
        self.pod(recorded)
        labels = recorded["metadata"]["labels"]
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "nginx", "image": "nginx"}]},
        }
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        path = f"/apis/apps/v1/namespaces/{self.namespace}/replicasets"
        self.api.create(path, {"metadata": {"name": SOURCE.rpartition("-")[0]}, "spec": spec})
        self.ready(SOURCE)
        assert eventually(lambda: self.get(SOURCE)["metadata"].get("ownerReferences")), "not adopted"
        return SOURCE

    def service(self) -> None:
        """The recorded Service `nginx`."""
        spec = {"selector": {"app": "nginx"}, "ports": [{"port": 80}]}
        path = f"/api/v1/namespaces/{self.namespace}/services"
        self.api.create(path, {"metadata": {"name": "nginx"}, "spec": spec})

    def slices(self) -> list[dict[str, Any]]:
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
        return list(self.api.get(path)["items"])

    def endpoints(self) -> list[dict[str, Any]]:
        return [endpoint for slice_ in self.slices() for endpoint in slice_.get("endpoints") or ()]

    def wait_in_slice(self, name: str, *, there: bool = True) -> None:
        """Waits until that pod is, or is no longer, in the Service's slices."""

        def look() -> bool:
            return any(e["targetRef"]["name"] == name for e in self.endpoints()) == there

        assert eventually(look), f"{name} {'never came into' if there else 'never left'} the slices"


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _moved_protobuf(body: bytes, namespace: str) -> bytes:
    """A recorded pod names its namespace, which is a length-prefixed string: the same length keeps it valid."""
    assert len(namespace) == len(RECORDED_NAMESPACE)
    return body.replace(b"\x1a\x03" + RECORDED_NAMESPACE.encode(), b"\x1a\x03" + namespace.encode())


def said(status: dict[str, Any]) -> dict[str, Any]:
    """A refusal in the parts that clients read, with names of things that differ blanked out."""
    # The server prints Go structs after these marks; we print the JSON of the same change.
    message = str(status.get("message")).partition("\n@@")[0]
    kept = {key: status.get(key) for key in ("kind", "status", "reason", "code")}
    text = json.dumps({**kept, "message": message})
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", text)
    text = re.sub(r"too old resource version: \d+ \(\d+\)", "too old resource version", text)
    return dict(json.loads(text))
