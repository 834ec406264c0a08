"""Kafka: who logs in, and errors that stand at the beginning of an answer (kafka.apache.org/protocol).

Of an answer only what its request tells how to read is read; errors of single partitions are not looked for.
"""

from collections.abc import Iterator

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    error,
    logged_in,
    login,
    plain,
    scram,
    text_of,
)
from kubectl_netshoot.packets.report import Application, Side

KAFKA = "Kafka"
_METADATA, _API_VERSIONS, _HANDSHAKE, _AUTHENTICATE = 3, 18, 17, 36
# What an answer begins with, by the request's key: the first version in which a throttle time stands before the
# error's code, and the first version whose header and texts have the flexible form.
_ERROR_FIRST: dict[int, tuple[int, int]] = {
    10: (1, 3),  # FindCoordinator
    11: (2, 6),  # JoinGroup
    12: (1, 4),  # Heartbeat
    13: (1, 4),  # LeaveGroup
    14: (1, 4),  # SyncGroup
    22: (0, 2),  # InitProducerId
    _HANDSHAKE: (99, 99),
    _AUTHENTICATE: (99, 2),
    _API_VERSIONS: (99, 99),
}
_WITH_MESSAGE = {10: 1, _AUTHENTICATE: 0}
_METADATA_FLEXIBLE = 9
_MOST_WAITING = 100
_MOST_BROKERS = 1000
_ERRORS = {
    3: "UNKNOWN_TOPIC_OR_PARTITION",
    5: "LEADER_NOT_AVAILABLE",
    6: "NOT_LEADER_OR_FOLLOWER",
    7: "REQUEST_TIMED_OUT",
    14: "COORDINATOR_LOAD_IN_PROGRESS",
    15: "COORDINATOR_NOT_AVAILABLE",
    16: "NOT_COORDINATOR",
    17: "INVALID_TOPIC_EXCEPTION",
    22: "ILLEGAL_GENERATION",
    25: "UNKNOWN_MEMBER_ID",
    27: "REBALANCE_IN_PROGRESS",
    29: "TOPIC_AUTHORIZATION_FAILED",
    30: "GROUP_AUTHORIZATION_FAILED",
    31: "CLUSTER_AUTHORIZATION_FAILED",
    33: "UNSUPPORTED_SASL_MECHANISM",
    34: "ILLEGAL_SASL_STATE",
    35: "UNSUPPORTED_VERSION",
    53: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    58: "SASL_AUTHENTICATION_FAILED",
    79: "MEMBER_ID_REQUIRED",
    81: "GROUP_MAX_SIZE_REACHED",
    89: "THROTTLING_QUOTA_EXCEEDED",
}
# How a group of consumers finds together.
_ROUTINE = frozenset({5, 14, 15, 16, 22, 25, 27, 79})


class Kafka:
    """See reader.Reader. `_asked`: key and version of requests without an answer, by their numbers."""

    application = Application.KAFKA

    def __init__(self) -> None:
        self._asked: dict[bytes, tuple[int, int]] = {}
        self._user: str | None = None

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """The first number."""
        if len(data) < 4:
            return 0
        if data[0]:
            raise NoFrameError
        return 4 + int.from_bytes(data[:4], "big")

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Who logs in, and what is refused."""
        if side is Side.SERVER:
            yield from self._answer(frame)
            return
        key, version = _int16(frame, 4), _int16(frame, 6)
        if len(self._asked) >= _MOST_WAITING:
            self._asked.clear()
        self._asked[frame[8:12]] = (key, version)
        if key == _AUTHENTICATE:
            yield from self._login(frame, version)

    def _login(self, frame: bytes, version: int) -> Iterator[ServiceStep]:
        flexible = version >= _ERROR_FIRST[_AUTHENTICATE][1]
        at = 14 + max(_int16(frame, 12), 0) + flexible
        size, at = _count(frame, at, flexible=flexible)
        message = frame[at : at + max(size, 0)]
        secret = plain(message)
        user = secret[0] if secret else scram(message)
        if user and user != self._user:
            self._user = user
            yield login(KAFKA, user, None, secret[1] if secret else None)

    def _answer(self, frame: bytes) -> Iterator[ServiceStep]:
        asked = self._asked.pop(frame[4:8], None)
        if asked is None:
            raise NoFrameError
        key, version = asked
        if key == _METADATA:
            yield from _metadata(frame, version)
            return
        if key not in _ERROR_FIRST:
            return
        throttled, flexible = _ERROR_FIRST[key]
        at = 8 + (version >= flexible) + 4 * (version >= throttled)
        code = _int16(frame, at)
        text = None
        if code and version >= _WITH_MESSAGE.get(key, 99):
            text = _text(frame, at + 2, flexible=version >= flexible)[0]
        if code:
            yield _error(code, text)
        elif key == _AUTHENTICATE:
            yield logged_in(KAFKA)


def _error(code: int, text: str | None) -> ServiceStep:
    name = _ERRORS.get(code, "")
    otherwise = "routine" if code in _ROUTINE else "other"
    return error(KAFKA, f"{code} {name}".strip(), text or name or "refused", otherwise=otherwise)


def _metadata(frame: bytes, version: int) -> Iterator[ServiceStep]:
    """The first topic's error; a broker is a number, a host, a port, and a rack from version 1 on."""
    flexible = version >= _METADATA_FLEXIBLE
    at = 8 + flexible + 4 * (version >= 3)
    brokers, at = _count(frame, at, flexible=flexible)
    for _ in range(min(brokers, _MOST_BROKERS)):
        _, at = _text(frame, at + 4, flexible=flexible)
        at += 4
        if version >= 1:
            _, at = _text(frame, at, flexible=flexible)
        at += flexible
    if version >= 2:
        _, at = _text(frame, at, flexible=flexible)
    at += 4 * (version >= 1)
    topics, at = _count(frame, at, flexible=flexible)
    if topics > 0:
        code = _int16(frame, at)
        name, _ = _text(frame, at + 2, flexible=flexible)
        if code:
            yield _error(code, f"{_ERRORS.get(code, code)}: {name}" if name else None)


def _int16(frame: bytes, at: int) -> int:
    if at + 2 > len(frame):
        raise NoFrameError
    return int.from_bytes(frame[at : at + 2], "big", signed=True)


def _count(frame: bytes, at: int, *, flexible: bool) -> tuple[int, int]:
    if not flexible:
        return int.from_bytes(frame[at : at + 4], "big", signed=True), at + 4
    number, at = _varint(frame, at)
    return number - 1, at


def _text(frame: bytes, at: int, *, flexible: bool) -> tuple[str | None, int]:
    """A text that may be none, and where the next thing begins."""
    if flexible:
        length, at = _varint(frame, at)
        length -= 1
    else:
        length, at = _int16(frame, at), at + 2
    if length < 0:
        return None, at
    if at + length > len(frame):
        raise NoFrameError
    return text_of(frame[at : at + length]), at + length


def _varint(frame: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(5):
        octet = frame[at + place]
        value |= (octet & 0x7F) << 7 * place
        if octet < 0x80:
            return value, at + place + 1
    raise NoFrameError
