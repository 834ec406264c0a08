"""Clients who are in the middle of something without an established connection, or on a port that came later.

Their server is a program in the copy: the application answers nobody as slowly as they need it.
"""

import socket
import struct
from collections.abc import Callable

import pytest

from fakecluster import manifests
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.test_drain import NAME, THIRD_COUNT
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.waiting import until

PORT = 9090
# Outlives COMMAND, as an application would. Who sends b"all" gets more than fits into any queue; others get no answer.
SERVER = f"""
import contextlib, os, socket, sys
listener = socket.create_server((os.environ["POD_IP"], {PORT}))
if os.fork() == 0:
    os.setsid()
    for stream in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    held = []
    while True:
        held.append(listener.accept()[0])
        if held[-1].recv(1024) == b"all":
            held[-1].setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    held[-1].send(bytes(65536))
            held.pop().close()
print("in", flush=True)
sys.stdin.read()
"""


def _half_closed(client: socket.socket) -> None:
    client.sendall(b"some")
    client.shutdown(socket.SHUT_WR)


def _slow_reader(client: socket.socket) -> None:
    client.sendall(b"all")
    until(lambda: client.recv(1, socket.MSG_PEEK), "the answer's first byte")


def _connected(client: socket.socket) -> None:
    client.sendall(b"some")


@pytest.mark.parametrize("ask", [_half_closed, _slow_reader, _connected])
def test_the_copy_lives_until_they_have_what_they_came_for(
    turnstile: Callable[[Hold | None], Turnstile],
    plugin: Plugin,
    cluster: AnyCluster,
    api: Api,
    scenery: Scenery,
    source: str,
    ask: Callable[[socket.socket], None],
) -> None:
    """By a port that is the Service's only since its targetPort was changed, in the middle of the session."""
    cluster.faulty()
    scenery.add(manifests.service("late", {"app": "web"}))
    gate = turnstile(THIRD_COUNT)
    words = (source, "--join-service", f"--name={NAME}", "--settle=0", "--drain=10m")
    session = plugin.start(*words, "--", "python3", "-c", SERVER)
    session.says("in\n")
    api.patch("Service", "late", {"spec": {"ports": [{"port": 80, "targetPort": PORT}]}})
    with _client(api) as client:
        ask(client)
        session.close_stdin()
        _is_waited_for(api, gate, session)
        # RST: nobody can be in the middle of anything any more.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert session.wait().status == 0, session.stderr
    assert api.gone(NAME)


def _client(api: Api) -> socket.socket:
    copy = api.pod(NAME)
    assert copy
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((copy["status"]["podIP"], PORT))
    return client


def _is_waited_for(api: Api, gate: Turnstile, session: Running) -> None:
    until(lambda: gate.reached.is_set() or session.ended, "a third count", lambda: session.stderr)
    assert not session.ended, session.stderr
    copy = api.pod(NAME)
    assert copy
    assert api.holders(copy["metadata"]["uid"]) == set()
    gate.open()
