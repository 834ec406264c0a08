"""Services: what cannot be joined, what else would be joined, who takes the traffic, and why none may come.

Which clients reach the copy, by node and zone, is as kube-proxy chooses (pkg/proxy/topology.go): policy Local keeps to
the node; hints keep to zone or node while every ready endpoint has them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from kubectl_netshoot.model import MANAGED_BY_LABEL, ZONE_LABEL, Endpoint, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity
from kubectl_netshoot.rules.listing import span
from kubectl_netshoot.rules.request import SETTLE

DNS_SECONDS, DIRECT_SECONDS = 30, 120
PER_POD = ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index")


def no_selector(services: Sequence[Service]) -> tuple[Hazard, ...]:
    """No label brings a pod into an ExternalName or a Service whose endpoints somebody else writes."""
    return tuple(
        Hazard(
            "no-selector",
            Severity.NEVER,
            f"Service {s.name} {'is an ExternalName' if s.type == 'ExternalName' else 'has no selector'}: "
            "no label brings a pod into it",
            "name another Service with --service",
        )
        for s in services
        if not s.joinable
    )


def managed_by(services: Sequence[Service]) -> tuple[Hazard, ...]:
    """A Service that selects by our own label would keep the pod: leaving takes every label off but that one."""
    return tuple(
        Hazard(
            "managed-by",
            Severity.NEVER,
            f"Service {s.name} selects by {MANAGED_BY_LABEL}, which kubectl-netshoot sets itself: "
            "leaving would not take it off",
            "name another Service with --service",
        )
        for s in services
        if MANAGED_BY_LABEL in s.selector
    )


def born_into(born: Mapping[str, str], services: Sequence[Service]) -> tuple[Hazard, ...]:
    """Labels that admission puts onto any pod would bring a copy into a Service before we have marked it."""
    return tuple(
        Hazard(
            "admission",
            Severity.NEVER,
            f"admission puts the labels of Service {s.name} onto every pod: the copy would take traffic before it is "
            "marked and ready to leave",
            "name another Service with --service",
        )
        for s in services
        if s.selects(born)
    )


def other_service(
    labels: Mapping[str, str],
    chosen: Sequence[Service],
    services: Sequence[Service],
    noun: str = "copy",
) -> tuple[Hazard, ...]:
    """Services that nobody asked for and that the labels would join all the same."""
    asked = {service.name for service in chosen}
    return tuple(
        Hazard(
            "other-service",
            Severity.REFUSE,
            f"the labels would also bring the {noun} into Service {s.name}, which was not asked for",
            f"join it too (--service {s.name}), or accept it (--allow other-service)",
        )
        for s in services
        if s.name not in asked and s.selects(labels)
    )


def sole_endpoint(endpoints: Sequence[ServiceEndpoints], noun: str = "copy") -> tuple[Hazard, ...]:
    """Nobody else is ready: all traffic would be the copy's, and leaving would cut it off."""
    return tuple(
        Hazard(
            "sole-endpoint",
            Severity.REFUSE,
            f"Service {e.service} has no ready endpoint: the {noun} would take all of its traffic, "
            "and leaving would cut it off",
            "wait until a pod of the Service is ready, or --allow sole-endpoint",
        )
        for e in endpoints
        if not e.ready_others("")
    )


def identity(source: Pod, services: Sequence[Service], noun: str = "copy") -> tuple[Hazard, ...]:
    """A pod with a name of its own: the copy keeps hostname and subdomain, and would answer to the same DNS name.

    The endpoint gets the name where the subdomain is the Service's, whether that has a cluster IP or not.
    """
    return tuple(
        Hazard(
            "identity",
            Severity.REFUSE,
            f"Service {s.name} gives each pod a name of its own, and the {noun} would answer to that of {source.name}: "
            "a client that means one member may reach the other",
            "join a Service that balances over all members, or --allow identity",
        )
        for s in services
        if any(key in s.selector for key in PER_POD)
        or (source.hostname and source.subdomain == s.name)
        or (s.headless and any(o.kind == "StatefulSet" for o in source.owners))
    )


