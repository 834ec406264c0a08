"""A throwaway pod: what it is while it runs, where its labels bring it, and that nothing of it is left."""

import json
import re
from typing import Any

from fakecluster import manifests
from tests.system.e2e.api import Api, annotations_of, labels_of, owners_of
from tests.system.e2e.caller import CLIENT, Caller
from tests.system.e2e.conftest import QUICK, REPLICAS
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.witness import LABEL
from tests.waiting import until

Json = dict[str, Any]
NAME = "throwaway"
STAY = ("--", "sh", "-c", "echo in; cat")
# Behind Service web: what is in the pod serves as the others do.
SERVING = json.dumps({"spec": {"containers": [manifests.app_container()]}})
JOINING = ("run", NAME, "--labels=app=web", f"--overrides={SERVING}", "--allow=other-service")


def live(api: Api) -> Json:
    found = api.pod(NAME)
    assert found
    return found


def planned(plugin: Plugin, *words: str, status: int = 0) -> Json:
    done = plugin.run("run", NAME, *words, "--dry-run", "-o", "json")
    assert done.status == status, done.stderr
    plan: Json = json.loads(done.stdout)
    return plan


def test_the_command_and_its_status(plugin: Plugin, api: Api) -> None:
    done = plugin.run("run", NAME, "--", "sh", "-c", "cat; exit 7", stdin=b"typed")
    assert (done.status, done.stdout) == (7, b"typed"), done.stderr
    # It is not waited for longer than two seconds.
    assert re.search(f"done: (deleted|the cluster is deleting) pod {NAME}", done.stderr)
    assert api.gone(NAME)


def test_while_it_runs_it_is_marked_bounded_and_its_own(plugin: Plugin, api: Api) -> None:
    running = plugin.start("run", NAME, "--ttl=30m", *STAY)
    running.says("in\n")
    pod = live(api)
    assert LABEL in labels_of(pod).items()
    assert annotations_of(pod)["kubectl-netshoot/kind"] == "run"
    assert [owner["uid"] for owner in owners_of(pod)] == [pod["metadata"]["uid"]]
    assert (pod["spec"]["activeDeadlineSeconds"], pod["spec"]["restartPolicy"]) == (1800, "Never")
    (listed,) = json.loads(plugin.run("list", "-o", "json").text)
    assert (listed["name"], listed["kind"], listed["source"]) == (NAME, "run", "run")
    assert plugin.run("attach", NAME, "--", "sh", "-c", "exit 5").status == 5
    running.close_stdin()
    assert running.wait().status == 0, running.stderr


def test_a_pod_without_a_name_gets_one(plugin: Plugin) -> None:
    plan = json.loads(plugin.run("run", "--dry-run", "-o", "json").text)
    assert plan["pod"]["name"].startswith("netshoot-")


def test_overrides_are_laid_over_it(plugin: Plugin) -> None:
    changed = {"name": "netshoot", "env": [{"name": "GIVEN", "value": "by hand"}]}
    done = plugin.run(
        "run", f"--overrides={json.dumps({'spec': {'containers': [changed]}})}", "--", "printenv", "GIVEN"
    )
    assert (done.status, done.stdout) == (0, b"by hand\n"), done.stderr


def test_a_label_that_a_policy_selects(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    policy: Json = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": manifests.metadata("clients"),
        "spec": {"podSelector": {"matchLabels": {"role": "client"}}},
    }
    scenery.add(policy)
    assert planned(plugin, "--labels=role=client")["selecting"]["after"] == ["networkpolicy/clients"]
    running = plugin.start("run", NAME, "--labels=role=client", *QUICK, *STAY)
    running.says("in\n")
    assert {("role", "client"), LABEL} <= labels_of(live(api)).items()
    running.close_stdin()
    assert running.wait().status == 0, running.stderr


def test_a_label_of_a_service_is_refused(plugin: Plugin, api: Api) -> None:
    done = plugin.run("run", NAME, "--labels=app=web", "--yes", "--", "true")
    assert done.status == 4, done.stderr
    assert "other-service (refuse): the labels would also bring the pod into Service web" in done.stderr
    assert api.gone(NAME)


def test_a_controller_that_would_adopt_it_is_refused_whatever_is_allowed(
    plugin: Plugin, api: Api, scenery: Scenery
) -> None:
    bare = {"app": "bare"}
    scenery.add_ready(1, manifests.replica_set("bare", 1, bare), **bare)
    done = plugin.run("run", NAME, "--labels=app=bare", "--allow=other-service", "--yes", "--", "true")
    assert done.status == 4, done.stderr
    assert "adoption (never)" in done.stderr
    assert api.gone(NAME)


def test_in_a_service_where_that_is_allowed_and_drained_afterwards(
    plugin: Plugin, api: Api, caller: Caller
) -> None:
    running = plugin.start(*JOINING, "--settle=0", "--drain=10m", *STAY)
    running.says("in\n")
    assert len(api.members("web")) == REPLICAS + 1
    uid, connection = live(api)["metadata"]["uid"], caller.connect(NAME)
    running.close_stdin()
    until(lambda: "app" not in labels_of(live(api)), "the labels off", lambda: running.stderr)
    until(lambda: api.holders(uid) == set(), "out of the Service", lambda: running.stderr)
    assert connection.is_open
    assert "deletionTimestamp" not in live(api)["metadata"]
    connection.close()
    done = running.wait()
    assert done.status == 0, done.stderr
    assert "cuts" not in done.stderr
    assert api.gone(NAME)


def test_the_plan_shows_the_manifest_and_changes_nothing(plugin: Plugin, api: Api) -> None:
    plan = planned(plugin, "--labels=app=web", "--host-network", status=4)
    assert {hazard["id"] for hazard in plan["hazards"] if hazard["refused"]} == {"other-service", "host-port"}
    assert (plan["kind"], plan["labels"]) == ("run", {"app": "web"})
    assert plan["manifest"]["spec"]["hostNetwork"] is True
    text = plugin.run("run", NAME, "--dry-run")
    assert text.status == 0, text.stderr
    assert '"activeDeadlineSeconds": 3600' in text.text
    assert api.gone(NAME)


def test_a_name_that_is_taken_is_known_beforehand(plugin: Plugin) -> None:
    done = plugin.run("run", CLIENT, "--", "true")
    assert done.status == 1, done.stderr
    assert "already exists" in done.stderr
    assert "another NAME" in done.stderr


def test_a_node_that_does_not_exist_is_known_beforehand(plugin: Plugin, api: Api) -> None:
    done = plugin.run("run", NAME, "--node=nowhere", "--", "true")
    assert (done.status, api.pod(NAME)) == (1, None)
    assert 'no node "nowhere"' in done.stderr


def test_keep_keeps_it_without_its_labels(plugin: Plugin, api: Api) -> None:
    done = plugin.run("run", NAME, "--labels=role=client", *QUICK, "--keep", "--", "true")
    assert done.status == 0, done.stderr
    kept = labels_of(live(api))
    assert LABEL in kept.items()
    assert "role" not in kept
    assert plugin.run("cleanup", NAME).status == 0
