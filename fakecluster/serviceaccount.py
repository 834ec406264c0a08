"""The ServiceAccount admission plugin: every pod gets an account and a projected volume with its token."""

from __future__ import annotations

from fakecluster.kinds import Object
from fakecluster.objectmeta import random_suffix

_MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_PREFIX = "kube-api-access-"


def admit(pod: Object) -> None:
    """Completes a new pod in place."""
    spec = pod["spec"]
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    if spec.get("automountServiceAccountToken") is False:
        return
    volumes = spec.setdefault("volumes", [])
    name = next((v["name"] for v in volumes if v["name"].startswith(_PREFIX)), "")
    without = [
        container
        for container in [*(spec.get("initContainers") or ()), *spec["containers"]]
        if all(mount["mountPath"] != _MOUNT_PATH for mount in container.get("volumeMounts") or ())
    ]
    if without and not name:
        name = _PREFIX + random_suffix()
        volumes.append(_volume(name))
    for container in without:
        mounts = container.setdefault("volumeMounts", [])
        mounts.append({"name": name, "readOnly": True, "mountPath": _MOUNT_PATH})
    if not volumes:
        del spec["volumes"]


def _volume(name: str) -> Object:
    namespace = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 420}}
