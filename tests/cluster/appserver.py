"""The HTTP server of a pretended app container: real sockets on the pod's address, an access log, keep-
alive.

On TERM it stops listening and ends each connection after the request it is serving, as a well-behaved app
does.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from http import HTTPStatus

from tests.cluster.logs import ContainerLog


class AppServer:
    """Answers every request with the pod's name, and 200 unless its environment says otherwise.

    APP_STATUS is another status, APP_PEM a key and certificates: with them it speaks TLS.
    """

    def __init__(self, pod_name: str, log: ContainerLog, environment: Mapping[str, str]) -> None:
        self._answer = f"{pod_name}\n".encode()
        self._status = HTTPStatus(int(environment.get("APP_STATUS", "200")))
        self._tls = _context(environment["APP_PEM"]) if "APP_PEM" in environment else None
        self._log = log
        self._listeners: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._busy: set[asyncio.StreamWriter] = set()
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

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while not self._stopping and await self._serve_one(reader, writer):
                    pass
        finally:
            self._connections.pop(task, None)
            self._busy.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        request_line, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        self._busy.add(writer)
        await reader.readexactly(int(headers.get("content-length", "0")))
        await self._heard.wait()
        keep = headers.get("connection", "").lower() != "close" and not self._stopping
        writer.write(
            b"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\nConnection: %s\r\n\r\n"
            % (
                self._status,
                self._status.phrase.encode(),
                len(self._answer),
                b"keep-alive" if keep else b"close",
            )
            + (b"" if request_line.startswith("HEAD ") else self._answer)
        )
        await writer.drain()
        self._log_access(writer, request_line, headers.get("user-agent", "-"))
        self._busy.discard(writer)
        return keep

    def _log_access(self, writer: asyncio.StreamWriter, request_line: str, agent: str) -> None:
        peer = writer.get_extra_info("peername")[0]
        at = datetime.now(timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000")
        told = f"{self._status:d} {len(self._answer)}"
        self._log.say(f'{peer} - - [{at}] "{request_line}" {told} "-" "{agent}" "-"')


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
