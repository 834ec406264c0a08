"""HTTP/2 without TLS in a TCP connection, requests by stream, how gRPC calls ended; hpack decodes the headers."""

from dataclasses import dataclass

import hpack

from kubectl_netshoot.packets.conversation import NotedPackets
from kubectl_netshoot.packets.http.exchange import visitor
from kubectl_netshoot.packets.http.message import guarded_target
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, http_steps, notes, tcp_steps, warnings
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.report import Application, Guarded, Outcome, Parameters, Phase, Role, Side
from kubectl_netshoot.packets.tcp.flow import Flow
from kubectl_netshoot.packets.tcp.half import Half

ERRORS = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
]
MOST_OPEN = 1000
SLOW_SECONDS = 1.0
# A browser allows the server a table of 64 KiB, and to begin with that before this was seen to be acknowledged.
LARGEST_TABLE = 1 << 18


@dataclass
class Call:
    """A request that waits for its end; `answered` is the packet of the response's headers, 0 for none."""

    packet: int
    ns: int
    method: str
    target: Guarded
    answered: int = 0


class Calls:
    """All calls of one connection."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow = flow
        self._ledger = ledger
        self._open: dict[int, Call] = {}
        self._decoders: dict[Side, hpack.Decoder | None] = {}
        for side in (Side.CLIENT, Side.SERVER):
            decoder = self._decoders[side] = hpack.Decoder()
            decoder.max_allowed_table_size = LARGEST_TABLE

    def headers(
        self, half: Half, stream: int, block: bytes, at: tuple[int, int], *, end_stream: bool
    ) -> None:
        """A complete header block."""
        fields = self._decode(half.side, block)
        if fields is None:
            return
        if half.side is Side.CLIENT:
            if ":method" in fields:
                self._request(half, stream, fields, at)
            return
        if ":status" in fields:
            self._response(half, stream, fields, at)
        if "grpc-status" in fields:
            self._trailers(half, stream, fields, at)
        if end_stream:
            self._open.pop(stream, None)

    def reset(self, half: Half, stream: int, error: int, at: tuple[int, int]) -> None:
        """One side gave a call up."""
        self._flow.message(
            http_steps.HTTP2_RESET, Phase.CLOSE, half, *at, error=error_name(error), stream=stream
        )
        self._open.pop(stream, None)

    def goaway(self, half: Half, error: int, at: tuple[int, int]) -> None:
        """One side takes no new calls."""
        self._flow.message(http_steps.HTTP2_GOAWAY, Phase.CLOSE, half, *at, error=error_name(error))

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        if not self._legible:
            return "data"
        if any(not call.answered for call in self._open.values()):
            return "request-unanswered"
        return "response-cut" if self._open else "idle"

    @property
    def _legible(self) -> bool:
        """Whether all headers were understood, so that what was not seen was not sent."""
        return None not in self._decoders.values()

    def finish(self, flow: Flow) -> None:
        """Calls that had no answer; streams may well be open for long."""
        if not self._legible:
            return
        for call in self._open.values():
            seconds = (flow.until - call.ns) / 1e9
            if call.answered or (flow.outcome is Outcome.OPEN and seconds < SLOW_SECONDS):
                continue
            about: Parameters = {"method": call.method, "target": call.target}
            self._ledger.about(
                faults.HTTP_UNANSWERED, flow, NotedPackets(call.packet), **about, count=1, seconds=seconds
            )

    def _decode(self, side: Side, block: bytes) -> dict[str, str] | None:
        decoder = self._decoders[side]
        if decoder is None:
            return None
        try:
            return {text(name): text(value) for name, value in decoder.decode(block, raw=True)}
        except (hpack.HPACKError, IndexError, ValueError):
            # Its table is of no use any more.
            self._decoders[side] = None
            return None

    def _request(self, half: Half, stream: int, fields: dict[str, str], at: tuple[int, int]) -> None:
        grpc = fields.get("content-type", "").startswith("application/grpc")
        target = guarded_target(fields.get(":path", ""))
        if grpc:
            self._flow.application = Application.GRPC
        role = visitor(fields.get("user-agent"))
        if role is not None:
            self._flow.client_roles.add(role)
            if role is Role.KUBE_PROBE:
                self._ledger.about(notes.KUBE_PROBE, self._flow, NotedPackets(at[0]), target=target, count=1)
        self._flow.message(
            http_steps.HTTP2_REQUEST,
            Phase.REQUEST,
            half,
            *at,
            method=fields[":method"],
            target=target,
            authority=fields.get(":authority"),
            stream=stream,
            grpc=grpc,
        )
        if len(self._open) < MOST_OPEN:
            self._open[stream] = Call(*at, fields[":method"], target)

    def _response(self, half: Half, stream: int, fields: dict[str, str], at: tuple[int, int]) -> None:
        call = self._open.get(stream)
        status = int(fields[":status"]) if fields[":status"].isdecimal() else 0
        seconds = (at[1] - call.ns) / 1e9 if call else None
        self._flow.message(
            http_steps.HTTP2_RESPONSE,
            Phase.RESPONSE,
            half,
            *at,
            status=status,
            stream=stream,
            first_byte_seconds=seconds,
        )
        if call is None:
            return
        call.answered = at[0]
        evidence = NotedPackets(call.packet, at[0])
        about: Parameters = {"method": call.method, "target": call.target}
        if status >= 400:
            finding = faults.HTTP_SERVER_ERROR if status >= 500 else warnings.HTTP_CLIENT_ERROR
            self._ledger.about(finding, self._flow, evidence, status=status, **about, count=1)
        if seconds is not None and seconds > SLOW_SECONDS:
            self._ledger.about(
                warnings.SLOW_RESPONSE, self._flow, evidence, **about, count=1, seconds=seconds
            )

    def _trailers(self, half: Half, stream: int, fields: dict[str, str], at: tuple[int, int]) -> None:
        status = int(fields["grpc-status"]) if fields["grpc-status"].isdecimal() else 2
        message = Guarded(fields.get("grpc-message", ""))
        self._flow.application = Application.GRPC
        self._flow.message(
            http_steps.HTTP2_TRAILERS,
            Phase.RESPONSE,
            half,
            *at,
            grpc_status=status,
            grpc_message=message,
            stream=stream,
        )
        call = self._open.get(stream)
        if status:
            self._ledger.about(
                faults.GRPC_ERROR,
                self._flow,
                NotedPackets(*((call.packet, at[0]) if call else (at[0],))),
                target=call.target if call else None,
                grpc_status=status,
                grpc_message=message,
                count=1,
            )


def error_name(number: int) -> str:
    """As RFC 9113 writes it."""
    return ERRORS[number] if number < len(ERRORS) else str(number)


def text(value: "str | bytes") -> str:
    """A name or a value, whatever its bytes are."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEADER = 9
