"""The PROXY protocol (haproxy's proxy-protocol.txt) and SOCKS 4, 4a, 5 (RFC 1928, 1929): who connects, and where to."""

import re
import struct
from collections.abc import Iterator

from kubectl_netshoot.packets.messages import service_steps as steps
from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    error,
    login,
    text_of,
    until_nul,
)
from kubectl_netshoot.packets.read.headers import address
from kubectl_netshoot.packets.report import Application, ConversationEnd, Side, Value

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_HEADER = 16
# The longest that the first version allows, and what of the second is believed.
_LINE, _LONGEST = 107, 2048
_ONE = re.compile(rb"PROXY TCP[46] ([0-9a-fA-F.:]{2,39}) ([0-9a-fA-F.:]{2,39}) (\d{1,5}) (\d{1,5})\r\n")
_UNKNOWN = re.compile(rb"PROXY UNKNOWN[^\r\n]*\r\n")
_PROXY = 1
# Address family -> length of an address; both ports follow both addresses.
_LENGTHS = {1: 4, 2: 16}


class ProxyProtocol:
    """See reader.Reader; one header, and then what it is about."""

    application = Application.NONE

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """Of either version's header."""
        if data[:6] == b"PROXY "[: len(data)]:
            size = data.find(b"\r\n", 0, _LINE) + 2
            if size < 2 and len(data) >= _LINE:
                raise NoFrameError
            return size if size >= 2 else 0
        if data[:12] != _SIGNATURE[: len(data)]:
            raise NoFrameError
        if len(data) < _HEADER:
            return 0
        size = _HEADER + int.from_bytes(data[14:16], "big")
        if size > _LONGEST:
            raise NoFrameError
        return size

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:  # noqa: ARG002
        """Whom the proxy speaks for; None where it speaks for itself."""
        source = target = None
        if frame.startswith(_SIGNATURE):
            version, family = 2, frame[13] >> 4
            if frame[12] >> 4 != version:
                raise NoFrameError
            length = _LENGTHS.get(family, 0)
            if frame[12] & 15 == _PROXY and length and len(frame) >= _HEADER + 2 * length + 4:
                here, there = frame[16 : 16 + length], frame[16 + length : 16 + 2 * length]
                ports = struct.unpack_from(">HH", frame, 16 + 2 * length)
                source, target = (
                    ConversationEnd(address(here), ports[0]),
                    ConversationEnd(address(there), ports[1]),
                )
        else:
            version, match = 1, _ONE.fullmatch(frame)
            if match is None and not _UNKNOWN.fullmatch(frame):
                raise NoFrameError
            if match:
                source = ConversationEnd(match[1].decode(), int(match[3]))
                target = ConversationEnd(match[2].decode(), int(match[4]))
        about: dict[str, Value] = {"source": source, "target": target, "version": str(version)}
        yield ServiceStep(steps.PROXIED, about, nests=True)


SOCKS = "SOCKS"
_NO_METHOD, _PASSWORD = 0xFF, 2
_GRANTED4, _GRANTED5 = 0x5A, 0
_NOT_ALLOWED = 2
_REPLIES = {
    1: "general SOCKS server failure",
    2: "connection not allowed by ruleset",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
    0x5B: "request rejected or failed",
    0x5C: "request rejected: no identd on the client",
    0x5D: "request rejected: identd knows another user",
}
_IPV4, _NAME, _IPV6 = 1, 3, 4


class Socks:
    """See reader.Reader. `_stage` is what comes next: method, login, request or reply."""

    application = Application.SOCKS

    def __init__(self, version: int) -> None:
        self._five = version == 5
        self._stage = "method" if self._five else "request"
        self._asked = False

    def size(self, side: Side, data: bytes) -> int:
        """By what comes next."""
        if side is Side.SERVER:
            return self._answer_size(data)
        if not self._five:
            return _size4(data)
        if len(data) < 2:
            return 0
        if self._stage == "method":
            return 2 + data[1]
        if self._stage == "login":
            named = 2 + data[1]
            return named + 1 + data[named] if len(data) > named else 0
        return _size5(data)

    def _answer_size(self, data: bytes) -> int:
        if not self._five:
            return 8
        return _size5(data) if self._asked else 2

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Where to, as whom; and what the proxy says to it."""
        if side is Side.CLIENT:
            yield from self._client(frame)
        elif self._asked:
            yield from self._reply(frame)
        elif self._stage == "method" and frame[0] == 5:
            self._stage = "login" if frame[1] == _PASSWORD else "request"
            if frame[1] == _NO_METHOD:
                yield error(SOCKS, None, "no acceptable authentication method", fatal=True, otherwise="login")
        elif self._stage == "login" and frame[0] == 1:
            self._stage = "request"
            if frame[1]:
                yield error(
                    SOCKS, str(frame[1]), "user name or password refused", fatal=True, otherwise="login"
                )
        else:
            raise NoFrameError

    def _client(self, frame: bytes) -> Iterator[ServiceStep]:
        if self._stage == "method":
            return
        if self._stage == "login":
            named = 2 + frame[1]
            password = text_of(frame[named + 1 : named + 1 + frame[named]])
            yield login(SOCKS, text_of(frame[2:named]), None, password)
            return
        if frame[0] != (5 if self._five else 4):
            raise NoFrameError
        self._asked = True
        target = _target5(frame) if self._five else _target4(frame)
        yield ServiceStep(steps.SERVICE_TUNNEL_ASKED, {"protocol": SOCKS, "target": target})

    def _reply(self, frame: bytes) -> Iterator[ServiceStep]:
        if frame[0] != (5 if self._five else 0):
            raise NoFrameError
        if frame[1] == (_GRANTED5 if self._five else _GRANTED4):
            yield ServiceStep(steps.SERVICE_TUNNEL_OPENED, {"protocol": SOCKS}, nests=True)
        else:
            kind = "access" if frame[1] == _NOT_ALLOWED else "unreachable"
            yield error(SOCKS, str(frame[1]), _REPLIES.get(frame[1], "refused"), fatal=True, otherwise=kind)


def _size4(data: bytes) -> int:
    end = data.find(b"\0", 8) + 1
    if end and len(data) > 7 and data[4:7] == b"\0\0\0" and data[7]:
        end = data.find(b"\0", end) + 1
    return end


def _target4(frame: bytes) -> str:
    port = int.from_bytes(frame[2:4], "big")
    if frame[4:7] == b"\0\0\0" and frame[7]:
        _, at = until_nul(frame, 8)
        return f"{until_nul(frame, at)[0]}:{port}"
    return f"{address(frame[4:8])}:{port}"


def _size5(data: bytes) -> int:
    if len(data) < 5:
        return 0
    if data[0] != 5 or data[3] not in (_IPV4, _NAME, _IPV6):
        raise NoFrameError
    return {_IPV4: 10, _IPV6: 22}.get(data[3], 7 + data[4])


def _target5(frame: bytes) -> str:
    port = int.from_bytes(frame[-2:], "big")
    if frame[3] == _NAME:
        return f"{text_of(frame[5:-2])}:{port}"
    host = address(frame[4:-2])
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
