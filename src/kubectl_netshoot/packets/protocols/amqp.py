"""AMQP 0-9-1, as RabbitMQ speaks it: who logs in, and why a connection or a channel is closed (amqp0-9-1.xml).

AMQP 1.0 is only named.
"""

from collections.abc import Iterator

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    error,
    logged_in,
    login,
    plain,
    text_of,
)
from kubectl_netshoot.packets.report import Application, Side

AMQP = "AMQP"
_PROTOCOL_HEADER, _FRAME_HEADER, _END = 8, 7, 0xCE
_TYPES = (1, 2, 3, 8)
_METHOD = 1
_CONNECTION, _CHANNEL = 10, 20
_START_OK, _OPEN_OK, _CLOSE, _CHANNEL_CLOSE = 11, 41, 50, 40
_SUCCESS = 200


class Amqp:
    """See reader.Reader."""

    application = Application.AMQP

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """A frame; or the header that names the protocol's version."""
        if data[:1] == b"A":
            return _PROTOCOL_HEADER
        if data[0] not in _TYPES:
            raise NoFrameError
        return _FRAME_HEADER + int.from_bytes(data[3:7], "big") + 1 if len(data) >= _FRAME_HEADER else 0

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Methods of connections and channels."""
        if frame[:1] == b"A":
            return
        if frame[-1] != _END:
            raise NoFrameError
        if frame[0] != _METHOD:
            return
        body = frame[_FRAME_HEADER:-1]
        method = (int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big"))
        if side is Side.CLIENT and method == (_CONNECTION, _START_OK):
            yield _login(body)
        elif side is Side.SERVER and method == (_CONNECTION, _OPEN_OK):
            yield logged_in(AMQP)
        elif side is Side.SERVER and method in ((_CONNECTION, _CLOSE), (_CHANNEL, _CHANNEL_CLOSE)):
            code = int.from_bytes(body[4:6], "big")
            if code != _SUCCESS:
                yield error(AMQP, str(code), text_of(_short(body, 6)[0]), fatal=method[0] == _CONNECTION)


def _login(body: bytes) -> ServiceStep:
    at = 8 + int.from_bytes(body[4:8], "big")
    mechanism, at = _short(body, at)
    response = body[at + 4 : at + 4 + int.from_bytes(body[at : at + 4], "big")]
    found = plain(response) if mechanism == b"PLAIN" else None
    user, password = found or (None, None)
    return login(AMQP, user, None, password)


def _short(body: bytes, at: int) -> tuple[bytes, int]:
    end = at + 1 + body[at]
    return body[at + 1 : end], end
