"""TLS in a TCP connection: its hellos, alerts, and what else can be seen without keys (RFC 8446, RFC 5246)."""

from dataclasses import dataclass

from kubectl_netshoot.packets.conversation import NotedPackets
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, warnings
from kubectl_netshoot.packets.messages import service_steps as steps
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.report import Outcome, Phase, Side
from kubectl_netshoot.packets.tcp.flow import Flow
from kubectl_netshoot.packets.tcp.half import Half

FATAL = 2
_NAMES = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}


def alert_name(number: int) -> str:
    """The name of an alert, or its number."""
    return _NAMES.get(number, str(number))


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


CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
RECORD_HEADER = 5
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
# Of a record of TLS 1.3 that says what an alert says: level and description, what it is, and the seal (RFC 8446, 5.2).
SEALED_ALERT = 19
# A server that refuses a client's certificate does so at once; later it only closes what is idle.
REFUSED_WITHIN = 1_000_000_000
# The longest record is 2^14 bytes and what encryption adds.
LONGEST_RECORD = 18_432


@dataclass(slots=True)
class TlsRecords:
    """One direction: where records begin and end. `left` bytes of a record's body are to be skipped.

    `sealed` is whether it sent an encrypted record, the server since the client's first, that is no alert.
    """

    buffer: bytes = b""
    left: int = 0
    lost: bool = False
    encrypted: bool = False
    hello: bool = False
    sealed: bool = False


