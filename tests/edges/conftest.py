"""What the tests of the edges share: children in Python, one real API server on loopback, a private folder."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kubectl_netshoot.cluster import Api, connect

from .apiserver import ApiServer

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


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
