"""Pods and Services as no API server should give them: the plan says so, and the copy is not asked for."""

import copy
from typing import Any

import pytest

from tests.system.badinput import world
from tests.system.badinput.judge import FAILED, FINE, judge
from tests.system.badinput.stage import Stage

ODD_POD: list[tuple[str, Any]] = [
    ("metadata", None),
    ("metadata", []),
    ("metadata.name", 42),
    ("metadata.name", "../nodes"),
    ("metadata.name", "--all"),
    ("metadata.uid", {}),
    ("metadata.labels", ["app"]),
    ("metadata.labels", "app=web"),
    ("metadata.labels.app", 42),
    ("metadata.labels.app", None),
    ("metadata.annotations", [1]),
    ("spec", "x"),
    ("spec.containers", 42),
    ("spec.containers", [None]),
    ("spec.containers", [{"image": "x"}]),
    ("spec.volumes", {"a": 1}),
    ("status", ["Ready"]),
    ("status.conditions", [{}]),
    ("status.phase", []),
]
ODD_SERVICE: list[tuple[str, Any]] = [
    ("metadata", None),
    ("metadata.name", None),
    ("metadata.name", "../web"),
    ("spec", 42),
    ("spec.selector", ["app"]),
    ("spec.selector.app", ["web"]),
    ("spec.selector.app", 42),
    ("spec.type", {}),
    ("spec.externalIPs", 42),
]


def changed(item: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The object with this value at a dotted path."""
    result = copy.deepcopy(item)
    *above, last = path.split(".")
    place = result
    for key in above:
        place = place[key]
    place[last] = value
    return result


@pytest.mark.parametrize(("path", "value"), ODD_POD)
def test_a_pod_that_is_none(stage: Stage, path: str, value: Any) -> None:
    stage.objects[world.POD] = changed(world.pod(), path, value)
    judge(stage.run("web-0", "--dry-run"), (FAILED,), ["the API server's answer cannot be read", "pod"])


@pytest.mark.parametrize("owners", ["x", [42], [{}], [{"kind": "ReplicaSet", "name": 42}]], ids=str)
def test_owners_that_are_none(stage: Stage, owners: object) -> None:
    stage.objects[world.POD] = changed(world.pod(), "metadata.ownerReferences", owners)
    judge(stage.run("web-0", "--dry-run"), (FAILED,), ["the API server's answer cannot be read: an owner"])


@pytest.mark.parametrize(("path", "value"), ODD_SERVICE)
def test_a_service_that_is_none(stage: Stage, path: str, value: Any) -> None:
    stage.objects[world.SERVICES] = {"items": [changed(world.service(), path, value)]}
    outcome = stage.run("web-0", "--join-service", "--dry-run")
    judge(outcome, (FAILED,), ["the API server's answer cannot be read", "Service"])


STRANGE = "\x1b]52;c;aGk=\x07\x1b[2J\u202e\x9b2J\r\n"


def test_labels_with_escapes_make_no_pod(stage: Stage) -> None:
    stage.objects[world.POD] = changed(world.pod(), "metadata.labels", {"app": "web", f"key{STRANGE}": "x"})
    outcome = stage.run("web-0", "--join-service", "--dry-run")
    judge(outcome, (FAILED,), ["the API server's answer cannot be read", "pod"])


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_selectors_value_with_escapes_is_shown_without(stage: Stage, output: str) -> None:
    value = f"web{STRANGE}"
    stage.objects[world.POD] = changed(world.pod(), "metadata.labels.app", value)
    stage.objects[world.SERVICES] = {"items": [changed(world.service(), "spec.selector.app", value)]}
    outcome = stage.run("web-0", "--join-service", "--dry-run", "-o", output)
    judge(outcome, (FINE,))
    assert "service/web" in outcome.stdout


LISTS: list[Any] = [None, 42, "x", [], [42], {"items": 42}, {"items": [42]}, {"items": {"a": 1}}]


@pytest.mark.parametrize("answer", LISTS, ids=str)
def test_lists_that_are_none(stage: Stage, answer: Any) -> None:
    stage.objects[f"{world.SHOP}/pods"] = answer
    outcome = stage.run("list")
    judge(outcome, (FAILED,))
    assert outcome.stderr.startswith("error: ")
