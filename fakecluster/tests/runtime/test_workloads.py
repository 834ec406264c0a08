"""The controllers of pods on a running world: what they create, adopt, release and delete, and in which order."""

from __future__ import annotations

import pytest

from fakecluster import kinds
from fakecluster.builders import NGINX, app, netshoot, pod, template, workload
from fakecluster.kinds import Kind, Object
from fakecluster.objects import controller_of, is_ready
from fakecluster.tests.runtime.world import NAMESPACE, World, in_world


def ready_pods(world: World, label: str) -> set[str]:
    return {
        p["metadata"]["name"]
        for p in world.objects(kinds.PODS)
        if is_ready(p) and (p["metadata"].get("labels") or {}).get("app") == label
    }


def reasons(world: World, about: str) -> set[str]:
    return {e["reason"] for e in world.objects(kinds.EVENTS) if e["involvedObject"]["name"] == about}


async def scale(world: World, kind: Kind, name: str, replicas: int) -> None:
    world.store.mutate(kind, NAMESPACE, name, lambda o: o["spec"].update(replicas=replicas))
    await world.until(
        lambda: len(ready_pods(world, name)) == replicas and len(world.objects(kinds.PODS)) == replicas
    )


@in_world()
async def test_a_replica_set_has_as_many_pods_as_asked_for(world: World) -> None:
    world.create(kinds.REPLICASETS, workload("web", 2))
    await world.until(lambda: len(ready_pods(world, "web")) == 2)
    await scale(world, kinds.REPLICASETS, "web", 3)
    await scale(world, kinds.REPLICASETS, "web", 1)
    owner = world.find(kinds.REPLICASETS, "web") or {}
    assert controller_of(world.objects(kinds.PODS)[0])["uid"] == owner["metadata"]["uid"]  # type: ignore[index]
    assert reasons(world, "web") == {"SuccessfulCreate", "SuccessfulDelete"}


@in_world()
async def test_a_replica_set_lets_go_of_a_pod_whose_labels_changed(world: World) -> None:
    world.create(kinds.REPLICASETS, workload("web", 1))
    (old,) = await world.until(lambda: ready_pods(world, "web"))
    world.label(old, app="other")
    (new,) = await world.until(lambda: ready_pods(world, "web"))
    assert new != old
    assert controller_of(world.find(kinds.PODS, old) or {}) is None


@in_world()
async def test_a_replication_controller_adopts_too(world: World) -> None:
    plain = {"replicas": 1, "selector": {"app": "rc"}, "template": template({"app": "rc"})}
    world.create(kinds.PODS, pod("orphan", labels={"app": "rc"}))
    await world.until_ready("orphan")
    world.create(kinds.REPLICATIONCONTROLLERS, {"metadata": {"name": "rc"}, "spec": plain})
    await world.until(lambda: controller_of(world.find(kinds.PODS, "orphan") or {}))
    assert world.pod_names() == {"orphan"}


@in_world(adoption_delay=0.1, victim_delay=3600.0)
async def test_adoption_and_its_victim_can_be_slow(world: World) -> None:
    world.create(kinds.REPLICASETS, workload("web", 1))
    await world.until(lambda: ready_pods(world, "web"))
    world.create(kinds.PODS, pod("copy", labels={"app": "web"}))
    await world.until(lambda: controller_of(world.find(kinds.PODS, "copy") or {}))
    await world.until_ready("copy")
    assert len(world.pod_names()) == 2


@in_world()
async def test_a_daemon_set_keeps_the_older_pod_of_a_node(world: World) -> None:
    world.create(kinds.DAEMONSETS, workload("ds", 1))
    (own,) = await world.until(lambda: ready_pods(world, "ds"))
    world.create(kinds.PODS, pod("copy", app(), netshoot()))
    await world.until_ready("copy")
    world.label("copy", app="ds")
    await world.until_gone(kinds.PODS, "copy")
    assert world.pod_names() == {own}
    owned = [bool(controller_of(obj)) for _, obj in world.versions(kinds.PODS, "copy")]
    assert owned[-1]


@in_world(nodes=["one", "two"])
async def test_a_daemon_set_has_a_pod_on_every_node(world: World) -> None:
    world.create(kinds.DAEMONSETS, workload("ds", 1))
    await world.until(lambda: len(ready_pods(world, "ds")) == 2)
    assert {p["spec"]["nodeName"] for p in world.objects(kinds.PODS)} == {"one", "two"}


