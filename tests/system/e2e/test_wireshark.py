"""Wireshark lists pods: the real tshark and dumpcap, the entry that `wireshark install` made, packets, Stop."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakecluster import manifests
from tests.system.e2e.api import Api
from tests.system.e2e.dumps import all_ended
from tests.system.e2e.pcap import link_type, opens
from tests.system.e2e.plugin import Done, Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.waiting import until
from tools.prerequisites.pytest_plugin import program

SLL2 = 276
GATED = {"app": "gated"}
pytestmark = pytest.mark.usefixtures("traffic")


@dataclass
class Desktop:
    """Where Wireshark's programs run: an environment without what a shell has, and the entry's folder."""

    plugin: Plugin
    env: dict[str, str]
    entry: Path

    def argv(self, name: str, *words: str) -> list[str]:
        return ["env", "-i", *self._env, program(name), *words]

    def start(self, name: str, *words: str) -> Running:
        return self.plugin.start_argv(*self.argv(name, *words))

    def run(self, name: str, *words: str) -> Done:
        done = subprocess.run(self.argv(name, *words), capture_output=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def interface(self, target: str) -> str:
        """Its name for this target."""
        done = subprocess.run(
            [self.entry, "--extcap-interfaces"], env=self.env, capture_output=True, check=True
        )
        (line,) = [line for line in done.stdout.decode().splitlines() if f"=Kubernetes {target} (" in line]
        return line.partition("{value=")[2].partition("}")[0]

    def start_entry(self, *words: str) -> Running:
        """The entry itself, as they start it."""
        return self.plugin.start_argv("env", "-i", *self._env, str(self.entry), *words)

    @property
    def _env(self) -> list[str]:
        return [f"{key}={value}" for key, value in self.env.items()]


@pytest.fixture
def desktop(plugin: Plugin, env: dict[str, str], tmp_path: Path) -> Iterator[Desktop]:
    """The entry is installed where Wireshark looks."""
    done = plugin.run("wireshark", "install")
    assert done.status == 0, done.stderr
    entry = Path(done.text.removeprefix("installed ").strip())
    settings = tmp_path / "settings.yaml"
    settings.write_text("settle: 1s\n")
    bare = {key: value for key, value in env.items() if key not in ("PATH", "KUBECONFIG")}
    bare["KUBECTL_NETSHOOT_CONFIG"] = str(settings)
    yield Desktop(plugin, {**bare, "PATH": "/usr/bin:/bin"}, entry)
    assert plugin.run("wireshark", "uninstall").text == f"took away {entry}\n"


def test_tshark_lists_what_the_namespace_has(desktop: Desktop, api: Api, source: str) -> None:
    listed = desktop.run("tshark", "-D").text
    place = f"namespace {api.namespace}, context"
    for target in ("deploy/web", "svc/web", "svc/web-b", f"pod/{source}"):
        assert f"(Kubernetes {target} ({place} " in listed
    assert "netshoot (Kubernetes: any pod, workload or Service)" in listed
    status = desktop.plugin.run("wireshark", "status").text
    assert str(desktop.entry) in status
    assert f"targets of {place}" in status


def test_packets_of_a_workload_arrive_and_nothing_runs_on(desktop: Desktop, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "seen.pcap"
    words = (
        "-i",
        desktop.interface("deploy/web"),
        "-f",
        "port 8080",
        "-c",
        "20",
        "-F",
        "pcap",
        "-w",
        str(path),
    )
    done = desktop.run("tshark", *words)
    assert done.status == 0, done.stderr
    assert "error" not in done.stderr.lower()
    assert len(opens(path)) == 20
    assert link_type(path.read_bytes()) == SLL2
    pods = [pod["metadata"]["name"] for pod in api.ready_pods(app="web")]
    until(lambda: all(all_ended(api, pod) for pod in pods), "the end of the added container")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_tshark_is_stopped(
    desktop: Desktop, api: Api, source: str, tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C reaches all that it has started, TERM tshark alone."""
    path = tmp_path / "seen.pcap"
    named = ("-o", f"extcap.netshoot.target:pod/{source}", "-o", f"extcap.netshoot.namespace:{api.namespace}")
    running = desktop.start("tshark", "-i", "netshoot", *named, "-F", "pcap", "-w", str(path))
    until(
        lambda: (path.exists() and path.stat().st_size > 5000) or running.ended,
        "packets",
        lambda: running.stderr,
    )
    running.send(number)
    done = running.wait()
    assert done.status == 0, done.stderr
    assert "error" not in done.stderr.lower()
    opens(path)
    until(lambda: all_ended(api, source), "the end of the added container")


