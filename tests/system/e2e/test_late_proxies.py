"""Proxies that have not heard of the leave: their clients still come to the copy, and it lives on for them."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fakecluster.manifests import PORT
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.waiting import until

NAME = "busy"
TIMES = ("--settle=2s", "--drain=1s")
# The command is the first exec, each count one more, and a second lies between two: settle and drain time are over.
LATE_COUNT = Hold("(GET|POST)", rf"/pods/{NAME}/exec", nth=9)


def _request(address: str) -> None:
    """A client who closes first, so that no socket in the copy tells of it."""
    client = http.client.HTTPConnection(address, PORT, timeout=10)
    client.request("GET", "/")
    assert client.getresponse().read()
    client.close()


def _stay(address: str) -> None:
    """A client who is connected for a moment, and asks nothing."""
    with socket.create_connection((address, PORT)):
        threading.Event().wait(0.2)


@contextmanager
def calling(act: Callable[[str], None], address: str) -> Iterator[list[Exception]]:
    """Call the copy by its own address, as a proxy does that has not heard of the leave; what was refused or cut."""
    failed: list[Exception] = []
    enough = threading.Event()

    def call() -> None:
        while not enough.wait(0.02):
            try:
                act(address)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                failed.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield failed
    finally:
        enough.set()
        thread.join()


@pytest.mark.parametrize("act", [_request, _stay])
def test_the_copy_lives_on_until_nobody_comes_any_more(
    turnstile: Callable[[Hold | None], Turnstile],
    cluster: AnyCluster,
    plugin: Plugin,
    api: Api,
    source: str,
    act: Callable[[str], None],
) -> None:
    cluster.faulty()
    gate = turnstile(LATE_COUNT)
    session = plugin.start(
        source, "--join-service", f"--name={NAME}", *TIMES, "--", "sh", "-c", "echo in; cat"
    )
    session.says("in\n")
    address = (api.pod(NAME) or {})["status"]["podIP"]
    with calling(act, address) as failed:
        session.close_stdin()
        until(lambda: gate.reached.is_set() or session.ended, "many counts", lambda: session.stderr)
        assert not session.ended, session.stderr
        copy = api.pod(NAME)
        assert copy
        assert "deletionTimestamp" not in copy["metadata"]
        assert api.holders(copy["metadata"]["uid"]) == set()
        assert failed == []
    gate.open()
    assert session.wait().status == 0, session.stderr
    assert api.gone(NAME)


def test_probes_alone_are_no_clients(cluster: AnyCluster, plugin: Plugin, api: Api, source: str) -> None:
    """The application is probed every second by a connection, in the copy too."""
    cluster.faulty()
    done = plugin.run(source, "--join-service", f"--name={NAME}", "--settle=4s", "--drain=1s", "--", "true")
    assert done.status == 0, done.stderr
    assert "clients still come" not in done.stderr
    assert api.gone(NAME)