HEADERS, RST_STREAM, GOAWAY, CONTINUATION = 1, 3, 7, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
# Header frames and their like; a longer one is skipped with all that depends on it.
LONGEST_TOLD = 65_536
TOLD = frozenset({HEADERS, RST_STREAM, GOAWAY, CONTINUATION})


@dataclass(slots=True)
class Frames:
    """One direction: `left` bytes of a frame's body are to be skipped, the header block so far is `block`."""

    preface: bool
    buffer: bytes = b""
    left: int = 0
    lost: bool = False
    block: bytes = b""
    stream: int = 0
    end_stream: bool = False


class Http2:
    """See flow.Application."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow = flow
        self._calls = Calls(flow, ledger)
        self._frames = {Side.CLIENT: Frames(preface=True), Side.SERVER: Frames(preface=False)}

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side."""
        frames = self._frames[half.side]
        if frames.lost or frames.left >= length:
            frames.left = max(0, frames.left - length)
            self._count(half, packet, ns, length)
            return
        skipped, frames.left = frames.left, 0
        if skipped:
            self._count(half, packet, ns, skipped)
        frames.buffer += data[start + skipped : end]
        self._read(half, frames, (packet, ns))
        if length > end - start:
            self.gap(half, length - (end - start))

    def gap(self, half: Half, length: int) -> None:
        """Missing bytes of a frame whose body is skipped do no harm."""
        frames = self._frames[half.side]
        if frames.left >= length:
            frames.left -= length
        else:
            frames.lost, frames.buffer, frames.left = True, b"", 0

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Calls that are open are judged at the end."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return self._calls.moment()

    def finish(self, flow: Flow) -> None:
        """Calls without an answer."""
        if not any(frames.lost for frames in self._frames.values()):
            self._calls.finish(flow)

    def _read(self, half: Half, frames: Frames, at: tuple[int, int]) -> None:
        if frames.preface:
            if len(frames.buffer) < len(PREFACE):
                return
            frames.preface, frames.buffer = False, frames.buffer[len(PREFACE) :]
            self._flow.message(http_steps.HTTP2_PREFACE, Phase.SETUP, half, *at)
        while len(frames.buffer) >= FRAME_HEADER:
            size, kind, flags = int.from_bytes(frames.buffer[:3], "big"), frames.buffer[3], frames.buffer[4]
            stream = int.from_bytes(frames.buffer[5:9], "big") & 0x7FFF_FFFF
            body = frames.buffer[FRAME_HEADER : FRAME_HEADER + size]
            told = kind in TOLD and size <= LONGEST_TOLD
            if told and len(body) < size:
                return
            frames.buffer = frames.buffer[FRAME_HEADER + size :]
            frames.left = size - len(body)
            if told:
                self._frame(half, frames, (kind, flags, stream), body, at)
            else:
                self._count(half, *at, len(body))

    def _frame(
        self, half: Half, frames: Frames, header: tuple[int, int, int], body: bytes, at: tuple[int, int]
    ) -> None:
        kind, flags, stream = header
        if kind == RST_STREAM:
            self._calls.reset(half, stream, int.from_bytes(body[:4], "big"), at)
        elif kind == GOAWAY:
            self._calls.goaway(half, int.from_bytes(body[4:8], "big"), at)
        else:
            if kind == HEADERS:
                frames.block, frames.stream, frames.end_stream = b"", stream, bool(flags & END_STREAM)
                body = unpadded(body, flags)
            frames.block += body
            if flags & END_HEADERS:
                self._calls.headers(half, frames.stream, frames.block, at, end_stream=frames.end_stream)
                frames.block = b""

    def _count(self, half: Half, packet: int, ns: int, size: int) -> None:
        run = self._flow.talking
        if run is not None and run.kind is tcp_steps.TCP_DATA and run.side is half.side:
            run.more(packet, ns, size)
        elif size:
            self._flow.message(tcp_steps.TCP_DATA, Phase.DATA, half, packet, ns, bytes=size)


def unpadded(body: bytes, flags: int) -> bytes:
    """The header block fragment in a HEADERS frame."""
    padding = 0
    if flags & PADDED:
        padding, body = (body[0] if body else 0), body[1:]
    if flags & PRIORITY:
        body = body[5:]
    return body[: len(body) - padding]
