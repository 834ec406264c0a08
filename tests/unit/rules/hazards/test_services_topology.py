"""Who can reach the copy, by node and zone: the share that is promised, and a copy that would be alone there."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.model import ZONE_LABEL, Endpoint, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from kubectl_netshoot.rules.hazards.services import NOWHERE, Place, bound, largest, place_of, shares, worded
from tests.unit.builders import COPY_UID, around, endpoints, pod, service

CLOSE, SAME_NODE = "trafficDistribution PreferClose", "trafficDistribution PreferSameNode"
HERE = Place("node-1", "zone-a")
ALONE = Place("node-4", "zone-c")
# node-1 has two of them, and zone-a three.
PODS = (
    Endpoint("a", "web-a", node="node-1", zone="zone-a"),
    Endpoint("b", "web-b", node="node-1", zone="zone-a"),
    Endpoint("c", "web-c", node="node-2", zone="zone-a"),
    Endpoint("d", "web-d", node="node-3", zone="zone-b"),
    Endpoint("e", "web-e", node="node-4", zone="zone-c", ready=False),
    Endpoint("f", "web-f", node="node-4", zone="zone-c", terminating=True),
)
WEB = ServiceEndpoints("web", PODS, (8080,))

SHARES: list[tuple[dict[str, Any], Place, str]] = [
    ({}, HERE, "1 of 5 new connections"),
    ({}, NOWHERE, "1 of 5 new connections"),
    ({"affinity": "ClientIP"}, HERE, "1 of 5 new connections"),
    ({"internal_local": True}, HERE, "1 of 3 new connections from clients on node node-1"),
    ({"internal_local": True}, NOWHERE, "some new connections from clients on its node"),
    (
        {"external_local": True},
        HERE,
        "1 of 5 new connections from inside the cluster and 1 of 3 from outside that reach node-1",
    ),
    (
        {"external_local": True},
        NOWHERE,
        "1 of 5 new connections from inside the cluster and some from outside that reach its node",
    ),
    (
        {"external_local": True, "internal_local": True},
        HERE,
        "1 of 3 new connections from clients on node node-1 and 1 of 3 from outside that reach node-1",
    ),
    ({"distribution": CLOSE}, HERE, "1 of 4 new connections from clients in zone zone-a"),
    ({"distribution": "topology-mode Auto"}, HERE, "1 of 4 new connections from clients in zone zone-a"),
    ({"distribution": SAME_NODE}, HERE, "1 of 3 new connections from clients on node node-1"),
    ({"distribution": CLOSE}, ALONE, "1 of 1 new connections from clients in zone zone-c"),
    (
        {"distribution": CLOSE, "internal_local": True},
        HERE,
        "1 of 3 new connections from clients on node node-1",
    ),
]


@pytest.mark.parametrize(("traits", "place", "said"), SHARES)
def test_the_share_is_that_of_the_topology(traits: dict[str, Any], place: Place, said: str) -> None:
    assert worded(shares(service(**traits), WEB, place)) == said


@pytest.mark.parametrize(
    ("traits", "place", "number"),
    [
        ({}, HERE, 0.2),
        ({"external_local": True}, HERE, 0.3333),
        ({"external_local": True}, NOWHERE, None),
        ({"internal_local": True}, NOWHERE, None),
    ],
)
def test_the_largest_share_as_a_number(traits: dict[str, Any], place: Place, number: float | None) -> None:
    assert largest(shares(service(**traits), WEB, place)) == number


def test_where_nobody_is_ready_nothing_keeps_clients_near() -> None:
    nobody = replace(WEB, endpoints=PODS[4:])
    assert worded(shares(service(distribution=CLOSE), nobody, HERE)) == "1 of 1 new connections"


def test_an_endpoint_without_a_pod_is_no_copy() -> None:
    found = replace(WEB, endpoints=(*PODS, Endpoint("", "", address="10.1.2.3")))
    assert worded(shares(service(), found, HERE)) == "1 of 6 new connections"
    near = worded(shares(service(distribution=CLOSE), found, HERE))
    assert near == "1 of 4 new connections from clients in zone zone-a"


def hinted(for_zone: str, for_node: str = "", **changes: Any) -> Endpoint:
    return Endpoint(for_zones=(for_zone,), for_nodes=(for_node,) if for_node else (), **changes)


def test_once_the_copy_is_among_them_hints_decide() -> None:
    """A hint may be for another zone than its endpoint's own."""
    own = hinted("zone-a", uid=COPY_UID, pod="copy", node="node-1", zone="zone-a")
    others = (
        hinted("zone-a", uid="a", pod="a", zone="zone-b"),
        hinted("zone-b", uid="b", pod="b", zone="zone-a"),
    )
    found = ServiceEndpoints("web", (own, *others))
    service_ = service(distribution=CLOSE)
    assert (
        worded(shares(service_, found, HERE, COPY_UID))
        == "1 of 2 new connections from clients in zone zone-a"
    )
    unhinted = replace(found, endpoints=(*found.endpoints, Endpoint("c", "c", zone="zone-a")))
    assert worded(shares(service_, unhinted, HERE, COPY_UID)) == "1 of 4 new connections"
    not_yet = replace(found, endpoints=(replace(own, for_zones=()), *others))
    assert worded(shares(service_, not_yet, HERE, COPY_UID)) == "1 of 3 new connections"


