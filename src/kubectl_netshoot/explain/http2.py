"""HTTP/2 without TLS in a TCP connection, and gRPC inside it; hpack decodes the header blocks.

Hides frames, and that header compression needs every block from the first one on: once bytes are missing the rest of
the connection is only counted.
"""

from kubectl_netshoot.explain.http2_calls import Calls
from kubectl_netshoot.explain.ledger import Ledger
from kubectl_netshoot.explain.report import Phase, Side
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.tcp_flow import Flow, Half

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEADER = 9
DATA, HEADERS, RST_STREAM, PUSH_PROMISE, GOAWAY, CONTINUATION = 0, 1, 3, 5, 7, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
# Header frames and their like; a longer one is skipped with all that depends on it.
LONGEST_TOLD = 65_536
TOLD = frozenset({HEADERS, RST_STREAM, GOAWAY, CONTINUATION})


class Frames:
    """One direction: `left` bytes of a frame's body are to be skipped, the header block so far is `block`."""

    __slots__ = ("block", "buffer", "end_stream", "left", "lost", "preface", "stream")

    def __init__(self, *, preface: bool) -> None:
        self.buffer = b""
        self.left = 0
        self.lost = False
        self.preface = preface
        self.block = b""
        self.stream = 0
        self.end_stream = False


class Http2:
    """See tcp_flow.Application."""

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

    def moment(self) -> str:
        """See step_ids.MOMENTS."""
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
            self._flow.message(StepId.HTTP2_PREFACE, Phase.SETUP, half, *at)
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
        if run is not None and run.id is StepId.TCP_DATA and run.side is half.side:
            run.more(packet, ns, size)
        elif size:
            self._flow.message(StepId.TCP_DATA, Phase.DATA, half, packet, ns, bytes=size)


def unpadded(body: bytes, flags: int) -> bytes:
    """The header block fragment in a HEADERS frame."""
    padding = 0
    if flags & PADDED:
        padding, body = (body[0] if body else 0), body[1:]
    if flags & PRIORITY:
        body = body[5:]
    return body[: len(body) - padding]
