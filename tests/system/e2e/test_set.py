"""Copies that differ from their source: what is set is shown beforehand and runs behind the Service, and no more."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakecluster import manifests
from fakecluster.handle import ClusterProcess
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.caller import Caller
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.steps import NAME, STEPS, Step, Stepper
from tests.system.e2e.test_debug_refusals import NO_IMAGE
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.waiting import until

Json = dict[str, Any]
MOODY = {"app": "moody"}
# It runs as long as MODE is good.
SCRIPT = (
    '[ "$MODE" = good ] || { echo "MODE is $MODE, not good"; exit 3; }; '
    "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"
)
PASSWORD = "not-to-be-shown"
UNMADE = {"name": "EXTRA", "valueFrom": {"configMapKeyRef": {"name": "not-there", "key": "extra"}}}
COPY = "moody-copy"
JOINED = ("--join-service", *QUICK, f"--name={COPY}", "--yes")
HOLD_ON = ("--", "sh", "-c", "echo in; cat")


def moody(mode: str = "good", name: str = "moody", **more: Any) -> Json:
    """A pod whose application ends at once where its variable is wrong."""
    made = manifests.pod(name, MOODY)
    container = made["spec"]["containers"][0]
    container.pop("readinessProbe")
    env = [{"name": "MODE", "value": mode}, {"name": "DB_PASSWORD", "value": PASSWORD}]
    container |= {"image": manifests.NETSHOOT, "command": ["sh", "-c", SCRIPT], "env": env, **more}
    return made


def of_deployment(mode: str, **more: Any) -> Json:
    made = manifests.deployment("moody", 1, MOODY)
    made["spec"]["template"]["spec"] = moody(mode, **more)["spec"]
    return made


@pytest.fixture
def good(scenery: Scenery) -> str:
    """The pod, ready, behind Service moody."""
    scenery.add_ready(1, moody(), manifests.service("moody", MOODY), **MOODY)
    return "moody"


def app_of(api: Api, name: str) -> Json:
    """The application's container in this pod."""
    pod = api.pod(name)
    assert pod
    found: Json = next(c for c in pod["spec"]["containers"] if c["name"] == "app")
    return found


def variables(container: Json) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


def test_the_plan_shows_what_differs_without_secrets(plugin: Plugin, good: str) -> None:
    words = (
        *(good, "--join-service", "--dry-run", f"--set-image=app={manifests.IMAGE}"),
        *("--set-env=app:MODE=bad", "--set-env=app:DB_PASSWORD=another", "--set-env=app:NEW=1"),
        "--set-args=app=--loud 'two words'",
    )
    done = plugin.run(*words)
    assert done.status == 0, done.stderr
    lines = [re.sub(" +", " ", line) for line in done.text.splitlines()]
    at = lines.index("differs container app")
    assert lines[at + 1 : at + 3] == [f"- image: {manifests.NETSHOOT}", f"+ image: {manifests.IMAGE}"]
    assert "- env MODE: good" in lines
    assert "+ env MODE: bad" in lines
    assert "+ env NEW: 1" in lines
    assert "+ args: --loud 'two words'" in lines
    assert "- env DB_PASSWORD: ***" in lines
    assert PASSWORD not in done.text + done.stderr
    assert "another" not in done.text.replace("another value", "")
    document = json.loads(plugin.run(*words, "-o", "json").stdout)
    names = ["image app", "env app:MODE", "env app:DB_PASSWORD", "env app:NEW", "args app"]
    assert document["set"] == names
    assert document["command"] == []
    assert {"where": "container app: env MODE", "before": "good", "after": "bad"} in document["differences"]
    assert PASSWORD not in json.dumps(document)


def test_another_image(plugin: Plugin, api: Api, good: str) -> None:
    setting = f"--set-image=app={manifests.IMAGE}"
    plan = plugin.run(good, "--join-service", "--dry-run", "-v", setting).text
    command = next(line for line in plan.splitlines() if line.startswith("command"))
    assert re.fullmatch("command +none: a copy with something set is created as .*", command)
    running = plugin.start(good, *JOINED, setting, *HOLD_ON)
    running.says("in\n")
    copy = api.pod(COPY) or {}
    assert app_of(api, COPY)["image"] == manifests.IMAGE
    assert variables(app_of(api, COPY)) == {"MODE": "good", "DB_PASSWORD": PASSWORD}
    assert "moody" in api.holders(copy["metadata"]["uid"])
    assert app_of(api, good)["image"] == manifests.NETSHOOT
    running.close_stdin()
    assert running.wait().status == 0, running.stderr
    assert api.gone(COPY)


