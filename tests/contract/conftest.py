"""One pretended cluster a worker; every test gets a namespace of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.handle import ClusterProcess
from tests.contract.client import Api
from tests.contract.kubectl import Kubectl
from tests.contract.objects import MERGE

NODE = "/api/v1/nodes/k8s-node-1"
#: The labels of our node, and of the one of the newer recordings.
ZONED = {"topology.kubernetes.io/region": "r1", "topology.kubernetes.io/zone": "z1"}
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
def unzoned(api: Api) -> Iterator[None]:
    """The node has no zone, as the one of the older recordings."""
    api("PATCH", NODE, {"metadata": {"labels": dict.fromkeys(ZONED)}}, MERGE)
    yield
    api("PATCH", NODE, {"metadata": {"labels": ZONED}}, MERGE)


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
