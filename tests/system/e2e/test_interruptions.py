"""Ctrl-C, TERM, HUP and kill -9 in every step: the teardown happens, by the same process or by the next one."""

import itertools
import re
import signal
import time
from dataclasses import replace

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.caller import Caller
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.steps import BY_ID, NAME, STEPS, Step, Stepper
from tests.waiting import LOOK_SECONDS, until

# One handler takes all of them: each step has Ctrl-C, and one of the others in turn.
CAUGHT = [
    (step, number)
    for step, other in zip(STEPS, itertools.cycle((signal.SIGTERM, signal.SIGHUP)))
    for number in (signal.SIGINT, other)
]


@pytest.fixture
def opening(source: str) -> tuple[str, ...]:
    return (source, "--join-service", f"--name={NAME}")


@pytest.mark.parametrize(
    ("step", "number"), CAUGHT, ids=[f"{number.name}-{step.id}" for step, number in CAUGHT]
)
def test_a_signal_takes_the_way_out(
    stepper: Stepper, api: Api, caller: Caller, step: Step, number: signal.Signals
) -> None:
    running = stepper.stop_at(step)
    running.send(number)
    stepper.go_on()
    caller.close()
    assert running.wait().status == 128 + number, running.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_after_a_kill_the_next_run_finishes(stepper: Stepper, plugin: Plugin, api: Api, step: Step) -> None:
    stepper.kill_at(step)
    if step.id == "before-the-copy":
        # kubectl lives on for a moment and makes the copy that nobody waits for any more.
        until(lambda: api.pod(NAME), "the copy of the dead session")
    done = plugin.run("cleanup", "--mine", "--yes")
    assert done.status == 0, done.stderr
    assert api.gone(NAME)


def test_ctrl_c_while_clients_are_waited_for_ends_the_wait(
    stepper: Stepper, api: Api, caller: Caller
) -> None:
    running = stepper.stop_at(replace(BY_ID["draining"], drain="10m"))
    running.send(signal.SIGINT)
    until(lambda: "Ctrl-C: " in running.stderr, "an answer", lambda: running.stderr)
    if "Ctrl-C again skips that" in running.stderr:
        # It had not seen yet that the labels are off.
        running.send(signal.SIGINT)
    done = running.wait()
    assert done.status == 130, done.stderr
    assert re.search("Ctrl-C: .*(not waited for|no more waiting)", done.stderr), done.stderr
    assert "done: " in done.stderr
    until(lambda: api.pod(NAME) is None, "the end of the copy")
    caller.close()


def test_a_further_ctrl_c_stops_and_leaves_nothing_in_service(
    stepper: Stepper, plugin: Plugin, api: Api, caller: Caller
) -> None:
    """The answer to the patch that takes the copy out of service never comes: it is tried once more."""
    running = stepper.stop_at(BY_ID["leaving"])
    # As an impatient person does; two that come at the same moment are one to the kernel.
    for _ in range(3):
        if not running.ended:
            running.send(signal.SIGINT)
            time.sleep(LOOK_SECONDS * 4)
    done = running.wait()
    # A third one may come after its last word; a shell shows 130 for both.
    assert done.status in (130, -signal.SIGINT), done.stderr
    copy = api.pod(NAME)
    stepper.go_on()
    if copy is None or "deletionTimestamp" in copy["metadata"]:
        # The second one skips the wait for clients, and without them there may be no time for a third.
        assert "done: " in done.stderr
        return
    if f"stopped by Ctrl-C; pod {NAME} is still there, out of service" in done.stderr:
        assert api.holders(copy["metadata"]["uid"]) == set()
    else:
        assert f"stopped by Ctrl-C; pod {NAME} is still in service" in done.stderr
    assert f"kubectl netshoot cleanup {NAME}" in done.stderr
    caller.close()
    assert plugin.run("cleanup", NAME).status == 0


def test_ignored_signals_stay_ignored(plugin: Plugin, source: str) -> None:
    """As under nohup."""
    words = plugin.argv(source, "--name=nohup", "--", "sh", "-c", "echo in; cat")
    running = plugin.start_argv("sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *words)
    running.says("in\n")
    running.send(signal.SIGHUP)
    running.close_stdin()
    assert running.wait().status == 0, running.stderr
