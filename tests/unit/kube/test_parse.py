"""What a real API server (1.36.1) said, read into model types; and what any server may leave out."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.kube import parse
from kubectl_netshoot.model import CONTAINER, MANAGED_BY, MANAGED_BY_LABEL, Pod, Requirement, Selector
from kubectl_netshoot.rules.next_step import why_not_ready

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "samples" / "recorded.json").read_text())
WATCHED_UID = "d04fea60-5111-4750-80ef-c7391e3e0b9f"


def recorded(name: str) -> Pod:
    return parse.pod(RECORDED[name])


def test_a_copy_as_it_is_born() -> None:
    born = recorded("born")
    assert (born.namespace, born.name, born.uid) == ("acc", "watched", WATCHED_UID)
    assert (born.labels, born.annotations, born.owners) == ({}, {}, ())
    assert (born.phase, born.ready, born.containers_ready) == ("Pending", False, False)
    assert (born.terminating, born.finished) == (False, False)
    assert born.active_deadline is None
    assert born.deadline is None
    assert born.grace == timedelta(seconds=1)
    assert [container.name for container in born.containers] == ["nginx", CONTAINER]


def test_a_copy_in_service() -> None:
    joined = recorded("joined")
    assert joined.labels == {"app": "nginx", MANAGED_BY_LABEL: MANAGED_BY}
    assert (joined.ready, joined.containers_ready, joined.phase) == (True, True, "Running")
    assert all(container.ready for container in joined.containers)
    assert joined.started == datetime(2026, 11, 22, 22, 2, 6, tzinfo=timezone.utc)
    assert joined.deadline == datetime(2026, 11, 22, 23, 2, 6, tzinfo=timezone.utc)
    assert joined.node == "k8s-node-1"


def test_a_copy_that_is_being_deleted_is_still_ready() -> None:
    assert recorded("deleted").terminating
    assert recorded("deleted").ready


def test_a_copy_that_was_adopted() -> None:
    (owner,) = recorded("adopted").owners
    assert (str(owner), owner.controller) == ("replicaset/web", True)


def test_a_copy_that_reached_its_deadline() -> None:
    overdue = recorded("overdue")
    assert overdue.finished
    assert (overdue.phase, overdue.reason, overdue.ready) == ("Failed", "DeadlineExceeded", False)


@pytest.mark.parametrize(
    ("name", "reason"), [("crashing", "CrashLoopBackOff"), ("without image", "ErrImagePull")]
)
def test_why_a_copy_does_not_become_ready(name: str, reason: str) -> None:
    pod = recorded(name)
    assert not pod.ready
    assert f"container netshoot is waiting, {reason}: " in why_not_ready(pod, pod.containers)


def test_the_slices_of_a_service_with_and_without_the_copy() -> None:
    before, after = RECORDED["slice in service"], RECORDED["slice out of service"]
    (joined,) = parse.service_endpoints(["nginx"], [before])
    assert joined.serves(WATCHED_UID)
    assert joined.ready_others(WATCHED_UID) == 2
    assert joined.ports == (80,)
    assert parse.holders(WATCHED_UID, [before]) == ("nginx",)
    (left,) = parse.service_endpoints(["nginx"], [after])
    assert WATCHED_UID not in {endpoint.uid for endpoint in left.endpoints}
    assert parse.holders(WATCHED_UID, [after]) == ()


def test_a_replicasets_selector() -> None:
    found = parse.controller("ReplicaSet", RECORDED["replicaset"])
    assert (found.name, found.selector, found.replicas) == ("web", Selector({"app": "web"}), 2)


def test_a_selector_by_expressions() -> None:
    spec = {"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]}}
    found = parse.controller("DaemonSet", {"metadata": {"name": "d"}, "spec": spec})
    assert found.selector == Selector(expressions=(Requirement("app", "In", ("web", "db")),))


def test_a_replication_controllers_selector_is_a_plain_map() -> None:
    rc = {"metadata": {"name": "old"}, "spec": {"selector": {"app": "web"}}}
    assert parse.controller("ReplicationController", rc).selector == Selector({"app": "web"})


def test_what_is_missing_is_its_zero_value() -> None:
    pod = parse.pod(
        {"metadata": {"name": "p", "labels": None, "ownerReferences": None}, "spec": None, "status": {}}
    )
    assert (pod.labels, pod.owners, pod.containers, pod.ready, pod.active_deadline) == (
        {},
        (),
        (),
        False,
        None,
    )
    service = parse.service({"metadata": {"name": "s"}, "spec": {"selector": None}})
    assert not service.selects({"app": "web"})
    assert parse.controller("Job", {"metadata": {"name": "j"}}).selector == Selector()


def test_a_service_of_every_kind() -> None:
    spec = {"selector": {"a": "b"}, "type": "NodePort", "clusterIP": "None", "publishNotReadyAddresses": True}
    service = parse.service({"metadata": {"name": "s"}, "spec": spec})
    assert (service.type, service.headless, service.publish_not_ready) == ("NodePort", True, True)


def slice_of(service: str, *endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": service} if service else None
    return {"metadata": {"name": "s-1", "labels": labels}, "endpoints": list(endpoints), **more}


def endpoint(uid: str, **conditions: bool | None) -> dict[str, Any]:
    return {
        "addresses": ["10.0.0.1"],
        "conditions": conditions,
        "targetRef": {"uid": uid, "name": f"pod-{uid}"},
    }


def test_an_unknown_readiness_counts_as_ready() -> None:
    (found,) = parse.service_endpoints(["web"], [slice_of("web", endpoint("a"), endpoint("b", ready=None))])
    assert found.serves("a")
    assert found.serves("b")


def test_a_dual_stack_pod_counts_once_and_a_terminating_one_not_at_all() -> None:
    slices = [slice_of("web", endpoint("a", ready=True)), slice_of("web", endpoint("a", ready=True))]
    (found,) = parse.service_endpoints(
        ["web"], [*slices, slice_of("web", endpoint("b", ready=True, terminating=True))]
    )
    assert found.ready_others("") == 1


def test_many_slices_are_one_service_and_those_of_others_are_none_of_it() -> None:
    slices = [
        slice_of("web", endpoint("a", ready=True), ports=[{"port": 8080}, {"port": None}]),
        slice_of("web", endpoint("b", ready=False), ports=[{"port": 9090}]),
        slice_of("db", endpoint("c", ready=True), ports=[{"port": 5432}]),
    ]
    web, none = parse.service_endpoints(["web", "none"], slices)
    assert (web.ready_others(""), web.unready_others(""), web.ports) == (1, 1, (8080, 9090))
    assert (none.endpoints, none.ports) == ((), ())


def test_only_ports_of_tcp_have_connections_to_count() -> None:
    ports = [
        {"port": 53, "protocol": "UDP"},
        {"port": 53, "protocol": "TCP"},
        {"port": 443},
        {"port": 132, "protocol": "SCTP"},
        {"port": 53, "protocol": "UDP", "name": "again"},
    ]
    (found,) = parse.service_endpoints(["dns"], [slice_of("dns", endpoint("a", ready=True), ports=ports)])
    assert (found.ports, found.uncounted) == ((53, 443), ("53/UDP", "132/SCTP"))


def test_where_an_endpoint_is_and_whom_it_is_for() -> None:
    hints = {"forZones": [{"name": "zone-b"}], "forNodes": [{"name": "node-2"}]}
    there = {**endpoint("a", ready=True), "nodeName": "node-1", "zone": "zone-a", "hints": hints}
    nowhere = {**endpoint("b", ready=True), "nodeName": None, "zone": None, "hints": None}
    (found,) = parse.service_endpoints(["web"], [slice_of("web", there, nowhere)])
    assert [(e.node, e.zone, e.for_zones, e.for_nodes) for e in found.endpoints] == [
        ("node-1", "zone-a", ("zone-b",), ("node-2",)),
        ("", "", (), ()),
    ]


def test_a_slice_made_by_hand_holds_the_copy_too() -> None:
    assert parse.holders("a", [slice_of("", endpoint("a", ready=False))]) == ("EndpointSlice s-1",)


def test_empty_slices() -> None:
    empty = {
        "metadata": {"name": "s", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": None,
        "ports": None,
    }
    assert parse.service_endpoints(["web"], [empty])[0].endpoints == ()
    assert parse.holders("", [empty]) == ()


def test_an_endpoint_without_a_pod_is_somebody_else() -> None:
    (found,) = parse.service_endpoints(
        ["web"], [slice_of("web", {"addresses": ["192.0.2.1"], "conditions": {}})]
    )
    assert found.ready_others("uid-copy") == 1
    assert not found.serves("uid-copy")
