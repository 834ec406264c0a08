"""A pod's life beyond the recordings: PID 1, init containers, probes, gates, grace periods, ephemeral containers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fakecluster import kinds
from fakecluster.builders import app, netshoot, pod
from fakecluster.kinds import Object
from fakecluster.logs import LogOptions
from fakecluster.settings import ImageRule
from fakecluster.tests.runtime.world import NAMESPACE, World, in_world

SLEEPER = ("sh", "-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done")
EPHEMERAL = "ephemeralContainerStatuses"
DEAF = ("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done")


def statuses(world: World, name: str, key: str = "containerStatuses") -> dict[str, Object]:
    found = world.find(kinds.PODS, name) or {}
    return {c["name"]: c for c in found.get("status", {}).get(key) or ()}


def last_states(world: World, name: str) -> dict[str, Any]:
    """Exit codes of a pod that is gone, by container."""
    final = world.versions(kinds.PODS, name)[-1][1]
    return {c["name"]: c["state"]["terminated"]["exitCode"] for c in final["status"]["containerStatuses"]}


async def first_line(world: World, name: str) -> bytes:
    """Of the netshoot container's log: its trap is then set."""
    worker = world.runtime.worker(NAMESPACE, name)
    assert worker is not None
    runner = worker.containers.find("netshoot")
    assert runner is not None
    assert runner.log is not None
    return await runner.log.read(LogOptions(follow=True)).__anext__()


async def ended(world: World, *containers: Object, grace: int | None = None, **spec: Any) -> dict[str, Any]:
    """The exit codes of these containers when their pod is deleted."""
    world.create(kinds.PODS, pod("doomed", *containers, **spec))
    await world.until_ready("doomed")
    if any("echo up" in word for c in containers for word in c["command"]):
        await first_line(world, "doomed")
    world.store.begin_delete(kinds.PODS, NAMESPACE, "doomed", grace)
    await world.until_gone(kinds.PODS, "doomed")
    return last_states(world, "doomed")


@in_world()
async def test_pid_1_that_handles_term_ends_at_once(world: World) -> None:
    assert await ended(world, netshoot(*SLEEPER), grace=3600) == {"netshoot": 0}


@in_world()
async def test_pid_1_that_ignores_term_is_killed(world: World) -> None:
    assert await ended(world, netshoot(*DEAF), grace=1) == {"netshoot": 137}


@in_world()
async def test_pid_1_without_a_handler_does_not_even_notice_term(world: World) -> None:
    assert await ended(world, netshoot("sleep", "600"), grace=1) == {"netshoot": 137}


@in_world()
async def test_with_shared_processes_it_is_not_pid_1(world: World) -> None:
    codes = await ended(world, netshoot("sleep", "600"), shareProcessNamespace=True, grace=3600)
    assert codes == {"netshoot": 143}


@in_world()
async def test_the_grace_period_can_be_cut_short(world: World) -> None:
    world.create(kinds.PODS, pod("doomed", netshoot(*DEAF)))
    await world.until_ready("doomed")
    world.store.begin_delete(kinds.PODS, NAMESPACE, "doomed", 3600)
    world.store.begin_delete(kinds.PODS, NAMESPACE, "doomed", 1)
    await world.until_gone(kinds.PODS, "doomed")


@in_world(init_seconds=0.1)
async def test_init_containers_come_first_and_one_by_one(world: World) -> None:
    init = [app(name="one"), app(name="two")]
    world.create(kinds.PODS, pod("web", initContainers=init))
    await world.until(
        lambda: "running" in statuses(world, "web", "initContainerStatuses").get("one", {}).get("state", {})
    )
    assert "waiting" in statuses(world, "web", "initContainerStatuses")["two"]["state"]
    assert world.condition("web", "Initialized") == "False"
    assert "waiting" in statuses(world, "web")["nginx"]["state"]
    await world.until_ready("web")
    codes = [
        c["state"]["terminated"]["exitCode"] for c in statuses(world, "web", "initContainerStatuses").values()
    ]
    assert codes == [0, 0]


@in_world()
async def test_an_init_container_that_fails_for_good_fails_the_pod(world: World) -> None:
    init = [netshoot("false", name="init")]
    world.create(kinds.PODS, pod("web", initContainers=init, restartPolicy="Never"))
    await world.until(lambda: (world.find(kinds.PODS, "web") or {})["status"].get("phase") == "Failed")
    assert "waiting" in statuses(world, "web")["nginx"]["state"]


