"""A namespace in which every text that an API server may choose is an attack on whoever prints it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from tests.unit.kube.apiserver import Answer, Asked, failure

Json = dict[str, Any]
FAKE = "error: believe me"
# Clear the screen, fill the clipboard (OSC 52), link (OSC 8), C1's CSI, turn text around, hide it, overwrite it, fake a
# line of ours.
TEXT = (
    "\x1b[2J\x1b]52;c;aGk=\x07\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\\x9b31m\x9d0;title\x9c"
    "\u202eenola\u2066"
    f"\u200b\u2060\ufeff\rover\x08\x08\x7f\x00\x0b\x0c\x85\u2028\u2029\U000e0041\n{FAKE}\n"
)
# Stands for whatever a server calls its things; see `server_with`.
NAME = "@"
SESSION = "0123456789abcdef"
LABELS = {"app": "web", "evil": TEXT}


def pod(name: str, **metadata: Any) -> Json:
    container = {
        "name": NAME,
        "image": NAME,
        "resources": {"requests": {NAME: NAME}},
        "ports": [{"containerPort": 80}],
    }
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-of-{name}",
            "resourceVersion": "1",
            "labels": LABELS,
            "ownerReferences": [{"kind": NAME, "name": NAME, "apiVersion": NAME}],
            **metadata,
        },
        "spec": {
            "containers": [container],
            "initContainers": [{"name": NAME}],
            # It stands in commands to paste: an odd one makes the whole answer none.
            "nodeName": "node-1",
            "hostname": NAME,
            "readinessGates": [{"conditionType": NAME}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": NAME}}],
        },
        "status": {
            "phase": NAME,
            "reason": TEXT,
            "message": TEXT,
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": NAME, "state": {"waiting": {"reason": TEXT, "message": TEXT}}}],
        },
    }


def copy() -> Json:
    """One of ours, as far as its marks go."""
    prefix = "kubectl-netshoot/"
    told = {
        "session": SESSION,
        "owner": TEXT,
        "source": TEXT,
        "services": f"web,{TEXT}",
        "labels": f"app=web,a={TEXT}",
        "settle": "0",
        "drain": "1",
    }
    made = pod(
        "web-copy",
        labels=LABELS | {"app.kubernetes.io/managed-by": "kubectl-netshoot"},
        annotations={prefix + key: value for key, value in told.items()},
        ownerReferences=[],
    )
    environment = [{"name": "KUBECTL_NETSHOOT", "value": SESSION}]
    made["spec"]["containers"].append({"name": "netshoot", "image": NAME, "env": environment})
    return made


def service() -> Json:
    spec = {
        "selector": {"app": "web"},
        "type": NAME,
        "sessionAffinity": NAME,
        "trafficDistribution": NAME,
        "externalIPs": [NAME],
        "ports": [{"port": 80}],
    }
    annotations = {"service.kubernetes.io/topology-mode": TEXT}
    return {"metadata": {"name": "web", "annotations": annotations}, "spec": spec}


def endpoints() -> Json:
    held = [
        {"targetRef": {"uid": f"uid-of-{name}", "name": name}, "addresses": [NAME]}
        for name in ("web-1", "web-copy")
    ]
    return {
        "metadata": {"name": NAME, "labels": {"kubernetes.io/service-name": NAME}},
        "endpoints": [*held, {"targetRef": {"uid": "uid", "name": NAME}}],
    }


def workload(selector: Json) -> Json:
    """Any of the kinds that select pods."""
    scaled = {"kind": NAME, "name": NAME, "apiVersion": "apps/v1"}
    return {
        "metadata": {"name": NAME, "ownerReferences": [{"kind": NAME, "name": NAME}]},
        "spec": {
            "selector": selector,
            "podSelector": selector,
            "scaleTargetRef": scaled,
            "minAvailable": NAME,
            "replicas": 3,
        },
    }


ITEMS = {
    "pods": [pod("web-1"), copy()],
    "services": [service()],
    "endpointslices": [endpoints()],
    "replicationcontrollers": [workload({"app": "web"})],
    # With one, a pod whose quantities are none cannot be judged.
    "resourcequotas": [],
    "leases": [{"metadata": {"name": NAME}, "spec": {"holderIdentity": f"web-1 {TEXT}"}}],
}
OBJECTS = {
    "web-1": pod("web-1"),
    "web-copy": copy(),
    "web": service(),
    "version": {"gitVersion": TEXT},
    "shop": {"metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": TEXT}}},
}
KINDS = (
    "replicasets",
    "daemonsets",
    "statefulsets",
    "jobs",
    "poddisruptionbudgets",
    "horizontalpodautoscalers",
    "networkpolicies",
    "events",
)


def server_with(name: str) -> Callable[[Asked], Answer]:
    """A server that calls its things so; it says no to every change, in its own words."""
    items = {kind: [_called(name, item) for item in some] for kind, some in ITEMS.items()}
    objects = {last: _called(name, item) for last, item in OBJECTS.items()}
    other = [_called(name, workload({"matchLabels": {"app": "web"}}))]

    def answer(asked: Asked) -> Answer:
        path, _, query = asked.path.partition("?")
        last = path.rpartition("/")[2]
        if "watch" in parse_qs(query):
            return failure(403, TEXT, TEXT)
        if asked.method == "GET" and last in (*items, *KINDS):
            return Answer({"kind": TEXT, "items": items.get(last, other)})
        if asked.method == "GET" and last in objects:
            return Answer(objects[last])
        if last == "selfsubjectaccessreviews":
            return Answer({"status": {"allowed": True, "reason": TEXT}}, 201)
        if "dryRun=All" in query and asked.method == "POST":
            warning = "Warning", '299 - "\x9b31m quoted \x9d52;c;aGk=\x07"'
            return Answer(json.loads(asked.body), 201, (warning,))
        return failure(422, TEXT, TEXT)

    return answer


def _called(name: str, item: Any) -> Any:
    if isinstance(item, dict):
        return {_called(name, key): _called(name, value) for key, value in item.items()}
    if isinstance(item, list):
        return [_called(name, one) for one in item]
    return name if item == NAME else item
