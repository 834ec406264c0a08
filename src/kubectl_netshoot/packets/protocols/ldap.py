"""LDAP: StartTLS, who binds, and results that are none (RFC 4511)."""

from collections.abc import Iterator
from typing import NamedTuple

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    agrees_tls,
    asks_tls,
    error,
    logged_in,
    login,
    text_of,
)
from kubectl_netshoot.packets.report import Application, Side

LDAP = "LDAP"
_SEQUENCE, _INTEGER = 0x30, 2
_BIND, _BOUND, _EXTENDED, _EXTENDED_ANSWER = 0x60, 0x61, 0x77, 0x78
# The answers to a search, a modification, an addition, a deletion.
_DONE = frozenset({0x65, 0x67, 0x69, 0x6B, 0x6D})
_START_TLS = b"1.3.6.1.4.1.1466.20037"
_SIMPLE = 0x80
# Not the end of a login, a truth value, elsewhere, more than wanted: none of them a fault.
_NO_FAULT = frozenset({0, 3, 4, 5, 6, 10, 14})
_RESULTS = {
    1: "operationsError",
    2: "protocolError",
    7: "authMethodNotSupported",
    8: "strongerAuthRequired",
    11: "adminLimitExceeded",
    13: "confidentialityRequired",
    16: "noSuchAttribute",
    32: "noSuchObject",
    34: "invalidDNSyntax",
    48: "inappropriateAuthentication",
    49: "invalidCredentials",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    65: "objectClassViolation",
    68: "entryAlreadyExists",
    80: "other",
}


class Part(NamedTuple):
    """An element of BER: its tag, its content, where the next one begins."""

    tag: int
    content: bytes
    end: int


class Ldap:
    """See reader.Reader."""

    application = Application.LDAP

    def __init__(self) -> None:
        self._asked = False

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """A message is a SEQUENCE."""
        if data[0] != _SEQUENCE:
            raise NoFrameError
        if len(data) < 2 or (data[1] > 0x80 and len(data) < 2 + (data[1] & 0x7F)):
            return 0
        start, length = _length(data, 1)
        return start + length

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """Who binds, who wants TLS, and what is refused."""
        number = _part(_part(frame, 0).content, 0)
        operation = _part(_part(frame, 0).content, number.end)
        if number.tag != _INTEGER:
            raise NoFrameError
        body = operation.content
        if side is Side.CLIENT:
            yield from self._client(operation.tag, body)
        elif operation.tag in (_BOUND, _EXTENDED_ANSWER) or operation.tag in _DONE:
            yield from self._result(operation.tag, body)

    def _client(self, tag: int, body: bytes) -> Iterator[ServiceStep]:
        if tag == _BIND:
            name = _part(body, _part(body, 0).end)
            proof = _part(body, name.end)
            password = text_of(proof.content) if proof.tag == _SIMPLE else None
            yield login(LDAP, text_of(name.content), None, password)
        elif tag == _EXTENDED and _START_TLS in body:
            self._asked = True
            yield asks_tls(LDAP)

    def _result(self, tag: int, body: bytes) -> Iterator[ServiceStep]:
        code = _part(body, 0)
        result = int.from_bytes(code.content, "big")
        words = text_of(_part(body, _part(body, code.end).end).content).strip("\0 ")
        asked = self._asked and tag == _EXTENDED_ANSWER
        self._asked = self._asked and not asked
        if asked and not result:
            yield agrees_tls(LDAP)
        elif tag == _BOUND and not result:
            yield logged_in(LDAP)
        if result not in _NO_FAULT:
            name = _RESULTS.get(result, "")
            told = ": ".join(filter(None, (name, words))) or "refused"
            yield error(LDAP, str(result), told, otherwise="tls" if asked else "other")


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Where the content begins, and how long it is."""
    if data[at] < 0x80:
        return at + 1, data[at]
    octets = data[at] & 0x7F
    if not 0 < octets <= 4:
        raise NoFrameError
    return at + 1 + octets, int.from_bytes(data[at + 1 : at + 1 + octets], "big")


def _part(data: bytes, at: int) -> Part:
    start, length = _length(data, at + 1)
    if start + length > len(data):
        raise NoFrameError
    return Part(data[at], data[start : start + length], start + length)
