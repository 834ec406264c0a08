"""pytest's fixtures: one fake cluster a worker; every test gets a namespace of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    with ClusterProcess(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster: ClusterProcess) -> Iterator[ClusterProcess]:
    """The shared cluster, without faults and with the settings it had before."""
    before = shared_cluster.settings()
    yield shared_cluster
    shared_cluster.no_faults()
    shared_cluster.settings(**before)


@pytest.fixture(scope="session")
def api(shared_cluster: ClusterProcess) -> Api:
    return Api(shared_cluster.kubeconfig)


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    """A fresh one, deleted afterwards."""
    name = f"test-{next(_numbers)}"
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    api("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def kubectl(shared_cluster: ClusterProcess, namespace: str, tmp_path: Path) -> Kubectl:
    """A real kubectl, in the test's namespace."""
    return Kubectl(shared_cluster.kubeconfig, namespace, tmp_path)
