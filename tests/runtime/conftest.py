"""The same cluster, namespace and kubectl that the contract tests have."""

from tests.contract.conftest import api, cluster, kubectl, namespace, shared_cluster

__all__ = ["api", "cluster", "kubectl", "namespace", "shared_cluster"]
