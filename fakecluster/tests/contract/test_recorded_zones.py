"""On a node with zone labels, pods and endpoints get them as on a recorded one, whoever binds the pod."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster.client import Api
from fakecluster.tests.contract.conftest import NODE, ZONED
from fakecluster.tests.contract.objects import MERGE, pod, pods
from fakecluster.tests.contract.recordings import watched
from fakecluster.tests.contract.scene import Scene
from fakecluster.tests.contract.stories import events_since, story, until, version_now

SLICES = "apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"


@pytest.fixture
def scene(api: Api, namespace: str) -> Scene:
    """The recorded Service with a ready pod behind it, on a node in zone z1."""
    scene = Scene(api, namespace)
    scene.wait_in_slice(scene.source())
    return scene


def test_a_pod_is_born_without_labels_and_bound_with_them(scene: Scene) -> None:
    recorded = watched("zone-labels-watched", "pods")
    # The recorded Service selects app=web.
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    scene.api.create(
        f"/api/v1/namespaces/{scene.namespace}/services", {"metadata": {"name": "web"}, "spec": spec}
    )
    start, path = version_now(scene), pods(scene.namespace, "zoned")
    scene.pod(next(e["object"] for e in recorded if e["object"]["metadata"]["name"] == "zoned"))
    scene.ready("zoned")
    for value, there in (("web", True), (None, False)):
        scene.api("PATCH", path, {"metadata": {"labels": {"app": value}}}, MERGE)
        scene.wait_in_slice("zoned", there=there)
    scene.api("DELETE", path)
    until(lambda: scene.get("zoned").get("code") == 404)
    assert story(events_since(scene, start), "zoned") == story(recorded, "zoned")
    ours = _endpoints(events_since(scene, start, SLICES), "zoned")
    assert ours == _endpoints(watched("zone-labels-watched", "endpointslices"), "zoned")


def _endpoints(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """What is said of a pod in the slices, once each, without address and identity."""
    found = [
        e
        for event in events
        for e in event["object"].get("endpoints") or ()
        if e["targetRef"]["name"] == name
    ]
    said = [{key: e[key] for key in e if key not in ("addresses", "targetRef")} for e in found]
    return [one for index, one in enumerate(said) if one not in said[:index]]


@pytest.mark.parametrize("labels", [{}, {"topology.kubernetes.io/zone": "elsewhere", "app": "web"}])
def test_the_node_s_word_wins(scene: Scene, labels: dict[str, str]) -> None:
    created = pod("here", nodeName="k8s-node-1")
    created["metadata"]["labels"] = labels
    made = scene.api.create(pods(scene.namespace), created)
    assert made["metadata"]["labels"] == {**labels, **ZONED}


def test_the_label_of_a_bound_pod_may_go_and_stays_away(scene: Scene) -> None:
    scene.api.create(pods(scene.namespace), pod())
    scene.ready("web")
    path, label = pods(scene.namespace, "web"), "topology.kubernetes.io/zone"
    without = scene.api("PATCH", path, {"metadata": {"labels": {label: None}}}, MERGE).body
    assert label not in without["metadata"]["labels"]
    assert label not in scene.get("web")["metadata"]["labels"]


def test_another_scheduler_s_binding_brings_them_too(scene: Scene) -> None:
    scene.api("PATCH", NODE, {"spec": {"unschedulable": True}}, MERGE)
    try:
        scene.api.create(pods(scene.namespace), pod())
        path = f"{pods(scene.namespace, 'web')}/binding"
        scene.api.create(
            path, {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "k8s-node-1"}}
        )
        assert scene.get("web")["metadata"]["labels"] == {"app": "web", **ZONED}
    finally:
        scene.api("PATCH", NODE, {"spec": {"unschedulable": None}}, MERGE)
