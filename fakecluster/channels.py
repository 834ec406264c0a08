"""The channel protocol of exec and attach over a WebSocket: v5.channel.k8s.io, and v4 without its close
signal.

Hides frames, the negotiation, and a client that went away: what is sent to it then is dropped.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator

from aiohttp import WSMsgType, web

from fakecluster.faultpoints import StreamCut
from fakecluster.kinds import Object
from fakecluster.statuses import ApiError
from fakecluster.store import dumps

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
#: Carries the number of the channel that the client will write to no more.
CLOSE = 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_NO_SPDY = (
    "this fake cluster streams over WebSocket ({protocols}) only, not over SPDY: "
    "exec and attach need kubectl 1.31 or later, or the Python client"
)


class Channels:
    """An accepted WebSocket."""

    def __init__(
        self, socket_: web.WebSocketResponse, request: web.BaseRequest, cut: StreamCut | None
    ) -> None:
        self._socket = socket_
        self._request = request
        self._cut = cut
        self._sent = 0

    @classmethod
    async def accept(cls, request: web.BaseRequest, cut: StreamCut | None) -> Channels:
        """Upgrade. Raises ApiError 400 when the client wants something else."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise ApiError.bad_request(_NO_SPDY.format(protocols=", ".join(PROTOCOLS)))
        socket_ = web.WebSocketResponse(protocols=PROTOCOLS, max_msg_size=0, compress=False)
        await socket_.prepare(request)
        return cls(socket_, request, cut)

    @property
    def response(self) -> web.WebSocketResponse:
        return self._socket

    async def send(self, channel: int, data: bytes) -> None:
        """Never fails."""
        if self._cut is not None and self._sent + len(data) > self._cut.after_bytes:
            data = data[: self._cut.after_bytes - self._sent]
        self._sent += len(data)
        if not self._socket.closed:
            try:
                await self._socket.send_bytes(bytes([channel]) + data)
            except (ConnectionError, RuntimeError):
                return
        if self._cut is not None and self._sent >= self._cut.after_bytes:
            reset(self._request)

    async def received(self) -> AsyncIterator[tuple[int, bytes]]:
        """(channel, data) until the client closes or is lost."""
        async for message in self._socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                continue
            data = message.data.encode() if message.type is WSMsgType.TEXT else message.data
            if data:
                yield data[0], data[1:]

    async def finish(self, status: Object) -> None:
        """The metav1.Status that ends the stream, then the closing handshake."""
        await self.send(ERROR, dumps(status).encode())
        await self._socket.close()


def reset(request: web.BaseRequest) -> None:
    """Break the client's connection as a crashed load balancer would: with a TCP reset."""
    transport = request.transport
    if transport is None:
        return
    if (raw := transport.get_extra_info("socket")) is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def exit_status(code: int) -> Object:
    """What a command's exit status becomes."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    said = f"command terminated with exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {said}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def failure_status(message: str) -> Object:
    """The runtime could not do it."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }
