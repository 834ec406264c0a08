"""A look into a running pod: what is added, whose processes it shares, how it ends, and what is left."""

import signal
from collections.abc import Callable

import pytest

from fakecluster import manifests
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.screen import Screen
from tests.system.e2e.witness import Witness
from tests.waiting import until

HOLD = ("--", "sh", "-c", "echo in; exec cat")


@pytest.fixture
def pod(scenery: Scenery) -> str:
    """A pod of this test alone: whatever was added to it is gone with it."""
    scenery.add_ready(1, manifests.pod("looked-into", {"app": "looked-into"}), app="looked-into")
    return "looked-into"


@pytest.fixture
def start(plugin: Plugin, pod: str) -> Callable[..., Running]:
    """Start a command that waits for the end of its input; returns when it runs."""

    def start(*words: str) -> Running:
        running = plugin.start("debug", pod, *words, *HOLD)
        running.says("in\n")
        return running

    return start


def last_added(api: Api, pod: str) -> dict[str, object]:
    found = api.pod(pod)
    assert found
    last: dict[str, object] = found["spec"]["ephemeralContainers"][-1]
    return last


def test_a_command_with_its_bytes_and_its_status(plugin: Plugin, api: Api, source: str) -> None:
    before = len(added(api, source))
    done = plugin.run("debug", f"pod/{source}", "--", "sh", "-c", "cat; exit 7", stdin=b"\0\xff\n")
    assert (done.status, done.stdout) == (7, b"\0\xff\n"), done.stderr
    assert "its record stays in the pod's spec" in done.stderr
    assert last_added(api, source)["targetContainerName"] == "app"
    until(lambda: all_ended(api, source), "the end of the added container")
    assert len(added(api, source)) == before + 1


def test_quiet_is_quiet(plugin: Plugin, source: str) -> None:
    done = plugin.run("debug", source, "-q", "--", "echo", "ran")
    assert (done.status, done.stdout, done.stderr) == (0, b"ran\n", "")


def test_a_workload_and_no_shared_processes(plugin: Plugin, api: Api) -> None:
    done = plugin.run("debug", "deploy/web", "--target=", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "of deploy/web" in done.stderr
    assert "shares no processes" in done.stderr
    pods = [name["metadata"]["name"] for name in api.ready_pods(app="web")]
    (looked_into,) = [name for name in pods if f"pod {name} (newest of" in done.stderr]
    assert "targetContainerName" not in last_added(api, looked_into)


def test_the_plan_changes_nothing(plugin: Plugin, api: Api, source: str) -> None:
    before = len(added(api, source))
    done = plugin.run("debug", source, "--dry-run", "--image-tag=v0.5")
    assert done.status == 0, done.stderr
    assert "image nicolaka/netshoot:v0.5; shares the processes of app" in done.text
    assert "nothing was changed" in done.text
    assert len(added(api, source)) == before


@pytest.fixture
def shell(screen: Callable[..., Screen], pod: str) -> Screen:
    """A shell on a terminal, by the words of kubectl debug, at its prompt."""
    shell = screen("debug", "-it", pod, "--shell=sh")
    shell.shows("runs; it ends with the shell")
    shell.type("PS1='the''re> '\r")
    shell.shows("there>")
    return shell


def test_a_shell(shell: Screen, api: Api, pod: str) -> None:
    shell.type("echo $((6 * 7))\r")
    shell.shows("\n42")
    shell.type("exit 3\r")
    assert shell.wait() == 3
    until(lambda: all_ended(api, pod), "the end of the added container")


def test_a_closed_window_ends_it(shell: Screen, api: Api, pod: str) -> None:
    shell.hang_up()
    until(lambda: all_ended(api, pod), "the end of the added container")
    assert shell.wait() != 0


def test_a_person_picks_the_pod(screen: Callable[..., Screen], api: Api) -> None:
    shown = screen("debug", "svc/web", "--pick", "--", "true")
    shown.shows("which pod of svc/web?")
    shown.type("2\r")
    shown.shows("(picked from 3 of svc/web)")
    assert shown.wait() == 0
    pods = [name["metadata"]["name"] for name in api.ready_pods(app="web")]
    until(lambda: all(all_ended(api, pod) for pod in pods), "the end of the added container")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_ends_it(start: Callable[..., Running], api: Api, pod: str, number: signal.Signals) -> None:
    running = start()
    running.send(number)
    done = running.wait()
    assert done.status == 128 + number, done.stderr
    until(lambda: all_ended(api, pod), "the end of the added container")


def test_a_second_ctrl_c_stops_at_once_and_says_what_is_left(start: Callable[..., Running], pod: str) -> None:
    running = start()
    running.insist()
    done = running.wait()
    assert done.status in (130, -signal.SIGINT), done.stderr
    assert "stopped by a second Ctrl-C" in done.stderr
    assert f"in pod {pod} may still run" in done.stderr


def test_ctrl_c_before_it_has_started(cluster: AnyCluster, plugin: Plugin, api: Api, pod: str) -> None:
    fake = cluster.faulty()
    fake.settings(pull_delay=60)
    try:
        running = plugin.start("debug", pod, "--", "true")
        until(lambda: added(api, pod), "the container", lambda: running.stderr)
        running.send(signal.SIGINT)
        done = running.wait()
    finally:
        fake.settings(pull_delay=0)
    assert done.status == 130, done.stderr
    assert "it has not started yet, and nobody can keep it from that" in done.stderr


def test_a_kill_leaves_it_to_its_own_time(
    start: Callable[..., Running], plugin: Plugin, api: Api, pod: str
) -> None:
    killed, left = start("--ttl=10s"), start("--ttl=10s")
    killed.send(signal.SIGKILL)
    killed.wait()
    done = left.wait()
    assert done.status == 137, done.stderr
    assert "(--ttl)" in done.stderr
    until(lambda: all_ended(api, pod), "the end of both containers")
    # Its private kubeconfig is swept by whoever comes next.
    assert plugin.run("list").status == 0


def test_a_pod_that_is_deleted_meanwhile(
    start: Callable[..., Running], api: Api, witness: Witness, pod: str
) -> None:
    running = start()
    witness.forgive(pod)
    api.delete("Pod", pod)
    assert running.wait().status != 0


def test_a_lost_connection_is_made_again_in_the_same_container(
    cluster: AnyCluster, plugin: Plugin, api: Api, pod: str
) -> None:
    fake = cluster.faulty()
    fake.fault("cut-stream", path="/exec", count=1)
    words = plugin.argv("debug", pod, "--", "echo", "ran")
    done = plugin.start_argv("sh", "-c", 'exec "$@" </dev/null', "sh", *words).wait()
    fake.no_faults()
    assert done.status == 0, done.stderr
    assert "running the command again (1 of" in done.stderr
    assert len(added(api, pod)) == 1
    until(lambda: all_ended(api, pod), "the end of the added container")


def test_a_request_whose_answer_is_lost(cluster: AnyCluster, plugin: Plugin, api: Api, pod: str) -> None:
    """The container was added all the same."""
    fake = cluster.faulty()
    fake.fault("reset", verb="PATCH", path="/ephemeralcontainers", agent="^kubectl/", count=1, handled=True)
    done = plugin.run("debug", pod, "--", "echo", "ran")
    fake.no_faults()
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert len(added(api, pod)) == 1
