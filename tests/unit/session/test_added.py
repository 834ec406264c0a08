"""A container that was added: how it comes, how it is ended, and what is said where it cannot be."""

import signal

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.session.added import Interrupted
from tests.unit.kube.apiserver import Answer, failure
from tests.unit.session.conftest import ENDED, NAME, RUNNING, WAITING, Scene, pod

LOST = "error: error sending request: connection refused"


def test_it_is_ended_by_its_own_process(scene: Scene) -> None:
    added = scene.added
    added.wait_until_it_runs(5)
    assert added.sleeper == 77
    added.end()
    assert f"'--container={NAME}', '--', 'sh', '-c', 'kill \"$1\"', 'sh', '77'" in scene.asked_of_kubectl
    assert scene.told.getvalue() == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [(137, "command terminated with exit code 137"), (1, LOST)],
    ids=["with its container", "after its container"],
)
def test_a_command_that_ends_with_its_container_is_no_trouble(scene: Scene, status: int, said: str) -> None:
    scene.kubectl(status, said)
    scene.pod = pod(ENDED)
    scene.added.end()
    assert scene.told.getvalue() == ""


@pytest.mark.parametrize("gone", [None, pod(RUNNING, phase="Failed")], ids=["gone", "failed"])
def test_a_pod_that_ended_needs_nothing(scene: Scene, gone: dict[str, object] | None) -> None:
    scene.kubectl(1, LOST)
    scene.pod = gone
    scene.added.end()
    assert scene.told.getvalue() == ""


def test_one_that_cannot_be_reached_is_said_to_have_its_own_time(scene: Scene) -> None:
    scene.kubectl(1, LOST)
    added = scene.added
    added.end()
    assert added.goes_on
    assert f"container {NAME} in pod web was not ended: {LOST}" in scene.told.getvalue()
    assert "it ends by itself 3600 seconds after its start" in scene.told.getvalue()


def test_one_that_came_into_another_pod_of_the_same_name_is_ended_there(scene: Scene) -> None:
    # A StatefulSet's pod may be replaced between the choice and the request, which goes by name.
    scene.pod, scene.log = {**pod(WAITING), "metadata": {"name": "web", "uid": "uid-other"}}, ""
    scene.added.end()
    assert "it has not started yet, and nobody can keep it from that" in scene.told.getvalue()


def test_one_that_has_just_begun_may_say_its_process_later(scene: Scene) -> None:
    logs = iter(["", "", "CapEff: 0\nPid: 77\n"])
    decide = scene.server.decide
    scene.server.decide = lambda asked: Answer(next(logs).encode()) if "/log" in asked.path else decide(asked)
    scene.added.end()
    assert "'sh', '77'" in scene.asked_of_kubectl
    assert scene.told.getvalue() == ""


def test_one_that_never_started_may_still_do_so(scene: Scene) -> None:
    scene.pod, scene.log = pod(WAITING), ""
    with pytest.raises(NetshootError, match="did not start: ImagePullBackOff no such image"):
        scene.added.wait_until_it_runs(5)
    scene.added.end()
    assert "it has not started yet, and nobody can keep it from that" in scene.told.getvalue()
    assert scene.asked_of_kubectl == ""


def test_a_log_that_cannot_be_read_is_said_once(scene: Scene) -> None:
    scene.log = ""
    added = scene.added
    added.wait_until_it_runs(5)
    added.end()
    assert scene.told.getvalue().count("warning") == 1
    assert "it ends when its time is over, and not before" in scene.told.getvalue()


@pytest.mark.parametrize(
    "gone",
    [None, pod(RUNNING, phase="Failed"), {**pod(RUNNING), "metadata": {"name": "web", "uid": "uid-other"}}],
    ids=["gone", "failed", "another of the same name"],
)
def test_a_pod_that_ends_meanwhile(scene: Scene, gone: dict[str, object] | None) -> None:
    scene.pod = gone
    with pytest.raises(NetshootError, match="pod web has ended meanwhile"):
        scene.added.wait_until_it_runs(5)


def test_a_request_whose_answer_was_lost_may_have_been_carried_out(scene: Scene) -> None:
    scene.kubectl(1, LOST)
    scene.added.add()
    scene.pod = pod(None)
    with pytest.raises(NetshootError, match="connection refused"):
        scene.added.add()


def test_a_request_of_which_nothing_can_be_known_is_said(scene: Scene) -> None:
    scene.kubectl(1, LOST)
    scene.server.decide = lambda _: failure(503, "ServiceUnavailable")
    with pytest.raises(NetshootError, match="connection refused") as raised:
        scene.added.add()
    assert f"perhaps container {NAME} was added to pod web anyway" in raised.value.hint
    assert "it ends by itself 3600 seconds after its start" in raised.value.hint


def test_a_signal_comes_before_the_request(scene: Scene) -> None:
    with scene.edges.inbox.signals():
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        scene.added.add()
    assert scene.asked_of_kubectl == ""