def not_ready_published(services: Sequence[Service], noun: str = "copy") -> tuple[Hazard, ...]:
    """publishNotReadyAddresses: the endpoints list every pod as ready, whatever its probes say."""
    return tuple(
        Hazard(
            "not-ready-published",
            Severity.WARN,
            f"Service {s.name} publishes pods that are not ready: readiness does not keep traffic from the {noun}",
            "join another Service",
        )
        for s in services
        if s.publish_not_ready
    )


def no_traffic(services: Sequence[Service], noun: str = "copy") -> tuple[Hazard, ...]:
    """Reasons why some clients do not come to the copy although it is in the endpoints."""
    return tuple(
        Hazard(
            "no-traffic",
            Severity.WARN,
            f"Service {s.name} has {rule}: {effect}",
            "look where the clients are before you wait for them",
        )
        for s in services
        for rule, effect in _keeping_away(s, noun)
    )


def _keeping_away(service: Service, noun: str) -> Iterator[tuple[str, str]]:
    if service.affinity:
        yield f"sessionAffinity {service.affinity}", "clients that have an endpoint stay with it"
    if service.internal_local:
        yield "internalTrafficPolicy Local", f"only clients on the {noun}'s node reach it"
    if service.external_local:
        yield "externalTrafficPolicy Local", f"from outside only what comes to the {noun}'s node reaches it"
    if service.distribution:
        yield service.distribution, f"clients far from the {noun} may stay with endpoints near them"


def udp(endpoints: Sequence[ServiceEndpoints]) -> tuple[Hazard, ...]:
    """Ports whose clients nobody can count: UDP has no connections, QUIC's are the application's own."""
    return tuple(
        Hazard(
            "udp",
            Severity.WARN,
            f"Service {e.service} has {', '.join(e.uncounted)}: clients there cannot be counted, so at the leave only "
            "the settle time is waited for them",
            "set --settle to the time that such a client may take",
        )
        for e in endpoints
        if e.uncounted
    )


def cached_address(services: Sequence[Service], settle: timedelta, noun: str = "copy") -> tuple[Hazard, ...]:
    """Clients or load balancers that hold the copy's own address, and hear late that it has left."""
    return tuple(
        Hazard(
            "cached-address",
            Severity.WARN,
            f"Service {s.name} {_holder(s)}, and may use the {noun}'s after it has left: settle time {span(settle)}",
            f"set --settle to what it takes there; {_source(s)}",
        )
        for s in services
        if hearing_late(s)
    )


def settle_time(services: Sequence[Service], asked: timedelta | None) -> timedelta:
    """How long a copy that has left them is kept for who has not heard it: as asked for, else as long as it takes."""
    return max([SETTLE, *map(hearing_late, services)]) if asked is None else asked


def hearing_late(service: Service) -> timedelta:
    """How long an address may be used after it has left the Service, beyond kube-proxy's ways; zero: no longer."""
    if service.direct:
        return timedelta(seconds=DIRECT_SECONDS)
    return timedelta(seconds=DNS_SECONDS if service.headless else 0)


def _holder(service: Service) -> str:
    if service.direct:
        return f"({service.direct}) is behind a load balancer that holds the pods' addresses"
    return "is headless: clients keep the pods' addresses from DNS"


def _source(service: Service) -> str:
    if service.direct:
        return f"{DIRECT_SECONDS}s is what AWS' took in kubernetes-sigs/aws-load-balancer-controller#3270"
    return f"{DNS_SECONDS}s is the TTL in kubeadm's CoreDNS"


def exposed(services: Sequence[Service]) -> tuple[Hazard, ...]:
    """A Service that is reached from outside of the cluster: the copy takes that traffic too."""
    return tuple(
        Hazard(
            "exposed",
            Severity.WARN,
            f"Service {s.name} {_opening(s)}: clients from outside the cluster, perhaps the Internet, reach it",
            "join a Service of type ClusterIP where there is one",
        )
        for s in services
        if s.type in ("LoadBalancer", "NodePort") or s.external_ips
    )


def _opening(service: Service) -> str:
    if service.external_ips:
        return f"has the external IPs {', '.join(service.external_ips)}"
    return f"is a {service.type}"


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
