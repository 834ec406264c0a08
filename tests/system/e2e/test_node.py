"""A session on a node: the node's namespaces, refused where the namespace forbids them, and nothing left behind."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakecluster import manifests
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api, is_ready
from tests.system.e2e.caller import CLIENT
from tests.system.e2e.pcap import opens
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.witness import is_marked
from tests.waiting import until


@pytest.fixture
def node(api: Api) -> str:
    """The name of a node that takes pods."""
    client = api.pod(CLIENT)
    assert client
    return str(client["spec"]["nodeName"])


def test_a_shell_on_the_node(plugin: Plugin, api: Api, node: str) -> None:
    running = plugin.start("debug", f"node/{node}", "--", "sh", "-c", "echo in; cat; exit 7")
    running.says("in\n")
    (listed,) = json.loads(plugin.run("list", "-o", "json").text)
    assert (listed["kind"], listed["source"]) == ("node", f"node/{node}")
    pod = api.pod(listed["name"])
    assert pod
    spec = pod["spec"]
    assert (spec["hostNetwork"], spec["hostPID"], spec["hostIPC"], spec["nodeName"]) == (
        True,
        True,
        True,
        node,
    )
    assert {"name": "host-root", "mountPath": "/host"} in spec["containers"][0]["volumeMounts"]
    assert spec["activeDeadlineSeconds"] == 3600
    running.close_stdin()
    assert running.wait().status == 7, running.stderr
    assert api.gone(listed["name"])


def test_a_node_that_does_not_exist(plugin: Plugin) -> None:
    done = plugin.run("debug", "node/nowhere", "--", "true")
    assert done.status == 1
    assert 'no node "nowhere"' in done.stderr


def test_a_level_that_forbids_it_is_told_before_with_the_way_out(
    plugin: Plugin, level: Callable[[str], None], node: str
) -> None:
    level("restricted")
    refused = plugin.run("debug", f"node/{node}", "--", "true")
    assert refused.status == 4, refused.stderr
    assert 'violates PodSecurity "restricted:latest"' in refused.stderr
    assert "a namespace that enforces no PodSecurity level (-n NAMESPACE)" in refused.stderr
    done = plugin.run("debug", f"node/{node}", "--profile=restricted", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "without its network" in done.stderr


@pytest.fixture
def lost(cluster: AnyCluster, api: Api) -> Iterator[str]:
    """The name of a node whose kubelet is silent, and that takes no pods of others."""
    fake = cluster.faulty()
    spec = {"unschedulable": True}
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": manifests.metadata("lost"), "spec": spec})
    until(lambda: is_ready(api.get("Node", "lost") or {}), "the node")
    fake.act("node-lost", node="lost", silent=True)
    until(lambda: not is_ready(api.get("Node", "lost") or {}), "the loss of the node")
    yield "lost"
    api.delete("Node", "lost")


def test_a_node_that_is_not_ready_is_a_warning(plugin: Plugin, lost: str) -> None:
    done = plugin.run("debug", f"node/{lost}", "--", "true")
    assert done.status == 4, done.stderr
    assert "node-not-ready: node lost is not ready (Kubelet stopped posting node status.)" in done.stderr
    assert "--yes goes on anyway" in done.stderr


def test_a_capture_on_the_node(plugin: Plugin, api: Api, node: str, tmp_path: Path) -> None:
    path = tmp_path / "node.pcap"
    running = plugin.start("capture", f"node/{node}", "-w", str(path), "--duration=1h", "--", "port", "8080")
    until(lambda: any(path.parent.glob("node.pcap.part")), "the first packets", lambda: running.stderr)
    (listed,) = json.loads(plugin.run("list", "-o", "json").text)
    assert (listed["kind"], listed["source"]) == ("node", f"node/{node}")
    found = api.pod(listed["name"])
    assert found
    assert (found["spec"]["hostNetwork"], found["spec"]["nodeName"]) == (True, node)
    running.send(signal.SIGINT)
    assert running.wait().status == 128 + signal.SIGINT, running.stderr
    assert opens(path)
    assert api.gone(listed["name"])


def test_a_capture_where_the_nodes_network_is_forbidden(
    plugin: Plugin, api: Api, level: Callable[[str], None], node: str
) -> None:
    level("restricted")
    done = plugin.run("capture", f"node/{node}", "-w", "node.pcap", "--profile=restricted")
    assert done.status in (1, 4), done.stderr
    assert done.stderr.count("error: ") == 1
    assert not [pod for pod in api.objects("Pod") if is_marked(pod)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--copy",), "--copy does not apply to node/NAME"),
        (("--all-pods",), "--all-pods does not apply to node/NAME"),
        (("web",), "node/NAME cannot be combined"),
    ],
)
def test_what_does_not_go_with_a_capture_on_a_node(plugin: Plugin, words: tuple[str, ...], says: str) -> None:
    done = plugin.run("capture", "node/here", *words, "-w", "node.pcap")
    assert (done.status, says in done.stderr) == (2, True), done.stderr
