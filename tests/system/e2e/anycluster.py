"""Which cluster the suite runs on: the one that E2E_KUBECONFIG names, else a fake one of our own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakecluster.handle import ClusterProcess

VARIABLE = "E2E_KUBECONFIG"
# A container that ends is back soon: nobody waits here for what a real back-off would take.
SETTINGS = {"back_off_base": 0.5, "image_back_off": 0.5}


@dataclass(frozen=True)
class AnyCluster:
    """`kubeconfig` is an administrator's; `fake` is None on a cluster that was given."""

    kubeconfig: Path
    fake: ClusterProcess | None = None

    def faulty(self) -> ClusterProcess:
        """The fake cluster, for a fault that no real one has on request; else the test is skipped."""
        if self.fake is None:
            pytest.skip("only the fake cluster has this fault on request")
        return self.fake


@contextmanager
def any_cluster(folder: Path) -> Iterator[AnyCluster]:
    """The cluster for this process; a fake one ends with the context."""
    given = os.environ.get(VARIABLE)
    if given:
        yield AnyCluster(Path(given))
        return
    with ClusterProcess(folder, SETTINGS) as cluster:
        yield AnyCluster(cluster.kubeconfig, cluster)