class Tls:
    """See flow.Application."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow = flow
        self._ledger = ledger
        self._records = {Side.CLIENT: TlsRecords(), Side.SERVER: TlsRecords()}
        self._client: Hello | None = None
        self._server: Hello | None = None
        self._asked_ns = 0
        self._alerted = False
        self._finished_ns = 0
        self._sealed_alert = False
        self._given_up: tuple[Side, int] | None = None
        self._closed_by: tuple[Side, int] | None = None

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side; the bodies of encrypted records are only counted."""
        records = self._records[half.side]
        if records.left >= length:
            records.left -= length
            self._application_data(half, packet, ns, length)
            return
        if records.lost:
            self._application_data(half, packet, ns, length)
            return
        skipped = records.left
        records.left = 0
        if skipped:
            self._application_data(half, packet, ns, skipped)
        records.buffer += data[start + skipped : end]
        self._read(half, records, packet, ns)
        if length > end - start and not records.lost:
            self.gap(half, length - (end - start))

    def gap(self, half: Half, length: int) -> None:
        """Missing bytes of a record whose body is skipped do no harm."""
        records = self._records[half.side]
        if records.left >= length:
            records.left -= length
        else:
            records.lost, records.buffer, records.left = True, b"", 0

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:  # noqa: ARG002
        """Who was the first to end it."""
        if self._closed_by is None:
            self._closed_by = (half.side, packet)

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        if not self._established or self._given_up:
            return "tls-handshake"
        return "closing" if self._sealed_alert else "data"

    def finish(self, flow: Flow) -> None:
        """A handshake that was ended without a word, or with one that cannot be read."""
        if flow.outcome is Outcome.OPEN:
            return
        if self._given_up is not None:
            self._cut(*self._given_up)
            return
        if self._client is None or self._alerted or self._established:
            return
        if self._closed_by is not None and not any(records.lost for records in self._records.values()):
            self._cut(*self._closed_by)

    def _cut(self, side: Side, packet: int) -> None:
        name = self._client.server_name if self._client else None
        evidence = NotedPackets(packet)
        self._ledger.about(faults.TLS_HANDSHAKE_CUT, self._flow, evidence, side=side, server_name=name)

    @property
    def _established(self) -> bool:
        return self._records[Side.CLIENT].encrypted or self._client is None

    def _read(self, half: Half, records: TlsRecords, packet: int, ns: int) -> None:
        while len(records.buffer) >= RECORD_HEADER:
            kind, size = records.buffer[0], int.from_bytes(records.buffer[3:5], "big")
            if not CHANGE_CIPHER <= kind <= APPLICATION or records.buffer[1] != 3 or size > LONGEST_RECORD:
                self._not_tls(half, records, packet)
                return
            body = records.buffer[RECORD_HEADER : RECORD_HEADER + size]
            opaque = kind == APPLICATION or records.encrypted or (kind == HANDSHAKE and records.hello)
            if len(body) < size and not opaque:
                return
            records.buffer = records.buffer[RECORD_HEADER + size :]
            records.left = size - len(body)
            self._record(half, records, kind, body, (packet, ns))

    def _record(self, half: Half, records: TlsRecords, kind: int, body: bytes, at: tuple[int, int]) -> None:
        if kind == CHANGE_CIPHER:
            # What follows is encrypted, in TLS 1.3 only from APPLICATION records on.
            records.encrypted = self._server is not None and self._server.version != "TLS 1.3"
        elif kind == ALERT:
            self._alert(half, records, body, at)
        elif kind == APPLICATION:
            records.encrypted = True
            modern = self._server is not None and self._server.version == "TLS 1.3"
            if modern and records.left + len(body) == SEALED_ALERT:
                self._alert_in_disguise(half, records, at)
                return
            if half.side is Side.CLIENT and not records.sealed:
                # Its Finished: what the server sends from now on is no part of the handshake.
                self._records[Side.SERVER].sealed = False
                self._finished_ns = at[1]
            records.sealed = True
            self._application_data(half, *at, len(body))
        elif records.encrypted or records.hello:
            self._application_data(half, *at, len(body))
        else:
            self._hello(half, records, body, at)

    def _hello(self, half: Half, records: TlsRecords, body: bytes, at: tuple[int, int]) -> None:
        kind, said = body[:1], body[4 : 4 + int.from_bytes(body[1:4], "big")]
        try:
            if kind == bytes((_CLIENT_HELLO,)) and half.side is Side.CLIENT:
                self._client_hello(half, client_hello(said), at)
            elif kind == bytes((_SERVER_HELLO,)) and half.side is Side.SERVER:
                self._server_hello(half, records, server_hello(said), at)
        except ShortError:
            records.hello = True

    def _client_hello(self, half: Half, hello: Hello, at: tuple[int, int]) -> None:
        self._client, self._asked_ns = hello, at[1]
        self._flow.message(
            steps.TLS_CLIENT_HELLO,
            Phase.SETUP,
            half,
            *at,
            version=hello.version,
            server_name=hello.server_name,
            alpn=hello.alpn,
        )

    def _server_hello(self, half: Half, records: TlsRecords, hello: Hello, at: tuple[int, int]) -> None:
        self._server = hello
        records.hello = not hello.retry
        self._flow.message(
            steps.TLS_SERVER_HELLO,
            Phase.SETUP,
            half,
            *at,
            version=hello.version,
            cipher=hello.cipher,
            alpn=hello.alpn,
            retry=hello.retry,
            seconds=(at[1] - self._asked_ns) / 1e9 if self._asked_ns else None,
        )
        if hello.version in OLD:
            evidence = NotedPackets(at[0])
            self._ledger.about(warnings.TLS_OLD_VERSION, self._flow, evidence, version=hello.version, count=1)

    def _alert(self, half: Half, records: TlsRecords, body: bytes, at: tuple[int, int]) -> None:
        if records.encrypted or len(body) != 2:
            self._flow.message(steps.TLS_ENCRYPTED_ALERT, Phase.CLOSE, half, *at)
            return
        fatal, description = body[0] == FATAL, alert_name(body[1])
        self._alerted = True
        self._flow.message(steps.TLS_ALERT, Phase.CLOSE, half, *at, fatal=fatal, description=description)
        if description not in ("close_notify", "user_canceled"):
            name = self._client.server_name if self._client else None
            self._ledger.about(
                faults.TLS_ALERT,
                self._flow,
                NotedPackets(at[0]),
                side=half.side,
                description=description,
                server_name=name,
                count=1,
            )

    def _alert_in_disguise(self, half: Half, records: TlsRecords, at: tuple[int, int]) -> None:
        """In TLS 1.3 alerts look like data. One in the place of the Finished, or at once and as the first answer to it,
        ends the handshake: the one that ends a connection comes later, or when the peer has left.
        """
        soon = half.side is Side.CLIENT or at[1] - self._finished_ns < REFUSED_WITHIN
        first = not self._sealed_alert and not records.sealed and self._closed_by is None
        if self._client and first and soon:
            self._given_up = half.side, at[0]
        self._sealed_alert = True
        self._flow.message(steps.TLS_ENCRYPTED_ALERT, Phase.CLOSE, half, *at)

    def _not_tls(self, half: Half, records: TlsRecords, packet: int) -> None:
        first = half.side is Side.SERVER and self._server is None and records.buffer[:RECORD_HEADER].isascii()
        if first and self._client is not None and records.buffer[:3].decode("ascii").isprintable():
            self._alerted = True
            self._ledger.about(faults.TLS_GOT_PLAIN_TEXT, self._flow, NotedPackets(packet), side=half.side)
        records.lost, records.buffer = True, b""

    def _application_data(self, half: Half, packet: int, ns: int, size: int) -> None:
        run = self._flow.talking
        if run is not None and run.kind is steps.TLS_APPLICATION_DATA and run.side is half.side:
            run.more(packet, ns, size)
        else:
            self._flow.message(steps.TLS_APPLICATION_DATA, Phase.DATA, half, packet, ns, bytes=size)
