"""PostgreSQL (protocol 3): its start, the login, and errors (docs: Message Formats, Error Message Fields)."""

from collections.abc import Iterator

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    agrees_tls,
    asks_tls,
    error,
    logged_in,
    login,
    nul_texts,
    refuses_tls,
    text_of,
)
from kubectl_netshoot.packets.report import Application, Side

POSTGRESQL = "PostgreSQL"
_SSL, _GSS = 80_877_103, 80_877_104
_FIRST = frozenset(b"\0")
_TYPES = frozenset(b"123ACDEGHIKNRSTVWXZcdnstvBFPQfp")
_ERROR, _AUTHENTICATION, _AUTHENTICATED = ord("E"), ord("R"), 0
_FATAL = ("FATAL", "PANIC")


class PostgreSql:
    """See reader.Reader. `_asked` while the server's answer to a wish for encryption is one byte."""

    application = Application.POSTGRESQL

    def __init__(self) -> None:
        self._asked = 0

    def size(self, side: Side, data: bytes) -> int:
        """A type and a length, but for the client's first messages and the answer to a wish for encryption."""
        if side is Side.SERVER and self._asked and data[0] != _ERROR:
            return 1
        typed = data[0] not in _FIRST
        if typed and data[0] not in _TYPES:
            raise NoFrameError
        if len(data) < 4 + typed:
            return 0
        length = int.from_bytes(data[typed : 4 + typed], "big")
        if length < 4:
            raise NoFrameError
        return typed + length

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Who logs in, and what the server refuses."""
        if side is Side.CLIENT:
            yield from self._start(frame)
            return
        asked, self._asked = self._asked, 0
        if asked and len(frame) == 1:
            if asked == _SSL and frame in (b"S", b"N"):
                yield agrees_tls(POSTGRESQL) if frame == b"S" else refuses_tls(POSTGRESQL)
        elif frame[0] == _AUTHENTICATION and int.from_bytes(frame[5:9], "big") == _AUTHENTICATED:
            yield logged_in(POSTGRESQL)
        elif frame[0] == _ERROR:
            yield _error(frame)

    def _start(self, frame: bytes) -> Iterator[ServiceStep]:
        if frame[0] not in _FIRST:
            return
        code = int.from_bytes(frame[4:8], "big")
        if code in (_SSL, _GSS):
            self._asked = code
            if code == _SSL:
                yield asks_tls(POSTGRESQL)
        elif code >> 16 == 3:
            words = list(nul_texts(frame[8:-1]))
            about = dict(zip(words[::2], words[1::2], strict=False))
            yield login(POSTGRESQL, about.get("user"), about.get("database"))


def _error(frame: bytes) -> ServiceStep:
    fields = {field[:1]: field[1:] for field in frame[5:].split(b"\0") if field}
    if not {b"S", b"C", b"M"} <= set(fields) or len(fields[b"C"]) != 5:
        raise NoFrameError
    # V is S, never translated, from PostgreSQL 9.6 on.
    fatal = text_of(fields.get(b"V", fields[b"S"])) in _FATAL
    return error(POSTGRESQL, text_of(fields[b"C"]), text_of(fields[b"M"]), fatal=fatal)
