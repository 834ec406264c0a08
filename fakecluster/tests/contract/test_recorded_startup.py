"""A slow application with a startup probe, and kubectl debug's copies of it without the probe and with it."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl
from fakecluster.tests.contract.recordings import load
from fakecluster.tests.contract.scene import Scene
from fakecluster.tests.contract.stories import events_since, story, version_now

# As the recorded application, it listens a while after it was started.
SLOW = [{"pattern": "nginx", "effect": "serve", "listen_after": 0.5}]


@pytest.fixture
def scene(api: Api, namespace: str, cluster: ClusterProcess) -> Scene:
    cluster.settings(image_rules=SLOW, probe_period_scale=0.1)
    return Scene(api, namespace)


def _source(scene: Scene) -> None:
    """The recorded one, ready."""
    scene.pod(_recorded("slow")[0]["object"])
    scene.ready("slow")


def _recorded(name: str) -> list[dict[str, Any]]:
    """Each pod was watched alone."""
    (found,) = (e for e in load("startup-probe-watched") if e.path.endswith(f"%3D{name}"))
    return list(found.answer["lines"])


def _started(events: list[dict[str, Any]], name: str) -> list[tuple[bool, bool]]:
    """(started, ready) of the application while it runs, each change."""
    found = [
        (c["started"], c["ready"])
        for event in events
        if event["object"]["metadata"]["name"] == name
        for c in event["object"]["status"].get("containerStatuses") or ()
        if c["name"] == "nginx" and "running" in c["state"]
    ]
    return [one for index, one in enumerate(found) if one not in found[:index]]


def test_the_source_is_ready_when_it_has_started(scene: Scene) -> None:
    start, recorded = version_now(scene), _recorded("slow")
    _source(scene)
    events = events_since(scene, start)
    assert story(events, "slow") == story(recorded, "slow")
    assert _started(events, "slow") == _started(recorded, "slow") == [(False, False), (True, True)]


@pytest.mark.parametrize(("name", "flags"), [("slowcopy", []), ("slowkept", ["--keep-startup"])])
def test_a_copy_waits_only_for_a_probe_that_was_kept(
    scene: Scene, kubectl: Kubectl, name: str, flags: list[str]
) -> None:
    _source(scene)
    start, recorded = version_now(scene), _recorded(name)
    sleeper = next(c for c in recorded[0]["object"]["spec"]["containers"] if c["name"] == "netshoot")
    made = [f"--copy-to={name}", f"--image={sleeper['image']}", "--container=netshoot", "--profile=netadmin"]
    kubectl("debug", "slow", *made, "--attach=false", *flags, "--", *sleeper["command"])
    scene.ready(name)
    events = events_since(scene, start)
    assert story(events, name) == story(recorded, name)
    assert _started(events, name) == _started(recorded, name)
    probed = ["startupProbe" in c for c in scene.get(name)["spec"]["containers"]]
    assert probed == ["startupProbe" in c for c in recorded[0]["object"]["spec"]["containers"]]
