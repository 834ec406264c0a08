"""A server that speaks HTTP as an enemy would: what it sends is each test's affair, byte by byte."""

import contextlib
import gzip
import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

Behaviour = Callable[[socket.socket], None]
MEGABYTE = b"x" * 1024 * 1024
GIGABYTE = 1024 * len(MEGABYTE)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class HostileServer:
    """Answers every connection's first request by `behave`, and closes it; `heads` is what was asked."""

    def __init__(self, behave: Behaviour) -> None:
        self.heads: list[bytes] = []
        self._behave = behave
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> "HostileServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended.is_set():
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (chunk := client.recv(65536)):
                head += chunk
            if head:
                self.heads.append(head)
                self._behave(client)


def says(*pieces: bytes) -> Behaviour:
    """Send these, and close."""
    return lambda client: client.sendall(b"".join(pieces))


def floods(head: bytes, pieces: Callable[[], Iterable[bytes]] = lambda: [MEGABYTE] * 1024) -> Behaviour:
    """Send the head and then, as long as somebody reads, all the pieces: a gigabyte unless told otherwise."""

    def behave(client: socket.socket) -> None:
        client.sendall(head)
        for piece in pieces():
            client.sendall(piece)

    return behave


def drips(head: bytes, ended: threading.Event, seconds: float = 0.02) -> Behaviour:
    """Send the head and then a blank every `seconds`, until nobody reads or the test has `ended`."""

    def behave(client: socket.socket) -> None:
        client.sendall(head)
        while not ended.wait(seconds):
            client.sendall(b" ")

    return behave


def chunks() -> Iterator[bytes]:
    """A gigabyte in chunks."""
    for _ in range(1024):
        yield b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE)


def bomb() -> bytes:
    """A megabyte that unpacks to a gigabyte."""
    blank = b" " * len(MEGABYTE)
    # Members of a gzip file stand one after the other.
    return gzip.compress(b'{"items": [' + blank) + gzip.compress(blank) * 1023


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LONG = b"Content-Length: %d\r\n\r\n" % GIGABYTE
FLOODS: dict[str, Behaviour] = {
    "with-a-length": floods(OK + LONG),
    "without-a-length": floods(OK + b"\r\n"),
    "in-chunks": floods(CHUNKED, chunks),
    "a-chunk-of-minus-one": floods(CHUNKED + b"-1\r\n"),
    "a-chunk-without-end": floods(CHUNKED + b"7fffffffffffffff\r\n"),
    "a-chunk-size-without-end": floods(CHUNKED, lambda: itertools.repeat(b"0" * 65536, 16384)),
    "a-length-of-minus-one": floods(OK + b"Content-Length: -1\r\n\r\n"),
    "a-length-beyond-all": floods(OK + b"Content-Length: 999999999999999999999999\r\n\r\n"),
    "refused": floods(b"HTTP/1.1 403 No\r\n" + LONG),
    "unauthorized": floods(b"HTTP/1.1 401 No\r\n" + LONG),
    "redirected": floods(b"HTTP/1.1 302 There\r\nLocation: /there\r\n" + LONG),
    "headers": floods(OK, lambda: (b"X-%d: %s\r\n" % (n, b"y" * 60000) for n in range(16384))),
    "a-header": floods(OK + b"X: "),
    "a-status-line": floods(b"HTTP/1.1 200 "),
    "continued": floods(b"", lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1024, 16384)),
    "packed": says(OK, b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n", bomb()),
    "json-without-end": floods(OK + b'\r\n{"kind": "PodList", "items": [', lambda: [b"{}," * 350_000] * 1024),
}
