"""What somebody may who adds a container to a running pod: the Role that `rbac` prints, and what is said of less."""

from pathlib import Path

import pytest

from fakecluster import manifests
from tests.system.e2e.api import Api
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.plugin import Done, Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.somebody import Somebody, role
from tests.waiting import until

COMMANDS = pytest.mark.parametrize("command", ["capture", "debug"])
WORDS = {"capture": ("-w", "-", "--count=2"), "debug": ("--", "true")}


def run(plugin: Plugin, command: str, target: str) -> Done:
    return plugin.run(command, target, *WORDS[command])


@COMMANDS
@pytest.mark.parametrize("target", ["", "deploy/web", "svc/web"])
def test_exactly_the_role_is_enough(
    plugin: Plugin, api: Api, source: str, somebody: Somebody, command: str, target: str
) -> None:
    somebody.has(role(plugin, f"--{command}"))
    done = run(plugin, command, target or source)
    assert done.status == 0, done.stderr
    assert "warning" not in done.stderr
    until(lambda: all_ended(api, source), "the end of the added container")


@COMMANDS
def test_missing_rights_are_all_said_first(
    plugin: Plugin, api: Api, source: str, somebody: Somebody, command: str
) -> None:
    before = len(added(api, source))
    somebody.has(role(plugin, f"--{command}", "pods/ephemeralcontainers", "pods/exec"))
    done = run(plugin, command, source)
    assert done.status == 1
    assert "  patch pods/ephemeralcontainers   " in done.stderr
    assert "  create pods/exec   " in done.stderr
    assert f"rbac --{command}" in done.stderr
    planned = plugin.run(command, source, "--dry-run")
    assert planned.status == 4
    assert "the right to patch pods/ephemeralcontainers" in planned.text
    assert len(added(api, source)) == before


def test_a_refused_capture_leaves_no_file(
    plugin: Plugin, source: str, somebody: Somebody, tmp_path: Path
) -> None:
    somebody.has(role(plugin, "--capture", "pods/exec"))
    for name in ("one.pcap", "named.pcapng"):
        assert plugin.run("capture", source, "-w", str(tmp_path / name)).status == 1
    assert [*tmp_path.glob("*.pcap*")] == []


@COMMANDS
def test_a_log_that_may_not_be_read_is_no_hindrance(
    plugin: Plugin, api: Api, scenery: Scenery, somebody: Somebody, command: str
) -> None:
    """The sleeper then has its own time: nobody knows which process it is."""
    scenery.add_ready(1, manifests.pod("quiet", {"app": "quiet"}), app="quiet")
    somebody.has(role(plugin, f"--{command}", "pods/log"))
    done = run(plugin, command, "quiet")
    assert done.status == 0, done.stderr
    assert "it ends when its time is over" in done.stderr
    assert not all_ended(api, "quiet")
