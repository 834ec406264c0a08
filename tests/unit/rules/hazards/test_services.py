"""Services as an attacker would write them: those that cannot be joined, and what joining them would mean."""

from datetime import timedelta
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import Endpoint, Owner, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from tests.unit.builders import WEB, around, endpoints, pod, service

SET = (Owner("StatefulSet", "db", True, "apps"),)
MEMBER_LABELS = {
    "app": "db",
    "statefulset.kubernetes.io/pod-name": "db-0",
    "apps.kubernetes.io/pod-index": "0",
}
MEMBER = pod("db-0", labels=MEMBER_LABELS, owners=SET, hostname="db-0", subdomain="db")
DB = {"app": "db"}


def plan(source: Pod, services: list[Service], *names: str) -> JoinPlan:
    return plan_join(source, around(services, [], [endpoints(s.name) for s in services]), True, names)


def found(made: JoinPlan, id_: str) -> list[str]:
    return [hazard.what for hazard in made.hazards if hazard.id == id_]


def test_an_external_name_is_not_joined_though_its_selector_matches() -> None:
    """The EndpointSlice controller ignores such a selector: so do we, where every Service is joined."""
    made = plan(pod(), [service(), service("away", type="ExternalName")])
    assert ([s.name for s in made.services], made.hazards) == (["web"], ())
    assert made.selecting == ("service/web",)


@pytest.mark.parametrize("selector", [WEB, {"app": "other"}, {}])
def test_an_external_name_that_is_asked_for_is_never_joined(selector: dict[str, str]) -> None:
    (hazard,) = plan(pod(), [service("away", selector, type="ExternalName")], "away").hazards
    assert (hazard.id, hazard.severity) == ("no-selector", Severity.NEVER)
    assert "ExternalName" in hazard.what


def test_a_pod_without_labels_is_in_no_service() -> None:
    with pytest.raises(NetshootError, match="no Service"):
        plan(pod(labels={}), [service(), service("none", {})])


def test_a_statefulset_with_two_services() -> None:
    services = [service("db", DB, headless=True), service("db-read", DB)]
    assert len(found(plan(MEMBER, services), "identity")) == 1
    assert found(plan(MEMBER, services, "db"), "identity")
    assert not found(plan(MEMBER, services, "db-read"), "identity")


