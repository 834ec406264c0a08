"""A shell or COMMAND over as many connections as it takes: what a lost one leads to, and that no output comes twice."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.session.shell import RETRIES, Ended, Shell
from kubectl_netshoot.session.watcher import PodWatcher
from tests.unit.session.conftest import CHOSEN, Scene

LOST = "error: error sending request: connection refused"


@pytest.fixture
def shell(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """COMMAND with an empty stdin, and no pause before it is run again."""
    monkeypatch.setattr(Inbox, "wait", lambda *_: True)
    with Path(os.devnull).open() as nothing:
        scene.edges.terminal.stdin = nothing
        yield Shell(
            scene.edges,
            command=("ls",),
            watcher=PodWatcher(scene.edges, CHOSEN.pod, scene.edges.terminal.say),
        )


def connections(scene: Scene) -> int:
    return len(scene.asked_of_kubectl.splitlines())


def test_a_command_that_ended_is_over_whatever_its_status(scene: Scene, shell: Shell) -> None:
    scene.kubectl(1, "command terminated with exit code 1")
    assert shell.run(CHOSEN.pod) == Ended(1)
    assert connections(scene) == 1


def test_a_command_that_was_silent_is_run_again_a_few_times(scene: Scene, shell: Shell) -> None:
    scene.kubectl(1, LOST)
    assert shell.run(CHOSEN.pod) == Ended(1, lost=True)
    assert connections(scene) == 1 + RETRIES
    assert f"was lost {1 + RETRIES} times: leaving" in scene.told.getvalue()


@pytest.mark.parametrize(("rerun", "runs"), [(False, 1), (True, 1 + RETRIES)])
def test_output_comes_twice_only_where_that_is_wanted(
    scene: Scene, shell: Shell, rerun: bool, runs: int
) -> None:
    scene.kubectl(1, LOST, "half of a list\n")
    shell.rerun = rerun
    assert shell.run(CHOSEN.pod) == Ended(1, lost=True, cut=True)
    assert connections(scene) == runs
    assert ("see --rerun" in scene.told.getvalue()) is not rerun


def test_what_was_read_in_part_is_not_read_again(scene: Scene, shell: Shell) -> None:
    scene.kubectl(1, LOST)
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading) as scene.edges.terminal.stdin:
        assert shell.run(CHOSEN.pod).lost
    assert connections(scene) == 1
    assert "stdin was read in part" in scene.told.getvalue()


def test_there_is_nothing_to_come_back_to_in_a_pod_that_is_gone(scene: Scene, shell: Shell) -> None:
    scene.kubectl(1, LOST)
    scene.pod = None
    assert shell.run(CHOSEN.pod) == Ended(1, lost=True)
    assert connections(scene) == 1


PIPE_BROKE = (
    "import os, signal\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\nos.kill(os.getpid(), signal.SIGPIPE)"
)


def test_who_reads_our_output_and_goes_ends_it(scene: Scene, shell: Shell) -> None:
    scene.program.write_text(f"#!{sys.executable} -I\n{PIPE_BROKE}\n")
    assert shell.run(CHOSEN.pod) == Ended(141)
