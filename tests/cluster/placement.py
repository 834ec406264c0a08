"""Which nodes take a pod: cordons, node selectors, taints, and the affinity that pins a DaemonSet's pod to
its node.

Other affinities do not matter on nodes that are all alike.
"""

from __future__ import annotations

from tests.cluster.kinds import Object

_TOLERATED_BY_DAEMONS = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


def accepts(node: Object, pod: Object) -> bool:
    """Whether the scheduler may bind `pod` to `node`."""
    spec, name = pod["spec"], node["metadata"]["name"]
    wanted = (spec.get("nodeSelector") or {}).items()
    labels = (node["metadata"].get("labels") or {}).items()
    pinned = pinned_node(spec)
    repelled = any(
        taint.get("effect") in ("NoSchedule", "NoExecute") and not _tolerates(spec, taint)
        for taint in node["spec"].get("taints") or ()
    )
    cordoned = node["spec"].get("unschedulable") and pinned is None
    return not cordoned and not repelled and wanted <= labels and pinned in (None, name)


def _tolerates(spec: Object, taint: Object) -> bool:
    return any(
        toleration.get("effect") in (None, "", taint["effect"])
        and toleration.get("key") in (None, "", taint["key"])
        and (toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", ""))
        and "tolerationSeconds" not in toleration
        for toleration in spec.get("tolerations") or ()
    )


def pinned_node(spec: Object) -> str | None:
    """The node that a DaemonSet's pod is made for."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for requirement in term.get("matchFields") or ():
            if requirement["key"] == "metadata.name":
                return str(requirement["values"][0])
    return None


def pin(spec: Object, node: str) -> None:
    """What the DaemonSet controller adds to a pod of its."""
    on_node = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [on_node]}}
    spec["affinity"] = {**(spec.get("affinity") or {}), "nodeAffinity": required}
    tolerations = [
        {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": effect}
        for state, effect in _TOLERATED_BY_DAEMONS
    ]
    spec["tolerations"] = [*(spec.get("tolerations") or ()), *tolerations]
