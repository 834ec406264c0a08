"""Which nodes take a pod: cordons, node selectors, taints, and the node affinity that is required.

Other affinities do not matter on nodes that are all alike.
"""

from __future__ import annotations

from fakecluster.kinds import Object
from fakecluster.selectors import Selector

_TOLERATED_BY_DAEMONS = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


def refusal(node: Object, pod: Object) -> str:
    """Why the scheduler may not bind `pod` to `node`, whatever room there is, in its words; empty when it may."""
    spec, pinned = pod["spec"], pinned_node(pod["spec"])
    if node["spec"].get("unschedulable") and pinned is None:
        return "node(s) were unschedulable"
    if any(
        taint.get("effect") in ("NoSchedule", "NoExecute") and not _tolerates(spec, taint)
        for taint in node["spec"].get("taints") or ()
    ):
        return "node(s) had untolerated taint(s)"
    wanted = (spec.get("nodeSelector") or {}).items()
    labels = node["metadata"].get("labels") or {}
    if not (wanted <= labels.items() and pinned in (None, node["metadata"]["name"]) and _suits(spec, labels)):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def _suits(spec: Object, labels: Object) -> bool:
    """Whether one of the terms of the required node affinity holds; those about fields are looked at elsewhere."""
    terms = [term for term in _terms(spec) if "matchExpressions" in term]
    return not terms or any(
        Selector.of_object({"matchExpressions": term["matchExpressions"]}).matches(labels) for term in terms
    )


def _terms(spec: Object) -> list[Object]:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    return list(required.get("nodeSelectorTerms") or ())


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
    for term in _terms(spec):
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
