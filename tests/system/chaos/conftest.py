"""The fake cluster's fixtures, and a load generator on it."""

from collections.abc import Iterator

import pytest

from fakecluster.fixtures import api, cluster, kubectl, namespace, shared_cluster
from fakecluster.handle import ClusterProcess
from tests.system.chaos.load import Load

__all__ = ["api", "cluster", "kubectl", "namespace", "shared_cluster"]


@pytest.fixture(scope="session")
def load(shared_cluster: ClusterProcess) -> Iterator[Load]:
    with Load(shared_cluster.kubeconfig) as load:
        yield load
