"""Several points that capture at once: a conversation is told once, with what was lost between them."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakecluster import manifests
from tests.system.e2e.api import Api
from tests.system.e2e.caller import CLIENT, Caller
from tests.system.e2e.network import Break
from tests.system.e2e.plugin import Done, Plugin
from tests.system.e2e.scenery import Scenery

# Until both tcpdumps have listened for longer than it takes a kernel to hand over what it has captured.
LISTENING_SECONDS = 2


@pytest.fixture(autouse=True)
def quiet(traffic: Callable[..., None]) -> None:
    """Nobody talks but the test."""
    traffic(TCPDUMP_PACKETS=1)


def captured(plugin: Plugin, api: Api, caller: Caller, *words: str) -> Done:
    """Both ends, while the client asks the Service for a page."""
    found = api.get("Service", "api")
    assert found
    running = plugin.start("capture", CLIENT, "api-x7k", "--duration=9s", *words)
    running.says("capturing: ")
    time.sleep(LISTENING_SECONDS)
    caller.can(f"curl --silent --max-time 3 http://{found['spec']['clusterIP']}/")
    return running.wait()


@pytest.mark.usefixtures("behind")
def test_both_ends_of_a_connection_through_a_service(plugin: Plugin, api: Api, caller: Caller) -> None:
    done = captured(plugin, api, caller, "--explain")
    assert done.status == 0, done.stderr
    assert f"captured at {CLIENT}, and at api-x7k as pod/{CLIENT} (" in done.text
    assert done.text.count("TCP, closed in good order") == 1
    assert "client to api-x7k: " in done.text
    # The made-up packet of both pods is one, too: it has the same numbers.
    assert done.text.count("all arrived") >= 2
    assert "did not arrive" not in done.text


@pytest.mark.usefixtures("behind")
def test_answers_that_are_lost_on_their_way(plugin: Plugin, api: Api, caller: Caller, breaks: Break) -> None:
    breaks("answer-drop", "api-x7k")
    done = captured(plugin, api, caller, "--explain", "--merge")
    assert done.status == 0, done.stderr
    assert "packets of the server between" in done.text
    assert "left api-x7k and did not arrive at client" in " ".join(done.text.split())
    assert "of the client, all arrived" in done.text


@pytest.mark.usefixtures("behind")
def test_a_merged_file_is_told_by_its_points(
    plugin: Plugin, api: Api, caller: Caller, tmp_path: Path
) -> None:
    path = tmp_path / "both.pcapng"
    done = captured(plugin, api, caller, "--merge", "-w", str(path))
    assert done.status == 0, done.stderr
    told = plugin.run("explain", str(path))
    assert told.status == 0, told.stderr
    assert f"captured at {CLIENT}, and at api-x7k as pod/{CLIENT} (" in told.text
    assert "Capture of api-x7k: pcapng" in told.text


@pytest.mark.usefixtures("behind")
def test_a_pods_interface_as_its_node_has_it(
    plugin: Plugin, api: Api, caller: Caller, tmp_path: Path
) -> None:
    pod = api.pod("api-x7k")
    assert pod
    node, path = pod["spec"]["nodeName"], tmp_path / "end.pcap"
    running = plugin.start("capture", f"node/{node}", "--pod", "api-x7k", "-w", str(path), "--duration=9s")
    running.says("capturing: ")
    time.sleep(LISTENING_SECONDS)
    caller.can(f"curl --silent --max-time 3 http://{pod['status']['podIP']}:8080/")
    done = running.wait()
    assert done.status == 0, done.stderr
    assert f"is the end of pod api-x7k on node {node}" in done.stderr
    told = plugin.run("explain", str(path))
    assert f"{pod['status']['podIP']}:8080" in told.text
    assert "closed in good order" in told.text


def test_pods_whose_interface_a_node_does_not_have(
    plugin: Plugin, api: Api, scenery: Scenery, behind: str
) -> None:
    pod = api.pod(behind)
    assert pod
    node = pod["spec"]["nodeName"]
    on_node = manifests.pod("on-node", {"app": "on-node"})
    on_node["spec"] |= {"hostNetwork": True, "nodeName": node}
    scenery.add(on_node)
    before = len(api.objects("Pod"))
    for words, says in (
        (("on-node",), "in its node's network and has no interface of its own"),
        (("nobody",), 'no pod "nobody"'),
    ):
        done = plugin.run("capture", f"node/{node}", "--pod", *words, "-w", "end.pcap")
        assert (done.status, says in done.stderr) == (1, True), done.stderr
    elsewhere = plugin.run("capture", f"pod/{behind}", "--pod", behind)
    assert (elsewhere.status, "--pod needs node/NAME as TARGET" in elsewhere.stderr) == (2, True)
    assert len(api.objects("Pod")) == before
