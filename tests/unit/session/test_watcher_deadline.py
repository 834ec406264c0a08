"""The watcher of a copy by its deadline: it says so in good time, and ends the session while there is time to leave."""

import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.session.watcher import SessionWatcher
from tests.unit.builders import NOW, copy, joined_copy, mark
from tests.unit.session.conftest import Scene

MARK = mark(settle=timedelta(seconds=5), drain=timedelta(seconds=20))
# Settle, drain, and the slack.
NEEDED = timedelta(seconds=27)


class Clocked(Reads):
    """Reads of an API server that says the time of the test."""

    clock = NOW

    def now(self) -> datetime:
        return self.clock


def watching(scene: Scene, pod: Pod, left: timedelta) -> tuple[SessionWatcher, list[str]]:
    """A watcher that has begun, with so much time until the cluster ends the pod."""
    said: list[str] = []
    edges = replace(scene.edges, reads=Clocked(scene.edges.reads.fetch))
    assert pod.deadline
    Clocked.clock = pod.deadline - left
    watcher = SessionWatcher(edges, pod, said.append)
    watcher.begin()
    return watcher, said


def test_with_time_left_nothing_is_said(scene: Scene) -> None:
    watcher, said = watching(scene, joined_copy(MARK), timedelta(minutes=50))
    assert (watcher.expired, said) == (False, [])


def test_it_is_said_in_good_time(scene: Scene) -> None:
    watcher, said = watching(scene, joined_copy(MARK), NEEDED + timedelta(minutes=1))
    assert not watcher.expired
    assert "the copy ends in 8" in said[0]
    assert "leaving it in 5" in said[0] or "leaving it in 60" in said[0]


@pytest.mark.parametrize("left", [NEEDED, timedelta(seconds=3), timedelta(seconds=-9)])
def test_it_is_over_while_there_is_time_to_leave(scene: Scene, left: timedelta) -> None:
    watcher, said = watching(scene, joined_copy(MARK), left)
    assert watcher.expired
    assert "leaving now" in said[0]


def test_who_is_in_no_service_needs_less(scene: Scene) -> None:
    assert not watching(scene, copy(MARK), NEEDED)[0].expired
    assert watching(scene, copy(MARK), timedelta(seconds=2))[0].expired


def test_the_next_look_is_not_after_that_moment(scene: Scene) -> None:
    watcher, _ = watching(scene, joined_copy(MARK), NEEDED + timedelta(seconds=4))
    assert watcher.due - time.monotonic() <= 4
    short = replace(joined_copy(MARK), active_deadline=timedelta(seconds=60))
    watcher, said = watching(scene, short, NEEDED + timedelta(seconds=15))
    assert said == []
    assert watcher.due - time.monotonic() <= 3


def test_a_node_whose_clock_is_ahead_gives_no_more_time(scene: Scene) -> None:
    pod = joined_copy(MARK)
    watcher, _ = watching(scene, pod, NEEDED + timedelta(seconds=4))
    watcher._reckon(replace(pod, started=NOW + timedelta(minutes=5)))
    assert watcher._leave_at - time.monotonic() <= 4


def test_an_api_server_that_is_gone_does_not_hide_it(scene: Scene) -> None:
    watcher, said = watching(scene, joined_copy(MARK), NEEDED + timedelta(minutes=1))
    scene.pod = None
    watcher._leave_at = time.monotonic()
    assert not watcher.look()
    assert watcher.expired
    assert any("leaving now" in line for line in said)
