"""What `kubectl get` shows of each kind: one function a cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from fakecluster.kinds import Object
from fakecluster.podcolumns import pod_ready, pod_restarts, pod_status
from fakecluster.selectors import field_value
from fakecluster.timestamps import parse

Cell = Callable[[Object], object]


@dataclass(frozen=True)
class Column:
    """A column; those with priority 1 are shown by `-o wide` only."""

    name: str
    value: Cell
    priority: int = 0
    type: str = "string"


def age(timestamp: str | None) -> str:
    """`3m12s`: duration.HumanDuration of the time since."""
    if not timestamp:
        return "<unknown>"
    seconds = max(0, int((datetime.now(timezone.utc) - parse(timestamp)).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    return f"{days}d"


def _field(path: str, empty: str = "<none>") -> Cell:
    return lambda obj: field_value(obj, path) or empty


def _number(path: str) -> Cell:
    return lambda obj: int(field_value(obj, path) or 0)


def _fraction(done: str, wanted: str) -> Cell:
    return lambda obj: f"{int(field_value(obj, done) or 0)}/{int(field_value(obj, wanted) or 0)}"


def _size(path: str) -> Cell:
    return lambda obj: len(obj.get(path) or ())


def _pairs(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _selector(obj: Object) -> str:
    selector = obj.get("spec", {}).get("selector") or obj.get("spec", {}).get("podSelector") or {}
    return _pairs(selector.get("matchLabels", {}) if "matchLabels" in selector else selector)


def _template(field: str) -> Cell:
    def cell(obj: Object) -> str:
        containers = obj["spec"].get("template", {}).get("spec", {}).get("containers", ())
        return ",".join(str(container.get(field, "")) for container in containers)

    return cell


def _service_ports(obj: Object) -> str:
    ports = obj["spec"].get("ports") or ()
    shown = [
        f"{p['port']}:{p['nodePort']}/{p['protocol']}"
        if p.get("nodePort")
        else f"{p['port']}/{p['protocol']}"
        for p in ports
    ]
    return ",".join(shown) or "<none>"


def _external_ip(obj: Object) -> str:
    if obj["spec"].get("type") == "ExternalName":
        return str(obj["spec"].get("externalName", ""))
    return ",".join(obj["spec"].get("externalIPs") or ()) or "<none>"


def _first(values: list[str], limit: int = 3) -> str:
    shown = ",".join(values[:limit])
    return f"{shown} + {len(values) - limit} more..." if len(values) > limit else shown


def _slice_ports(obj: Object) -> str:
    return _first([str(port.get("port", "*")) for port in obj.get("ports") or ()]) or "<unset>"


def _slice_addresses(obj: Object) -> str:
    endpoints = obj.get("endpoints") or ()
    return _first([address for e in endpoints for address in e.get("addresses", ())]) or "<unset>"


def _readiness_gates(obj: Object) -> str:
    gates = [gate["conditionType"] for gate in obj["spec"].get("readinessGates") or ()]
    if not gates:
        return "<none>"
    true = {c["type"] for c in obj.get("status", {}).get("conditions", ()) if c["status"] == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}"


def _involved(obj: Object) -> str:
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _last_seen(obj: Object) -> str:
    series: Object = obj.get("series") or {}
    return age(series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("eventTime"))


def _node_status(obj: Object) -> str:
    conditions = obj.get("status", {}).get("conditions", ())
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return "Ready" if ready else "NotReady"


NAME = Column("Name", lambda obj: obj["metadata"]["name"])
AGE = Column("Age", lambda obj: age(obj["metadata"].get("creationTimestamp")))
DEFAULT = (NAME, AGE)
_TEMPLATE = (
    Column("Containers", _template("name"), 1),
    Column("Images", _template("image"), 1),
    Column("Selector", _selector, 1),
)
_REPLICAS = (
    Column("Desired", _number("spec.replicas"), type="integer"),
    Column("Current", _number("status.replicas"), type="integer"),
    Column("Ready", _number("status.readyReplicas"), type="integer"),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "Pod": (
        NAME,
        Column("Ready", pod_ready),
        Column("Status", pod_status),
        Column("Restarts", lambda obj: pod_restarts(obj, age)),
        AGE,
        Column("IP", _field("status.podIP"), 1),
        Column("Node", _field("spec.nodeName"), 1),
        Column("Nominated Node", _field("status.nominatedNodeName"), 1),
        Column("Readiness Gates", _readiness_gates, 1),
    ),
    "Service": (
        NAME,
        Column("Type", _field("spec.type")),
        Column("Cluster-IP", _field("spec.clusterIP")),
        Column("External-IP", _external_ip),
        Column("Port(s)", _service_ports),
        AGE,
        Column("Selector", _selector, 1),
    ),
    "EndpointSlice": (
        NAME,
        Column("AddressType", _field("addressType")),
        Column("Ports", _slice_ports),
        Column("Endpoints", _slice_addresses),
        AGE,
    ),
    "PriorityClass": (
        NAME,
        Column("Value", _number("value"), type="integer"),
        Column("Global-Default", lambda obj: bool(obj.get("globalDefault")), type="boolean"),
        AGE,
        Column("PreemptionPolicy", _field("preemptionPolicy")),
    ),
    "Deployment": (
        NAME,
        Column("Ready", _fraction("status.readyReplicas", "spec.replicas")),
        Column("Up-to-date", _number("status.updatedReplicas"), type="integer"),
        Column("Available", _number("status.availableReplicas"), type="integer"),
        AGE,
        *_TEMPLATE,
    ),
    "ReplicaSet": (NAME, *_REPLICAS, AGE, *_TEMPLATE),
    "ReplicationController": (NAME, *_REPLICAS, AGE, *_TEMPLATE),
    "StatefulSet": (
        NAME,
        Column("Ready", _fraction("status.readyReplicas", "spec.replicas")),
        AGE,
        *_TEMPLATE[:2],
    ),
    "DaemonSet": (
        NAME,
        Column("Desired", _number("status.desiredNumberScheduled"), type="integer"),
        Column("Current", _number("status.currentNumberScheduled"), type="integer"),
        Column("Ready", _number("status.numberReady"), type="integer"),
        Column("Up-to-date", _number("status.updatedNumberScheduled"), type="integer"),
        Column("Available", _number("status.numberAvailable"), type="integer"),
        Column("Node Selector", lambda o: _pairs(o["spec"]["template"]["spec"].get("nodeSelector"))),
        AGE,
        *_TEMPLATE,
    ),
    "Job": (
        NAME,
        Column("Completions", _fraction("status.succeeded", "spec.completions")),
        AGE,
        *_TEMPLATE,
    ),
    "Event": (
        Column("Last Seen", _last_seen),
        Column("Type", _field("type", "")),
        Column("Reason", _field("reason", "")),
        Column("Object", _involved),
        Column("Message", lambda obj: str(obj.get("message", "")).strip()),
        Column("Name", lambda obj: obj["metadata"]["name"], 1),
    ),
    "Namespace": (NAME, Column("Status", _field("status.phase", "")), AGE),
    "Node": (
        NAME,
        Column("Status", _node_status),
        AGE,
        Column("Version", _field("status.nodeInfo.kubeletVersion")),
    ),
    "ConfigMap": (NAME, Column("Data", _size("data"), type="integer"), AGE),
    "Secret": (NAME, Column("Type", _field("type", "")), Column("Data", _size("data"), type="integer"), AGE),
    "PodDisruptionBudget": (
        NAME,
        Column("Min Available", _field("spec.minAvailable", "N/A")),
        Column("Max Unavailable", _field("spec.maxUnavailable", "N/A")),
        Column("Allowed Disruptions", _number("status.disruptionsAllowed"), type="integer"),
        AGE,
    ),
    "NetworkPolicy": (NAME, Column("Pod-Selector", _selector), AGE),
}
