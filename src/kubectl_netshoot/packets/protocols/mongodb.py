"""MongoDB: who logs in, and what is refused (docs: MongoDB Wire Protocol, bsonspec.org)."""

import struct
from collections.abc import Iterator
from typing import TypeAlias

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    error,
    logged_in,
    login,
    plain,
    scram,
    text_of,
    until_nul,
)
from kubectl_netshoot.packets.report import Application, Side

MONGODB = "MongoDB"
_HEADER = struct.Struct("<iiii")
_REPLY, _QUERY, _MESSAGE, _COMPRESSED = 1, 2004, 2013, 2012
_LONGEST = 48_000_000
# BSON's type -> its length, or how it is read.
_FIXED = {
    0x01: 8,
    0x06: 0,
    0x07: 12,
    0x08: 1,
    0x09: 8,
    0x0A: 0,
    0x10: 4,
    0x11: 8,
    0x12: 8,
    0x13: 16,
    0x7F: 0,
    0xFF: 0,
}
_STRINGS, _DOCUMENTS, _BINARY = (0x02, 0x0D, 0x0E), (0x03, 0x04), 0x05
_MOST_FIELDS = 200

Field: TypeAlias = "str | float | bytes | None"


class MongoDb:
    """See reader.Reader. `_user` is who has been told of: drivers say it twice."""

    application = Application.MONGODB

    def __init__(self) -> None:
        self._user: str | None = None
        self._asked = False

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """The header's first number."""
        if len(data) < _HEADER.size:
            return 0
        size, _, _, kind = _HEADER.unpack_from(data)
        if not _HEADER.size <= size <= _LONGEST or kind not in (_REPLY, _QUERY, _MESSAGE, _COMPRESSED):
            raise NoFrameError
        return int(size)

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Who logs in, and what is refused."""
        fields = _fields(_document(frame))
        if side is Side.CLIENT:
            yield from self._client(fields, frame)
        elif fields.get("ok") == 0:
            code, name = fields.get("code"), fields.get("codeName")
            number = f"{int(code)} " if isinstance(code, float | int) else ""
            text = str(fields.get("errmsg") or "refused")
            yield error(MONGODB, f"{number}{name if isinstance(name, str) else ''}".strip() or None, text)
        elif self._asked and fields.get("ok") == 1 and fields.get("done") == 1:
            self._asked = False
            yield logged_in(MONGODB)

    def _client(self, fields: dict[str, Field], frame: bytes) -> Iterator[ServiceStep]:
        payload = fields.get("payload")
        starts = next(iter(fields), "") == "saslStart"
        self._asked |= starts
        secret = plain(payload) if starts and isinstance(payload, bytes) else None
        user = secret[0] if secret else scram(frame)
        if user and user != self._user:
            self._user = user
            database = fields.get("$db")
            named = database if isinstance(database, str) else None
            yield login(MONGODB, user, named, secret[1] if secret else None)


def _document(frame: bytes) -> bytes:
    """The first document of a message."""
    kind = _HEADER.unpack_from(frame)[3]
    if kind == _MESSAGE:
        # Flags, then sections; a document is of kind 0.
        if frame[20] != 0:
            raise NoFrameError
        return frame[21:]
    if kind == _REPLY:
        return frame[36:]
    if kind == _QUERY:
        return frame[until_nul(frame, 20)[1] + 8 :]
    raise NoFrameError


def _fields(document: bytes) -> dict[str, Field]:
    """The fields of a BSON document, but those inside of others; numbers and truth values as numbers."""
    found: dict[str, Field] = {}
    at = 4
    while at < len(document) and document[at] and len(found) < _MOST_FIELDS:
        kind = document[at]
        name, at = until_nul(document, at + 1)
        found[name] = None
        if kind in _FIXED:
            value = document[at : at + _FIXED[kind]]
            found[name] = _number(kind, value)
            at += _FIXED[kind]
        else:
            size = int.from_bytes(document[at : at + 4], "little")
            if kind in _STRINGS:
                found[name], at = text_of(document[at + 4 : at + 3 + size]), at + 4 + size
            elif kind in _DOCUMENTS:
                at += max(size, 5)
            elif kind == _BINARY:
                found[name], at = document[at + 5 : at + 5 + size], at + 5 + size
            else:
                raise NoFrameError
    return found


def _number(kind: int, value: bytes) -> float | None:
    if kind == 0x01 and len(value) == 8:
        return float(struct.unpack("<d", value)[0])
    if kind in (0x08, 0x10, 0x12):
        return int.from_bytes(value, "little", signed=True)
    return None
