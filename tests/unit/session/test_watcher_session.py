"""The watcher of a copy is the one that changes something: a copy of ours that was adopted, and nothing else."""

from typing import Any

import pytest

from kubectl_netshoot.kube import parse
from kubectl_netshoot.model import CONTAINER, ENV_MARK
from kubectl_netshoot.rules.marks import to_annotations
from kubectl_netshoot.session.watcher import SessionWatcher
from tests.unit.builders import SESSION, mark
from tests.unit.session.conftest import RUNNING, Scene, pod

ADOPTED = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "o", "controller": True}]


def adopted(annotations: dict[str, str], session: str) -> dict[str, Any]:
    """A pod of a ReplicaSet with the label of a Service, marked so far."""
    item = pod(RUNNING)
    item["metadata"] |= {"labels": {"app": "web"}, "ownerReferences": ADOPTED, "annotations": annotations}
    env = [{"name": ENV_MARK, "value": session}] if session else []
    item["spec"]["containers"].append({"name": CONTAINER, "env": env})
    return item


def changes(scene: Scene) -> list[str]:
    said: list[str] = []
    assert scene.pod
    assert SessionWatcher(scene.edges, parse.pod(scene.pod), said.append).look()
    return [asked.method for asked in scene.server.asked if asked.method != "GET"]


def test_an_adopted_copy_is_taken_out_of_service(scene: Scene) -> None:
    scene.pod = adopted(to_annotations(mark()), SESSION)
    assert changes(scene) == ["PATCH"]


@pytest.mark.parametrize(
    ("annotations", "session"),
    [({}, ""), (to_annotations(mark()), ""), ({}, SESSION)],
    ids=["not marked", "with the annotations alone", "with the variable alone"],
)
def test_a_pod_that_is_not_ours_is_never_changed(
    scene: Scene, annotations: dict[str, str], session: str
) -> None:
    scene.pod = adopted(annotations, session)
    assert changes(scene) == []
