"""TLS in a TCP connection: what can be seen of it without its keys."""

from kubectl_netshoot.explain.finding_ids import FindingId
from kubectl_netshoot.explain.ledger import Ledger
from kubectl_netshoot.explain.report import Outcome, Phase, Side
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.talk import Evidence
from kubectl_netshoot.explain.tcp_flow import Flow, Half
from kubectl_netshoot.explain.tls_alerts import FATAL, alert_name
from kubectl_netshoot.explain.tls_hello import OLD, Hello, ShortError, client_hello, server_hello

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
RECORD_HEADER = 5
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
# The longest record is 2^14 bytes and what encryption adds.
LONGEST_RECORD = 18_432


class Records:
    """One direction: where records begin and end. `left` bytes of a record's body are to be skipped."""

    __slots__ = ("buffer", "encrypted", "hello", "left", "lost")

    def __init__(self) -> None:
        self.buffer = b""
        self.left = 0
        self.lost = False
        self.encrypted = False
        self.hello = False


class Tls:
    """See tcp_flow.Application."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow = flow
        self._ledger = ledger
        self._records = {Side.CLIENT: Records(), Side.SERVER: Records()}
        self._client: Hello | None = None
        self._server: Hello | None = None
        self._asked_ns = 0
        self._alerted = False
        self._closed_by: tuple[Side, int] | None = None
        self._last_packet = 0

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side; the bodies of encrypted records are only counted."""
        records = self._records[half.side]
        self._last_packet = packet
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

    def moment(self) -> str:
        """See step_ids.MOMENTS."""
        return "data" if self._established else "tls-handshake"

    def finish(self, flow: Flow) -> None:
        """A handshake that was ended without a word."""
        if self._client is None or self._alerted or self._established or flow.outcome is Outcome.OPEN:
            return
        if self._closed_by is not None and not any(records.lost for records in self._records.values()):
            side, packet = self._closed_by
            name = self._client.server_name
            self._ledger.about(
                FindingId.TLS_HANDSHAKE_CUT, flow, Evidence(packet), side=side, server_name=name
            )

    @property
    def _established(self) -> bool:
        return self._records[Side.CLIENT].encrypted or self._client is None

    def _read(self, half: Half, records: Records, packet: int, ns: int) -> None:
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

    def _record(self, half: Half, records: Records, kind: int, body: bytes, at: tuple[int, int]) -> None:
        if kind == CHANGE_CIPHER:
            # What follows is encrypted, in TLS 1.3 only from APPLICATION records on.
            records.encrypted = self._server is not None and self._server.version != "TLS 1.3"
        elif kind == ALERT:
            self._alert(half, records, body, at)
        elif kind == APPLICATION:
            records.encrypted = True
            self._application_data(half, *at, len(body))
        elif records.encrypted or records.hello:
            self._application_data(half, *at, len(body))
        else:
            self._hello(half, records, body, at)

    def _hello(self, half: Half, records: Records, body: bytes, at: tuple[int, int]) -> None:
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
            StepId.TLS_CLIENT_HELLO,
            Phase.SETUP,
            half,
            *at,
            version=hello.version,
            server_name=hello.server_name,
            alpn=hello.alpn,
        )

    def _server_hello(self, half: Half, records: Records, hello: Hello, at: tuple[int, int]) -> None:
        self._server = hello
        records.hello = not hello.retry
        self._flow.message(
            StepId.TLS_SERVER_HELLO,
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
            evidence = Evidence(at[0])
            self._ledger.about(
                FindingId.TLS_OLD_VERSION, self._flow, evidence, version=hello.version, count=1
            )

    def _alert(self, half: Half, records: Records, body: bytes, at: tuple[int, int]) -> None:
        if records.encrypted or len(body) != 2:
            self._flow.message(StepId.TLS_ENCRYPTED_ALERT, Phase.CLOSE, half, *at)
            return
        fatal, description = body[0] == FATAL, alert_name(body[1])
        self._alerted = True
        self._flow.message(StepId.TLS_ALERT, Phase.CLOSE, half, *at, fatal=fatal, description=description)
        if description not in ("close_notify", "user_canceled"):
            name = self._client.server_name if self._client else None
            self._ledger.about(
                FindingId.TLS_ALERT,
                self._flow,
                Evidence(at[0]),
                side=half.side,
                description=description,
                server_name=name,
                count=1,
            )

    def _not_tls(self, half: Half, records: Records, packet: int) -> None:
        if records.buffer.startswith(b"HTTP/1.") and self._client is not None:
            self._alerted = True
            self._ledger.about(FindingId.TLS_GOT_PLAIN_TEXT, self._flow, Evidence(packet), side=half.side)
        records.lost, records.buffer = True, b""

    def _application_data(self, half: Half, packet: int, ns: int, size: int) -> None:
        run = self._flow.talking
        if run is not None and run.id is StepId.TLS_APPLICATION_DATA and run.side is half.side:
            run.more(packet, ns, size)
        else:
            self._flow.message(StepId.TLS_APPLICATION_DATA, Phase.DATA, half, packet, ns, bytes=size)
