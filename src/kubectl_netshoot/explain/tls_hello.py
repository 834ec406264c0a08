"""Reads the two hellos that a TLS handshake shows in the clear (RFC 8446, 4.1; RFC 5246, 7.4.1).

No pure-Python library reads them without running the protocol itself; every field is taken through a Cursor, which
knows no byte beyond the end.
"""

from dataclasses import dataclass

VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
OLD = frozenset({"SSL 3.0", "TLS 1.0", "TLS 1.1"})
# Those that are seen nowadays; any other is told by its number.
CIPHERS = {
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
}
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43
# The random value that makes a ServerHello a HelloRetryRequest: SHA-256 of that word.
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class ShortError(Exception):
    """The hello ends before its end."""


@dataclass(frozen=True)
class Hello:
    """What a hello says; `cipher` and `retry` only the server's, `server_name` only the client's."""

    version: str
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    cipher: str = ""
    retry: bool = False


class Cursor:
    """Takes fields from bytes, one behind the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        """The next bytes; raises ShortError."""
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise ShortError
        self._at += size
        return piece

    def number(self, size: int) -> int:
        """The next number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def block(self, size: int) -> bytes:
        """The next bytes, with their count before them in `size` bytes."""
        return self.take(self.number(size))


def client_hello(body: bytes) -> Hello:
    """A ClientHello without its handshake header; raises ShortError."""
    cursor = Cursor(body)
    legacy = cursor.number(2)
    cursor.take(32)
    for size in (1, 2, 1):
        cursor.block(size)
    found = extensions(cursor)
    offered = Cursor(Cursor(found[_SUPPORTED_VERSIONS]).block(1)) if _SUPPORTED_VERSIONS in found else None
    versions = [legacy]
    while offered:
        versions.append(offered.number(2))
    # GREASE (RFC 8701) offers versions that do not exist.
    best = max((version for version in versions if version in VERSIONS), default=legacy)
    return Hello(version_name(best), server_name(found), protocols(found))


def server_hello(body: bytes) -> Hello:
    """A ServerHello without its handshake header; raises ShortError."""
    cursor = Cursor(body)
    version, random = cursor.number(2), cursor.take(32)
    cursor.block(1)
    cipher = cursor.number(2)
    cursor.take(1)
    found = extensions(cursor)
    if _SUPPORTED_VERSIONS in found:
        version = Cursor(found[_SUPPORTED_VERSIONS]).number(2)
    name = CIPHERS.get(cipher, f"0x{cipher:04x}")
    return Hello(version_name(version), None, protocols(found), name, random == _RETRY)


def extensions(cursor: Cursor) -> dict[int, bytes]:
    """The extensions at the end of a hello; old ones have none."""
    found: dict[int, bytes] = {}
    within = Cursor(cursor.block(2)) if cursor else cursor
    while within:
        kind = within.number(2)
        found[kind] = within.block(2)
    return found


def server_name(found: dict[int, bytes]) -> str | None:
    """The name that the client wants to talk to (SNI)."""
    if not found.get(_SERVER_NAME):
        return None
    names = Cursor(Cursor(found[_SERVER_NAME]).block(2))
    names.take(1)
    return names.block(2).decode("ascii", "replace")


def protocols(found: dict[int, bytes]) -> tuple[str, ...]:
    """The application protocols that are offered or chosen (ALPN)."""
    if not found.get(_ALPN):
        return ()
    listed, names = Cursor(Cursor(found[_ALPN]).block(2)), []
    while listed:
        names.append(listed.block(1).decode("ascii", "replace"))
    return tuple(names)


def version_name(number: int) -> str:
    """As people call it."""
    return VERSIONS.get(number, f"0x{number:04x}")
