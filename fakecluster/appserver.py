"""The HTTP server of a fake app container: real sockets on the pod's address, an access log, keep-alive.

On TERM it stops listening and ends each connection after the request it is serving, as a well-behaved app does. What
it has written and its client has not fetched is the kernel's, and goes with the pod.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from fakecluster.appudp import Datagrams
from fakecluster.logs import ContainerLog
from fakecluster.netcounters import Openings

_LONG = 4096
# As long as a kernel keeps a connection whose peer reads nothing would be longer.
_LINGER_SECONDS = 60.0
# What a client of TLS says first; nginx answers it on a port that has none.
_TLS_HANDSHAKE = b"\x16"


class AppServer:
    """Answers every request with the pod's name, and 200 unless its environment says otherwise.

    APP_STATUS is another status, APP_PEM a key and certificates: with them it speaks TLS. A request may ask for an
    answer that comes late (`/?wait=SECONDS`) or is long (`/?bytes=COUNT`). A datagram is answered with the name too.
    """

    def __init__(
        self, pod_name: str, log: ContainerLog, environment: Mapping[str, str], openings: Openings
    ) -> None:
        self._answer = f"{pod_name}\n".encode()
        self._status = HTTPStatus(int(environment.get("APP_STATUS", "200")))
        self._tls = _context(environment["APP_PEM"]) if "APP_PEM" in environment else None
        self._log = log
        self._openings = openings
        self._listeners: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._busy: set[asyncio.StreamWriter] = set()
        self._lingering: set[asyncio.StreamWriter] = set()
        self._datagrams: list[asyncio.DatagramTransport] = []
        self._stopping = False
        self._heard = asyncio.Event()
        self._heard.set()
        self.ports: set[int] = set()

    async def listen(self, address: str, ports: Iterable[int]) -> None:
        """What cannot be bound is said in the log, and is no error."""
        for port in ports:
            try:
                self._listeners.append(
                    await asyncio.start_server(self._connected, address, port, ssl=self._tls)
                )
                self.ports.add(port)
            except OSError as error:
                self._log.say(f"cannot listen on {address}:{port}: {error.strerror}")

    async def listen_for_datagrams(self, address: str, ports: Iterable[int]) -> None:
        """The same with UDP."""
        loop = asyncio.get_running_loop()
        for port in ports:
            try:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: Datagrams(self._answer, self._heard), (address, port)
                )
                self._datagrams.append(transport)
            except OSError as error:
                self._log.say(f"cannot listen on {address}:{port}/udp: {error.strerror}")

    async def stop(self) -> None:
        """Finish the requests that are being served, then close."""
        self._stopping = True
        self._close_listeners()
        for writer in list(self._connections.values()):
            if writer not in self._busy:
                writer.close()
        if self._connections:
            await asyncio.wait(list(self._connections))

    def hush(self, silent: bool) -> None:
        """Connections are taken and requests read, but no answer goes out until it is heard again."""
        if silent:
            self._heard.clear()
        else:
            self._heard.set()

    def kill(self) -> None:
        """Close at once."""
        self._close_listeners()
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()
        for writer in self._lingering:
            _forget(writer)
        self._lingering.clear()

    def _close_listeners(self) -> None:
        for transport in self._datagrams:
            transport.close()
        self._datagrams.clear()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        self._openings.one_more()
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while not self._stopping and await self._serve_one(reader, writer):
                    pass
        finally:
            self._connections.pop(task, None)
            self._busy.discard(writer)
            await self._see_off(reader, writer)

    async def _see_off(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Close it, and be able to take back what is not fetched yet, as no process could: see kill."""
        self._lingering.add(writer)
        try:
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()
                await asyncio.wait_for(reader.read(), _LINGER_SECONDS)
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()
            self._lingering.discard(writer)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        first = await reader.readexactly(1)
        if first == _TLS_HANDSHAKE:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        request_line, headers = _head(first + await reader.readuntil(b"\r\n\r\n"))
        self._busy.add(writer)
        await reader.readexactly(int(headers.get("content-length", "0")))
        await self._heard.wait()
        wanted = dict(parse_qsl(urlsplit(" ".join(request_line.split(" ")[1:2])).query))
        await asyncio.sleep(float(wanted.get("wait", "0")))
        body = self._answer.ljust(int(wanted.get("bytes", "0")))
        _make_room(writer, len(body))
        keep = headers.get("connection", "").lower() != "close" and not self._stopping
        writer.write(
            b"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\nConnection: %s\r\n\r\n"
            % (
                self._status,
                self._status.phrase.encode(),
                len(body),
                b"keep-alive" if keep else b"close",
            )
            + (b"" if request_line.startswith("HEAD ") else body)
        )
        await writer.drain()
        self._log_access(writer, request_line, len(body), headers.get("user-agent", "-"))
        self._busy.discard(writer)
        return keep

    def _log_access(self, writer: asyncio.StreamWriter, request_line: str, length: int, agent: str) -> None:
        peer = writer.get_extra_info("peername")[0]
        at = datetime.now(timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000")
        told = f"{self._status:d} {length}"
        self._log.say(f'{peer} - - [{at}] "{request_line}" {told} "-" "{agent}" "-"')


def _make_room(writer: asyncio.StreamWriter, length: int) -> None:
    """Let the kernel take a long answer whole, whatever its client does."""
    if length > _LONG:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * length)


def _forget(writer: asyncio.StreamWriter) -> None:
    """End a connection by RST, and with it what is in its send queue."""
    sock = writer.get_extra_info("socket")
    if sock is not None and not writer.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _context(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The library reads certificates from files only.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _head(raw: bytes) -> tuple[str, dict[str, str]]:
    request_line, *lines = raw.decode("latin-1").strip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return request_line, {name.strip().lower(): value.strip() for name, _, value in pairs}
