"""Where pods go, what is said when they cannot, and who has to leave for whom."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster import kinds
from fakecluster.builders import app, pod
from fakecluster.capacity import requested
from fakecluster.kinds import Object
from fakecluster.quantities import quantity
from fakecluster.tests.runtime.world import NAMESPACE, World, in_world

NODE = "k8s-node-1"
CPU = "0/1 nodes are available: 1 Insufficient cpu."
IN_VAIN = "no new claims to deallocate, preemption: 0/1 nodes are available: 1"
NO_VICTIMS = f"{IN_VAIN} No preemption victims found for incoming pod."
NOT_HELPFUL = f"{IN_VAIN} Preemption is not helpful for scheduling."


def wanting(name: str, cpu: str, priority: int = 0, **spec: Any) -> Object:
    container = app(resources={"requests": {"cpu": cpu}})
    return pod(name, container, priority=priority, preemptionPolicy="PreemptLowerPriority", **spec)


def room(world: World, **allocatable: str) -> None:
    """All that the node has."""
    world.store.mutate(kinds.NODES, "", NODE, lambda node: node["status"].update(allocatable=allocatable))


async def message(world: World, name: str) -> str:
    """Why a pod found no node."""
    await world.until(lambda: world.condition(name, "PodScheduled") == "False")
    conditions = (world.find(kinds.PODS, name) or {})["status"]["conditions"]
    (said,) = [c for c in conditions if c["type"] == "PodScheduled"]
    assert said["reason"] == "Unschedulable"
    return str(said["message"])


def events(world: World, reason: str) -> list[tuple[str, str]]:
    found = [e for e in world.objects(kinds.EVENTS) if e["reason"] == reason]
    return [(e["involvedObject"]["name"], e["message"]) for e in found]


@in_world()
async def test_a_pod_waits_for_room_and_takes_it(world: World) -> None:
    room(world, cpu="1", memory="1Gi", pods="10")
    world.create(kinds.PODS, wanting("first", "600m"))
    await world.until_ready("first")
    world.create(kinds.PODS, wanting("second", "600m", activeDeadlineSeconds=1))
    assert await message(world, "second") == f"{CPU} {NO_VICTIMS}"
    assert events(world, "FailedScheduling") == [("second", f"{CPU} {NO_VICTIMS}")]
    assert "startTime" not in (world.find(kinds.PODS, "second") or {})["status"]
    world.store.begin_delete(kinds.PODS, NAMESPACE, "first")
    await world.until_ready("second")


@in_world()
async def test_a_deadline_does_not_count_while_a_pod_is_pending(world: World) -> None:
    room(world, cpu="1", pods="10")
    world.create(kinds.PODS, wanting("big", "2", activeDeadlineSeconds=1))
    world.create(kinds.PODS, wanting("clock", "1m", activeDeadlineSeconds=1))
    await message(world, "big")
    await world.until(
        lambda: (world.find(kinds.PODS, "clock") or {})["status"].get("reason") == "DeadlineExceeded"
    )
    assert (world.find(kinds.PODS, "big") or {})["status"]["phase"] == "Pending"
    world.store.begin_delete(kinds.PODS, NAMESPACE, "big")
    assert world.find(kinds.PODS, "big") is None


@pytest.mark.parametrize(
    ("allocatable", "said"),
    [
        ({"cpu": "10", "memory": "1Mi", "pods": "5"}, "1 Insufficient memory"),
        ({"cpu": "10", "memory": "1Gi", "pods": "0"}, "1 Too many pods"),
        ({"cpu": "10m", "memory": "1Mi", "pods": "5"}, "1 Insufficient cpu, 1 Insufficient memory"),
    ],
)
def test_everything_that_is_short_is_named(allocatable: dict[str, str], said: str) -> None:
    @in_world()
    async def story(world: World) -> None:
        room(world, **allocatable)
        asked = app(resources={"requests": {"cpu": "100m", "memory": "64Mi"}})
        world.create(kinds.PODS, pod("web", asked))
        assert await message(world, "web") == f"0/1 nodes are available: {said}. {NO_VICTIMS}"

    story()


@in_world()
async def test_a_cordoned_node_is_no_matter_of_room(world: World) -> None:
    world.store.mutate(kinds.NODES, "", NODE, lambda node: node["spec"].update(unschedulable=True))
    world.create(kinds.PODS, pod("web"))
    unschedulable = "0/1 nodes are available: 1 node(s) were unschedulable."
    assert await message(world, "web") == f"{unschedulable} {NOT_HELPFUL}"
    world.store.mutate(kinds.NODES, "", NODE, lambda node: node["spec"].pop("unschedulable"))
    await world.until_ready("web")


@in_world(nodes=["one", "two"], zones=["r1/z1", "r1/z2"])
async def test_a_required_zone_is_obeyed(world: World) -> None:
    term = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z2"]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [term]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    for name in ("a", "b", "c"):
        world.create(kinds.PODS, pod(name, affinity=affinity))
    await world.until_ready("a", "b", "c")
    assert {p["spec"]["nodeName"] for p in world.objects(kinds.PODS)} == {"two"}


@in_world()
async def test_the_more_important_pod_takes_the_room_of_as_few_as_it_needs(world: World) -> None:
    room(world, cpu="1", pods="10")
    for name, priority in (("cheap", 1), ("dear", 5)):
        world.create(kinds.PODS, wanting(name, "400m", priority))
        await world.until_ready(name)
    made = world.create(kinds.PODS, wanting("vip", "500m", 10))
    await world.until_ready("vip")
    assert world.pod_names() == {"dear", "vip"}
    uid = made["metadata"]["uid"]
    assert events(world, "Preempted") == [("cheap", f"Preempted by pod {uid} on node {NODE}")]
    deleted = [
        obj for _, obj in world.versions(kinds.PODS, "cheap") if "deletionTimestamp" in obj["metadata"]
    ]
    marked = deleted[0]
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 1
    assert events(world, "FailedScheduling")[0] == ("vip", CPU)
    (target,) = [c for c in marked["status"]["conditions"] if c["type"] == "DisruptionTarget"]
    assert (target["status"], target["reason"]) == ("True", "PreemptionByScheduler")
    nominated = {obj["status"].get("nominatedNodeName") for _, obj in world.versions(kinds.PODS, "vip")}
    assert nominated == {None, NODE}
    assert "nominatedNodeName" not in (world.find(kinds.PODS, "vip") or {})["status"]


@in_world()
async def test_nobody_else_takes_the_room_that_was_made(world: World) -> None:
    """The victim's replacement is there before the victim has gone."""
    room(world, cpu="1", pods="10")
    world.create(kinds.PODS, wanting("victim", "1"))
    await world.until_ready("victim")
    world.settings.termination_delay = 0.2
    world.create(kinds.PODS, wanting("vip", "1", 10))
    await world.until(lambda: events(world, "Preempted"))
    world.create(kinds.PODS, wanting("replacement", "1"))
    await world.until_ready("vip")
    assert await message(world, "replacement") == f"{CPU} {NO_VICTIMS}"


