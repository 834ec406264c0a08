"""TARGET in every form, on a cluster: which pod it is, that it is said, and that a person may pick another."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from fakecluster import manifests
from kubectl_netshoot.rules.rights import Use, rights_of, role
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK, REPLICAS, WEB
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.screen import Screen
from tests.system.e2e.somebody import Somebody
from tests.waiting import until

Json = dict[str, Any]
NAME = "chosen"
NEWEST = f"newest of {REPLICAS} ready"


def planned(plugin: Plugin, *words: str) -> Json:
    """The plan of a session that could begin."""
    done = plugin.run(*words, "--dry-run", "-o", "json")
    assert done.status == 0, done.stderr
    plan: Json = json.loads(done.text)
    return plan


def newest(api: Api) -> set[str]:
    """The youngest ready pods of Deployment web: several may be of the same second."""
    born = {pod["metadata"]["name"]: pod["metadata"]["creationTimestamp"] for pod in api.ready_pods(**WEB)}
    return {name for name, moment in born.items() if moment == max(born.values())}


FORMS = [
    (("deploy/web",), "deploy/web", f"{NEWEST} of deploy/web"),
    (("deployments.v1.apps/web",), "deploy/web", f"{NEWEST} of deploy/web"),
    (("svc/web",), "svc/web", f"{NEWEST} of svc/web"),
    (
        ("-l", "app=web,tier in (front)"),
        "-l app=web,tier in (front)",
        f"{NEWEST} with app=web,tier in (front)",
    ),
]


@pytest.mark.parametrize(("words", "target", "chosen"), FORMS)
def test_the_newest_ready_pod_is_planned_with(
    plugin: Plugin, api: Api, words: tuple[str, ...], target: str, chosen: str
) -> None:
    plan = planned(plugin, *words)
    assert (plan["target"], plan["chosen"]) == (target, chosen)
    assert plan["source"]["name"] in newest(api)
    assert plan["copy"]["name"].startswith(f"{plan['source']['name']}-netshoot-")


def test_a_replica_set_by_its_full_name(plugin: Plugin, api: Api) -> None:
    (own,) = {pod["metadata"]["ownerReferences"][0]["name"] for pod in api.ready_pods(**WEB)}
    assert planned(plugin, f"replicasets.apps/{own}")["chosen"] == f"{NEWEST} of rs/{own}"


def test_a_session_says_which_pod_it_is(plugin: Plugin, api: Api) -> None:
    done = plugin.run("deployment/web", f"--name={NAME}", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert any(f"pod {name} ({NEWEST} of deploy/web)" in done.stderr for name in newest(api))


def test_a_service_is_the_one_that_is_joined(plugin: Plugin, api: Api) -> None:
    before = newest(api)
    running = plugin.start("svc/web", "--join-service", *QUICK, f"--name={NAME}", "--", "cat")
    until(lambda: NAME in api.members("web"), "the copy in its Service", lambda: running.stderr)
    assert NAME not in api.members("web-b")
    # Though it is the newest of them, the copy is no pod to copy.
    again = planned(plugin, "-l", "app=web")
    assert again["source"]["name"] in before
    assert again["chosen"] == f"{NEWEST} with app=web"
    running.close_stdin()
    assert running.wait().status == 0


def test_another_service_is_joined_where_it_is_named(plugin: Plugin) -> None:
    plan = planned(plugin, "svc/web", "--join-service", "--service=web-b", "--allow=other-service")
    assert [service["name"] for service in plan["services"]] == ["web-b"]


def test_a_job_and_the_cronjob_above_it(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    scenery.add(manifests.cron_job("nightly"))
    idle = plugin.run("cronjob/nightly", "--dry-run")
    assert idle.status == 1
    assert "kubectl create job nightly-now --from=cronjob/nightly" in idle.stderr
    start = [plugin.kubectl, "create", "job", "tonight", "--from=cronjob/nightly"]
    subprocess.run(start, env=plugin.env, stdout=subprocess.DEVNULL, check=True)
    labels = {"batch.kubernetes.io/job-name": "tonight"}
    (pod,) = until(lambda: api.ready_pods(**labels), "the job's pod")
    for target in ("cj/nightly", "jobs.batch/tonight"):
        assert planned(plugin, target)["source"]["name"] == pod["metadata"]["name"]
    done = plugin.run("cronjob/nightly", "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "the only one ready of cronjob/nightly" in done.stderr


def test_an_ill_pod_is_better_than_none(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    scenery.add(manifests.deployment("unready", 1, {"app": "unready"}, initial_delay=3600))

    def pods() -> list[Json]:
        return [p for p in api.objects("Pod") if p["metadata"].get("labels", {}).get("app") == "unready"]

    until(lambda: [p for p in pods() if p["status"].get("phase") == "Running"], "a pod that runs")
    done = plugin.run("deploy/unready", "--dry-run")
    assert done.status == 0, done.stderr
    assert "no pod of deploy/unready is ready" in done.text


REFUSED = [
    (("deploy/nothing",), 1, 'no deployment "nothing" in namespace ', "try: kubectl get deployments -n"),
    (("web",), 1, "; did you mean deploy/web?", "try: kubectl netshoot deploy/web"),
    (("sts/web",), 1, "; did you mean deploy/web?", "try: kubectl netshoot deploy/web"),
    (("lsit",), 1, '; did you mean the command "list"?', "try: kubectl netshoot list"),
    (("web", "-n", "nowhere-at-all"), 1, 'no namespace "nowhere-at-all"', "try: kubectl get namespaces"),
    (("-l", "app=nothing"), 1, "no pod with app=nothing in namespace", "--show-labels"),
    (("-l", "app:web"), 2, "unable to parse requirement", ""),
    (("deploy/web", "--pick"), 2, "--pick asks on a terminal, and this is none", "web-"),
    (("deploy", "web"), 2, "TARGET is one word: deploy/web", ""),
]


@pytest.mark.parametrize(("words", "status", "message", "hint"), REFUSED)
def test_what_finds_no_pod_is_one_line_and_the_next_step(
    plugin: Plugin, words: tuple[str, ...], status: int, message: str, hint: str
) -> None:
    done = plugin.run(*words, "--", "true")
    assert (done.status, done.stdout) == (status, b"")
    said, *hints = done.stderr.splitlines()
    assert message in said
    assert hint in "\n".join(hints)


def test_a_person_picks(screen: Callable[..., Screen], api: Api) -> None:
    names = sorted(pod["metadata"]["name"] for pod in api.ready_pods(**WEB))
    shown = screen("deploy/web", "--pick", f"--name={NAME}", "--", "echo", "ran")
    shown.shows(f"which pod of deploy/web? [1-{REPLICAS}, letters of its name, q leaves]")
    for name in names:
        shown.shows(name)
    shown.type("web\r")
    shown.shows(f"'web' may be any of {REPLICAS}")
    shown.type(f"{names[1]}\r")
    shown.shows(f"pod {names[1]} (picked from {REPLICAS} of deploy/web)")
    assert shown.wait() == 0


@pytest.mark.parametrize(("key", "status"), [("q\r", 1), ("\x03", 130)], ids=["q", "Ctrl-C"])
def test_a_person_leaves_and_nothing_was_changed(
    screen: Callable[..., Screen], api: Api, key: str, status: int
) -> None:
    before = {pod["metadata"]["uid"] for pod in api.objects("Pod")}
    shown = screen("-l", "app=web", "--pick")
    shown.shows("which pod with app=web?")
    shown.type(key)
    shown.shows("no pod was picked, and nothing was changed")
    assert shown.wait() == status
    assert {pod["metadata"]["uid"] for pod in api.objects("Pod")} == before


def test_doctor_looks_at_the_pod_that_would_be_copied(plugin: Plugin) -> None:
    done = plugin.run("doctor", "deploy/web", "-o", "json")
    assert done.status == 0, done.text
    (target,) = [check for check in json.loads(done.text)["checks"] if check["check"] == "target"]
    assert f"({NEWEST} of deploy/web)" in target["what"]


def test_the_role_that_is_printed_lets_target_be_anything(plugin: Plugin, somebody: Somebody) -> None:
    somebody.has(json.loads(plugin.run("rbac", "-o", "json").text))
    for words in (("deploy/web",), ("svc/web",), ("-l", "app=web")):
        assert not any("no right to" in note for note in planned(plugin, *words)["notes"])
    # Read all the same: it is not there.
    assert 'no cronjob "web"' in plugin.run("cronjob/web", "--dry-run").stderr


def test_rights_that_only_the_choice_takes_are_named(plugin: Plugin, somebody: Somebody) -> None:
    somebody.has(role([right for right in rights_of(Use.COPY) if right.needed]))
    done = plugin.run("deploy/web", "--", "true")
    assert done.status == 1, done.stderr
    for lacking in ("get deployments.apps", "list pods"):
        assert f" {lacking} find the pods of deploy/web " in " ".join(done.stderr.split())
    assert "nothing was changed" in done.stderr
