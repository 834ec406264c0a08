"""From a Service and its pods to endpoints, and from endpoints to slices. Pure.

Order matters to watchers: an endpoint stays where it is, new ones are appended, as the real reconciler does
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fakecluster.kinds import Object
from fakecluster.objects import has_ended, is_ready, is_terminating
from fakecluster.probes import port_number

#: Endpoints of pods for which the Service's ports resolve to the same numbers.
Groups = dict[tuple[tuple[str, str, int], ...], list[Object]]


def belongs_in_endpoints(pod: Object) -> bool:
    """A terminating pod still does; one that has ended, or has no address yet, does not."""
    return bool((pod.get("status") or {}).get("podIP")) and not has_ended(pod)


def grouped(service: Object, pods: Iterable[Object], zones: Mapping[str, str]) -> Groups:
    """The wanted endpoints by their ports (name, protocol, number); `zones` are those of the nodes."""
    groups: Groups = {}
    for pod in pods:
        if belongs_in_endpoints(pod):
            groups.setdefault(_ports(service, pod), []).append(_endpoint(service, pod, zones))
    return groups


def _ports(service: Object, pod: Object) -> tuple[tuple[str, str, int], ...]:
    resolved = (
        (p.get("name", ""), p.get("protocol", "TCP"), _target(p, pod))
        for p in service["spec"].get("ports") or ()
    )
    return tuple(port for port in resolved if port[2])


def _target(port: Object, pod: Object) -> int:
    """The pod's port number; 0 when it has none of the name."""
    target = port.get("targetPort") or port["port"]
    found = (port_number(container, target) for container in pod["spec"]["containers"])
    return next((number for number in found if number), 0)


def _endpoint(service: Object, pod: Object, zones: Mapping[str, str]) -> Object:
    serving, terminating = is_ready(pod), is_terminating(pod)
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    metadata, spec = pod["metadata"], pod["spec"]
    named = spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]
    ready = published or (serving and not terminating)
    node, zone = spec["nodeName"], zones.get(spec["nodeName"], "")
    hints = _hints(service["spec"].get("trafficDistribution"), node, zone) if ready else None
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": ready,
            "serving": serving,
            "terminating": terminating,
        },
        **({"hostname": spec["hostname"]} if named else {}),
        "targetRef": {
            "kind": "Pod",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "nodeName": node,
        **({"zone": zone} if zone else {}),
        **({"hints": hints} if hints else {}),
    }


def _hints(distribution: str | None, node: str, zone: str) -> Object:
    """For whom a ready endpoint of a Service with that trafficDistribution is meant; kube-proxy obeys them."""
    same_zone: Object = {"forZones": [{"name": zone}]} if distribution and zone else {}
    return {**same_zone, "forNodes": [{"name": node}]} if distribution == "PreferSameNode" else same_zone


def placed(present: Sequence[Sequence[Object]], wanted: Sequence[Object], most: int) -> list[list[Object]]:
    """The endpoints of each slice: those present in their places, then as many more slices as it takes."""
    left = {_uid(endpoint): endpoint for endpoint in wanted}
    slices = [[left.pop(_uid(e)) for e in endpoints if _uid(e) in left][:most] for endpoints in present]
    placed_uids = {_uid(e) for endpoints in slices for e in endpoints}
    rest = [endpoint for endpoint in wanted if _uid(endpoint) not in placed_uids]
    for held in slices:
        room = most - len(held)
        held.extend(rest[:room])
        rest = rest[room:]
    while rest:
        slices.append(rest[:most])
        rest = rest[most:]
    return slices


def _uid(endpoint: Object) -> str:
    return str((endpoint.get("targetRef") or {}).get("uid", ""))


def port_objects(ports: Iterable[tuple[str, str, int]]) -> list[Object]:
    return [{"name": name, "protocol": protocol, "port": number} for name, protocol, number in ports]
