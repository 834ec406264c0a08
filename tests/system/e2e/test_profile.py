"""Profiles and the API server's own word: namespaces with a level, a quota that is full, pods that may not be root."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakecluster import manifests
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.caller import CLIENT
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

NAME = "modest"
Json = dict[str, Any]


@pytest.fixture
def modest(scenery: Scenery) -> Callable[..., str]:
    """Create a pod that every level accepts; with `forced`, the pod itself rules that no container is root."""

    def create(forced: bool = False) -> str:
        scenery.add_ready(1, manifests.modest_pod(NAME, forced), app=NAME)
        return NAME

    return create


def planned(plugin: Plugin, *words: str, status: int = 0) -> Json:
    done = plugin.run(*words, "--dry-run", "-o", "json")
    assert done.status == status, done.stderr
    plan: Json = json.loads(done.stdout)
    return plan


def names(api: Api) -> set[str]:
    return {pod["metadata"]["name"] for pod in api.objects("Pod")}


def test_a_free_namespace_gets_netadmin(plugin: Plugin, source: str) -> None:
    plan = planned(plugin, source)
    assert plan["copy"]["profile"] == "netadmin"
    assert plan["notes"] == []


@pytest.mark.parametrize(("value", "said"), [("baseline", "NET_ADMIN"), ("restricted", "no raw sockets")])
def test_the_namespaces_level_is_kept(
    plugin: Plugin, level: Callable[[str], None], modest: Callable[[], str], value: str, said: str
) -> None:
    level(value)
    pod = modest()
    plan = planned(plugin, pod)
    assert plan["copy"]["profile"] == value
    assert value in plan["copy"]["profileReason"]
    done = plugin.run(pod, "--", "true")
    assert done.status == 0, done.stderr
    assert said in done.stderr


def test_a_pod_that_forbids_root_gets_its_tools_as_root(
    plugin: Plugin, modest: Callable[..., str], api: Api
) -> None:
    pod = modest(forced=True)
    running = plugin.start(pod, "--name=modest-copy", "--", "sh", "-c", "echo up; cat")
    running.says("up")
    copy = api.pod("modest-copy")
    assert copy
    security = copy["spec"]["containers"][-1]["securityContext"]
    assert (security["runAsUser"], security["runAsNonRoot"]) == (0, False)
    assert "NET_RAW" in security["capabilities"]["add"]
    running.close_stdin()
    done = running.wait()
    assert done.status == 0, done.stderr
    assert "warning" not in done.stderr


def test_a_source_that_is_against_the_level_is_refused_beforehand(
    plugin: Plugin, level: Callable[[str], None], source: str, api: Api
) -> None:
    """It runs since before the level was set; its copy would not be let in with any profile."""
    level("restricted")
    before = names(api)
    done = plugin.run(source, "--join-service", "--yes", "--", "true")
    assert done.status == 4, done.stderr
    assert 'violates PodSecurity "restricted:latest"' in done.stderr
    assert "nothing was changed" in done.stderr
    assert names(api) == before


def test_a_profile_that_was_asked_for_is_refused_beforehand(
    plugin: Plugin, level: Callable[[str], None], modest: Callable[[], str]
) -> None:
    level("baseline")
    plan = planned(plugin, modest(), "--profile=netadmin", status=4)
    assert plan["copy"]["profile"] == "netadmin"
    assert [hazard["id"] for hazard in plan["hazards"]] == ["admission"]
    assert "NET_ADMIN" in plan["hazards"][0]["what"]


def test_a_full_quota_is_known_beforehand(plugin: Plugin, source: str, scenery: Scenery, api: Api) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": manifests.metadata("full"),
        "spec": {"hard": {"pods": "1"}},
    }
    scenery.add(quota)
    until(lambda: (api.get("ResourceQuota", "full") or {}).get("status", {}).get("used"), "the quota's count")
    done = plugin.run(source, "--", "true")
    assert done.status == 4, done.stderr
    assert "exceeded quota: full" in done.stderr


def test_a_name_that_is_taken_is_known_beforehand(plugin: Plugin, source: str) -> None:
    done = plugin.run(source, f"--name={CLIENT}", "--", "true")
    assert done.status == 1, done.stderr
    assert "already exists" in done.stderr
    assert "another --name" in done.stderr


def test_an_image_that_is_not_root_has_no_capabilities_and_that_is_said(
    cluster: AnyCluster, plugin: Plugin, source: str
) -> None:
    fake = cluster.faulty()
    fake.settings(image_rules=[{"pattern": "netshoot", "effect": "run", "user": 1000}])
    try:
        done = plugin.run(source, "--yes", "--", "true")
    finally:
        fake.settings(image_rules=[])
    assert done.status == 0, done.stderr
    assert "has no NET_ADMIN, NET_RAW, which profile netadmin asks for" in done.stderr
    assert "tcpdump" in done.stderr
