"""A source with a startup probe and no readiness probe: its copy takes no traffic before its application listens."""

import sys
from pathlib import Path
from typing import Any

import pytest

from fakecluster import manifests
from fakecluster.manifests import PORT
from tests.system.e2e.api import Api, is_ready
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

SLOW = {"app": "slow"}
PROBE = {"tcpSocket": {"port": PORT}, "periodSeconds": 1, "failureThreshold": 60}
# The kubectl of the test, whose `debug` has nothing that came with 1.31.
OLD = """#!{python} -I
import os, subprocess, sys
if "--help" not in sys.argv:
    os.execv({kubectl!r}, [{kubectl!r}, *sys.argv[1:]])
said = subprocess.run([{kubectl!r}, *sys.argv[1:]], capture_output=True, text=True).stdout
print("\\n".join(line for line in said.splitlines() if "--keep-" not in line and "--custom" not in line))
"""


@pytest.fixture
def slow(scenery: Scenery, api: Api) -> str:
    """A pod that listens two seconds after it was started, behind Service slow."""
    made: dict[str, Any] = manifests.pod("slow", SLOW)
    container = made["spec"]["containers"][0]
    container["command"] = ["sh", "-c", f"sleep 2; {manifests.SERVE}"]
    container["startupProbe"] = PROBE
    del container["readinessProbe"]
    scenery.add(made, manifests.service("slow", SLOW))
    until(lambda: is_ready(api.pod("slow") or {}) and api.members("slow"), "the pod in its Service")
    return "slow"


@pytest.fixture
def old(env: dict[str, str], programs: Path, tmp_path: Path) -> None:
    program = tmp_path / "old-kubectl"
    program.write_text(OLD.format(python=sys.executable, kubectl=str((programs / "kubectl").resolve())))
    program.chmod(0o755)
    env["KUBECTL_NETSHOOT_KUBECTL"] = str(program)


def test_a_joined_copy_keeps_the_startup_probe(plugin: Plugin, api: Api, slow: str) -> None:
    running = plugin.start(
        slow, "--service=slow", *QUICK, "--name=slow-copy", "--yes", "--", "sh", "-c", "echo in; read x"
    )
    running.says("in")
    made = api.pod("slow-copy") or {}
    assert "startupProbe" in made["spec"]["containers"][0]
    assert made["status"]["containerStatuses"][0]["started"] is True
    running.close_stdin()
    running.wait()


def test_a_plain_copy_is_for_who_looks_why_it_does_not_start(plugin: Plugin, slow: str) -> None:
    plan = plugin.run(slow, "--dry-run", "-v").text
    assert "--keep-readiness" in plan
    assert "--keep-startup" not in plan


@pytest.mark.usefixtures("old")
def test_a_kubectl_that_cannot_keep_it_joins_nothing(plugin: Plugin, api: Api, slow: str) -> None:
    words = (slow, "--service=slow", *QUICK, "--name=slow-copy", "--profile=general", "--yes")
    done = plugin.run(*words, "--", "true")
    assert done.status == 4
    assert "starting (refuse): the copy would lose the startup probe of container app" in done.stderr
    assert api.gone("slow-copy")
    assert plugin.run(*words, "--dry-run").status == 4
    assert plugin.run(*words, "--allow=starting", "--", "true").status == 0
    # A plain copy gets no traffic, and with most profiles such a kubectl keeps every probe.
    assert plugin.run(slow, "--profile=general", "--yes", "--", "true").status == 0
    assert plugin.run(*words, "--profile=netadmin", "--dry-run").status == 0
