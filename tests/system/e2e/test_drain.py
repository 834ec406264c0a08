"""A connection that stays open through the leave: the copy lives as long as it does, up to --drain."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakecluster import manifests
from kubectl_netshoot.rules.open_connections import PROC, SS
from tests.processes import fill_disk
from tests.system.e2e.api import Api
from tests.system.e2e.caller import Caller, Connection
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.system.security.recorder import record
from tests.waiting import until

NAME = "busy"
# The command is the first exec; each count of the connections is one more. At the fourth, two counts were not
# taken for a reason to delete the copy.
THIRD_COUNT = Hold("(GET|POST)", rf"/pods/{NAME}/exec", nth=4)


@pytest.fixture
def gate(turnstile: Callable[[Hold | None], Turnstile]) -> Turnstile:
    return turnstile(THIRD_COUNT)


@pytest.fixture
def session(gate: Turnstile, plugin: Plugin, source: str) -> Running:  # noqa: ARG001 (it must stand first)
    """A copy in service, with a drain time that no test waits for."""
    return start(plugin, source, "10m")


def start(plugin: Plugin, source: str, drain: str) -> Running:
    words = (source, "--join-service", f"--name={NAME}", "--settle=0", f"--drain={drain}")
    running = plugin.start(*words, "--", "sh", "-c", "echo in; cat")
    running.says("in\n")
    return running


def lives_on(api: Api, gate: Turnstile, running: Running, connection: Connection) -> None:
    """The connections are counted again and again, and the copy, out of service, is not deleted."""
    until(lambda: gate.reached.is_set() or running.ended, "a third count", lambda: running.stderr)
    assert not running.ended, running.stderr
    assert connection.is_open
    copy = api.pod(NAME)
    assert copy
    assert "deletionTimestamp" not in copy["metadata"]
    assert api.holders(copy["metadata"]["uid"]) == set()
    gate.open()


def outlives(api: Api, gate: Turnstile, session: Running, connection: Connection) -> None:
    """The session is left; the copy is there as long as the connection is, and then deleted."""
    session.close_stdin()
    lives_on(api, gate, session, connection)
    connection.close()
    assert session.wait().status == 0, session.stderr
    assert api.gone(NAME)


def test_the_copy_lives_while_the_connection_does(
    session: Running, api: Api, gate: Turnstile, caller: Caller
) -> None:
    outlives(api, gate, session, caller.connect(NAME))


def test_the_last_of_several_connections_counts(
    session: Running, api: Api, gate: Turnstile, caller: Caller
) -> None:
    first, second = caller.connect(NAME), caller.connect(NAME)
    first.close()
    outlives(api, gate, session, second)


def test_clients_of_a_service_that_came_after_the_join_count(
    gate: Turnstile, plugin: Plugin, api: Api, scenery: Scenery, caller: Caller
) -> None:
    """A port that no Service had at the join, and none has any more once the copy has left."""
    labels, first = {"app": "late"}, manifests.service("late", {"app": "late"})
    first["spec"]["ports"] = [{"port": 80, "targetPort": 9999}]
    (pod,) = scenery.add_ready(1, manifests.deployment("late", 1, labels), first, **labels)
    words = ("--join-service", f"--name={NAME}", "--settle=0", "--drain=10m", "--yes")
    session = plugin.start(pod["metadata"]["name"], *words, "--", "sh", "-c", "echo in; cat")
    session.says("in\n")
    scenery.happen(manifests.service("later", labels))
    until(lambda: NAME in api.members("later"), "the copy behind the later Service")
    outlives(api, gate, session, caller.connect(NAME))


def test_at_the_end_of_drain_the_copy_goes_all_the_same(
    plugin: Plugin, api: Api, source: str, caller: Caller
) -> None:
    running = start(plugin, source, "3s")
    connection = caller.connect(NAME)
    running.close_stdin()
    done = running.wait()
    assert done.status == 0, done.stderr
    assert "cuts 1 connection" in done.stderr
    assert api.gone(NAME)
    connection.close()


def test_cleanup_waits_for_connections_too(
    session: Running, plugin: Plugin, api: Api, gate: Turnstile, caller: Caller
) -> None:
    connection = caller.connect(NAME)
    session.child.kill()
    session.wait()
    cleaning = plugin.start("cleanup", NAME)
    lives_on(api, gate, cleaning, connection)
    connection.close()
    assert cleaning.wait().status == 0, cleaning.stderr


def test_a_full_disk_hides_no_connection_and_keeps_no_copy(
    session: Running, api: Api, gate: Turnstile, caller: Caller
) -> None:
    connection = caller.connect(NAME)
    fill_disk(session.child.pid)
    outlives(api, gate, session, connection)


def test_a_list_of_connections_that_was_cut_off_is_no_proof_that_there_are_none(
    plugin: Plugin, source: str, programs: Path, tmp_path: Path
) -> None:
    """Behind a proxy that closes cleanly kubectl exec says nothing and ends with 0."""
    silent = record(
        tmp_path, (programs / "kubectl").resolve(), dict.fromkeys((SS[-1], PROC[-1]), (b"", b"", 0))
    )
    times = ("--settle=0", "--drain=1s", "--timeout=5s")
    words = (source, "--join-service", f"--name={NAME}", *times, "--", "true")
    done = plugin.run(*words, env={"KUBECTL_NETSHOOT_KUBECTL": str(silent.program)})
    assert done.status == 4
    assert "their list was cut off" in done.stderr
    assert plugin.run("cleanup", NAME).status == 0
