"""What only the contract tests may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakecluster.client import Api
from fakecluster.tests.contract.objects import MERGE

NODE = "/api/v1/nodes/k8s-node-1"
#: The labels of our node, and of the one of the newer recordings.
ZONED = {"topology.kubernetes.io/region": "r1", "topology.kubernetes.io/zone": "z1"}


@pytest.fixture
def unzoned(api: Api) -> Iterator[None]:
    """The node has no zone, as the one of the older recordings."""
    api("PATCH", NODE, {"metadata": {"labels": dict.fromkeys(ZONED)}}, MERGE)
    yield
    api("PATCH", NODE, {"metadata": {"labels": ZONED}}, MERGE)
