"""What is refused before anything is changed: each hazard as it really is in a cluster, and bad input."""

from typing import Any

import pytest

from fakecluster import manifests
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Done, Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

LONE = {"app": "lone"}
GATE = {"readinessGates": [{"conditionType": "example.com/gate"}]}


def refused(done: Done, hazard: str) -> None:
    assert done.status == 4, done.stderr
    assert f"{hazard} (" in done.stderr
    assert "nothing was changed" in done.stderr


def join(plugin: Plugin, source: str, *words: str) -> Done:
    return plugin.run(source, "--join-service", *QUICK, *words, "--", "echo", "ran")


def ran(done: Done) -> None:
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr


def test_adoption(plugin: Plugin, scenery: Scenery) -> None:
    pods = scenery.add_ready(
        2, manifests.replica_set("lone", 2, LONE), manifests.service("lone", LONE), **LONE
    )
    source = pods[0]["metadata"]["name"]
    refused(join(plugin, source), "adoption")
    assert plugin.run(source, "--service=lone", "--allow=adoption", "--", "true").status == 2


def test_no_selector(plugin: Plugin, scenery: Scenery, source: str) -> None:
    scenery.add(manifests.service("blind", None))
    refused(plugin.run(source, "--service=blind", "--", "true"), "no-selector")


def test_other_service(plugin: Plugin, scenery: Scenery, source: str) -> None:
    scenery.add(manifests.service("web-c", {"app": "web"}))
    refused(plugin.run(source, "--service=web", "--", "true"), "other-service")
    ran(plugin.run(source, "--service=web", *QUICK, "--allow=other-service", "--", "echo", "ran"))


def lone_pod(api: Api, scenery: Scenery, ready: bool, **spec: Any) -> str:
    """A pod of nobody's, alone behind its Service."""
    made = manifests.pod("lone", LONE, **spec)
    if ready:
        scenery.add_ready(1, made, manifests.service("lone", LONE), **LONE)
    else:
        scenery.add(made, manifests.service("lone", LONE))
        until(lambda: (api.pod("lone") or {})["status"].get("phase") == "Running", "the pod")
    return "lone"


def test_sole_endpoint(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    source = lone_pod(api, scenery, ready=False, initial_delay=3600)
    done = join(plugin, source)
    refused(done, "sole-endpoint")
    assert "source-unhealthy" in done.stderr


def test_source_unhealthy(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    scenery.add_ready(1, manifests.pod("well", LONE), manifests.service("lone", LONE), **LONE)
    scenery.add(manifests.pod("unready", LONE, initial_delay=3600))
    until(lambda: (api.pod("unready") or {})["status"].get("phase") == "Running", "the pod")
    refused(join(plugin, "unready"), "source-unhealthy")
    assert api.members("lone") == {"well"}


def test_readiness_gate(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    scenery.add_ready(1, manifests.pod("well", LONE), manifests.service("lone", LONE), **LONE)
    scenery.add(manifests.pod("gated", LONE, **GATE))
    until(lambda: (api.pod("gated") or {})["status"].get("phase") == "Running", "the pod")
    refused(join(plugin, "gated", "--allow=source-unhealthy"), "readiness-gate")
    ran(join(plugin, "gated", "--allow=source-unhealthy", "--allow=readiness-gate"))


def test_no_service_selects_the_pod(plugin: Plugin, scenery: Scenery) -> None:
    scenery.add_ready(1, manifests.pod("lone", LONE), **LONE)
    done = join(plugin, "lone")
    assert done.status == 1
    assert "selects pod lone" in done.stderr


# What is wrong with the words alone is said without a cluster: tests/system/badinput.
@pytest.mark.parametrize(
    ("words", "said"),
    [(("--service=nobody",), 'no Service "nobody"'), (("--ttl=5",), "not a duration")],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_bad_input(plugin: Plugin, api: Api, source: str, words: tuple[str, ...], said: str) -> None:
    before = {pod["metadata"]["uid"] for pod in api.objects("Pod")}
    done = plugin.run(source, "--join-service", *words)
    assert done.status == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert {pod["metadata"]["uid"] for pod in api.objects("Pod")} == before


def test_a_pod_that_is_not_there(plugin: Plugin) -> None:
    done = plugin.run("nobody", "--join-service")
    assert done.status == 1
    assert 'no pod "nobody" in namespace' in done.stderr


def test_a_name_that_is_taken(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run(source, "--join-service", "--name=client", "--", "true")
    assert done.status == 1
    assert '"client" already exists' in done.stderr
    assert api.pod("client")


def test_an_image_that_cannot_be_pulled(plugin: Plugin, api: Api, source: str) -> None:
    words = ("--image=localhost:1/none:v1", "--name=pulling", "--drain=10m")
    done = plugin.run(source, "--join-service", *words, "--", "true")
    assert done.status == 1
    assert "localhost:1/none:v1" in done.stderr
    assert "connection refused" in done.stderr
    assert api.gone("pulling")
