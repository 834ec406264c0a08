"""Cluster IPs and node ports of Services, unique among the Services there are."""

from __future__ import annotations

from collections.abc import Iterable

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.statuses import ApiError, Cause
from fakecluster.store import Store

_FIRST_NODE_PORT, _LAST_NODE_PORT = 30000, 32767


def allocate(store: Store, service: Object) -> None:
    """Completes a new Service in place. Raises ApiError 422 when what it asks for is taken."""
    spec = service["spec"]
    others = [other["spec"] for other in store.list(kinds.SERVICES)[0]]
    if spec["type"] == "ExternalName":
        return
    taken = {other.get("clusterIP") for other in others}
    wanted = spec.get("clusterIP") or ""
    if wanted and wanted != "None" and wanted in taken:
        cause = Cause.invalid(
            "spec.clusterIPs", [wanted], "failed to allocate IP: provided IP is already allocated"
        )
        raise ApiError.invalid(kinds.SERVICES, service["metadata"]["name"], [cause])
    spec["clusterIP"] = wanted or next(ip for ip in _cluster_ips() if ip not in taken)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _node_ports(spec, others)


def _cluster_ips() -> Iterable[str]:
    return (f"10.96.{third}.{fourth}" for third in range(256) for fourth in range(1, 255))


def _node_ports(spec: Object, others: list[Object]) -> None:
    taken = {port.get("nodePort") for other in others for port in other.get("ports") or ()}
    free = (port for port in range(_FIRST_NODE_PORT, _LAST_NODE_PORT + 1) if port not in taken)
    for port in spec.get("ports") or ():
        port.setdefault("nodePort", next(free))