def test_hints_for_nodes() -> None:
    own = hinted("zone-a", "node-1", uid=COPY_UID, pod="copy")
    others = (hinted("zone-a", "node-1", uid="a", pod="a"), hinted("zone-a", "node-2", uid="b", pod="b"))
    found = ServiceEndpoints("web", (own, *others))
    said = worded(shares(service(distribution=SAME_NODE), found, HERE, COPY_UID))
    assert said == "1 of 2 new connections from clients on node node-1"
    unhinted = replace(found, endpoints=(*found.endpoints, hinted("zone-a", uid="c", pod="c")))
    said = worded(shares(service(distribution=SAME_NODE), unhinted, HERE, COPY_UID))
    assert said == "1 of 4 new connections"


def test_ten_copies_at_once_share_with_each_other() -> None:
    """Computed from the endpoints at the join: whoever is there by then."""
    copies = [f"copy-{n}" for n in range(10)]
    found = endpoints(ready=["a", "b", "c", *copies])
    assert worded(shares(service(), found, HERE, "copy-3")) == "1 of 13 new connections"


def test_a_dual_stack_pod_is_shared_with_once() -> None:
    twice = ServiceEndpoints(
        "web", (PODS[0], PODS[0], Endpoint(COPY_UID, "copy"), Endpoint(COPY_UID, "copy"))
    )
    assert worded(shares(service(), twice, HERE, COPY_UID)) == "1 of 2 new connections"


def test_nodes_without_zones_get_no_hints() -> None:
    plain = ServiceEndpoints("web", tuple(replace(e, zone="") for e in PODS))
    assert worded(shares(service(distribution=CLOSE), plain, Place("node-1"))) == "1 of 5 new connections"
    mixed = ServiceEndpoints("web", (plain.endpoints[0], *PODS[1:]))
    said = worded(shares(service(distribution=CLOSE), mixed, Place("node-1")))
    assert said == "some new connections from clients in its zone"
    near = worded(shares(service(distribution=SAME_NODE), plain, NOWHERE))
    assert near == "some new connections from clients on its node"


def test_a_place_is_known_by_its_node_or_by_its_label() -> None:
    there = pod(node="node-3", labels={ZONE_LABEL: "by-label"})
    assert place_of(there, [WEB]) == Place("node-3", "zone-b")
    unzoned = replace(WEB, endpoints=(Endpoint("z", "web-z", node="node-3"), *PODS))
    assert place_of(there, [unzoned]) == Place("node-3", "zone-b")
    assert place_of(replace(there, node="node-9"), [WEB]) == Place("node-9", "by-label")
    assert place_of(replace(there, node=""), [WEB]) == place_of(None, [WEB]) == NOWHERE


SOURCE = pod("web-a", uid="a", node="node-1")


def plan(source: Pod, beside: Pod | None = None, found: ServiceEndpoints = WEB, **traits: Any) -> JoinPlan:
    return plan_join(source, around([service(**traits)], slices=[found]), True, beside=beside)


def alone(made: JoinPlan) -> list[str]:
    return [h.what for h in made.hazards if h.id == "alone-there"]


