"""What each command loads: what only tells something starts without the heavy libraries, and nothing loads what it
never uses.
"""

import re
import sys
from collections.abc import Set
from pathlib import Path

import pytest

from tests.system.artefact.build import ROOT
from tests.system.artefact.checkout import run

CAPTURE = ROOT / "tests" / "unit" / "packets" / "render" / "captures" / "get.txt"
# What no run that uses no OpenID Connect, no proxy and no YAML needs; `multiprocessing.pool` is the client's threads.
NEVER = {"requests", "oauthlib", "requests_oauthlib", "yaml", "websocket", "dateutil", "multiprocessing.pool"}
RICH = {"rich", "pygments", "markdown_it"}


def imported(zipapp: Path, home: Path, *arguments: str, status: int = 0) -> set[str]:
    """The modules that a run of the zipapp imports."""
    environ = {"HOME": str(home), "PATH": str(Path(sys.executable).parent)}
    done = run([sys.executable, "-X", "importtime", str(zipapp), *arguments], environ)
    assert done.returncode == status, done.stderr
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))


def packages(modules: Set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


@pytest.fixture(scope="session")
def home(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the zipapp is unpacked already."""
    folder = tmp_path_factory.mktemp("home")
    imported(zipapp, folder, "rbac")
    return folder


@pytest.mark.parametrize(
    "words", [(), ("--help",), ("-h",), ("version",), ("capture", "--help"), ("why", "--help")]
)
def test_help_and_version_load_nothing_of_ours_and_no_library(
    zipapp: Path, home: Path, words: tuple[str, ...]
) -> None:
    modules = imported(zipapp, home, *words)
    assert "told" in modules
    assert not {"kubectl_netshoot", "start", "typer", "kubernetes"} & packages(modules)
    # Each of them alone costs as much as the rest.
    assert not {"re", "typing", "pathlib", "shutil", "json", "dataclasses", "subprocess"} & modules


def test_what_asks_no_cluster_loads_no_client(zipapp: Path, home: Path) -> None:
    loaded = packages(imported(zipapp, home, "rbac"))
    assert "typer" in loaded
    assert not {"kubernetes", "urllib3", *RICH, *NEVER} & loaded


def test_explaining_a_file_loads_no_client(zipapp: Path, home: Path) -> None:
    loaded = packages(imported(zipapp, home, "explain", str(CAPTURE)))
    assert "kubectl_netshoot" in loaded
    assert not {"kubernetes", "urllib3", *(RICH - {"rich"}), *NEVER} & loaded


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """The kubeconfig of a cluster that does not answer."""
    path = tmp_path / "config"
    path.write_text(
        '{"current-context": "c", "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],'
        ' "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],'
        ' "users": [{"name": "u", "user": {"token": "t"}}]}'
    )
    return path


def test_a_command_that_asks_the_cluster_loads_the_client_and_none_of_its_followers(
    zipapp: Path, home: Path, nowhere: Path
) -> None:
    modules = imported(zipapp, home, "list", f"--kubeconfig={nowhere}", status=1)
    assert "kubernetes.config.kube_config" in modules
    assert not {"kubernetes.client.api", "kubernetes.dynamic", "kubernetes.stream"} & modules
    assert not [module for module in modules if module.startswith("kubernetes.client.models.")]
    assert (NEVER | RICH) & modules == set()
    # It changes nothing, and judges no join.
    assert not {"kubectl_netshoot.session.driver", "kubectl_netshoot.rules.hazards.join"} & modules


@pytest.mark.parametrize("where", ["--live", "--copy"])
def test_a_capture_into_a_file_loads_no_explainer(
    zipapp: Path, home: Path, nowhere: Path, tmp_path: Path, where: str
) -> None:
    words = ("capture", "pod/web", where, "-w", str(tmp_path / "out.pcap"), f"--kubeconfig={nowhere}")
    modules = imported(zipapp, home, *words, status=1)
    assert "kubectl_netshoot.commands.capture.run" in modules
    known = {
        "kubectl_netshoot.packets.read",
        "kubectl_netshoot.packets.read.frame",
        "kubectl_netshoot.packets.read.pcap",
    }
    assert {m for m in modules if m.startswith("kubectl_netshoot.packets.")} <= known


def test_yaml_is_loaded_where_there_is_a_file_with_settings(zipapp: Path, tmp_path: Path) -> None:
    file = tmp_path / ".config" / "kubectl-netshoot" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("language: zh\n")
    modules = imported(zipapp, tmp_path, "explain", str(CAPTURE))
    assert "yaml" in modules
    assert not {"kubernetes", *(NEVER - {"yaml"})} & modules