class Capture:
    """What Wireshark does for one interface: the entry writes into a named pipe that dumpcap reads."""

    def __init__(self, desktop: Desktop, folder: Path, interface: str, *words: str) -> None:
        self._fifo, self.path = folder / "fifo", folder / "seen.pcapng"
        os.mkfifo(self._fifo)
        asked = ("--capture", "--extcap-interface", interface, "--fifo", str(self._fifo), *words)
        self.dumpcap = desktop.start("dumpcap", "-q", "-i", str(self._fifo), "-w", str(self.path))
        self.entry = desktop.start_entry(*asked)

    def sees_packets(self) -> None:
        def seen() -> bool:
            return (self.path.exists() and self.path.stat().st_size > 5000) or self.entry.ended

        until(seen, "packets", lambda: self.entry.stderr + self.dumpcap.stderr)


@pytest.mark.parametrize("stopped", ["by TERM", "by its reader"])
def test_stop_takes_a_copy_out_of_its_service_and_away(
    desktop: Desktop, api: Api, tmp_path: Path, stopped: str
) -> None:
    before = api.members("web")
    capture = Capture(desktop, tmp_path, desktop.interface("deploy/web"), "--joined", "--duration=5m")
    until(
        lambda: api.members("web") - before or capture.entry.ended, "the copy", lambda: capture.entry.stderr
    )
    (copy,) = api.members("web") - before
    capture.sees_packets()
    if stopped == "by its reader":
        capture.dumpcap.send(signal.SIGTERM)
        until(lambda: copy not in api.members("web"), "that it leaves")
    # Wireshark sends it whatever the entry does by then.
    capture.entry.send(signal.SIGTERM)
    done = capture.entry.wait()
    assert (done.status, done.text, done.stderr) == (0, "", "")
    assert capture.dumpcap.wait().status == 0
    assert api.gone(copy)
    assert api.members("web") == before


def test_what_goes_wrong_reaches_wireshark(
    desktop: Desktop, api: Api, scenery: Scenery, source: str, tmp_path: Path
) -> None:
    """tshark prints what Wireshark shows in a dialog."""
    done = desktop.run(
        "tshark", "-i", desktop.interface(f"pod/{source}"), "-f", "port 80 and", "-w", "seen.pcap"
    )
    assert "error: tcpdump: can't parse filter expression: syntax error" in done.stderr
    scenery.add(manifests.pod("gated", GATED, readinessGates=[{"conditionType": "example.com/gate"}]))
    scenery.add(manifests.service("gated", GATED))
    until(lambda: (api.pod("gated") or {})["status"].get("phase") == "Running", "the pod")
    named = ("--extcap-interface=netshoot", "--target=gated", f"--namespace={api.namespace}", "--joined")
    os.mkfifo(tmp_path / "fifo")
    done = desktop.start_entry("--capture", "--fifo", str(tmp_path / "fifo"), *named).wait()
    assert done.status == 4
    assert "readiness-gate (" in done.stderr
    assert "nothing was changed" in done.stderr


def test_wireshark_loses_patience_while_the_copy_is_drained(
    desktop: Desktop, api: Api, tmp_path: Path
) -> None:
    """After 30 seconds it kills the entry: what that has started goes on, and ends in good order."""
    before = api.members("web")
    capture = Capture(desktop, tmp_path, desktop.interface("deploy/web"), "--joined")
    capture.sees_packets()
    (copy,) = api.members("web") - before
    capture.entry.send(signal.SIGTERM)
    until(lambda: copy not in api.members("web"), "that it leaves")
    capture.entry.send(signal.SIGKILL)
    capture.entry.wait()
    until(lambda: api.gone(copy), "the end of the copy")
    assert api.members("web") == before
