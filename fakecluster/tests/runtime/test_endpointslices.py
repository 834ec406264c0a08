"""The EndpointSlice controller on a running world."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.builders import app, pod, service
from fakecluster.kinds import Object
from fakecluster.tests.runtime.world import NAMESPACE, World, in_world

LABELS = {"app": "nginx"}


def held(world: World) -> list[Object]:
    """All endpoints of all slices."""
    return [e for s in world.objects(kinds.ENDPOINTSLICES) for e in s["endpoints"] or ()]


def ready(world: World) -> set[str]:
    return {e["targetRef"]["name"] for e in held(world) if e["conditions"]["ready"]}


@in_world(endpoints_per_slice=2)
async def test_a_slice_holds_so_many_endpoints(world: World) -> None:
    world.create(kinds.SERVICES, service("nginx", LABELS))
    for number in range(5):
        world.create(kinds.PODS, pod(f"nginx-{number}", labels=LABELS))
    await world.until(lambda: len(ready(world)) == 5)
    assert sorted(len(s["endpoints"]) for s in world.objects(kinds.ENDPOINTSLICES)) == [1, 2, 2]


@in_world()
async def test_a_service_without_endpoints_has_one_slice_of_null(world: World) -> None:
    """The real one writes null, not an empty list, for both."""
    world.create(kinds.SERVICES, service("nginx", LABELS))
    await world.until(lambda: world.objects(kinds.ENDPOINTSLICES))
    (empty,) = world.objects(kinds.ENDPOINTSLICES)
    assert (empty["endpoints"], empty["ports"]) == (None, None)
    assert empty["metadata"]["labels"] == {
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": "nginx",
    }


@in_world()
async def test_the_empty_slice_is_used_again(world: World) -> None:
    world.create(kinds.SERVICES, service("nginx", LABELS))
    await world.until(lambda: world.objects(kinds.ENDPOINTSLICES))
    (empty,) = world.objects(kinds.ENDPOINTSLICES)
    world.create(kinds.PODS, pod("nginx", labels=LABELS))
    await world.until(lambda: ready(world))
    assert [s["metadata"]["uid"] for s in world.objects(kinds.ENDPOINTSLICES)] == [empty["metadata"]["uid"]]


@in_world()
async def test_another_selector_means_other_pods(world: World) -> None:
    world.create(kinds.SERVICES, service("nginx", LABELS))
    world.create(kinds.PODS, pod("one", labels=LABELS))
    world.create(kinds.PODS, pod("two", labels={"app": "other"}))
    await world.until(lambda: ready(world) == {"one"})
    changed = {"app": "other"}
    world.store.mutate(kinds.SERVICES, NAMESPACE, "nginx", lambda s: s["spec"].update(selector=changed))
    await world.until(lambda: ready(world) == {"two"})


@in_world()
async def test_the_slices_go_with_their_service(world: World) -> None:
    world.create(kinds.SERVICES, service("nginx", LABELS))
    await world.until(lambda: world.objects(kinds.ENDPOINTSLICES))
    world.store.begin_delete(kinds.SERVICES, NAMESPACE, "nginx")
    await world.until(lambda: not world.objects(kinds.ENDPOINTSLICES))


@in_world()
async def test_slices_without_a_selector_are_somebody_else_s(world: World) -> None:
    world.create(kinds.SERVICES, service("manual", {}))
    world.create(kinds.SERVICES, service("nginx", LABELS))
    await world.until(lambda: world.objects(kinds.ENDPOINTSLICES))
    assert [s["metadata"]["generateName"] for s in world.objects(kinds.ENDPOINTSLICES)] == ["nginx-"]


@in_world(slice_delay=0.0)
async def test_a_pod_that_is_deleted_is_first_terminating(world: World) -> None:
    world.create(kinds.SERVICES, service("nginx", LABELS))
    world.create(kinds.PODS, pod("nginx", app(), labels=LABELS))
    await world.until(lambda: ready(world))
    world.settings.termination_delay = 0.2
    world.store.begin_delete(kinds.PODS, NAMESPACE, "nginx", 1)
    await world.until(lambda: held(world) and held(world)[0]["conditions"]["terminating"])
    assert held(world)[0]["conditions"]["serving"]
    await world.until(lambda: not held(world))


@in_world(slice_delay=0.0)
async def test_a_phase_alone_moves_nothing(world: World) -> None:
    """As with the real controller, a pod whose deadline passed is only not ready, until something else happens."""
    world.create(kinds.SERVICES, service("nginx", LABELS))
    world.settings.termination_delay = 0.2
    world.create(kinds.PODS, pod("dead", labels=LABELS, activeDeadlineSeconds=1))
    await world.until(lambda: (world.find(kinds.PODS, "dead") or {})["status"]["phase"] == "Failed")
    assert [e["conditions"] for e in held(world)] == [
        {"ready": False, "serving": False, "terminating": False}
    ]
    world.create(kinds.PODS, pod("alive", labels=LABELS))
    await world.until(lambda: [e["targetRef"]["name"] for e in held(world)] == ["alive"])


@in_world(nodes=["one", "two"], zones=["r1/z1", "r1/z2"])
async def test_nodes_are_in_zones_in_turn_and_so_are_endpoints(world: World) -> None:
    world.create(kinds.SERVICES, service("nginx", LABELS))
    for number in range(2):
        world.create(kinds.PODS, pod(f"nginx-{number}", labels=LABELS))
    await world.until(lambda: len(ready(world)) == 2)
    assert {(e["nodeName"], e["zone"]) for e in held(world)} == {("one", "z1"), ("two", "z2")}
    labels = [p["metadata"]["labels"]["topology.kubernetes.io/zone"] for p in world.objects(kinds.PODS)]
    assert sorted(labels) == ["z1", "z2"]
