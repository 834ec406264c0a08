"""Pods that nothing can be added to, levels that allow little, images that are not there: said plainly."""

from collections.abc import Callable

import pytest

from fakecluster import manifests
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.dumps import added
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

NO_IMAGE = "localhost:1/none"


def phase(api: Api, pod: str) -> str:
    found = api.pod(pod)
    assert found
    return str(found["status"].get("phase"))


def test_a_pod_whose_init_container_hangs_can_be_looked_into(
    plugin: Plugin, api: Api, scenery: Scenery
) -> None:
    init = {"name": "init", "image": NO_IMAGE}
    scenery.add(manifests.pod("stuck", {"app": "stuck"}, initContainers=[init]))
    until(lambda: (api.pod("stuck") or {})["status"].get("initContainerStatuses"), "its sandbox")
    done = plugin.run("debug", "stuck", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "no container of the pod runs" in done.stderr
    for asked, why in (("init", "is an init container"), ("app", "does not run")):
        refused = plugin.run("debug", "stuck", f"--target={asked}", "--", "true")
        assert refused.status == 1
        assert why in refused.stderr


def test_a_pod_that_has_ended(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    over = manifests.client_pod("over")
    over["spec"] |= {"restartPolicy": "Never"}
    over["spec"]["containers"][0]["command"] = ["true"]
    scenery.add(over)
    until(lambda: phase(api, "over") == "Succeeded", "the end of the pod")
    done = plugin.run("debug", "over", "--", "true")
    assert done.status == 1
    assert "pod over has ended, Succeeded" in done.stderr
    assert "kubectl netshoot over" in done.stderr


def test_a_static_pod(cluster: AnyCluster, plugin: Plugin, scenery: Scenery) -> None:
    """A kubelet deletes a pod that only says so of itself."""
    cluster.faulty()
    static = manifests.pod("static", {"app": "static"})
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "0"}
    (found,) = scenery.add_ready(1, static, app="static")
    done = plugin.run("debug", "static", "--", "true")
    assert done.status == 4, done.stderr
    assert "static is a static pod" in done.stderr
    assert f"kubectl netshoot debug node/{found['spec']['nodeName']}" in done.stderr


def test_an_image_that_cannot_be_pulled(plugin: Plugin, scenery: Scenery) -> None:
    scenery.add_ready(1, manifests.pod("unlucky", {"app": "unlucky"}), app="unlucky")
    done = plugin.run("debug", "unlucky", f"--image={NO_IMAGE}", "--", "true")
    assert done.status == 1, done.stderr
    assert "did not start: ImagePullBackOff" in done.stderr
    assert f"{NO_IMAGE} was pulled without any pull secret, as the pod itself" in done.stderr
    assert "nobody can keep it from that" in done.stderr


@pytest.mark.parametrize(("value", "said"), [("baseline", "NET_ADMIN"), ("restricted", "no raw sockets")])
def test_the_namespaces_level_is_kept(
    plugin: Plugin, scenery: Scenery, level: Callable[[str | None], None], value: str, said: str
) -> None:
    level(value)
    scenery.add_ready(1, manifests.modest_pod("modest"), app="modest")
    done = plugin.run("debug", "modest", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert said in done.stderr


def test_more_than_the_level_is_refused_beforehand(
    plugin: Plugin, api: Api, source: str, level: Callable[[str | None], None]
) -> None:
    before = len(added(api, source))
    level("baseline")
    done = plugin.run("debug", source, "--profile=netadmin", "--", "true")
    assert done.status == 4, done.stderr
    assert 'violates PodSecurity "baseline:latest"' in done.stderr
    assert "nothing was changed" in done.stderr
    assert len(added(api, source)) == before


def test_names_that_are_not_there(plugin: Plugin, source: str) -> None:
    for words, why in (
        (("nowhere",), 'no pod "nowhere"'),
        (("deploy/nowhere",), 'no deployment "nowhere"'),
        ((source, "--target=nobody"), "nobody is not in the pod"),
    ):
        done = plugin.run("debug", *words, "--", "true")
        assert done.status == 1
        assert why in done.stderr
