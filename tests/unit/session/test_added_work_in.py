"""Work in added containers: they end however it ends, and a second Ctrl-C says what may still run."""

import signal
import threading
from dataclasses import replace

import pytest

from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.session.added import work_in
from tests.unit.kube.apiserver import Answer, Asked
from tests.unit.session.conftest import ENDED, NAME, Scene, changed, pod
from tests.waiting import until

ENDING = "'sh', '-c', 'kill"
STARTING = {"waiting": {"reason": "ContainerCreating"}}


def ctrl_c(scene: Scene, times: int) -> None:
    """So many of the next requests are answered after a Ctrl-C each."""
    decide, left = scene.server.decide, iter(range(times))

    def interrupting(asked: Asked) -> Answer:
        main = threading.main_thread().ident
        if next(left, None) is not None and main:
            signal.pthread_kill(main, signal.SIGINT)
        return decide(asked)

    scene.server.decide = interrupting


def test_they_end_with_the_work(scene: Scene) -> None:
    assert work_in([scene.added, scene.added], 60, lambda: "done") == "done"
    assert scene.asked_of_kubectl.count(ENDING) == 2


def test_they_end_where_the_work_fails(scene: Scene) -> None:
    def fail() -> None:
        raise NetshootError("no use")

    with pytest.raises(NetshootError, match="no use"):
        work_in([scene.added, scene.added], 60, fail)
    assert scene.asked_of_kubectl.count(ENDING) == 2


def test_after_a_signal_those_that_were_added_end(scene: Scene) -> None:
    ctrl_c(scene, 1)
    with scene.edges.inbox.signals():
        assert work_in([scene.added, scene.added], 60, lambda: pytest.fail("it is over")) is None
    assert scene.asked_of_kubectl.count("'debug'") == scene.asked_of_kubectl.count(ENDING) == 2


def test_all_are_added_before_one_is_waited_for(scene: Scene) -> None:
    def once_both_are_there(asked: Asked) -> Answer:
        both = scene.asked_of_kubectl.count("'debug'") == 2
        scene.pod = pod({"running": {}} if both else STARTING)
        return decide(asked)

    decide, scene.server.decide = scene.server.decide, once_both_are_there
    assert work_in([scene.added, scene.added], 5, lambda: "done") == "done"


def test_what_can_be_done_in_one_that_runs_does_not_wait_for_the_others(scene: Scene) -> None:
    later = changed(scene.added, name="netshoot-later")
    begun: list[str] = []

    def once_the_first_has_begun(asked: Asked) -> Answer:
        scene.pod = pod({"running": {}})
        states = scene.pod["status"]["ephemeralContainerStatuses"]
        states.append({"name": "netshoot-later", "state": {"running": {}} if begun else STARTING})
        scene.pod["spec"]["ephemeralContainers"].append({"name": "netshoot-later", "image": "netshoot"})
        return decide(asked)

    decide, scene.server.decide = scene.server.decide, once_the_first_has_begun
    work_in([scene.added, later], 5, lambda: begun.append("work"), at_each=lambda one: begun.append(one.name))
    assert begun == [NAME, "netshoot-later", "work"]


def test_one_that_nobody_needs_any_more_ends_while_there_is_work_and_only_once(scene: Scene) -> None:
    added = scene.added

    def work() -> None:
        added.begin_end()
        until(lambda: ENDING in scene.asked_of_kubectl, "its end")

    work_in([added], 60, work)
    assert scene.asked_of_kubectl.count(ENDING) == 1


def test_one_that_cannot_be_added_ends_the_others(scene: Scene) -> None:
    other = changed(scene.added, name="netshoot-other")
    scene.program.write_text(
        scene.program.read_text().replace("sys.exit(0)", "sys.exit('netshoot-other' in str(sys.argv))")
    )
    with pytest.raises(NetshootError, match="was not added"):
        work_in([scene.added, other], 60, lambda: pytest.fail("not all are there"))
    assert scene.asked_of_kubectl.count(ENDING) == 1


def test_a_second_ctrl_c_while_they_are_ended(scene: Scene) -> None:
    scene.pod = pod(STARTING)
    ctrl_c(scene, 2)
    with scene.edges.inbox.signals(), pytest.raises(NetshootError) as raised:
        work_in([scene.added], 60, lambda: pytest.fail("it is over"))
    assert raised.value.status == ExitStatus.INTERRUPTED
    assert raised.value.message == f"stopped by a second Ctrl-C; container {NAME} in pod web may still run"
    assert raised.value.hint == "it ends by itself, 3600 seconds after its start"


def test_one_that_is_lent_is_neither_added_nor_ended(scene: Scene) -> None:
    lent = replace(scene.added, lent=NAME)
    assert work_in([lent], 60, lambda: "done") == "done"
    assert "'debug'" not in scene.asked_of_kubectl
    assert ENDING not in scene.asked_of_kubectl
    assert not lent.was_taken_away()


def test_one_that_is_lent_may_have_ended_though_the_kubelet_has_not_said_so(scene: Scene) -> None:
    scene.kubectl(1, "container not running")
    lent = replace(scene.added, lent=NAME)
    with pytest.raises(NetshootError, match="does not run any more: container not running"):
        work_in([lent], 60, lambda: pytest.fail("it does not run"))
    assert work_in([lent], 60, lambda: "without", all_needed=False) == "without"
    assert lent.was_taken_away()


def test_one_that_is_lent_may_be_ended_by_whoever_added_it(scene: Scene) -> None:
    lent = replace(scene.added, lent=NAME)

    def work() -> None:
        scene.pod = pod(ENDED)

    work_in([lent], 60, work)
    assert lent.was_taken_away()
    assert not scene.added.was_taken_away()


def test_a_second_ctrl_c_leaves_nothing_of_ours_where_it_was_lent(scene: Scene) -> None:
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with scene.edges.inbox.signals(), pytest.raises(NetshootError) as raised:
        work_in([replace(scene.added, lent=NAME)], 60, work)
    assert (raised.value.message, raised.value.hint) == ("stopped by a second Ctrl-C", "")
