"""A throwaway pod that is interrupted, killed or forgotten: out of service, and gone."""

import signal

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.caller import Caller
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.steps import BY_ID, NAME, Stepper
from tests.system.e2e.test_debug_refusals import NO_IMAGE
from tests.system.e2e.test_run import JOINING, STAY
from tests.waiting import until

SIGNALS = {"copied": signal.SIGINT, "joined": signal.SIGTERM, "attached": signal.SIGHUP}


@pytest.fixture
def opening() -> tuple[str, ...]:
    return ("run", NAME, *JOINING[2:])


@pytest.mark.parametrize(("step", "number"), SIGNALS.items(), ids=SIGNALS)
def test_a_signal_takes_the_way_out(stepper: Stepper, api: Api, step: str, number: signal.Signals) -> None:
    running = stepper.stop_at(BY_ID[step])
    running.send(number)
    stepper.go_on()
    assert running.wait().status == 128 + number, running.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize("step", ["copied", "joined", "draining"])
def test_after_a_kill_the_next_run_finishes(
    stepper: Stepper, plugin: Plugin, api: Api, caller: Caller, step: str
) -> None:
    running = stepper.stop_at(BY_ID[step])
    running.send(signal.SIGKILL)
    running.wait()
    stepper.go_on()
    pod = api.pod(NAME)
    assert pod
    assert pod["spec"]["activeDeadlineSeconds"] == 3600
    caller.close()
    done = plugin.run("cleanup", "--mine", "--yes")
    assert done.status == 0, done.stderr
    assert api.gone(NAME)


def test_the_deadline_alone_ends_it(plugin: Plugin, api: Api) -> None:
    running = plugin.start("run", NAME, "--ttl=10s", *STAY)
    running.says("in\n")
    running.child.kill()
    running.wait()
    until(lambda: (api.pod(NAME) or {})["status"]["phase"] == "Failed", "the end by the cluster")
    done = plugin.run("cleanup", "--expired")
    assert done.status == 0, done.stderr
    assert api.gone(NAME)


def test_a_pod_that_never_starts_is_taken_away_with_the_reason(plugin: Plugin, api: Api) -> None:
    done = plugin.run("run", NAME, f"--image={NO_IMAGE}", "--", "true")
    assert done.status == 1, done.stderr
    assert "the pod did not become ready" in done.stderr
    assert "ImagePullBackOff" in done.stderr
    assert f"{NO_IMAGE} was pulled without any pull secret: --image-pull-secret names one" in done.stderr
    assert api.gone(NAME)
