"""Several points that capture at once: a conversation is told once, with what was lost between them."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.caller import CLIENT, Caller
from tests.system.e2e.network import Break
from tests.system.e2e.plugin import Done, Plugin

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
    assert done.text.count("all arrived") == 2
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
