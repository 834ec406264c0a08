"""Who is deleted when a ReplicaSet has too many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakecluster import victims
from fakecluster.kinds import Object
from fakecluster.timestamps import rfc3339

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def running(
    name: str,
    *,
    node: str = "one",
    phase: str = "Running",
    ready: bool = True,
    age: float = 3600,
    **more: object,
) -> Object:
    """A pod that has been ready since it was created, `age` seconds ago; a ready age may differ."""
    ready_age = float(str(more.get("ready_age", age)))
    since = rfc3339(NOW - timedelta(seconds=ready_age))
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": since}
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": rfc3339(NOW - timedelta(seconds=age)),
            "annotations": {"controller.kubernetes.io/pod-deletion-cost": str(more.get("cost", 0))},
        },
        "spec": {"nodeName": node},
        "status": {
            "phase": phase,
            "conditions": [condition],
            "containerStatuses": [{"restartCount": more.get("restarts", 0)}],
        },
    }


@pytest.mark.parametrize(
    "spared_but_for_this",
    [
        lambda: running("b", node=""),
        lambda: running("b", phase="Pending"),
        lambda: running("b", ready=False),
        lambda: running("b", cost=-1),
        lambda: running("b", ready_age=1),
        lambda: running("b", restarts=1),
        lambda: running("b", age=3000, ready_age=3600, restarts=0, cost=-1),
    ],
)
def test_the_lesser_pod_goes_first(spared_but_for_this: Callable[[], Object]) -> None:
    lesser, other = spared_but_for_this(), running("a")
    assert victims.choose([other, lesser], 1, [other, lesser], NOW) == [lesser]


def test_a_crowded_node_gives_first() -> None:
    alone, crowded, neighbour = running("a"), running("b", node="two"), running("c", node="two")
    assert victims.choose([alone, crowded], 1, [alone, crowded, neighbour], NOW) == [crowded]


def test_a_copy_of_about_the_same_age_may_be_spared() -> None:
    """Facts: the victim can be a production pod. Ages count by their logarithm, then the uid decides."""
    production, copy = running("a", age=900), running("z", age=890)
    assert victims.choose([copy, production], 1, [copy, production], NOW) == [production]


ages = st.integers(1, 1_000_000)
pods = st.lists(
    st.builds(
        running,
        st.integers(0, 999).map(str),
        node=st.sampled_from(["", "one", "two"]),
        phase=st.sampled_from(["Pending", "Running"]),
        ready=st.booleans(),
        age=ages,
        ready_age=ages,
        restarts=st.integers(0, 2),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda pod: pod["metadata"]["name"],
)


@given(pods, st.data())
def test_the_same_are_chosen_in_whatever_order_they_come(found: list[Object], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(found)))
    shuffled = data.draw(st.permutations(found))
    chosen = victims.choose(found, count, found, NOW)
    assert chosen == victims.choose(shuffled, count, found, NOW)
    assert len({pod["metadata"]["name"] for pod in chosen}) == count
