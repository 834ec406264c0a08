"""What docs/install.md promises on Windows, run where all that Windows lacks has been taken away; see windows.py."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakecluster.handle import ClusterProcess
from tests.system.artefact.build import ROOT
from tools.markdown import INSTALL, code

CAPTURE = ROOT / "tests" / "unit" / "packets" / "render" / "captures" / "get.txt"
READING = ("get", "list", "watch", "")
# Each command that it names as working there, as it is run here.
WORKING = {
    "--help": ["--help"],
    "version": ["version"],
    "explain": ["explain", str(CAPTURE)],
    "list": ["list", "-A"],
    "doctor": ["doctor"],
    "rbac": ["rbac", "--join"],
    "config view": ["config", "view"],
    "completion script": ["completion", "script", "powershell"],
}
REFUSED = [
    ["web", "--join-service"],
    ["attach", "web"],
    ["leave", "web"],
    ["cleanup", "web"],
    ["capture", "web", "--count", "1", "-w", "web.pcap"],
    ["debug", "web"],
    ["check", "web"],
    ["run", "--", "true"],
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    with ClusterProcess(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def run(cluster: ClusterProcess, home: Path, words: list[str]) -> "subprocess.CompletedProcess[str]":
    environ = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "KUBECONFIG": str(cluster.kubeconfig),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.system.release.windows", *words]
    return subprocess.run(command, env=environ, cwd=home, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", WORKING)
def test_what_is_said_to_work_works(cluster: ClusterProcess, tmp_path: Path, name: str) -> None:
    done = run(cluster, tmp_path, WORKING[name])
    assert "Traceback" not in done.stderr
    assert (done.returncode, "bug" in done.stderr) == (0, False), done.stderr
    assert done.stdout or name == "list"
    assert list(tmp_path.glob("**/unlocked-*")) == []


def test_diff_asks_there_too(cluster: ClusterProcess, tmp_path: Path) -> None:
    done = run(cluster, tmp_path, ["diff", "nobody"])
    assert done.returncode == 1
    assert done.stderr.startswith('error: no copy "nobody" in namespace default')


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_changes_a_cluster_is_refused_before_it_does(
    cluster: ClusterProcess, tmp_path: Path, words: list[str]
) -> None:
    cluster.forget_requests()
    done = run(cluster, tmp_path, words)
    assert (done.returncode, "use WSL" in done.stderr) == (1, True)
    assert "nothing was changed" in done.stderr
    assert [r for r in cluster.requests() if r["verb"] not in READING] == []


def test_what_works_is_named() -> None:
    assert set(WORKING) <= set(code(INSTALL.section("Windows")))
