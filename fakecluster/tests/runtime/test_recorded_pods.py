"""The kubelet's word on a pod, in the same steps as in the recordings of a real one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from fakecluster import kinds
from fakecluster.builders import NGINX, app, netshoot, pod, service
from fakecluster.kinds import Object
from fakecluster.tests.runtime.world import NAMESPACE, World, in_world

RECORDINGS = Path(__file__).parents[1] / "recordings"
PROBE = {"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}, "periodSeconds": 1}
Step = tuple[object, ...]


def recorded(recording: str, name: str) -> list[Step]:
    """The steps of one pod in the watch of pods in a recording."""
    for line in (RECORDINGS / f"{recording}-watched.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        if "/pods?watch" in exchange["request"]["path"]:
            events = exchange["response"]["body"]["lines"]
            return steps(
                (e["type"], e["object"]) for e in events if e["object"]["metadata"].get("name") == name
            )
    raise AssertionError(f"no watch of pods in {recording}")


def steps(versions: Iterable[tuple[str, Object]]) -> list[Step]:
    """What matters of each version: everything but names, times, addresses and ids."""
    return [step(type_, obj) for type_, obj in versions]


def step(type_: str, obj: Object) -> Step:
    metadata, status = obj["metadata"], obj["status"]
    conditions = [
        (c["type"], c["status"], c.get("reason"), c.get("message")) for c in status.get("conditions") or ()
    ]
    return (
        type_,
        metadata["generation"],
        status.get("observedGeneration"),
        metadata.get("deletionGracePeriodSeconds"),
        bool(obj["spec"].get("nodeName")),
        status.get("phase"),
        status.get("reason"),
        bool(status.get("podIP")),
        tuple(conditions),
        tuple(container(c) for c in status.get("containerStatuses") or ()),
    )


def container(status: Object) -> Step:
    (kind, state), *_ = status["state"].items()
    # Some messages hold the pod's uid and the container's pulled name; their beginning says enough.
    told = (state.get("reason"), state.get("exitCode"), (state.get("message") or "")[:30])
    ended = status["lastState"].get("terminated", {}).get("exitCode")
    return status["name"], kind, told, ended, status["ready"], status["started"], status["restartCount"]


def debugged(name: str, *command: str, probe: bool = False) -> Object:
    """A copy of an nginx pod as kubectl debug makes it."""
    nginx = app(image=NGINX, **({"readinessProbe": PROBE} if probe else {}))
    return pod(name, nginx, netshoot(*command), shareProcessNamespace=True)


@in_world()
async def test_a_session(world: World) -> None:
    """The copy becomes ready, is marked, joins, leaves, is deleted."""
    world.create(kinds.PODS, debugged("watched", probe=True))
    await world.until_ready("watched")

    def mark(obj: Object) -> None:
        obj["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "kubectl-netshoot"}
        obj["spec"]["activeDeadlineSeconds"] = 3600

    world.store.mutate(kinds.PODS, NAMESPACE, "watched", mark)
    world.label("watched", app="nginx")
    await world.until(lambda: _observed(world, "watched") == 2)
    world.store.mutate(kinds.PODS, NAMESPACE, "watched", lambda o: o["metadata"]["labels"].pop("app"))
    world.store.begin_delete(kinds.PODS, NAMESPACE, "watched", 1)
    await world.until_gone(kinds.PODS, "watched")
    assert steps(world.versions(kinds.PODS, "watched")) == recorded("session", "watched")


@in_world(back_off_base=10.0)
async def test_a_crash_loop(world: World) -> None:
    """Restarted at once, then after 10 seconds, of which we see the beginning."""
    # The recording's command lived long enough for its container to be reported as running.
    world.create(kinds.PODS, debugged("crash", "sh", "-c", "sleep 0.1; exit 3"))
    await world.until(lambda: _waiting(world, "crash") == "CrashLoopBackOff")
    expected = recorded("crashloop", "crash")
    seen = steps(world.versions(kinds.PODS, "crash"))
    assert seen == expected[: len(seen)]
    assert len(seen) == len(expected) - 1


@in_world()
async def test_a_deadline(world: World) -> None:
    """First not ready, then Failed; and so it stays."""
    world.create(kinds.PODS, debugged("dead"))
    await world.until_ready("dead")
    world.label("dead", app="nginx")
    started = (world.find(kinds.PODS, "dead") or {})["status"]["startTime"]
    assert started
    world.store.mutate(kinds.PODS, NAMESPACE, "dead", lambda o: o["spec"].update(activeDeadlineSeconds=2))
    await world.until(lambda: _phase(world, "dead") == "Failed")
    assert steps(world.versions(kinds.PODS, "dead")) == recorded("deadline", "dead")


@in_world(observe_delay=60.0)
async def test_an_image_that_is_missing(world: World) -> None:
    world.create(kinds.PODS, pod("noimg", app(image=NGINX), netshoot(image="localhost:1/none:v1")))
    await world.until(lambda: _waiting(world, "noimg") == "ErrImagePull")
    assert steps(world.versions(kinds.PODS, "noimg")) == recorded("image-missing", "noimg")


@in_world()
async def test_adoption(world: World) -> None:
    """The ownerReference first, then the deletion."""
    labels = {"app": "web"}
    world.create(kinds.PODS, debugged("webcopy"))
    await world.until_ready("webcopy")
    owner = {"replicas": 0, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    world.create(kinds.REPLICASETS, {"metadata": {"name": "web"}, "spec": owner})
    world.label("webcopy", app="web")
    await world.until_gone(kinds.PODS, "webcopy")
    versions = world.versions(kinds.PODS, "webcopy")
    assert steps(versions) == recorded("adoption", "webcopy")
    owned = [bool(obj["metadata"].get("ownerReferences")) for _, obj in versions]
    deleted = ["deletionTimestamp" in obj["metadata"] for _, obj in versions]
    assert owned.index(True) == deleted.index(True) - 1


@in_world(slice_delay=0.0)
async def test_the_slices_of_a_session(world: World) -> None:
    """In with the label, out without it, and the annotation tells only of what came."""
    world.create(kinds.SERVICES, service("nginx", {"app": "nginx"}))
    world.create(kinds.PODS, debugged("copy"))
    await world.until_ready("copy")
    world.label("copy", app="nginx")
    await world.until(lambda: [e for s in world.objects(kinds.ENDPOINTSLICES) for e in s["endpoints"] or ()])
    (joined,) = world.objects(kinds.ENDPOINTSLICES)
    world.store.mutate(kinds.PODS, NAMESPACE, "copy", lambda o: o["metadata"]["labels"].pop("app"))
    await world.until(lambda: not world.objects(kinds.ENDPOINTSLICES)[0]["endpoints"])
    (left,) = world.objects(kinds.ENDPOINTSLICES)
    told = "endpoints.kubernetes.io/last-change-trigger-time"
    assert joined["metadata"]["name"] == left["metadata"]["name"]
    assert told in joined["metadata"]["annotations"]
    assert told not in left["metadata"].get("annotations", {})
    assert left["metadata"]["generation"] == joined["metadata"]["generation"] + 1


def _status(world: World, name: str) -> Object:
    status: Object = (world.find(kinds.PODS, name) or {}).get("status", {})
    return status


def _observed(world: World, name: str) -> int:
    return int(_status(world, name).get("observedGeneration", 0))


def _phase(world: World, name: str) -> str:
    return str(_status(world, name).get("phase"))


def _waiting(world: World, name: str) -> str:
    """The reason why the netshoot container waits."""
    statuses = _status(world, name).get("containerStatuses") or [{}]
    return str(statuses[0].get("state", {}).get("waiting", {}).get("reason"))
