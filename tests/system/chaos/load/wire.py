"""One TCP connection to a backend, and GETs on it. It notices at once when, and by whom, the connection is ended."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from tests.system.chaos.load.proxy import Endpoint
from tests.system.chaos.load.records import ClosedBy, Connection, Outcome, now

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Ask:
    """A GET. `last` asks the server to close afterwards, and `half_close` says that nothing more will come.

    The answer is due after `seconds`: `rests`, because the client does not read until then; else the server takes them.
    """

    last: bool
    path: str = "/"
    half_close: bool = False
    rests: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Reply:
    """`keeps`: whether the server leaves the connection open."""

    status: int
    body: str
    keeps: bool


class Lost(Exception):
    """No whole answer came. `answered` is whether some of it did."""

    def __init__(self, outcome: Outcome, *, answered: bool = False) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome
        self.answered = answered


class Wire(asyncio.Protocol):
    """Made by `connect`. `connection` is its record, kept up to date."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._last = False
        self._answer: asyncio.Future[Reply] | None = None

    @classmethod
    async def connect(cls, endpoint: Endpoint, connection: Connection, room: int = 0) -> Wire:
        """`room` is how many bytes may arrive unread, where it matters. Raises Lost."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        sock.setblocking(False)
        if room:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        try:
            opening = loop.sock_connect(sock, (endpoint.address, endpoint.port))
            await asyncio.wait_for(opening, PATIENCE_SECONDS)
            return (await loop.create_connection(lambda: cls(connection), sock=sock))[1]
        except asyncio.TimeoutError as error:
            sock.close()
            raise Lost(Outcome.TIMEOUT) from error
        except OSError as error:
            sock.close()
            raise Lost(Outcome.REFUSED) from error

    @property
    def is_open(self) -> bool:
        return self.connection.closed is None

    async def get(self, ask: Ask) -> Reply:
        """One request at a time. Raises Lost."""
        if self._transport is None or not self.is_open:
            raise Lost(_outcome(self.connection.closed_by))
        self._last = ask.last
        self._received.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self.connection.requests += 1
        keep = "close" if ask.last else "keep-alive"
        head = f"GET {ask.path} HTTP/1.1\r\nHost: {self.connection.backend}\r\nConnection: {keep}\r\n\r\n"
        self._transport.write(head.encode())
        if ask.half_close:
            self._transport.write_eof()
        if ask.rests:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(ask.seconds, self._resume)
        try:
            reply = await asyncio.wait_for(self._answer, PATIENCE_SECONDS + ask.seconds)
        except asyncio.TimeoutError as error:
            self.close()
            raise Lost(Outcome.TIMEOUT, answered=bool(self._received)) from error
        finally:
            self._answer = None
        if not reply.keeps:
            self.close()
        return reply

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Harmless when it is closed."""
        self._end(ClosedBy.CLIENT)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.connection.opened = now()

    def data_received(self, data: bytes) -> None:
        self._received += data
        reply = _parsed(bytes(self._received))
        if reply is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(reply)
            if not reply.keeps:
                # Whose wish it was, not whose FIN comes first.
                self._end(ClosedBy.CLIENT if self._last else ClosedBy.SERVER)

    def eof_received(self) -> None:
        self._end(ClosedBy.SERVER)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(ClosedBy.RESET if exc else ClosedBy.SERVER)

    def _end(self, by: ClosedBy) -> None:
        if not self.is_open:
            return
        self.connection.closed, self.connection.closed_by = now(), by
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Lost(_outcome(by), answered=bool(self._received)))


def _outcome(closed_by: ClosedBy) -> Outcome:
    return Outcome.RESET if closed_by is ClosedBy.RESET else Outcome.CUT


def _parsed(received: bytes) -> Reply | None:
    """None as long as it is not whole. An answer without a length is not understood."""
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return None
    status_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if len(body) < int(headers["content-length"]):
        return None
    keeps = headers.get("connection", "").lower() != "close"
    # The rest of a long body is no name.
    return Reply(int(status_line.split()[1]), body.decode().split("\n")[0].strip(), keeps)
