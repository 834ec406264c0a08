"""What is said while somebody works in an added container, and when there is nothing left to work in."""

from datetime import timedelta

import pytest

from kubectl_netshoot.session.edges import now
from kubectl_netshoot.session.watcher import ContainerWatcher
from tests.unit.session.conftest import ENDED, NAME, RUNNING, Scene, changed, pod


def watcher(
    scene: Scene, left: timedelta = timedelta(hours=1), target: str = "app"
) -> tuple[ContainerWatcher, list[str]]:
    said: list[str] = []
    added = changed(scene.added, target=target)
    return ContainerWatcher(
        scene.edges, added.candidate.pod, said.append, added=added, ends=now() + left
    ), said


def test_nothing_is_said_while_all_is_well(scene: Scene) -> None:
    seeing, said = watcher(scene)
    assert seeing.look()
    assert seeing.still_runs()
    assert said == []


@pytest.mark.parametrize(
    ("left", "target", "why"),
    [
        (timedelta(hours=1), "app", ", perhaps since app was restarted"),
        (timedelta(hours=1), "", ""),
        (timedelta(), "app", ": its time (--ttl) is over"),
    ],
)
def test_the_end_of_the_container(scene: Scene, left: timedelta, target: str, why: str) -> None:
    seeing, said = watcher(scene, left, target)
    scene.pod = pod(ENDED)
    assert not seeing.look()
    assert not seeing.still_runs()
    seeing.look()
    assert said == [f"container {NAME} has ended{why}"]


def test_its_time_is_nearly_over(scene: Scene) -> None:
    seeing, said = watcher(scene, timedelta(seconds=90))
    assert seeing.look()
    assert len(said) == 1
    assert said[0].startswith(f"container {NAME} ends in ")


def test_the_end_of_the_pod(scene: Scene) -> None:
    seeing, said = watcher(scene)
    scene.pod = pod(RUNNING, phase="Failed", reason="Evicted")
    assert not seeing.look()
    scene.pod = None
    assert not seeing.look()
    assert not seeing.still_runs()
    assert said == ["the pod has ended: Evicted", "the pod was deleted by somebody else"]


def test_another_pod_of_the_same_name_is_another_pod(scene: Scene) -> None:
    seeing, _ = watcher(scene)
    assert scene.pod
    scene.pod["metadata"]["uid"] = "uid-other"
    assert not seeing.look()
    assert not seeing.still_runs()


def test_a_silent_server_says_nothing_of_the_container(scene: Scene) -> None:
    seeing, said = watcher(scene)
    scene.server.__exit__()
    assert seeing.look()
    assert seeing.still_runs()
    assert said == []
