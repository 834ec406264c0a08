"""What the tests of the edges share: children in Python, one real API server on loopback, a private folder."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.kube.api import Api, connect
from tests.unit.kube import kubectls
from tests.unit.kube.apiserver import ApiServer
from tests.unit.kube.kubeconfigs import Folder


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write an executable Python script of this name and return its path."""

    def write(name: str, body: str) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable} -I\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """An HTTP server that answers as it is told."""
    with ApiServer() as running:
        yield running


@pytest.fixture
def api(server: ApiServer, tmp_path: Path) -> Api:
    """An Api on that server, by token, with little patience."""
    return connect(server.kubeconfig({"token": "t0ken"}), tmp_path, "kubectl-netshoot/test", timeout=2.0)


@pytest.fixture(params=list(kubectls.found().values()), ids=list(kubectls.found()))
def every_kubectl(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each real kubectl of this machine in turn, without any kubeconfig but those of the test."""
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(request.param))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Folder:
    """Write a file below the test's folder."""
    return Folder(tmp_path)
