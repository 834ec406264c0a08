"""Binding a pod to a node: the node's topology goes with it, as PodTopologyLabels does from Kubernetes 1.35 on."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.nodes import topology
from fakecluster.store import Store
from fakecluster.timestamps import rfc3339


def bind(store: Store, namespace: str, name: str, node: str) -> Object:
    """One write: node, labels and condition; the pod as it is then. Raises ApiError 404."""
    return store.mutate(kinds.PODS, namespace, name, lambda pod: _bound(store, pod, node))


def label(store: Store, pod: Object) -> None:
    """The labels of the node that the pod is on; they win over the pod's own."""
    node = store.find(kinds.NODES, "", pod["spec"].get("nodeName", ""))
    if node is not None and (labels := topology(node)):
        pod["metadata"]["labels"] = {**(pod["metadata"].get("labels") or {}), **labels}


def set_condition(pod: Object, condition: Object) -> None:
    """One condition of a pod, after the others, which keep their order."""
    status = pod.setdefault("status", {})
    others = [c for c in status.get("conditions") or () if c["type"] != condition["type"]]
    head = {key: condition[key] for key in ("type", "status")}
    times = {"lastProbeTime": None, "lastTransitionTime": rfc3339()}
    status["conditions"] = [
        *others,
        {**head, **times, **{k: v for k, v in condition.items() if k not in head}},
    ]


def _bound(store: Store, pod: Object, node: str) -> None:
    # Binding is no change of the specification: the generation stays.
    pod["spec"]["nodeName"] = node
    label(store, pod)
    set_condition(pod, {"type": "PodScheduled", "status": "True"})
    pod["status"].pop("nominatedNodeName", None)
