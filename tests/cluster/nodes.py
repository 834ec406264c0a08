"""The Node objects of the pretended machines, as their kubelets register them."""

from __future__ import annotations

from tests.cluster import kinds
from tests.cluster.kinds import Object
from tests.cluster.objects import condition_of
from tests.cluster.store import Store
from tests.cluster.timestamps import rfc3339

_UNREACHABLE = [
    {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
]
_HEALTHY = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}
_CAPACITY = {"cpu": "2", "memory": "8Gi", "pods": "110", "ephemeral-storage": "50Gi"}


def register(store: Store, name: str, address: str) -> None:
    """Create the Node."""
    store.create(
        kinds.NODES,
        "",
        {
            "metadata": {"name": name, "labels": _labels(name)},
            "spec": {},
            "status": {
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
                    "osImage": "pretended",
                },
            },
        },
    )


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
