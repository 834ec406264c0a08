"""A connection that stays open through the leave: the copy lives as long as it does, up to --drain."""

import pytest

from tests.e2e.api import Api, labels_of
from tests.e2e.caller import Caller, Connection
from tests.e2e.plugin import Plugin, Running
from tests.e2e.waiting import until

NAME = "busy"


@pytest.fixture
def session(plugin: Plugin, source: str) -> Running:
    """A copy in service, with a drain time that no test waits for unless it says so."""
    return start(plugin, source, "10m")


def start(plugin: Plugin, source: str, drain: str) -> Running:
    words = (source, "--join-service", f"--name={NAME}", "--settle=0", f"--drain={drain}")
    running = plugin.start(*words, "--", "sh", "-c", "echo in; cat")
    running.says("in\n")
    return running


def is_out(api: Api) -> bool:
    copy = api.pod(NAME)
    return copy is not None and "app" not in labels_of(copy)


def leave(running: Running, api: Api, connection: Connection) -> None:
    """End the command; the copy is out of service, and lives since the connection does."""
    running.close_stdin()
    until(lambda: is_out(api) or running.ended, "the copy out of service", lambda: running.stderr)
    assert connection.is_open
    copy = api.pod(NAME)
    assert copy
    assert "deletionTimestamp" not in copy["metadata"]


def test_the_copy_lives_while_the_connection_does(session: Running, api: Api, caller: Caller) -> None:
    connection = caller.connect(NAME)
    leave(session, api, connection)
    connection.close()
    assert session.wait().status == 0, session.stderr
    assert api.pod(NAME) is None


def test_several_connections_are_all_waited_for(session: Running, api: Api, caller: Caller) -> None:
    first, second = caller.connect(NAME), caller.connect(NAME)
    leave(session, api, first)
    first.close()
    assert second.is_open
    assert api.pod(NAME)
    second.close()
    assert session.wait().status == 0, session.stderr


def test_at_the_end_of_drain_the_copy_goes_all_the_same(
    plugin: Plugin, api: Api, source: str, caller: Caller
) -> None:
    running = start(plugin, source, "3s")
    connection = caller.connect(NAME)
    leave(running, api, connection)
    done = running.wait()
    assert done.status == 0, done.stderr
    assert "open connection" in done.stderr
    assert api.pod(NAME) is None


def test_cleanup_waits_for_connections_too(
    session: Running, plugin: Plugin, api: Api, caller: Caller
) -> None:
    connection = caller.connect(NAME)
    session.child.kill()
    session.wait()
    cleaning = plugin.start("cleanup", NAME)
    until(lambda: is_out(api) or cleaning.ended, "the copy out of service", lambda: cleaning.stderr)
    assert connection.is_open
    assert api.pod(NAME)
    connection.close()
    assert cleaning.wait().status == 0, cleaning.stderr