@in_world()
async def test_a_sidecar_runs_beside(world: World) -> None:
    init = [app(name="proxy", restartPolicy="Always")]
    world.create(kinds.PODS, pod("web", initContainers=init))
    await world.until_ready("web")
    assert "running" in statuses(world, "web", "initContainerStatuses")["proxy"]["state"]


@in_world()
async def test_a_readiness_gate_keeps_it_unready(world: World) -> None:
    gated = pod("web", readinessGates=[{"conditionType": "example.org/gate"}])
    world.create(kinds.PODS, gated)
    await world.until(lambda: world.condition("web", "ContainersReady") == "True")
    conditions = {c["type"]: c for c in (world.find(kinds.PODS, "web") or {})["status"]["conditions"]}
    assert conditions["Ready"]["status"] == "False"
    assert conditions["Ready"]["reason"] == "ReadinessGatesNotReady"
    told = 'corresponding condition of pod readiness gate "example.org/gate" does not exist.'
    assert conditions["Ready"]["message"] == told


@in_world()
async def test_a_readiness_probe_asks_the_real_port(world: World) -> None:
    """Nothing listens in the netshoot container until we say so."""
    serves = ("sh", "-c", "while [ ! -e go ]; do sleep 0.05; done; exec nc -l -p 9999")
    probe = {"tcpSocket": {"port": 9999}, "periodSeconds": 1}
    world.settings.probe_period_scale = 0.05
    world.create(kinds.PODS, pod("web", netshoot(*serves, readinessProbe=probe), restartPolicy="Never"))
    await world.until(lambda: "running" in statuses(world, "web").get("netshoot", {}).get("state", {}))
    assert world.condition("web", "Ready") == "False"
    worker = world.runtime.worker(NAMESPACE, "web")
    assert worker is not None
    (worker.directory / "go").touch()
    await world.until_ready("web")


@in_world()
async def test_an_ephemeral_container_is_started_when_it_is_patched_in(world: World) -> None:
    world.create(kinds.PODS, pod("web"))
    await world.until_ready("web")
    added = {"name": "debugger", "image": "netshoot", "command": ["sh", "-c", "exit 4"]}
    world.store.mutate(kinds.PODS, NAMESPACE, "web", lambda o: o["spec"].update(ephemeralContainers=[added]))

    def state() -> Object:
        found = statuses(world, "web", EPHEMERAL).get("debugger", {})
        return dict(found.get("state", {}).get("terminated", {}))

    assert (await world.until(state))["exitCode"] == 4
    assert world.condition("web", "Ready") == "True"


@in_world()
async def test_ephemeral_containers_are_told_by_name_whatever_their_order(world: World) -> None:
    world.create(kinds.PODS, pod("web"))
    await world.until_ready("web")
    added = [{"name": name, "image": "netshoot", "command": ["true"]} for name in ("second", "first")]
    world.store.mutate(kinds.PODS, NAMESPACE, "web", lambda o: o["spec"].update(ephemeralContainers=added))

    def names() -> list[str]:
        found = list(statuses(world, "web", EPHEMERAL))
        return found if len(found) == len(added) else []

    assert await world.until(names) == ["first", "second"]


@in_world()
async def test_an_ephemeral_container_does_not_wait_for_init_containers(world: World) -> None:
    init = [netshoot("sleep", "600", name="init")]
    world.create(kinds.PODS, pod("web", initContainers=init))
    added = {"name": "debugger", "image": "netshoot", "command": ["sh", "-c", "exit 4"]}
    await world.until(lambda: "init" in statuses(world, "web", "initContainerStatuses"))
    world.store.mutate(kinds.PODS, NAMESPACE, "web", lambda o: o["spec"].update(ephemeralContainers=[added]))
    await world.until(
        lambda: "terminated" in statuses(world, "web", EPHEMERAL).get("debugger", {}).get("state", {})
    )
    assert "running" in statuses(world, "web", "initContainerStatuses")["init"]["state"]


