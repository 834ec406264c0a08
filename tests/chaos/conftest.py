"""The same cluster, namespace and kubectl that the contract tests have, and a load generator on it."""

from collections.abc import Iterator

import pytest

from tests.chaos.load import Load
from tests.cluster.handle import ClusterProcess
from tests.contract.conftest import api, cluster, kubectl, namespace, shared_cluster

__all__ = ["api", "cluster", "kubectl", "namespace", "shared_cluster"]


@pytest.fixture(scope="session")
def load(shared_cluster: ClusterProcess) -> Iterator[Load]:
    with Load(shared_cluster.kubeconfig) as load:
        yield load
