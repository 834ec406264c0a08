"""MySQL and MariaDB: the greeting, the login, and errors (docs: Client/Server Protocol, Connection Phase)."""

import re
from collections.abc import Iterator

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    asks_tls,
    error,
    greeting,
    logged_in,
    login,
    text_of,
    until_nul,
)
from kubectl_netshoot.packets.report import Application, Side

MYSQL = "MySQL"
_HEADER = 4
_PROTOCOL, _ERROR, _OK = 10, 0xFF, 0
_WITH_DATABASE, _COMPRESSED, _PROTOCOL41, _SSL = 8, 0x20, 0x200, 0x800
_SECURE, _LENGTH_ENCODED, _ZSTD = 0x8000, 0x20_0000, 1 << 26
_SSL_REQUEST = 32
_ERROR_PACKET = re.compile(rb"\xff(..)(?:#([0-9A-Z]{5}))?([ -~\x80-\xff\n\t]+)", re.DOTALL)
_CODES = range(1000, 12_000)


class MySql:
    """See reader.Reader. `_stage`: greeting, login (of the client), answer (to it), commands."""

    application = Application.MYSQL

    def __init__(self) -> None:
        self._stage = "greeting"
        self._compressed = False

    def size(self, side: Side, data: bytes) -> int:
        """Three bytes of length, the packet's number."""
        if self._stage == "commands" and (side is Side.CLIENT or self._compressed):
            raise NoFrameError
        return _HEADER + int.from_bytes(data[:3], "little") if len(data) >= _HEADER else 0

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Who the server is, who logs in, and what is refused."""
        body = frame[_HEADER:]
        if not body:
            return
        if side is Side.CLIENT:
            if self._stage == "login":
                yield from self._login(body)
        elif body[0] == _ERROR:
            yield _error(body, fatal=self._stage != "commands")
        elif self._stage == "greeting" and body[0] == _PROTOCOL:
            self._stage = "login"
            yield greeting(MYSQL, until_nul(body, 1)[0])
        elif self._stage == "answer" and body[0] == _OK:
            self._stage = "commands"
            yield logged_in(MYSQL)

    def _login(self, body: bytes) -> Iterator[ServiceStep]:
        abilities = int.from_bytes(body[:4], "little")
        if not abilities & _PROTOCOL41:
            self._stage = "answer"
            yield login(MYSQL, until_nul(body, 5)[0])
            return
        if abilities & _SSL and len(body) <= _SSL_REQUEST:
            yield asks_tls(MYSQL)
            return
        self._stage = "answer"
        self._compressed = bool(abilities & (_COMPRESSED | _ZSTD))
        user, at = until_nul(body, _SSL_REQUEST)
        database = None
        if abilities & _WITH_DATABASE:
            if abilities & (_SECURE | _LENGTH_ENCODED):
                at += 1 + body[at]
            else:
                at = until_nul(body, at)[1]
            database = until_nul(body, at)[0]
        yield login(MYSQL, user, database)


def _error(body: bytes, *, fatal: bool) -> ServiceStep:
    match = _ERROR_PACKET.fullmatch(body)
    if match is None or (code := int.from_bytes(match[1], "little")) not in _CODES:
        raise NoFrameError
    return error(MYSQL, str(code), text_of(match[3]), fatal=fatal)