def test_all_of_it_behind_the_service(plugin: Plugin, api: Api, good: str) -> None:
    words = (
        *("--set-env=app:MODE=fine", "--set-env=app:DB_PASSWORD-", "--set-env=app:MORE=a=b,c"),
        "--set-command=app=sh -c 'trap \"exit 0\" TERM; while :; do sleep 3600 & wait $!; done'",
        "--set-args=app=$0 '$1 2'",
    )
    running = plugin.start(good, *JOINED, *words, *HOLD_ON)
    running.says("in\n")
    names = "env app:MODE, env app:DB_PASSWORD, env app:MORE, command app, args app"
    assert f"copy {COPY} ready with {names} set (" in running.stderr
    copy, app = api.pod(COPY) or {}, app_of(api, COPY)
    assert variables(app) == {"MODE": "fine", "MORE": "a=b,c"}
    assert app["command"][:2] == ["sh", "-c"]
    assert app["args"] == ["$0", "$1 2"]
    assert "moody" in api.holders(copy["metadata"]["uid"])
    assert "readinessProbe" not in app
    assert names in plugin.run("list").text
    assert names in plugin.run("list", "-o", "wide").text
    (listed,) = json.loads(plugin.run("list", "-o", "json").stdout)
    assert ", ".join(listed["set"]) == names
    running.close_stdin()
    assert running.wait().status == 0, running.stderr
    assert api.gone(COPY)


def test_a_probe_is_waited_for_as_ever(plugin: Plugin, api: Api, source: str) -> None:
    """The application of everybody's Deployment, with another variable."""
    done = plugin.run(source, *JOINED, "--set-env=app:GREETING=hello", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert api.gone(COPY)


@pytest.mark.parametrize(
    ("source", "setting"),
    [
        (of_deployment("bad"), "--set-env=app:MODE=good"),
        (of_deployment("good", image=NO_IMAGE), f"--set-image=app={manifests.NETSHOOT}"),
        (of_deployment("good", env=[{"name": "MODE", "value": "good"}, UNMADE]), "--set-env=app:EXTRA-"),
    ],
    ids=["crashes", "cannot be pulled", "lacks a ConfigMap"],
)
def test_a_source_that_fails_by_the_very_thing_that_is_changed(
    plugin: Plugin, api: Api, scenery: Scenery, source: Json, setting: str
) -> None:
    """Nobody else is ready either: that is for the person to accept, as ever."""
    scenery.add(source, manifests.service("moody", MOODY))
    until(lambda: any(is_failing(pod) for pod in api.objects("Pod")), "a failing pod")
    words = ("deploy/moody", *JOINED, setting)
    refused = plugin.run(*words, "--", "echo", "ran")
    assert refused.status == 4, refused.stderr
    assert "sole-endpoint (refuse)" in refused.stderr
    assert "source-unhealthy" not in refused.stderr
    done = plugin.run(*words, "--allow=sole-endpoint", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "source-unhealthy: pod moody-" in done.stderr
    assert "joins only once it is ready itself" in done.stderr
    assert api.gone(COPY)


def is_failing(pod: Json) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return pod["metadata"]["labels"].get("app") == "moody" and any(
        "waiting" in s["state"]
        and s["state"]["waiting"]["reason"] not in ("ContainerCreating", "PodInitializing")
        for s in statuses
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (f"--set-image=app={NO_IMAGE}", "container app does not start with what was set in it, ErrImagePull"),
        ("--set-env=app:MODE=worse", "  MODE is worse, not good"),
        ("--set-command=app=sh -c 'echo gone; exit 3'", "  gone"),
        (
            "--set-command=app=sh -c 'echo login postgres://web:hunter2@db/shop failed; exit 1'",
            "  login postgres://***@db/shop failed",
        ),
        ("--set-command=app=true", "container app has ended (Completed, status 0) with what was set in it"),
        ("--set-command=app=/no/such/program", "container app"),
    ],
)
def test_what_does_not_come_up_is_told_at_once_and_joins_nothing(
    plugin: Plugin, api: Api, good: str, setting: str, said: str
) -> None:
    """At once: nobody waits for --timeout here."""
    done = plugin.run(good, *JOINED, setting, "--timeout=20m", "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "error: the copy did not become ready: container app " in done.stderr
    assert said.replace("ErrImagePull", "") in done.stderr
    assert "in Service" not in done.stderr
    assert api.gone(COPY)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set-image=ap=x",), "--set-image: pod moody has no container ap; did you mean app?"),
        (("--set-env=app:NOT-",), "--set-env: container app has no variable NOT"),
        (("--set-image=app=UPPER",), "--set-image: 'UPPER' is not an image reference"),
        (("--set-env=app:A\tB=x",), "--set-env: 'A\\tB' cannot name a variable"),
        (("--set-env=app:A=\x1b[31m",), "--set-env: the value of app:A holds control characters"),
        (("--set-env=app:KUBECTL_NETSHOOT=x",), "--set-env: KUBECTL_NETSHOOT is set by kubectl-netshoot"),
    ],
)
def test_bad_input(plugin: Plugin, api: Api, good: str, words: tuple[str, ...], said: str) -> None:
    done = plugin.run(good, *JOINED, *words, "--", "true")
    assert done.status == 2, done.stderr
    assert done.stderr.startswith(f"error: {said}")
    assert api.pod(COPY) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("capture", "moody", "--live"), "--set-image changes a copy, and this captures in the running pod"),
        (("capture", "moody"), "--set-image changes a copy, and this captures in the running pod"),
        (("debug", "moody"), "unknown flag --set-image\n  a running pod is never changed"),
    ],
)
def test_a_running_pod_is_never_changed(plugin: Plugin, words: tuple[str, ...], said: str) -> None:
    done = plugin.run(*words, "--set-image=app=x")
    assert done.status == 2, done.stderr
    assert done.stderr.startswith(f"error: {said}")


