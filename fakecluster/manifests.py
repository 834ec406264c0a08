"""What the tests put into their namespace, valid by default and small enough for any cluster."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
IMAGE = "docker.io/library/nginx:1.27"
NETSHOOT = "docker.io/nicolaka/netshoot:v0.16"
PORT = 8080
# nginx listens on 80, which the fake cluster's user may not bind: move it. The file is one or the
# other, as the image is Debian's or nginx's own.
SERVE = (
    "for file in /etc/nginx/sites-enabled/default /etc/nginx/conf.d/default.conf; do "
    r'[ ! -f "$file" ] || sed -i -E "s/^([[:space:]]*listen[[:space:]]+)(\[::\]:)?80\b/\1\28080/" "$file"; '
    "done; exec nginx -g 'daemon off;'"
)

MODEST: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
OF_POD = {"runAsNonRoot": True, "runAsUser": 1000}


def metadata(name: str, labels: Mapping[str, str] | None = None) -> Json:
    return {"name": name, "labels": dict(labels or {})}


def app_container(initial_delay: int = 0) -> Json:
    """The application: serves on PORT, ready once it does."""
    return {
        "name": "app",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", SERVE],
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {
            "tcpSocket": {"port": PORT},
            "periodSeconds": 1,
            "initialDelaySeconds": initial_delay,
        },
    }


def pod_spec(initial_delay: int = 0, **more: Any) -> Json:
    container = app_container(initial_delay)
    return {"containers": [container], "terminationGracePeriodSeconds": 5, **more}


def pod(name: str, labels: Mapping[str, str], **more: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, labels),
        "spec": pod_spec(**more),
    }


def client_pod(name: str) -> Json:
    """A pod with tools, from which the application is called."""
    container = {
        "name": "netshoot",
        "image": NETSHOOT,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"],
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata(name), "spec": spec}


def modest_pod(name: str, forced: bool = False) -> Json:
    """A pod that every PodSecurity level accepts; `forced`: the pod itself rules that no container is root."""
    made = client_pod(name)
    made["metadata"]["labels"] = {"app": name}
    made["spec"]["containers"][0] |= {"name": "app", "securityContext": MODEST}
    if forced:
        made["spec"]["securityContext"] = OF_POD
    return made


def _workload(kind: str, name: str, replicas: int, labels: Mapping[str, str], **more: Any) -> Json:
    template = {"metadata": {"labels": dict(labels)}, "spec": pod_spec(**more)}
    selector = {"matchLabels": dict(labels)}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata(name),
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    }


def deployment(name: str, replicas: int, labels: Mapping[str, str], **more: Any) -> Json:
    return _workload("Deployment", name, replicas, labels, **more)


def cron_job(name: str) -> Json:
    """One that begins nothing by itself; the pods of its jobs end only when they are told to."""
    task = {**client_pod("")["spec"], "restartPolicy": "Never"}
    task["containers"][0]["name"] = "task"
    job = {"spec": {"template": {"spec": task}}}
    spec = {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": job}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(name), "spec": spec}


def replica_set(name: str, replicas: int, labels: Mapping[str, str]) -> Json:
    return _workload("ReplicaSet", name, replicas, labels)


def service(name: str, selector: Mapping[str, str] | None) -> Json:
    spec: Json = {"ports": [{"port": 80, "targetPort": PORT}]}
    if selector:
        spec["selector"] = dict(selector)
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(name), "spec": spec}


def copy_lookalike(name: str, labels: Mapping[str, str], env: Mapping[str, str]) -> Json:
    """A pod with some, but not all, of what marks a copy of ours."""
    made = client_pod(name)
    made["metadata"]["labels"] = dict(labels)
    made["spec"]["containers"][0]["env"] = [{"name": key, "value": value} for key, value in env.items()]
    return made