@in_world()
async def test_on_failure_restarts_failures_only(world: World) -> None:
    """The first run fails, the second does not."""
    once = netshoot("sh", "-c", "[ -e again ] || { touch again; exit 1; }")
    world.create(kinds.PODS, pod("task", once, restartPolicy="OnFailure"))
    await world.until(lambda: (world.find(kinds.PODS, "task") or {})["status"].get("phase") == "Succeeded")
    assert statuses(world, "task")["netshoot"]["restartCount"] == 1


@in_world()
async def test_a_command_that_is_not_there_cannot_be_started(world: World) -> None:
    world.create(kinds.PODS, pod("task", netshoot("no-such-command"), restartPolicy="Never"))
    await world.until(lambda: (world.find(kinds.PODS, "task") or {})["status"].get("phase") == "Failed")
    ended = statuses(world, "task")["netshoot"]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")


@in_world()
async def test_an_app_s_command_is_never_run(world: World) -> None:
    world.create(kinds.PODS, pod("web", app(command=["touch", "escaped"])))
    await world.until_ready("web")
    worker = world.runtime.worker(NAMESPACE, "web")
    assert worker is not None
    assert not (worker.directory / "escaped").exists()


@in_world()
async def test_a_test_s_rules_come_before_those_that_always_hold(world: World) -> None:
    world.settings.merge({"image_rules": [{"pattern": "netshoot", "effect": "exit", "exit_code": 9}]})
    world.create(kinds.PODS, pod("task", netshoot(*SLEEPER), restartPolicy="Never"))
    await world.until(lambda: "terminated" in statuses(world, "task").get("netshoot", {}).get("state", {}))
    assert statuses(world, "task")["netshoot"]["state"]["terminated"]["exitCode"] == 9


@in_world()
async def test_a_pod_nobody_can_take_stays_pending(world: World) -> None:
    world.create(kinds.PODS, pod("web", nodeSelector={"disk": "fast"}))
    await world.until(lambda: world.condition("web", "PodScheduled") == "False")
    events = [e["reason"] for e in world.objects(kinds.EVENTS)]
    assert events == ["FailedScheduling"]


@in_world()
async def test_a_given_node_is_obeyed(world: World) -> None:
    world.create(kinds.PODS, pod("web", nodeName="k8s-node-1"))
    await world.until_ready("web")


@in_world()
async def test_forced_deletion_ends_the_processes_too(world: World) -> None:
    world.create(kinds.PODS, pod("web", netshoot(*DEAF)))
    await world.until_ready("web")
    worker = world.runtime.worker(NAMESPACE, "web")
    assert worker is not None
    runner = worker.containers.find("netshoot")
    assert runner is not None
    world.store.begin_delete(kinds.PODS, NAMESPACE, "web", 0)
    await runner.over()
    assert runner.record.exit_code == 137


SLOW = [ImageRule("nginx", "serve", listen_after=0.3)]
STARTUP = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "failureThreshold": 600}


@in_world(image_rules=SLOW, probe_period_scale=0.05)
async def test_a_startup_probe_is_asked_before_the_readiness_probe(world: World) -> None:
    probe = {"tcpSocket": {"port": 80}}
    world.create(kinds.PODS, pod("web", app(startupProbe=STARTUP, readinessProbe=probe)))
    await world.until_ready("web")
    seen = [
        (c["started"], c["ready"])
        for _, obj in world.versions(kinds.PODS, "web")
        for c in obj["status"].get("containerStatuses") or ()
        if "running" in c["state"]
    ]
    assert list(dict.fromkeys(seen)) == [(False, False), (True, False), (True, True)]
    told = {e["message"] for e in world.objects(kinds.EVENTS) if e["reason"] == "Unhealthy"}
    address = (world.find(kinds.PODS, "web") or {})["status"]["podIP"]
    refused = f'Get "http://{address}:80/": dial tcp {address}:80: connect: connection refused'
    assert told == {f"Startup probe failed: {refused}"}


@in_world(image_rules=SLOW)
async def test_without_a_startup_probe_it_is_ready_before_it_listens(world: World) -> None:
    """What kubectl debug makes of a source that has no readiness probe either."""
    world.create(kinds.PODS, pod("web", app(ports=[{"containerPort": 8080}])))
    await world.until_ready("web")
    address = (world.find(kinds.PODS, "web") or {})["status"]["podIP"]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(address, 8080)