@pytest.mark.usefixtures("traffic")
def test_a_capture_in_a_copy_that_differs(
    plugin: Plugin, api: Api, good: str, cluster: AnyCluster, caller: Caller
) -> None:
    if not cluster.fake:
        caller.keep_calling("moody")
    words = ("capture", good, *JOINED, "--set-env=app:MODE=good", "-c", "1", "--", "tcp")
    done = plugin.run(*words)
    assert done.status == 0, done.stderr
    assert api.gone(COPY)


@pytest.fixture
def governed(cluster: AnyCluster) -> Iterator[ClusterProcess]:
    """The fake cluster; its policies end with the test."""
    fake = cluster.faulty()
    yield fake
    fake.settings(policies=[])


def policy(api: Api, container: Json, *operations: str) -> Json:
    rule = {"name": "house-rule", "effect": "set", "namespace": api.namespace}
    return {**rule, "containers": {"app": container}, "operations": list(operations)}


UNDONE: dict[str, tuple[Json, str, str]] = {
    "image": (
        {"image": "mirror.example/nginx:1.27"},
        f"--set-image=app={manifests.IMAGE}",
        "the image of container app",
    ),
    "env": (
        {"env": [{"name": "MODE", "value": "good"}]},
        "--set-env=app:MODE=bad",
        "variable MODE of container app",
    ),
    "args": ({"args": ["-x"]}, "--set-args=app=-y", "the args of container app"),
}


@pytest.mark.parametrize("kind", UNDONE)
def test_a_change_that_admission_undoes_is_refused_in_the_plan(
    plugin: Plugin, api: Api, good: str, governed: ClusterProcess, kind: str
) -> None:
    written, setting, what = UNDONE[kind]
    governed.settings(policies=[policy(api, written, "CREATE")])
    done = plugin.run(good, *JOINED, setting, "--", "echo", "ran")
    assert (done.status, done.stdout) == (4, b""), done.stderr
    said = f"not-as-planned (refuse): an admission policy or webhook sets {what} to something else"
    assert said in done.stderr
    assert plugin.run(good, "--dry-run", setting).status == 4
    assert api.pod(COPY) is None


# Not what is set, and not what the plan shows either.
MORE = (
    {"resources": {"limits": {"memory": "64Mi"}}},
    "--set-env=app:MODE=good",
    "container app has another resources",
)


