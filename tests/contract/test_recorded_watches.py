"""The events of whole stories, in their recorded order: a session, an adoption, a crash loop, a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.handle import ClusterProcess
from tests.cluster.timestamps import rfc3339
from tests.contract.client import Api, eventually
from tests.contract.recordings import load, watched
from tests.contract.scene import Scene

_MERGE = "application/merge-patch+json"
_JSON = "application/json-patch+json"


@pytest.fixture
def scene(api: Api, namespace: str) -> Scene:
    """The recorded Service with a ready pod behind it."""
    scene = Scene(api, namespace)
    scene.wait_in_slice(scene.source())
    return scene


def story(events: list[dict[str, Any]], name: str) -> list[str]:
    """What became of one pod: each line differs from the one before in something that a client can see."""
    lines: list[str] = []
    for event in events:
        if event["object"]["metadata"].get("name") == name and (line := _line(event)) not in lines[-1:]:
            lines.append(line)
    return lines


def _line(event: dict[str, Any]) -> str:
    pod = event["object"]
    metadata, status = pod["metadata"], pod.get("status", {})
    return " ".join(
        [
            event["type"],
            status.get("phase", ""),
            status.get("reason", "-"),
            "".join(sorted(f"{c['type']}={c['status']}," for c in status.get("conditions", ()))),
            " ".join(sorted(_container(c) for c in status.get("containerStatuses", ()))),
            f"generation={metadata['generation']}",
            f"owned={'ownerReferences' in metadata}",
            f"grace={metadata.get('deletionGracePeriodSeconds')}",
            f"labels={sorted((metadata.get('labels') or {}).items())}",
        ]
    )


def _container(status: dict[str, Any]) -> str:
    ((state, details),) = status["state"].items()
    return f"{status['name']}:{state}:{details.get('reason', '')}:{status['ready']}:{status['restartCount']}"


def _events(scene: Scene, version: str, resource: str = "api/v1/namespaces/{}/pods") -> list[dict[str, Any]]:
    """Everything since that resource version."""
    path = f"/{resource.format(scene.namespace)}?watch=1&resourceVersion={version}&timeoutSeconds=1"
    return list(scene.api("GET", path).body)


def _now(scene: Scene) -> str:
    return str(scene.api.get(f"/api/v1/namespaces/{scene.namespace}/pods")["metadata"]["resourceVersion"])


def _until(check: Callable[[], object]) -> None:
    assert eventually(check), "the story stopped"


def test_a_session(scene: Scene) -> None:
    exchanges = load("session-watched")
    recorded = watched("session-watched", "pods")
    start = _now(scene)
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
    _until(lambda: scene.get("watched").get("code") == 404)
    assert story(_events(scene, start), "watched") == story(recorded, "watched")
    slices = [len(e["object"]["endpoints"]) for e in watched("session-watched", "endpointslices")]
    ours = _events(scene, start, "apis/discovery.k8s.io/v1/namespaces/{}/endpointslices")
    # The recorded Service had one pod more behind it.
    assert [len(e["object"]["endpoints"]) + 1 for e in ours] == slices


def test_an_adoption(scene: Scene) -> None:
    recorded = watched("adoption-watched", "pods")
    replica_set = watched("adoption-watched", "replicasets")[0]["object"]
    path = f"/apis/apps/v1/namespaces/{scene.namespace}/replicasets"
    scene.api.create(path, {"metadata": {"name": "web"}, "spec": replica_set["spec"]})
    _until(lambda: scene.api.get(f"{path}/web")["status"].get("readyReplicas") == 2)
    _until(lambda: _age_differs(scene))
    start = _now(scene)
    scene.pod(recorded[0]["object"])
    scene.ready("webcopy")
    labels = {"metadata": {"labels": {"app": "web"}}}
    scene.api("PATCH", f"/api/v1/namespaces/{scene.namespace}/pods/webcopy", labels, _MERGE)
    _until(lambda: scene.get("webcopy").get("code") == 404)
    assert story(_events(scene, start), "webcopy") == story(recorded, "webcopy")


def _age_differs(scene: Scene) -> bool:
    """Whether a pod made now is younger in whole seconds, by which the controller ranks its victims."""
    pods = scene.api.get(f"/api/v1/namespaces/{scene.namespace}/pods")["items"]
    return all(c["lastTransitionTime"] < rfc3339() for pod in pods for c in pod["status"]["conditions"])


def test_a_crash_loop(scene: Scene, cluster: ClusterProcess) -> None:
    cluster.settings(back_off_base=1.0)
    recorded = watched("crashloop-watched", "pods")
    expected = story(recorded, "crash")
    start = _now(scene)
    scene.pod(next(e["object"] for e in recorded if e["object"]["metadata"]["name"] == "crash"))
    _until(lambda: len(story(_events(scene, start), "crash")) >= len(expected))
    assert story(_events(scene, start), "crash")[: len(expected)] == expected


def test_a_deadline(scene: Scene) -> None:
    recorded = watched("deadline-watched", "pods")
    start = _now(scene)
    dead = recorded[0]["object"]
    scene.pod(dead)
    scene.ready("dead")
    marked = next(e["object"] for e in recorded if e["object"]["metadata"]["generation"] == 2)
    path = f"/api/v1/namespaces/{scene.namespace}/pods/dead"
    scene.api("PATCH", path, {"metadata": {"labels": marked["metadata"]["labels"]}}, _MERGE)
    scene.api("PATCH", path, {"spec": {"activeDeadlineSeconds": 3}}, _MERGE)
    _until(lambda: scene.get("dead")["status"]["phase"] == "Failed")
    assert story(_events(scene, start), "dead") == story(recorded, "dead")
    # It stays in the slice or leaves it, as the controller happens to look before or after the phase is Failed.
    _until(
        lambda: (
            not any(e["conditions"]["ready"] for e in scene.endpoints() if e["targetRef"]["name"] == "dead")
        )
    )


def test_an_image_that_is_missing(scene: Scene) -> None:
    recorded = watched("image-missing-watched", "pods")
    expected = story(recorded, "noimg")
    start = _now(scene)
    scene.pod(recorded[0]["object"])
    _until(lambda: len(story(_events(scene, start), "noimg")) >= len(expected))
    assert story(_events(scene, start), "noimg")[: len(expected)] == expected
    listed = next(e.answer for e in load("image-missing-watched") if "/events?" in e.path)
    path = f"/api/v1/namespaces/{scene.namespace}/events?fieldSelector=involvedObject.name%3Dnoimg"
    # The recorded node had no cluster DNS.
    wanted = {(e["reason"], e["type"]) for e in listed["items"] if e["reason"] != "MissingClusterDNS"}
    _until(lambda: wanted <= {(e["reason"], e["type"]) for e in scene.api.get(path)["items"]})
