"""Which clients of a Service can reach the copy, by node and zone, and with how many others it shares them.

As kube-proxy chooses (pkg/proxy/topology.go): policy Local keeps to the node; hints keep to zone or node while every
ready endpoint has them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kubectl_netshoot.model import ZONE_LABEL, Endpoint, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity

SAME_NODE = "PreferSameNode"
OUTSIDE, LOCAL = "externalTrafficPolicy Local", "internalTrafficPolicy Local"


@dataclass(frozen=True)
class Place:
    """Where the copy is, or is going to be; empty where that is not known."""

    node: str = ""
    zone: str = ""


NOWHERE = Place()


@dataclass(frozen=True)
class Share:
    """`others` endpoints share these `clients` with the copy (None: not known); `rule` says what keeps them to it."""

    others: int | None
    clients: str = ""
    rule: str = ""


def place_of(pod: Pod | None, endpoints: Iterable[ServiceEndpoints]) -> Place:
    """Where this pod is; its zone by any endpoint on its node, or by the label that Kubernetes 1.35 copies onto it."""
    if pod is None or not pod.node:
        return NOWHERE
    zones = [e.zone for service in endpoints for e in service.endpoints if e.node == pod.node and e.zone]
    return Place(pod.node, zones[0] if zones else pod.labels.get(ZONE_LABEL, ""))


def shares(service: Service, endpoints: ServiceEndpoints, place: Place, uid: str = "") -> tuple[Share, ...]:
    """What of the Service's new connections may reach a copy there, and is shared with whom.

    `uid` is the copy's once it is among the endpoints.
    """
    ready = _ready(endpoints)
    own = [e for e in ready if uid and e.uid == uid]
    others = [e for e in ready if e.uid != uid or not uid]
    anywhere = _anywhere(service, own, others, place)
    near = Share(_on(others, place.node), _on_node(place.node), LOCAL) if service.internal_local else anywhere
    if not service.external_local:
        return (near,)
    far = Share(_on(others, place.node), f"from outside that reach {place.node or 'its node'}", OUTSIDE)
    inside = near if near.rule else Share(near.others, "from inside the cluster")
    return (inside, far)


def worded(shares: Sequence[Share]) -> str:
    """`1 of 4 new connections`, and of which clients where not of all."""
    parts: list[str] = []
    for share in shares:
        of = "some" if share.others is None else f"1 of {share.others + 1}"
        parts.append(
            f"{of}{'' if parts else ' new connections'}{' ' if share.clients else ''}{share.clients}"
        )
    return " and ".join(parts)


def largest(shares: Sequence[Share]) -> float | None:
    """What the copy takes of those clients of whom it takes most; None where that depends on its node."""
    known = [1 / (share.others + 1) for share in shares if share.others is not None]
    return round(max(known), 4) if len(known) == len(shares) else None


def bound(services: Iterable[Service]) -> str:
    """What keeps the clients of one of these Services near an endpoint, as `Service web has ...`; empty: nothing."""
    for service in services:
        rules = (
            OUTSIDE if service.external_local else "",
            LOCAL if service.internal_local else "",
            service.distribution,
        )
        for rule in rules:
            if rule:
                return f"Service {service.name} has {rule}"
    return ""


def alone_there(
    services: Sequence[Service], endpoints: Sequence[ServiceEndpoints], place: Place, noun: str = "copy"
) -> tuple[Hazard, ...]:
    """All the clients of a node or zone would be the copy's. Where nobody is ready at all, `sole-endpoint` says so.

    Other copies are no company: they leave too.
    """
    return tuple(
        Hazard(
            "alone-there",
            Severity.REFUSE,
            f"{_alone(service, share, place, noun)}: {_consequence(share.rule)}",
            "--same-node puts the copy beside the pod, or --allow alone-there",
        )
        for service, found in zip(services, map(_without_copies, endpoints), strict=True)
        if _ready(found)
        for share in shares(service, found, place)
        if share.rule and not share.others
    )


def _alone(service: Service, share: Share, place: Place, noun: str) -> str:
    of = f"the only endpoint of Service {service.name}"
    if share.others is None:
        return f"the {noun} may be {of} where it runs ({share.rule})"
    by_node = share.rule in (OUTSIDE, LOCAL) or share.rule.endswith(SAME_NODE)
    return f"the {noun} would be {of} {_there(by_node, place.node if by_node else place.zone)} ({share.rule})"


def _consequence(rule: str) -> str:
    if rule == OUTSIDE:
        return (
            "it would take all that reaches that node from outside, and at the leave new connections there time out "
            "until the load balancer's health check fails"
        )
    if rule == LOCAL:
        return "it would take all clients on that node, and the leave cuts them off"
    return "it would take all clients there, not its share of all"


def _anywhere(service: Service, own: Sequence[Endpoint], others: Sequence[Endpoint], place: Place) -> Share:
    """Under policy Cluster: all endpoints, or those that hints or a distribution keep together."""
    rule = service.distribution
    if not rule or not others:
        return Share(_count(others))
    by_node = rule.endswith(SAME_NODE)
    here = place.node if by_node else place.zone
    if own:
        hints = {hint for e in own for hint in (e.for_nodes if by_node else e.for_zones)}
        if not hints or not all(e.for_nodes if by_node else e.for_zones for e in others):
            return Share(_count(others))
        near = [e for e in others if hints & set(e.for_nodes if by_node else e.for_zones)]
        return Share(_count(near), f"from clients {_there(by_node, ', '.join(sorted(hints)))}", rule)
    if not here:
        # Endpoints without zones get no hints.
        zoned = by_node or any(e.zone for e in others)
        return Share(None, f"from clients {_there(by_node, '')}", rule) if zoned else Share(_count(others))
    near = [e for e in others if (e.node if by_node else e.zone) == here]
    return Share(_count(near), f"from clients {_there(by_node, here)}", rule)


def _there(by_node: bool, name: str) -> str:
    return (
        (f"on node {name}" if name else "on its node")
        if by_node
        else (f"in zone {name}" if name else "in its zone")
    )


def _on_node(node: str) -> str:
    return f"from clients {_there(True, node)}"


def _on(endpoints: Sequence[Endpoint], node: str) -> int | None:
    return _count([e for e in endpoints if e.node == node]) if node else None


def _without_copies(endpoints: ServiceEndpoints) -> ServiceEndpoints:
    return replace(endpoints, endpoints=tuple(e for e in endpoints.endpoints if not e.made_by_us))


def _ready(endpoints: ServiceEndpoints) -> list[Endpoint]:
    return [e for e in endpoints.endpoints if e.ready and not e.terminating]


def _count(endpoints: Iterable[Endpoint]) -> int:
    # A dual-stack pod is one.
    return len({e.identity for e in endpoints})