@pytest.mark.parametrize("kind", [*UNDONE, "more"])
def test_a_change_that_admission_undoes_later_is_never_in_service(
    plugin: Plugin,
    api: Api,
    good: str,
    governed: ClusterProcess,
    turnstile: Callable[[Hold | None], Turnstile],
    kind: str,
) -> None:
    """The policy comes between the plan and the copy."""
    written, setting, what = {**UNDONE, "more": MORE}[kind]
    gate = turnstile(Hold("POST"))
    running = plugin.start(good, *JOINED, setting, "--", "echo", "ran")
    until(lambda: gate.reached.is_set() or running.ended, "the creation", lambda: running.stderr)
    governed.settings(policies=[policy(api, written, "CREATE")])
    gate.open()
    done = running.wait()
    assert (done.status, done.stdout) == (4, b""), done.stderr
    assert "error: not-as-planned: the copy is not as planned: container app has " in done.stderr
    assert what in done.stderr or kind != "more"
    assert "in Service" not in done.stderr
    assert api.gone(COPY)


def test_an_image_that_is_changed_after_the_copy_was_made_keeps_it_out(
    plugin: Plugin, api: Api, good: str, governed: ClusterProcess
) -> None:
    """Of a container that runs only the image can be changed, by any patch: our own mark is one."""
    governed.settings(policies=[policy(api, {"image": "docker.io/library/nginx:1.26"}, "UPDATE")])
    done = plugin.run(good, *JOINED, "--set-env=app:MODE=good", "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "not-as-planned: the copy was changed after it was made: container app has image" in done.stderr
    assert api.gone(COPY)


def test_an_image_that_is_changed_by_the_last_patch_before_the_join_keeps_it_out(
    plugin: Plugin,
    api: Api,
    good: str,
    governed: ClusterProcess,
    turnstile: Callable[[Hold | None], Turnstile],
) -> None:
    """By that patch the session tries whether it could leave; the mark was still written without that policy."""
    gate = turnstile(Hold("PATCH", nth=1, answer=True))
    running = plugin.start(good, *JOINED, f"--set-image=app={manifests.IMAGE}", "--", "echo", "ran")
    until(lambda: gate.reached.is_set() or running.ended, "the mark", lambda: running.stderr)
    governed.settings(policies=[policy(api, {"image": "docker.io/library/nginx:1.26"}, "UPDATE")])
    gate.open()
    done = running.wait()
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "not-as-planned: the copy was changed after it was made: container app has image" in done.stderr
    assert api.gone(COPY)


def test_an_image_that_only_the_labels_of_its_service_would_change_keeps_it_out(
    plugin: Plugin, api: Api, good: str, governed: ClusterProcess
) -> None:
    """By its objectSelector the policy acts on the patch of the join, and on none before it."""
    changing = policy(api, {"image": "docker.io/library/nginx:1.26"}, "UPDATE")
    governed.settings(policies=[{**changing, "selects": MOODY}])
    done = plugin.run(good, *JOINED, f"--set-image=app={manifests.IMAGE}", "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "not-as-planned: the copy was changed after it was made: container app has image" in done.stderr
    assert api.gone(COPY)


SETTINGS = {
    "env app:GREETING": "--set-env=app:GREETING=hello",
    "image app": "--set-image=app=docker.io/library/nginx:1.26",
}
# Between them a copy that kubectl makes has no deadline.
BARE = ("before-the-copy", "copied", "unmarked")


@pytest.fixture
def opening(source: str, what: str) -> tuple[str, ...]:
    return (source, "--join-service", "--yes", f"--name={NAME}", SETTINGS[what])


@pytest.mark.parametrize(
    ("what", "step"),
    [
        *(("env app:GREETING", step) for step in STEPS),
        *(("image app", step) for step in STEPS if step.id in BARE),
    ],
    ids=lambda of: of.id if isinstance(of, Step) else of,
)
def test_after_a_kill_in_any_step_the_deadline_is_there_and_the_next_run_finishes(
    stepper: Stepper, plugin: Plugin, api: Api, what: str, step: Step
) -> None:
    stepper.kill_at(step)
    if copy := api.pod(NAME):
        assert copy["spec"]["activeDeadlineSeconds"] == 3600
        assert copy["metadata"]["annotations"]["kubectl-netshoot/set"] == what
    done = plugin.run("cleanup", "--mine", "--yes")
    assert done.status == 0, done.stderr
    assert api.gone(NAME)