@pytest.mark.parametrize("key", ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"])
def test_a_service_for_one_member_alone(key: str) -> None:
    made = plan(MEMBER, [service("db-0", {key: MEMBER_LABELS[key]})])
    assert [(h.id, h.severity) for h in made.hazards if h.id == "identity"] == [("identity", Severity.REFUSE)]
    assert made.refused(())
    assert not made.refused({"identity", "second-instance"})


@pytest.mark.parametrize(
    ("traits", "headless", "clash"),
    [
        ({"hostname": "one", "subdomain": "web"}, True, True),
        ({"hostname": "one", "subdomain": "web"}, False, True),
        ({"subdomain": "web"}, True, False),
        ({"hostname": "one"}, True, False),
        ({"hostname": "one", "subdomain": "other"}, True, False),
        ({}, True, False),
        ({"owners": SET}, True, True),
        ({"owners": SET}, False, False),
    ],
)
def test_a_name_by_dns_needs_hostname_and_subdomain(
    traits: dict[str, Any], headless: bool, clash: bool
) -> None:
    """Seen on Kubernetes 1.36: an endpoint gets a hostname only so, with a cluster IP or without."""
    assert bool(found(plan(pod(**traits), [service(headless=headless)]), "identity")) is clash


def test_not_ready_addresses_are_a_warning() -> None:
    (hazard,) = plan(pod(), [service(publish_not_ready=True)]).hazards
    assert (hazard.id, hazard.severity) == ("not-ready-published", Severity.WARN)


STEERED: dict[str, dict[str, Any]] = {
    "sessionAffinity ClientIP: clients that have an endpoint stay": {"affinity": "ClientIP"},
    "internalTrafficPolicy Local: only clients on the copy's node": {"internal_local": True},
    "externalTrafficPolicy Local: from outside only what comes": {"external_local": True},
    "trafficDistribution PreferClose: clients far": {"distribution": "trafficDistribution PreferClose"},
}


@pytest.mark.parametrize("said", STEERED)
def test_clients_who_stay_away_are_told_of(said: str) -> None:
    made = plan(pod(), [service("plain"), service("steered", **STEERED[said])])
    (what,) = found(made, "no-traffic")
    assert said in what


def test_clients_on_udp_cannot_be_counted() -> None:
    dns = endpoints("dns", ports=(53,), uncounted=("53/UDP", "132/SCTP"))
    made = plan_join(pod(), around([service("web"), service("dns")], slices=[endpoints("web"), dns]), True)
    (hazard,) = [h for h in made.hazards if h.id == "udp"]
    assert hazard.severity is Severity.WARN
    assert "Service dns has 53/UDP, 132/SCTP" in hazard.what
    assert made.uncounted == ("132/SCTP", "53/UDP")


CACHED = {
    "is headless": (service(headless=True), 30),
    "(cloud.google.com/neg-status)": (service(direct="cloud.google.com/neg-status"), 120),
}


@pytest.mark.parametrize("said", CACHED)
def test_who_holds_addresses_hears_late_and_the_copy_stays_longer(said: str) -> None:
    holding, seconds = CACHED[said]
    made = plan(pod(), [holding, service("plain")])
    (hazard,) = [h for h in made.hazards if h.id == "cached-address"]
    assert hazard.severity is Severity.WARN
    assert said in hazard.what
    assert made.settle == timedelta(seconds=seconds)
    assert f"{seconds}s is" in hazard.instead


def test_who_says_how_long_is_obeyed() -> None:
    for asked in (timedelta(), timedelta(seconds=7)):
        surroundings = around([service(headless=True)])
        made = plan_join(pod(), surroundings, True, settle=asked)
        assert made.settle == asked
        assert f"settle time {int(asked.total_seconds())}s" in found(made, "cached-address")[0]


def test_elsewhere_the_copy_stays_as_long_as_proxies_take() -> None:
    made = plan(pod(), [service()])
    assert (made.settle, found(made, "cached-address")) == (timedelta(seconds=5), [])


@pytest.mark.parametrize("type_", ["LoadBalancer", "NodePort"])
def test_the_internet_reaches_it(type_: str) -> None:
    (hazard,) = plan(pod(), [service(type=type_)]).hazards
    assert (hazard.id, hazard.severity) == ("exposed", Severity.WARN)
    assert type_ in hazard.what
    assert "Internet" in hazard.what


def test_external_ips_expose_a_cluster_ip_too() -> None:
    (what,) = found(plan(pod(), [service(external_ips=("203.0.113.7",))]), "exposed")
    assert "203.0.113.7" in what


def test_a_dual_stack_pod_is_one_endpoint() -> None:
    twice = tuple(Endpoint("a", "web-a") for _ in ("IPv4", "IPv6"))
    made = plan_join(pod(), around(slices=[ServiceEndpoints("web", twice, (8080,))]), True)
    assert made.ready_before == (("web", 1),)


def test_endpoints_of_many_slices_are_added_up() -> None:
    made = plan_join(pod(), around(slices=[endpoints(ready=[f"uid-{n}" for n in range(250)])]), True)
    assert made.ready_before == (("web", 250),)


def test_a_terminating_endpoint_serves_nobody_new() -> None:
    going = ServiceEndpoints("web", (Endpoint("a", "web-a", ready=True, terminating=True),))
    made = plan_join(pod(), around(slices=[going]), True)
    assert found(made, "sole-endpoint")


def test_each_service_without_endpoints_is_named() -> None:
    services = [service("a"), service("b")]
    made = plan_join(pod(), around(services, slices=[endpoints("a", ready=[]), endpoints("b")]), True)
    assert [what.split()[1] for what in found(made, "sole-endpoint")] == ["a"]


def test_other_services_are_each_named_and_none_that_selects_more() -> None:
    services = [
        service("asked", {"app": "web", "tier": "front"}),
        service("wide"),
        service("tier", {"tier": "front"}),
        service("narrow", {"app": "web", "tier": "front", "zone": "a"}),
        service("away", type="ExternalName"),
    ]
    source = pod(labels={"app": "web", "tier": "front", "zone": "a"})
    made = plan(source, services, "asked")
    assert [what.partition("Service ")[2].split(",")[0] for what in found(made, "other-service")] == [
        "wide",
        "tier",
    ]
