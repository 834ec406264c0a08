"""One API server on loopback for all cases, and a stage of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.badinput.stage import Stage, staged
from tests.unit.kube import kubectls
from tests.unit.kube.apiserver import ApiServer


@pytest.fixture(scope="session")
def server() -> Iterator[ApiServer]:
    with ApiServer() as running:
        yield running


@pytest.fixture
def stage(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(kubectls.installed()))
    with staged(server, tmp_path, monkeypatch) as stage:
        yield stage
