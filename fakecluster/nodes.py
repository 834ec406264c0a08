"""The Node objects of the fake machines, as their kubelets register them."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.objects import condition_of
from fakecluster.store import Store
from fakecluster.timestamps import rfc3339

_UNREACHABLE = [
    {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
]
_HEALTHY = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}
#: What PodTopologyLabels copies onto pods.
REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"
#: So much that only a test that takes some of it away sees its end.
_CAPACITY = {"cpu": "64", "memory": "256Gi", "pods": "1000", "ephemeral-storage": "500Gi"}


def register(store: Store, name: str, address: str, labels: dict[str, str] | None = None) -> None:
    """Create the Node; `labels` come to those that every node has."""
    store.create(
        kinds.NODES,
        "",
        {
            "metadata": {"name": name, "labels": {**_labels(name), **(labels or {})}},
            "spec": {},
            "status": _status(name, address),
        },
    )


def take_up(store: Store, name: str, address: str) -> None:
    """The kubelet of a Node that somebody made through the API fills it in. Raises ApiError 404."""

    def change(node: Object) -> None:
        node["metadata"]["labels"] = {**_labels(name), **(node["metadata"].get("labels") or {})}
        node.setdefault("spec", {})
        node["status"] = _status(name, address)

    store.mutate(kinds.NODES, "", name, change)


def address_of(node: Object) -> str:
    """Empty as long as no kubelet has filled it in."""
    addresses = (node.get("status") or {}).get("addresses") or ()
    return next((a["address"] for a in addresses if a["type"] == "InternalIP"), "")


def topology(node: Object) -> dict[str, str]:
    """The labels that say where a node is: its region and its zone, as far as it has them."""
    labels = node["metadata"].get("labels") or {}
    return {key: labels[key] for key in (REGION, ZONE) if key in labels}


def in_zone(place: str) -> dict[str, str]:
    """The labels of a node in `region/zone`."""
    region, _, zone = place.partition("/")
    return {REGION: region, ZONE: zone}


def mark_lost(store: Store, name: str) -> None:
    """As the node controller does when a kubelet is silent for too long. Raises ApiError 404."""

    def change(node: Object) -> None:
        node["spec"]["taints"] = [*(node["spec"].get("taints") or ()), *_UNREACHABLE]
        _set_ready(node, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")

    store.mutate(kinds.NODES, "", name, change)


def mark_back(store: Store, name: str) -> None:
    """The kubelet is heard again. Raises ApiError 404."""

    def change(node: Object) -> None:
        taints = node["spec"].get("taints") or ()
        node["spec"]["taints"] = [t for t in taints if t["key"] != _UNREACHABLE[0]["key"]]
        _set_ready(node, "True", "KubeletReady", "kubelet is posting ready status")

    store.mutate(kinds.NODES, "", name, change)


def mark_pod_unready(pod: Object) -> None:
    """The node controller's word on a pod whose node is lost: only Ready changes."""
    ready = condition_of(pod, "Ready")
    if ready is not None and ready["status"] == "True":
        ready.update(status="False", lastTransitionTime=rfc3339())


def _status(name: str, address: str) -> Object:
    return {
        "addresses": [
            {"type": "InternalIP", "address": address},
            {"type": "Hostname", "address": name},
        ],
        "allocatable": _CAPACITY,
        "capacity": _CAPACITY,
        "conditions": [
            *(_condition(type_, "False", *why) for type_, why in _HEALTHY.items()),
            _condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "containerRuntimeVersion": "containerd://2.0.0",
            "kubeletVersion": "v1.36.1",
            "operatingSystem": "linux",
            "osImage": "fake",
        },
    }


def _labels(name: str) -> dict[str, str]:
    return {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }


def _set_ready(node: Object, truth: str, reason: str, message: str) -> None:
    others = [c for c in node["status"]["conditions"] if c["type"] != "Ready"]
    node["status"]["conditions"] = [*others, _condition("Ready", truth, reason, message)]


def _condition(type_: str, truth: str, reason: str, message: str) -> Object:
    now = rfc3339()
    return {
        "type": type_,
        "status": truth,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