@in_world()
async def test_a_stateful_set_goes_up_in_order_and_down_in_reverse(world: World) -> None:
    world.create(kinds.STATEFULSETS, workload("db", 3, serviceName="db"))
    await world.until(lambda: len(ready_pods(world, "db")) == 3)
    await scale(world, kinds.STATEFULSETS, "db", 1)
    created = [c.name for c in world.store.history if c.kind is kinds.PODS and c.type == "ADDED"]
    deleted = [c.name for c in world.store.history if c.kind is kinds.PODS and c.type == "DELETED"]
    assert (created, deleted) == (["db-0", "db-1", "db-2"], ["db-2", "db-1"])
    spec = (world.find(kinds.PODS, "db-0") or {})["spec"]
    assert (spec["hostname"], spec["subdomain"]) == ("db-0", "db")


@in_world()
async def test_a_stateful_set_adopts_by_name_only(world: World) -> None:
    world.create(kinds.STATEFULSETS, workload("db", 1))
    await world.until(lambda: ready_pods(world, "db"))
    world.create(kinds.PODS, pod("db-0-netshoot-abcde", labels={"app": "db"}))
    world.create(kinds.PODS, pod("db-7", labels={"app": "db"}))
    await world.until_gone(kinds.PODS, "db-7")
    assert controller_of(world.find(kinds.PODS, "db-0-netshoot-abcde") or {}) is None


@pytest.mark.parametrize("surge", [0, 1])
def test_a_rolling_update_keeps_enough_pods_available(surge: int) -> None:
    @in_world()
    async def update(world: World) -> None:
        rolling = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": 1 - surge}, "type": "RollingUpdate"}
        world.create(kinds.DEPLOYMENTS, workload("nginx", 3, app(image=NGINX), strategy=rolling))
        await world.until(lambda: len(ready_pods(world, "nginx")) == 3)
        before = world.pod_names()
        counts: list[tuple[int, int]] = []

        def done() -> bool:
            counts.append((len(ready_pods(world, "nginx")), len(world.objects(kinds.REPLICASETS))))
            ready = ready_pods(world, "nginx")
            return len(ready) == 3 and not ready & before and world.pod_names() == ready

        new = template({"app": "nginx"}, app(image="docker.io/library/nginx:1.28"))
        world.store.mutate(kinds.DEPLOYMENTS, NAMESPACE, "nginx", lambda o: o["spec"].update(template=new))
        await world.until(done)
        assert min(ready for ready, _ in counts) >= 2 + surge
        complete = (world.find(kinds.DEPLOYMENTS, "nginx") or {})["status"]
        assert complete["updatedReplicas"] == complete["availableReplicas"] == 3

    update()


@in_world()
async def test_pods_of_a_deployment_carry_its_hash(world: World) -> None:
    world.create(kinds.DEPLOYMENTS, workload("nginx", 1))
    await world.until(lambda: ready_pods(world, "nginx"))
    (replica_set,), (made,) = world.objects(kinds.REPLICASETS), world.objects(kinds.PODS)
    name = made["metadata"]["labels"]["pod-template-hash"]
    assert replica_set["metadata"]["name"] == f"nginx-{name}"
    assert replica_set["spec"]["selector"]["matchLabels"] == {"app": "nginx", "pod-template-hash": name}


def job(*command: str, **spec: object) -> Object:
    made = template({"job": "job"}, netshoot(*command), restartPolicy="Never")
    return {
        "metadata": {"name": "job"},
        "spec": {"completions": 2, "selector": {"matchLabels": {"job": "job"}}, "template": made, **spec},
    }


def conditions(world: World) -> list[str]:
    found = world.find(kinds.JOBS, "job") or {}
    return [c["type"] for c in found.get("status", {}).get("conditions") or ()]


@in_world()
async def test_a_job_is_complete_when_enough_pods_succeeded(world: World) -> None:
    world.create(kinds.JOBS, job("true"))
    await world.until(lambda: "Complete" in conditions(world))
    phases = [p["status"]["phase"] for p in world.objects(kinds.PODS)]
    assert phases == ["Succeeded", "Succeeded"]


@in_world()
async def test_a_job_gives_up(world: World) -> None:
    world.create(kinds.JOBS, job("false", backoffLimit=1))
    await world.until(lambda: "Failed" in conditions(world))
    assert [p["status"]["phase"] for p in world.objects(kinds.PODS)] == ["Failed", "Failed"]


@in_world()
async def test_what_an_owner_leaves_is_collected(world: World) -> None:
    world.create(kinds.DEPLOYMENTS, workload("nginx", 2))
    await world.until(lambda: len(ready_pods(world, "nginx")) == 2)
    world.store.begin_delete(kinds.DEPLOYMENTS, NAMESPACE, "nginx")
    await world.until(lambda: not world.objects(kinds.PODS) and not world.objects(kinds.REPLICASETS))