@in_world(image_rules=[ImageRule("nginx", "serve", listen_after=60)], probe_period_scale=0.01)
async def test_what_does_not_start_is_ended_and_restarted(world: World) -> None:
    probe = {"exec": {"command": ["cat", "/ready"]}, "periodSeconds": 1, "failureThreshold": 2}
    world.create(kinds.PODS, pod("web", app(startupProbe=probe)))
    await world.until(lambda: statuses(world, "web").get("nginx", {}).get("restartCount", 0) > 0)
    assert world.condition("web", "Ready") == "False"
    told = {(e["reason"], e["message"]) for e in world.objects(kinds.EVENTS)}
    assert ("Unhealthy", "Startup probe failed: command failed") in told
    assert ("Killing", "Container nginx failed startup probe, will be restarted") in told


@in_world(image_rules=SLOW, probe_period_scale=0.05)
async def test_the_next_container_waits_for_a_sidecar_s_start(world: World) -> None:
    sidecar = app(name="proxy", restartPolicy="Always", startupProbe=STARTUP)
    world.create(kinds.PODS, pod("web", initContainers=[sidecar]))
    await world.until_ready("web")
    for _, obj in world.versions(kinds.PODS, "web"):
        init = (obj["status"].get("initContainerStatuses") or [{}])[0]
        main = (obj["status"].get("containerStatuses") or [{}])[0]
        assert init.get("started") or "running" not in main.get("state", {})


CONFIG = {"configMapKeyRef": {"name": "c", "key": "k"}}
SECRET = {"secretKeyRef": {"name": "s", "key": "k"}}
MISCONFIGURED: list[tuple[Object, str]] = [
    ({"env": [{"name": "A", "valueFrom": CONFIG}]}, 'configmap "c" not found'),
    ({"envFrom": [{"secretRef": {"name": "s"}}]}, 'secret "s" not found'),
    (
        {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "there", "key": "k"}}}]},
        f"couldn't find key k in ConfigMap {NAMESPACE}/there",
    ),
]


@in_world(image_back_off=0.05)
async def test_containers_whose_variables_cannot_be_made(world: World) -> None:
    """They wait, without a restart, until they can."""
    world.create(kinds.CONFIGMAPS, {"metadata": {"name": "there"}, "data": {"other": "1"}})
    for number, (changes, _) in enumerate(MISCONFIGURED):
        world.create(kinds.PODS, pod(f"odd-{number}", {**netshoot(*SLEEPER), **changes}))

    def states() -> list[Object]:
        found = (statuses(world, f"odd-{number}") for number in range(len(MISCONFIGURED)))
        return [of.get("netshoot", {}).get("state", {}) for of in found]

    waiting = [{"reason": "CreateContainerConfigError", "message": why} for _, why in MISCONFIGURED]
    await world.until(lambda: states() == [{"waiting": of} for of in waiting])
    for kind, name in ((kinds.CONFIGMAPS, "c"), (kinds.SECRETS, "s")):
        world.create(kind, {"metadata": {"name": name}, "data": {"k": ""}})
    world.store.mutate(kinds.CONFIGMAPS, NAMESPACE, "there", lambda o: o["data"].update(k="1"))
    for number in range(len(MISCONFIGURED)):
        await world.until_ready(f"odd-{number}")
        assert statuses(world, f"odd-{number}")["netshoot"]["restartCount"] == 0


@in_world()
async def test_variables_are_from_config_maps_and_secrets(world: World) -> None:
    world.create(kinds.CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"k": "one"}})
    world.create(kinds.SECRETS, {"metadata": {"name": "s"}, "data": {"k": "dHdv"}})
    absent = {"name": "NONE", "valueFrom": {"secretKeyRef": {"name": "none", "key": "k", "optional": True}}}
    made: Object = {
        **netshoot("sh", "-c", 'echo "$A $B $X_k ${NONE-unset}"; exec sleep 600'),
        "env": [{"name": "A", "valueFrom": CONFIG}, {"name": "B", "valueFrom": SECRET}, absent],
        "envFrom": [{"prefix": "X_", "configMapRef": {"name": "c"}}],
    }
    world.create(kinds.PODS, pod("told", made))
    await world.until_ready("told")
    assert await first_line(world, "told") == b"one two one unset\n"