BOUND: list[dict[str, Any]] = [
    {"external_local": True, "type": "LoadBalancer"},
    {"internal_local": True},
    {"distribution": CLOSE},
    {"distribution": SAME_NODE},
    {"distribution": "topology-mode Auto"},
]


@pytest.mark.parametrize("traits", BOUND)
def test_the_copy_is_put_beside_its_source_which_is_an_endpoint(traits: dict[str, Any]) -> None:
    made = plan(SOURCE, **traits)
    assert made.place == HERE
    assert alone(made) == []
    assert bound([service(), service("near", **traits)]).startswith("Service near has ")


def test_elsewhere_the_scheduler_chooses() -> None:
    assert plan(SOURCE, affinity="ClientIP").place == NOWHERE
    assert bound([service(affinity="ClientIP")]) == ""


@pytest.mark.parametrize("traits", BOUND)
def test_ports_of_the_node_keep_it_from_there(traits: dict[str, Any]) -> None:
    for of_node in ({"host_network": True}, {"host_ports": (8080,)}):
        made = plan(replace(SOURCE, **of_node), **traits)
        assert made.place == NOWHERE
        assert "may be the only endpoint of Service web where it runs" in alone(made)[0]
        assert [h.id for h in made.refused({"host-port"})] == ["alone-there"]
        assert not made.refused({"host-port", "alone-there"})


CONSEQUENCES: list[tuple[dict[str, Any], str]] = [
    (
        {"external_local": True},
        "on node node-4 (externalTrafficPolicy Local): it would take all that reaches",
    ),
    ({"external_local": True}, "time out until the load balancer's health check fails"),
    (
        {"internal_local": True},
        "on node node-4 (internalTrafficPolicy Local): it would take all clients on that node",
    ),
    ({"distribution": CLOSE}, f"in zone zone-c ({CLOSE}): it would take all clients there"),
    ({"distribution": SAME_NODE}, f"on node node-4 ({SAME_NODE}): it would take all clients there"),
]


@pytest.mark.parametrize(("traits", "said"), CONSEQUENCES)
def test_a_copy_that_is_alone_there_is_refused(traits: dict[str, Any], said: str) -> None:
    """As the real copy shows it, before the join: wherever it was put."""
    there = pod("copy", node="node-4", labels={ZONE_LABEL: "zone-c"})
    made = plan(SOURCE, there, **traits)
    assert any(said in what for what in alone(made)), alone(made)
    (hazard,) = [h for h in made.hazards if h.id == "alone-there"]
    assert hazard.severity is Severity.REFUSE
    assert plan(SOURCE, **traits).turned(made, ())
    assert not plan(SOURCE, **traits).turned(made, {"alone-there"})
    assert alone(plan(SOURCE, pod("copy", node="node-2"), **traits)) == []


def test_a_source_that_is_not_ready_is_no_company() -> None:
    only = ServiceEndpoints("web", (replace(PODS[0], ready=False), PODS[3]))
    made = plan(SOURCE, found=only, external_local=True)
    assert len(alone(made)) == 1


def test_another_copy_is_no_company_though_it_takes_its_share() -> None:
    another = Endpoint("copy-b", "copy-b", node="node-4", zone="zone-c", made_by_us=True)
    found = replace(WEB, endpoints=(*PODS, another))
    made = plan(SOURCE, pod("copy", node="node-4"), found, internal_local=True)
    assert len(alone(made)) == 1
    assert worded(made.shares[0][1]) == "1 of 2 new connections from clients on node node-4"


def test_where_nobody_is_ready_that_is_what_is_said() -> None:
    nobody = ServiceEndpoints("web", (replace(PODS[0], ready=False),))
    made = plan(SOURCE, found=nobody, external_local=True)
    assert alone(made) == []
    assert "sole-endpoint" in [h.id for h in made.hazards]


def test_services_are_judged_one_by_one() -> None:
    near: Service = service("near", internal_local=True)
    far = ServiceEndpoints("near", (PODS[3],))
    made = plan_join(SOURCE, around([service(), near], slices=[WEB, far]), True)
    assert len(alone(made)) == 1
    assert "Service near" in alone(made)[0]
    assert [(name, worded(found)) for name, found in made.shares] == [
        ("web", "1 of 5 new connections"),
        ("near", "1 of 1 new connections from clients on node node-1"),
    ]
