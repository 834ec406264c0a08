"""The events of whole stories, in their recorded order: a session, an adoption, a crash loop, a deadline."""

from __future__ import annotations

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.tests.contract.recordings import load, watched
from fakecluster.tests.contract.scene import Scene
from fakecluster.tests.contract.stories import events_since, story, until, version_now
from fakecluster.timestamps import rfc3339

_MERGE = "application/merge-patch+json"
_JSON = "application/json-patch+json"


pytestmark = pytest.mark.usefixtures("unzoned")


@pytest.fixture
def scene(api: Api, namespace: str) -> Scene:
    """The recorded Service with a ready pod behind it."""
    scene = Scene(api, namespace)
    scene.wait_in_slice(scene.source())
    return scene


def test_a_session(scene: Scene) -> None:
    exchanges = load("session-watched")
    recorded = watched("session-watched", "pods")
    start = version_now(scene)
    scene.pod(recorded[0]["object"])
    scene.ready("watched")
    for exchange, there in zip(exchanges[:3], (None, True, False), strict=True):
        kind = _MERGE if isinstance(exchange.body, dict) else _JSON
        body = exchange.raw_body() or b""
        answer = scene.api.raw(
            exchange.method,
            scene.moved(exchange.path),
            scene.moved(body.decode()).encode(),
            {"Content-Type": kind},
        )
        assert answer.status == exchange.status, answer.body
        if there is not None:
            scene.wait_in_slice("watched", there=there)
    assert scene.replay(exchanges[3]).status == 200
    until(lambda: scene.get("watched").get("code") == 404)
    told = story(events_since(scene, start), "watched")
    # A kubelet tells its newest status only: the end of all containers is one of its own, or comes with the phase.
    assert [e for e in told if not (" Running " in e and e.count(":terminated:") == 2)] == story(
        recorded, "watched"
    )
    slices = [len(e["object"]["endpoints"]) for e in watched("session-watched", "endpointslices")]
    ours = events_since(scene, start, "apis/discovery.k8s.io/v1/namespaces/{}/endpointslices")
    # The recorded Service had one pod more behind it.
    assert [len(e["object"]["endpoints"]) + 1 for e in ours] == slices


def test_an_adoption(scene: Scene) -> None:
    recorded = watched("adoption-watched", "pods")
    replica_set = watched("adoption-watched", "replicasets")[0]["object"]
    path = f"/apis/apps/v1/namespaces/{scene.namespace}/replicasets"
    scene.api.create(path, {"metadata": {"name": "web"}, "spec": replica_set["spec"]})
    until(lambda: scene.api.get(f"{path}/web")["status"].get("readyReplicas") == 2)
    until(lambda: _age_differs(scene))
    start = version_now(scene)
    scene.pod(recorded[0]["object"])
    scene.ready("webcopy")
    labels = {"metadata": {"labels": {"app": "web"}}}
    scene.api("PATCH", f"/api/v1/namespaces/{scene.namespace}/pods/webcopy", labels, _MERGE)
    until(lambda: scene.get("webcopy").get("code") == 404)
    assert story(events_since(scene, start), "webcopy") == story(recorded, "webcopy")


def _age_differs(scene: Scene) -> bool:
    """Whether a pod made now is younger in whole seconds, by which the controller ranks its victims."""
    pods = scene.api.get(f"/api/v1/namespaces/{scene.namespace}/pods")["items"]
    return all(c["lastTransitionTime"] < rfc3339() for pod in pods for c in pod["status"]["conditions"])


def test_a_crash_loop(scene: Scene, cluster: ClusterProcess) -> None:
    cluster.settings(back_off_base=1.0)
    recorded = watched("crashloop-watched", "pods")
    expected = story(recorded, "crash")
    start = version_now(scene)
    scene.pod(next(e["object"] for e in recorded if e["object"]["metadata"]["name"] == "crash"))
    until(lambda: len(story(events_since(scene, start), "crash")) >= len(expected))
    assert story(events_since(scene, start), "crash")[: len(expected)] == expected


def test_a_deadline(scene: Scene) -> None:
    recorded = watched("deadline-watched", "pods")
    start = version_now(scene)
    dead = recorded[0]["object"]
    scene.pod(dead)
    scene.ready("dead")
    marked = next(e["object"] for e in recorded if e["object"]["metadata"]["generation"] == 2)
    path = f"/api/v1/namespaces/{scene.namespace}/pods/dead"
    scene.api("PATCH", path, {"metadata": {"labels": marked["metadata"]["labels"]}}, _MERGE)
    scene.api("PATCH", path, {"spec": {"activeDeadlineSeconds": 3}}, _MERGE)
    until(lambda: scene.get("dead")["status"]["phase"] == "Failed")
    assert story(events_since(scene, start), "dead") == story(recorded, "dead")
    # It stays in the slice or leaves it, as the controller happens to look before or after the phase is Failed.
    until(
        lambda: (
            not any(e["conditions"]["ready"] for e in scene.endpoints() if e["targetRef"]["name"] == "dead")
        )
    )


def test_an_image_that_is_missing(scene: Scene) -> None:
    recorded = watched("image-missing-watched", "pods")
    expected = story(recorded, "noimg")
    start = version_now(scene)
    scene.pod(recorded[0]["object"])
    until(lambda: len(story(events_since(scene, start), "noimg")) >= len(expected))
    assert story(events_since(scene, start), "noimg")[: len(expected)] == expected
    listed = next(e.answer for e in load("image-missing-watched") if "/events?" in e.path)
    path = f"/api/v1/namespaces/{scene.namespace}/events?fieldSelector=involvedObject.name%3Dnoimg"
    # The recorded node had no cluster DNS.
    wanted = {(e["reason"], e["type"]) for e in listed["items"] if e["reason"] != "MissingClusterDNS"}
    until(lambda: wanted <= {(e["reason"], e["type"]) for e in scene.api.get(path)["items"]})
