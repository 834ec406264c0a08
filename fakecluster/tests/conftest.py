"""The cluster that all of them share."""

from fakecluster.fixtures import api, cluster, kubectl, namespace, shared_cluster

__all__ = ["api", "cluster", "kubectl", "namespace", "shared_cluster"]