@pytest.mark.parametrize(
    ("policy", "priority", "why"),
    [
        ("Never", 10, "no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."),
        ("PreemptLowerPriority", 0, NO_VICTIMS),
    ],
)
def test_who_may_not_preempt_waits(policy: str, priority: int, why: str) -> None:
    @in_world()
    async def story(world: World) -> None:
        room(world, cpu="1", pods="10")
        world.create(kinds.PODS, wanting("there", "1"))
        await world.until_ready("there")
        late = wanting("late", "1", priority)
        late["spec"]["preemptionPolicy"] = policy
        world.create(kinds.PODS, late)
        assert await message(world, "late") == f"{CPU} {why}"
        assert "deletionTimestamp" not in (world.find(kinds.PODS, "there") or {})["metadata"]

    story()


@in_world()
async def test_a_budget_s_pod_is_spared_where_another_will_do(world: World) -> None:
    room(world, cpu="1", pods="10")
    world.create(kinds.PODS, wanting("plain", "500m", 3))
    kept = wanting("kept", "500m", 1)
    kept["metadata"]["labels"] = {"app": "kept"}
    world.create(kinds.PODS, kept)
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "kept"}}}
    world.create(kinds.PODDISRUPTIONBUDGETS, {"metadata": {"name": "b"}, "spec": spec})
    await world.until_ready("plain", "kept")
    world.create(kinds.PODS, wanting("vip", "500m", 10))
    await world.until_ready("vip")
    assert world.pod_names() == {"kept", "vip"}


@pytest.mark.parametrize(
    ("init", "main", "cpu"),
    [
        ([], ["100m", "200m"], "300m"),
        (["1"], ["100m"], "1"),
        (["100m"], ["1"], "1"),
        ([("300m",)], ["100m"], "400m"),
        ([("300m",), "1"], ["100m"], "1300m"),
    ],
)
def test_what_a_pod_requests(init: list[str | tuple[str]], main: list[str], cpu: str) -> None:
    """Init containers run one after the other; those in a tuple are sidecars, which stay."""

    def container(asked: str | tuple[str]) -> Object:
        sidecar = {"restartPolicy": "Always"} if isinstance(asked, tuple) else {}
        amount = asked[0] if isinstance(asked, tuple) else asked
        return app(resources={"requests": {"cpu": amount}}, **sidecar)

    made = pod("web", *map(container, main), initContainers=[container(c) for c in init])
    assert requested(made) == {"cpu": quantity(cpu)}
