"""Real sockets of this machine, listed by its real ss and /proc: each client who would miss something counts."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from kubectl_netshoot.rules.open_connections import PROC, SS, by_proc, by_ss
from tests.waiting import until
from tools.prerequisites.pytest_plugin import program

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
SERVER = "127.0.0.9"
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


class Pair:
    """A server on an address that no client shares, as a pod's, and the connections to it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._listener = stack.enter_context(socket.create_server((SERVER, 0)))
        self.port: int = self._listener.getsockname()[1]

    def connect(self, **options: int) -> tuple[socket.socket, socket.socket]:
        """The client's end and the server's."""
        client = self._stack.enter_context(socket.socket())
        if "receive" in options:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options["receive"])
        client.connect((SERVER, self.port))
        server, _ = self._listener.accept()
        self._stack.enter_context(server)
        return client, server

    def counts(self) -> tuple[int, int]:
        """What ss and /proc say."""
        ss, proc = (
            subprocess.run(script, check=False, capture_output=True, text=True) for script in (SS, PROC)
        )
        by = by_ss(ss.returncode, ss.stdout, [self.port]), by_proc(proc.stdout, [self.port])
        assert by[0]
        assert by[1]
        return by[0].clients, by[1].clients


@pytest.fixture
def pair() -> Iterator[Pair]:
    program("ss")
    with ExitStack() as stack:
        yield Pair(stack)


def _established(pair: Pair) -> Callable[[], object]:
    _, server = pair.connect()
    return server.close


def _half_closed(pair: Pair) -> Callable[[], object]:
    """As nc -N and HTTP/1.0 clients do: the request is sent, and the answer awaited."""
    client, server = pair.connect()
    client.sendall(REQUEST)
    client.shutdown(socket.SHUT_WR)
    server.recv(1024)
    return server.close


def _slow_reader(pair: Pair) -> Callable[[], object]:
    """The server has written all and closed; most of it is still in its queue."""
    client, server = pair.connect(receive=4096)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    _fill(server)
    server.close()
    return lambda: threading.Thread(target=_read_all, args=(client,), daemon=True).start()


def _last_answer(pair: Pair) -> Callable[[], object]:
    """Both have closed, the server last (LAST-ACK), and the client has not read the answer."""
    client, server = pair.connect(receive=4096)
    client.shutdown(socket.SHUT_WR)
    _fill(server)
    server.close()
    return lambda: threading.Thread(target=_read_all, args=(client,), daemon=True).start()


def _fill(server: socket.socket) -> None:
    """Write until nothing more goes in."""
    server.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            server.send(b"x" * 65536)


def _read_all(client: socket.socket) -> None:
    while client.recv(1 << 16):
        pass
    client.close()


@pytest.mark.parametrize("begin", [_established, _half_closed, _slow_reader, _last_answer])
def test_a_client_counts_until_it_has_its_answer(
    pair: Pair, begin: Callable[[Pair], Callable[[], object]]
) -> None:
    assert pair.counts() == (0, 0)
    finish = begin(pair)
    assert pair.counts() == (1, 1)
    finish()
    until(lambda: pair.counts() == (0, 0), "nobody")


def test_a_client_whom_nobody_has_accepted_yet_counts(pair: Pair) -> None:
    with socket.create_connection((SERVER, pair.port)):
        assert pair.counts() == (1, 1)


def test_a_pod_that_talks_to_itself_is_no_client(pair: Pair) -> None:
    with socket.create_connection((SERVER, pair.port), source_address=(SERVER, 0)):
        assert pair.counts() == (0, 0)
