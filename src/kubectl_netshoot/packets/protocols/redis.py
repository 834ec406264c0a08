"""Redis, Valkey and their kin: logins and errors in RESP 2 and 3 (docs: Redis serialization protocol specification)."""

import re
from collections.abc import Iterator

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    error,
    line_size,
    logged_in,
    login,
    text_of,
)
from kubectl_netshoot.packets.report import Application, Side

REDIS = "Redis"
_LINES, _BULKS = frozenset(b"+-:*%~>_#,(|"), frozenset(b"$=!")
# A command with more words is none that logs in.
_MOST_WORDS = 64
_HEAD = re.compile(rb"([*$])(\d{1,9})\r\n")
_ERROR = re.compile(r"-([A-Z]{2,}) ?([^\r\n]*)\r?\n")


class Redis:
    """See reader.Reader. `_asked`: the client has asked to log in, and has no answer."""

    application = Application.REDIS

    def __init__(self) -> None:
        self._asked = False

    def size(self, side: Side, data: bytes) -> int:
        """A command with all its words; of a reply a line, or a bulk string."""
        if side is Side.CLIENT:
            return _command_size(data) if data[0] == ord("*") else line_size(data)
        size = line_size(data)
        if data[0] in _BULKS and size:
            length = int(data[1:size])
            return size + length + 2 if length >= 0 else size
        if data[0] not in _LINES:
            raise NoFrameError
        return size

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Who logs in, and what is refused."""
        if side is Side.CLIENT:
            said = _login(_words(frame))
            self._asked = said is not None
            if said:
                yield said
            return
        asked, self._asked = self._asked, False
        if frame[:1] == b"-":
            match = _ERROR.fullmatch(text_of(frame))
            if match is None:
                raise NoFrameError
            yield error(REDIS, match[1], match[2] or match[1])
        elif asked:
            yield logged_in(REDIS)


def _command_size(data: bytes) -> int:
    at, left = 0, 1
    first = True
    while left:
        match = _HEAD.match(data, at)
        if match is None:
            if data.find(b"\n", at) >= 0 or len(data) - at > 12:
                raise NoFrameError
            return 0
        number, at = int(match[2]), match.end()
        if first:
            left, first = number, False
            if not 0 < left <= _MOST_WORDS:
                raise NoFrameError
        else:
            at += number + 2
            left -= 1
    return at


def _words(frame: bytes) -> list[bytes]:
    if frame[:1] != b"*":
        return frame.split()
    words, at = [], frame.index(b"\n") + 1
    while at < len(frame):
        end = frame.index(b"\n", at) + 1
        size = int(frame[at + 1 : end])
        words.append(frame[end : end + size])
        at = end + size + 2
    return words


def _login(words: list[bytes]) -> ServiceStep | None:
    command = words[0].upper() if words else b""
    if command == b"HELLO":
        upper = [word.upper() for word in words]
        words = words[upper.index(b"AUTH") :] if b"AUTH" in upper else []
    elif command != b"AUTH":
        return None
    if len(words) < 2:
        return None
    # With a password alone it is the user `default`.
    user = text_of(words[1]) if len(words) > 2 else None
    return login(REDIS, user, None, text_of(words[2]) if len(words) > 2 else None)
