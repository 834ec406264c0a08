"""The requests of an HTTP/2 connection by stream, their answers, and how gRPC calls ended."""

from dataclasses import dataclass

import hpack

from kubectl_netshoot.explain.finding_ids import FindingId
from kubectl_netshoot.explain.http_secrets import guarded_target
from kubectl_netshoot.explain.ledger import Ledger
from kubectl_netshoot.explain.report import Application, Guarded, Outcome, Parameters, Phase, Role, Side
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.talk import Evidence
from kubectl_netshoot.explain.tcp_flow import Flow, Half
from kubectl_netshoot.explain.visitors import visitor

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


@dataclass
class Call:
    """A request that waits for its end; `answered` is the packet of the response's headers, 0 for none."""

    packet: int
    ns: int
    method: str
    target: Guarded
    grpc: bool
    answered: int = 0


class Calls:
    """All calls of one connection."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow = flow
        self._ledger = ledger
        self._open: dict[int, Call] = {}
        self._decoders: dict[Side, hpack.Decoder | None] = {
            Side.CLIENT: hpack.Decoder(),
            Side.SERVER: hpack.Decoder(),
        }

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
        self._flow.message(StepId.HTTP2_RESET, Phase.CLOSE, half, *at, error=error_name(error), stream=stream)
        self._open.pop(stream, None)

    def goaway(self, half: Half, error: int, at: tuple[int, int]) -> None:
        """One side takes no new calls."""
        self._flow.message(StepId.HTTP2_GOAWAY, Phase.CLOSE, half, *at, error=error_name(error))

    def moment(self) -> str:
        """See step_ids.MOMENTS."""
        if any(not call.answered for call in self._open.values()):
            return "request-unanswered"
        return "response-cut" if self._open else "idle"

    def finish(self, flow: Flow) -> None:
        """Calls that had no answer; streams may well be open for long."""
        for call in self._open.values():
            seconds = (flow.until - call.ns) / 1e9
            if call.answered or (flow.outcome is Outcome.OPEN and seconds < SLOW_SECONDS):
                continue
            about: Parameters = {"method": call.method, "target": call.target}
            self._ledger.about(
                FindingId.HTTP_UNANSWERED, flow, Evidence(call.packet), **about, count=1, seconds=seconds
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
                self._ledger.about(FindingId.KUBE_PROBE, self._flow, Evidence(at[0]), target=target, count=1)
        self._flow.message(
            StepId.HTTP2_REQUEST,
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
            self._open[stream] = Call(*at, fields[":method"], target, grpc)

    def _response(self, half: Half, stream: int, fields: dict[str, str], at: tuple[int, int]) -> None:
        call = self._open.get(stream)
        status = int(fields[":status"]) if fields[":status"].isdecimal() else 0
        seconds = (at[1] - call.ns) / 1e9 if call else None
        self._flow.message(
            StepId.HTTP2_RESPONSE,
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
        evidence = Evidence(call.packet, at[0])
        about: Parameters = {"method": call.method, "target": call.target}
        if status >= 400:
            finding = FindingId.HTTP_SERVER_ERROR if status >= 500 else FindingId.HTTP_CLIENT_ERROR
            self._ledger.about(finding, self._flow, evidence, status=status, **about, count=1)
        if seconds is not None and seconds > SLOW_SECONDS:
            self._ledger.about(
                FindingId.SLOW_RESPONSE, self._flow, evidence, **about, count=1, seconds=seconds
            )

    def _trailers(self, half: Half, stream: int, fields: dict[str, str], at: tuple[int, int]) -> None:
        status = int(fields["grpc-status"]) if fields["grpc-status"].isdecimal() else 2
        message = Guarded(fields.get("grpc-message", ""))
        self._flow.application = Application.GRPC
        self._flow.message(
            StepId.HTTP2_TRAILERS,
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
                FindingId.GRPC_ERROR,
                self._flow,
                Evidence(*((call.packet, at[0]) if call else (at[0],))),
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
