"""What others do in the middle of a session: to the kubeconfig, to the copy, to the Service; and the clock."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakecluster import manifests
from fakecluster.handle import ClusterProcess
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api, labels_of, owners_of
from tests.system.e2e.conftest import QUICK, REPLICAS
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

NAME = "disturbed"
COMMAND = ("sh", "-c", "echo in; cat")
Json = dict[str, Any]


@pytest.fixture
def session(plugin: Plugin, source: str) -> Running:
    """A copy in service, with a command that reads its standard input."""
    running = plugin.start(source, "--join-service", f"--name={NAME}", *QUICK, "--", *COMMAND)
    running.says("in\n")
    return running


def the_copy(api: Api) -> Json:
    found = api.pod(NAME)
    assert found
    return found


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[ClusterProcess]:
    """Another cluster, to which nothing may ever be sent."""
    with ClusterProcess(tmp_path / "elsewhere") as cluster:
        yield cluster


def garble(config: Json, _: Json) -> str:
    return f"{{{json.dumps(config)}"


def empty(_: Json, __: Json) -> str:
    return ""


def replace(_: Json, other: Json) -> str:
    return json.dumps(other)


def switch(config: Json, other: Json) -> str:
    """As kubectl config use-context does, in another terminal."""
    renamed = json.loads(json.dumps(other).replace('"fake"', '"elsewhere"').replace('"admin"', '"other"'))
    for key in ("clusters", "users", "contexts"):
        config[key] += renamed[key]
    return json.dumps({**config, "current-context": "elsewhere"})


@pytest.mark.parametrize("change", [garble, empty, replace, switch], ids=lambda change: change.__name__)
def test_the_kubeconfig_is_read_once(
    session: Running, plugin: Plugin, api: Api, elsewhere: ClusterProcess, change: Callable[[Json, Json], str]
) -> None:
    path = Path(plugin.env["KUBECONFIG"])
    view = [plugin.kubectl, "config", "view", "--raw", "--output=json", f"--kubeconfig={path}"]
    config = json.loads(subprocess.run(view, capture_output=True, check=True).stdout)
    path.write_text(change(config, json.loads(elsewhere.kubeconfig.read_text())))
    session.close_stdin()
    assert session.wait().status == 0, session.stderr
    assert api.gone(NAME)
    assert elsewhere.requests() == []


def test_the_copy_is_deleted_by_somebody(session: Running, api: Api) -> None:
    api.delete("Pod", NAME)
    done = session.wait()
    assert done.status != 0
    assert "deleted by somebody else" in done.stderr
    assert api.gone(NAME)


def test_the_copy_is_evicted(session: Running, api: Api) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": NAME}}
    api.post("Pod", NAME, "eviction", eviction)
    done = session.wait()
    assert done.status != 0
    assert "deleted by somebody else" in done.stderr
    assert api.gone(NAME)


def test_no_controller_adopts_the_copy(session: Running, api: Api, scenery: Scenery) -> None:
    uid = the_copy(api)["metadata"]["uid"]
    scenery.happen(manifests.replica_set("taker", 1, {"app": "web"}))
    until(lambda: len(api.members("web")) == REPLICAS + 2, "the ReplicaSet's own pod", lambda: session.stderr)
    assert [owner["uid"] for owner in owners_of(the_copy(api))] == [uid]
    session.close_stdin()
    assert session.wait().status == 0, session.stderr


def test_the_copy_is_adopted_after_somebody_made_it_an_orphan(
    session: Running, api: Api, scenery: Scenery
) -> None:
    uid = the_copy(api)["metadata"]["uid"]
    api.patch("Pod", NAME, {"metadata": {"ownerReferences": None}})
    scenery.happen(manifests.replica_set("taker", 1, {"app": "web"}))
    until(lambda: "app" not in labels_of(the_copy(api)), "the labels off", lambda: session.stderr)
    assert not session.ended
    session.says("has adopted the copy")
    until(lambda: not owners_of(the_copy(api)), "the copy released", lambda: session.stderr)
    until(lambda: not api.holders(uid), "the copy out of every slice", lambda: session.stderr)
    assert the_copy(api)["metadata"]["uid"] == uid
    session.close_stdin()
    assert session.wait().status == 0, session.stderr


def test_the_labels_are_taken_off_by_somebody(session: Running, api: Api) -> None:
    api.patch("Pod", NAME, {"metadata": {"labels": {"app": None}}})
    session.close_stdin()
    assert session.wait().status == 0, session.stderr
    assert api.gone(NAME)


def test_a_service_is_deleted(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    lone = {"app": "lone"}
    scenery.add_ready(1, manifests.pod("lone", lone), manifests.service("lone", lone), **lone)
    running = plugin.start("lone", "--join-service", f"--name={NAME}", *QUICK, "--", *COMMAND)
    running.says("in\n")
    api.delete("Service", "lone")
    running.close_stdin()
    assert running.wait().status == 0, running.stderr
    assert api.gone(NAME)


def test_the_selector_of_a_service_changes(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    lone = {"app": "lone"}
    scenery.add_ready(1, manifests.pod("lone", {**lone, "v": "1"}), manifests.service("lone", lone), **lone)
    running = plugin.start("lone", "--join-service", f"--name={NAME}", *QUICK, "--", *COMMAND)
    running.says("in\n")
    api.patch("Service", "lone", {"spec": {"selector": {"v": "1"}}})
    until(lambda: api.members("lone") == {"lone"}, "the Service without the copy")
    running.says("the selector of Service lone was changed")
    running.close_stdin()
    assert running.wait().status == 0, running.stderr


def test_the_deadline_alone_ends_the_copy(plugin: Plugin, api: Api, source: str) -> None:
    words = (source, "--join-service", f"--name={NAME}", "--ttl=15s", *QUICK)
    running = plugin.start(*words, "--", *COMMAND)
    running.says("in\n")
    running.child.kill()
    running.wait()
    uid = the_copy(api)["metadata"]["uid"]
    assert api.holders(uid) == {"web", "web-b"}
    until(lambda: the_copy(api)["status"]["phase"] == "Failed", "the end by the cluster")
    # It stays in its slice, not ready, until something else happens to the Service: no traffic is what counts.
    until(lambda: NAME not in api.members("web") | api.members("web-b"), "the copy out of service")
    done = plugin.run("cleanup", "--expired")
    assert done.status == 0, done.stderr
    assert api.gone(NAME)


@pytest.fixture(params=[0, 60, -60], ids=["alike", "ahead", "behind"])
def node_clock(request: pytest.FixtureRequest, cluster: AnyCluster) -> Iterator[None]:
    """The clocks of nodes and of the API server; only the fake cluster's can be set."""
    if not request.param:
        yield
        return
    fake = cluster.faulty()
    fake.settings(node_clock=request.param)
    yield
    fake.settings(node_clock=0)


@pytest.mark.usefixtures("node_clock")
def test_a_session_leaves_before_its_deadline(plugin: Plugin, api: Api, source: str) -> None:
    words = (source, "--join-service", f"--name={NAME}", "--ttl=20s", *QUICK)
    running = plugin.start(*words, "--", *COMMAND)
    running.says("in\n")
    uid = the_copy(api)["metadata"]["uid"]
    until(lambda: not api.holders(uid), "the copy out of its Services")
    copy = api.pod(NAME)
    # Out of service before the cluster has ended it: nobody was cut off.
    assert copy is None or copy["status"]["phase"] == "Running"
    done = running.wait()
    assert done.status == 124, done.stderr
    assert "the copy ends in" in done.stderr
    assert "the session left by itself" in done.stderr
    assert api.gone(NAME)


def test_a_deadline_that_leaves_no_time_to_leave_is_bad_input(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run(source, "--join-service", f"--name={NAME}", "--ttl=30s", "--", "true")
    assert done.status == 2, done.stderr
    assert "--ttl: 30s is too short" in done.stderr
    assert api.gone(NAME)
