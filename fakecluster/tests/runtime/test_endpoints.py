"""Which slice an endpoint is in, and which endpoint a pod becomes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakecluster import endpoints
from fakecluster.builders import app, pod, service
from fakecluster.kinds import Object


def running(name: str, *, ready: bool = True, **spec: Any) -> Object:
    made = pod(name, app(ports=[{"name": "http", "containerPort": 8080}]), nodeName="node", **spec)
    made["metadata"] |= {"namespace": "acc", "uid": f"uid-{name}"}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    made["status"] = {"phase": "Running", "podIP": "127.16.0.2", "conditions": conditions}
    return made


def only(groups: endpoints.Groups) -> Object:
    ((endpoint,),) = groups.values()
    return endpoint


@pytest.mark.parametrize(
    ("distribution", "ready", "hints"),
    [
        (None, True, None),
        ("PreferClose", True, {"forZones": [{"name": "z1"}]}),
        ("PreferSameZone", True, {"forZones": [{"name": "z1"}]}),
        ("PreferSameNode", True, {"forZones": [{"name": "z1"}], "forNodes": [{"name": "node"}]}),
        ("PreferClose", False, None),
    ],
)
def test_an_endpoint_says_where_it_is_and_for_whom(
    distribution: str | None, ready: bool, hints: Object | None
) -> None:
    there = service("nginx", {}, trafficDistribution=distribution)
    endpoint = only(endpoints.grouped(there, [running("a", ready=ready)], {"node": "z1"}))
    assert (endpoint["nodeName"], endpoint["zone"], endpoint.get("hints")) == ("node", "z1", hints)


def test_an_endpoint_on_a_node_without_a_zone_has_none() -> None:
    endpoint = only(
        endpoints.grouped(service("nginx", {}, trafficDistribution="PreferClose"), [running("a")], {})
    )
    assert "zone" not in endpoint
    assert "hints" not in endpoint


def test_a_named_target_port_is_resolved_in_the_pod() -> None:
    named = service("nginx", {}, ports=[{"name": "web", "port": 80, "targetPort": "http"}])
    assert list(endpoints.grouped(named, [running("a")], {})) == [(("web", "TCP", 8080),)]


def test_pods_with_other_ports_are_in_other_slices() -> None:
    named = service("nginx", {}, ports=[{"port": 80, "targetPort": "http"}])
    other = running("b")
    other["spec"]["containers"][0]["ports"][0]["containerPort"] = 9090
    numbers = [ports[0][2] for ports in endpoints.grouped(named, [running("a"), other], {})]
    assert numbers == [8080, 9090]


def test_a_terminating_pod_serves_but_is_not_ready() -> None:
    terminating = running("a")
    terminating["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    conditions = only(endpoints.grouped(service("nginx", {}), [terminating], {}))["conditions"]
    assert conditions == {"ready": False, "serving": True, "terminating": True}


def test_not_ready_pods_may_be_published() -> None:
    headless = service("nginx", {}, publishNotReadyAddresses=True)
    conditions = only(endpoints.grouped(headless, [running("a", ready=False)], {}))["conditions"]
    assert conditions == {"ready": True, "serving": False, "terminating": False}


def test_a_pod_of_the_service_s_subdomain_keeps_its_hostname() -> None:
    db = running("db-0", hostname="db-0", subdomain="db")
    assert only(endpoints.grouped(service("db", {}), [db], {}))["hostname"] == "db-0"
    assert "hostname" not in only(endpoints.grouped(service("other", {}), [db], {}))


def test_pods_that_ended_or_have_no_address_are_no_endpoints() -> None:
    failed, pending = running("a"), running("b")
    failed["status"]["phase"] = "Failed"
    del pending["status"]["podIP"]
    assert endpoints.grouped(service("nginx", {}), [failed, pending], {}) == {}


def endpoint(number: int) -> Object:
    return {"targetRef": {"uid": str(number)}}


@given(
    present=st.lists(st.integers(0, 60), unique=True),
    wanted=st.lists(st.integers(0, 60), unique=True),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    most=st.integers(1, 10),
)
def test_every_wanted_endpoint_is_in_exactly_one_slice(
    present: list[int], wanted: list[int], cuts: list[int], most: int
) -> None:
    edges = [0, *sorted(cuts), len(present)]
    held = [[endpoint(n) for n in present[a:b]] for a, b in pairwise(edges)]
    placed = endpoints.placed(held, [endpoint(n) for n in wanted], most)
    assert sorted(int(e["targetRef"]["uid"]) for s in placed for e in s) == sorted(wanted)
    assert all(len(s) <= most for s in placed)


def test_endpoints_stay_where_they_are() -> None:
    held = [[endpoint(1), endpoint(2)], [endpoint(3)]]
    wanted = [endpoint(n) for n in (4, 3, 2)]
    assert endpoints.placed(held, wanted, 2) == [[endpoint(2), endpoint(4)], [endpoint(3)]]
