"""A connection whose sides speak in turns: what a turn begins with is read, the rest of it is only counted.

Every turn is a chance to begin anew, so nothing depends on what was lost, cut or too long; and a ClientHello at the
beginning of a frame is where TLS begins, whatever was agreed on before.
"""

import re

from kubectl_netshoot.packets.conversation import NotedPackets
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages import service_steps as steps
from kubectl_netshoot.packets.messages.kinds import FindingKind
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.protocols.reader import FATAL_KINDS, NoFrameError, ProtocolReader, ServiceStep
from kubectl_netshoot.packets.report import Guarded, Phase, Side, Value
from kubectl_netshoot.packets.tcp.flow import Flow, Opaque
from kubectl_netshoot.packets.tcp.half import Half
from kubectl_netshoot.packets.tls import Tls

# So much of a turn is read at most, and kept of a frame that is not complete.
LIMIT = 8192
# Refusals of a login are held back, since another try may succeed.
HELD = 20
# A TLS record with the handshake's first message (RFC 8446, 4 and 5.1), or what could become one.
_CLIENT_HELLO = re.compile(rb"\x16(?:\Z|\x03(?:\Z|[\0-\4](?:\Z|.(?:\Z|.(?:\Z|\x01)))))", re.DOTALL)
_WHOLE_HELLO = 6
_PHASES = {
    steps.SERVICE_LOGIN: Phase.REQUEST,
    steps.SERVICE_TUNNEL_ASKED: Phase.REQUEST,
    steps.SERVICE_LOGGED_IN: Phase.RESPONSE,
    steps.SERVICE_TUNNEL_OPENED: Phase.RESPONSE,
    steps.SERVICE_ERROR: Phase.RESPONSE,
}


class Turns:
    """See flow.Application."""

    def __init__(self, flow: Flow, ledger: Ledger, reader: ProtocolReader) -> None:
        self._flow = flow
        self._ledger = ledger
        self._reader = reader
        self._opaque = Opaque()
        self._side: Side | None = None
        self._buffer = b""
        self._left = 0
        self._refused_tls: NotedPackets | None = None
        self._held: list[tuple[FindingKind, NotedPackets, dict[str, Value]]] = []

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side."""
        if half.side is not self._side:
            self._side, self._buffer, self._left = half.side, b"", LIMIT
        if not self._left:
            self._opaque.take(half, packet, ns, data, start, end, length)
            return
        self._buffer += data[start:end]
        missing = length - (end - start)
        if not self._read(half, packet, ns, length, missing) and self._flow.app is self:
            self._opaque.take(half, packet, ns, data, start, end, length)
        if missing:
            self._ignore_rest()

    def gap(self, half: Half, length: int) -> None:  # noqa: ARG002
        """What follows in this turn may begin anywhere, and what came of no TLS is not known."""
        self._side, self._refused_tls = half.side, None
        self._ignore_rest()

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing is left undone."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return "data"

    def finish(self, flow: Flow) -> None:  # noqa: ARG002
        """What was refused, and not granted later."""
        for finding, packets, about in self._held:
            self._ledger.about(finding, self._flow, packets, **about)
        if self._refused_tls:
            protocol = self._reader.application.value
            self._ledger.about(
                faults.SERVICE_NO_TLS, self._flow, self._refused_tls, protocol=protocol, count=1
            )

    def _read(self, half: Half, packet: int, ns: int, length: int, missing: int) -> bool:
        """Read the frames that are complete; whether one of them was told, or all else is another's."""
        told = False
        self._left -= min(length, self._left)
        try:
            while self._buffer:
                if half.side is Side.CLIENT and (hello := _CLIENT_HELLO.match(self._buffer)):
                    if len(hello[0]) == _WHOLE_HELLO:
                        self._hand_over(Tls(self._flow, self._ledger), half, packet, ns, missing)
                    return True
                size = self._reader.size(half.side, self._buffer)
                if size > LIMIT:
                    self._ignore_rest()
                if not size or size > len(self._buffer):
                    break
                frame, self._buffer = self._buffer[:size], self._buffer[size:]
                for said in self._reader.words(half.side, frame):
                    told = True
                    self._tell(said, half, packet, ns)
                    if said.nests:
                        self._hand_over(None, half, packet, ns, missing)
                        return True
        except (NoFrameError, IndexError, ValueError):
            self._ignore_rest()
        if not self._left or len(self._buffer) > LIMIT:
            self._ignore_rest()
        return told

    def _ignore_rest(self) -> None:
        self._buffer, self._left = b"", 0

    def _hand_over(self, app: Tls | None, half: Half, packet: int, ns: int, missing: int) -> None:
        rest, self._buffer = self._buffer, b""
        self._flow.hand_over(app)
        if rest or missing:
            assert self._flow.app is not None
            self._flow.app.take(half, packet, ns, rest, 0, len(rest), len(rest) + missing)

    def _tell(self, said: ServiceStep, half: Half, packet: int, ns: int) -> None:
        phase = _PHASES.get(said.step, Phase.SETUP)
        self._flow.message(said.step, phase, half, packet, ns, **said.parameters)
        if said.step is steps.SERVICE_TLS_REFUSED:
            self._refused_tls = NotedPackets(packet)
        elif said.step is steps.SERVICE_LOGIN:
            # It does without.
            self._refused_tls = None
        elif said.step is steps.SERVICE_LOGGED_IN:
            self._held = [held for held in self._held if held[2]["reason"] != "login"]
        elif said.step is steps.PROXIED:
            self._ledger.about(
                notes.PROXY_PROTOCOL,
                self._flow,
                NotedPackets(packet),
                example=said.parameters["source"],
                count=1,
            )
        elif said.trouble:
            kind = said.trouble.kind
            refused = said.trouble.fatal or kind in FATAL_KINDS
            finding = faults.SERVICE_REFUSED if refused else warnings.SERVICE_ERROR
            about: dict[str, Value] = {**said.parameters, "reason": kind, "count": 1}
            assert isinstance(about["text"], Guarded)
            if kind == "login" and len(self._held) < HELD:
                self._held.append((finding, NotedPackets(packet), about))
            else:
                self._ledger.about(finding, self._flow, NotedPackets(packet), **about)
