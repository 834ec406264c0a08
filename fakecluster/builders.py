"""Objects that are valid by default; a test names only what it is about."""

from __future__ import annotations

from typing import Any

from fakecluster.kinds import Object

NETSHOOT = "nicolaka/netshoot:v0.16"
NGINX = "docker.io/library/nginx:1.27"


def app(**fields: Any) -> Object:
    """A fake container."""
    return {"name": "nginx", "image": NGINX, **fields}


def netshoot(*command: str, **fields: Any) -> Object:
    """A container that really runs."""
    return {"name": "netshoot", "image": NETSHOOT, "command": list(command or ("sleep", "600")), **fields}


def pod(name: str, *containers: Object, labels: dict[str, str] | None = None, **spec: Any) -> Object:
    return {
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "spec": {
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 1,
            "containers": list(containers) or [app()],
            **spec,
        },
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    }


def template(labels: dict[str, str], *containers: Object, **spec: Any) -> Object:
    made = pod("", *containers, labels=labels, **spec)
    return {"metadata": {"labels": labels}, "spec": made["spec"]}


def service(name: str, selector: dict[str, str], **spec: Any) -> Object:
    ports = [{"port": 80, "targetPort": 80, "protocol": "TCP"}]
    return {"metadata": {"name": name}, "spec": {"selector": selector, "ports": ports, **spec}}


def workload(name: str, replicas: int, *containers: Object, **spec: Any) -> Object:
    """A ReplicaSet, Deployment, StatefulSet or DaemonSet that selects app=NAME."""
    labels = {"app": name}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template(labels, *containers),
            **spec,
        },
    }
