"""A TCP connection as seen from outside: how it begins, is come upon and ends, and what makes sense of its payload."""

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Protocol, TypeAlias

from kubectl_netshoot.packets.conversation import NotedPackets, Place, Run, Talk, Tally
from kubectl_netshoot.packets.messages import tcp_steps as steps
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.read.headers import tcp_options
from kubectl_netshoot.packets.report import Outcome, Phase, Side, Value
from kubectl_netshoot.packets.tcp.half import ACK, FIN, HALF, RST, SYN, WRAP, Half, Segment


class ApplicationReader(Protocol):
    """What makes sense of the payload; each half's bytes come in order, once."""

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """The next `length` bytes, of which `data[start:end]` were captured (fewer, with a snap length)."""

    def gap(self, half: Half, length: int) -> None:
        """`length` bytes were sent that the capture does not hold."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """This half sends nothing more: its FIN, or a reset by it."""

    def moment(self) -> Moment:
        """Where in the conversation a reset comes now; a tcp_steps.Moment."""

    def finish(self, flow: "Flow") -> None:
        """The conversation is over, or the capture: note what was left undone."""


Recognise: TypeAlias = Callable[[Half, bytes], ApplicationReader]


class Nested:
    """Waits for the first payload of what is carried; see Application."""

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """It tells what makes sense of the rest."""
        app = half.flow.recognise(half, data[start:end], anew=True)
        app.take(half, packet, ns, data, start, end, length)

    def gap(self, half: Half, length: int) -> None:
        """What is missing is not known."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing was carried."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return "data"

    def finish(self, flow: "Flow") -> None:
        """Nothing is left undone."""


class Opaque:
    """Counts bytes; see Application. `within` is the step's id."""

    def __init__(self, within: StepKind = steps.TCP_DATA, moment: Moment = "data") -> None:
        self._within = within
        self._moment = moment

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:  # noqa: ARG002
        """Extend the step while the same side talks."""
        run = half.flow.talking
        if run is not None and run.kind is self._within and run.side is half.side:
            run.more(packet, ns, length)
        else:
            half.flow.message(self._within, Phase.DATA, half, packet, ns, bytes=length)

    def gap(self, half: Half, length: int) -> None:
        """Nothing depends on what is missing."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing is left undone."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return self._moment

    def finish(self, flow: "Flow") -> None:
        """Nothing is left undone."""


@dataclass(slots=True, eq=False, kw_only=True)
class Flow(Talk):
    """A connection. `syns` and `syn_acks` are packet numbers; `talking` is the step that data extends; `recognition`
    tells by the first payload what makes sense of it. `checks` checksums of each half are to be verified.
    """

    keys: tuple[bytes, bytes]
    recognition: Recognise
    checks: InitVar[int] = 0
    from_client: Half = field(init=False)
    from_server: Half = field(init=False)
    app: ApplicationReader | None = None
    talking: Run | None = None
    troubles: dict[tuple[StepKind, Side], Run] = field(default_factory=dict)
    syns: NotedPackets = field(default_factory=NotedPackets)
    syn_acks: NotedPackets = field(default_factory=NotedPackets)
    syn_ns: int = 0
    syn_ack_ns: int = 0
    established: bool = False
    # By an ACK alone, as all stacks do.
    confirmed: bool = False
    # What was sent between the handshake and the next packet is not in the capture.
    hidden: bool = False
    # It begins with flags that no system sends: neither SYN nor ACK, or SYN and FIN.
    crafted: bool = False
    # The client asked again behind a SYN-ACK, so that the next one answers this.
    syn_ack_lost: bool = False
    # SYN-ACKs that were sent again after the client had confirmed.
    unaccepted: NotedPackets = field(default_factory=NotedPackets)
    closing_packets: int = 0
    resets: NotedPackets = field(default_factory=NotedPackets)
    reset_by: Half | None = None
    reset_moment: Moment | None = None
    visited: bool = False

    def __post_init__(self, checks: int) -> None:
        Talk.__post_init__(self)
        client = self.from_client = Half(flow=self, side=Side.CLIENT, checks=checks)
        server = self.from_server = Half(flow=self, side=Side.SERVER, checks=checks)
        client.peer, server.peer = server, client

    def tallies(self) -> tuple[Tally, Tally]:
        return self.from_client, self.from_server

    def taken(self, side: Side) -> bool:
        other = self.from_server if side is Side.CLIENT else self.from_client
        return other.acked_more or (self.start_seen and self.established)

    def passed(self, side: Side) -> int:
        half = self.from_client if side is Side.CLIENT else self.from_server
        return half.largest if half.has_passed else 0

    @property
    def is_unaccepted(self) -> bool:
        """Whether the server's kernel goes on as if the client had never confirmed, so that no application has it."""
        return self.unaccepted.count > 1 and not self.syn_ack_lost

    def forget(self) -> None:
        # What refers to each other would stay until Python looks for cycles, and that it seldom does here.
        Talk.forget(self)
        self.app = self.talking = self.reset_by = None
        self.troubles = {}
        self.from_client.forget()
        self.from_server.forget()

    def settle(self, half: Half, segment: Segment) -> None:
        """A segment was looked at: where nothing is pending, the next data, or a plain ACK, needs no closer look."""
        half.window = segment.window
        client, server = self.from_client, self.from_server
        calm = self.established and not self.resets and client.unburdened and server.unburdened
        client.calm = server.calm = calm

    def recognise(self, half: Half, beginning: bytes, *, anew: bool = False) -> ApplicationReader:
        """What makes sense of the payload, which begins so where nothing does yet, or no longer (`anew`)."""
        app = self.app
        if app is None or anew:
            app = self.app = self.recognition(half, beginning)
        return app

    def hand_over(self, app: ApplicationReader | None) -> None:
        """Have what made sense of it so far judge what it saw; `app`, or what comes first, makes sense of the rest."""
        if self.app is not None:
            self.app.finish(self)
        self.app = app or Nested()

    def message(
        self, kind: StepKind, phase: Phase, half: Half, packet: int, ns: int, **parameters: Value
    ) -> Run:
        """Begin a step of the conversation itself; what troubled the last one is told with the last one."""
        run = self.step(kind, phase, half.side, packet, ns, **parameters)
        self.talking = run
        if self.troubles:
            self.troubles = {}
        self.from_client.ack_run = self.from_server.ack_run = None
        return run

    def trouble(self, kind: StepKind, half: Half, packet: int, ns: int, **amounts: int) -> Run:
        """Begin or extend a step of what goes wrong underneath; `amounts` are added up."""
        run = self.troubles.get((kind, half.side))
        if run is None:
            run = self.step(kind, Phase.TROUBLE, half.side, packet, ns, **amounts)
            self.troubles[kind, half.side] = run
            return run
        run.grow(packet, ns)
        for name, amount in amounts.items():
            run.add(name, amount)
        return run

    def open(self, half: Half, segment: Segment, raw_options: bytes) -> None:
        """A SYN or a SYN-ACK, the first or one more."""
        packet, ns, _, seq, *_ = segment
        answer = bool(segment.flags & ACK)
        if answer:
            half.acknowledge(segment.ack, ns)
        self.crafted |= bool(segment.flags & FIN)
        seen = self.syn_acks if answer else self.syns
        seen.append(packet)
        if half.first is not None:
            self._open_again(half, packet, ns, answer=answer)
            return
        options = tcp_options(raw_options)
        half.synchronise(seq, ns, options.window_scale)
        parameters = vars(options) | {"window_bytes": segment.window}
        if answer:
            self.syn_ack_ns = ns
            waited = (ns - self.syn_ns) / 1e9 if self.syns else None
            self.message(steps.TCP_SYN_ACK, Phase.SETUP, half, packet, ns, **parameters, seconds=waited)
        else:
            self.syn_ns = ns
            self.message(steps.TCP_SYN, Phase.SETUP, half, packet, ns, **parameters)

    def _open_again(self, half: Half, packet: int, ns: int, *, answer: bool) -> None:
        self.retransmissions += 1
        if not answer and self.syn_acks:
            self.syn_ack_lost = True
        elif answer and self.established and not self.syn_ack_lost:
            self.unaccepted.append(packet)
        kind = steps.TCP_SYN_ACK_AGAIN if answer else steps.TCP_SYN_AGAIN
        since = self.syn_ack_ns if answer else self.syn_ns
        self.trouble(kind, half, packet, ns).parameters["seconds"] = (ns - since) / 1e9

    def confirm(self, half: Half, segment: Segment) -> None:
        """The handshake's last step, or the first sign of life where it was not captured."""
        bare = not segment.length and not segment.flags & FIN
        if half is self.from_server:
            # Data is sent behind the handshake only.
            self.established = not self.syn_acks or not bare
            return
        self.established = True
        if not self.syn_acks:
            return
        self.confirmed = bare
        self.hidden = self._is_ahead(half, segment.seq)
        # Else the ACK itself is not in the capture, and who knows when it came.
        self.round_trip = segment.ns - self.syn_ns if self.syns and bare else None
        seconds = None if self.round_trip is None else self.round_trip / 1e9
        self.message(
            steps.TCP_ESTABLISHED, Phase.SETUP, half, segment.packet, segment.ns, round_trip_seconds=seconds
        )

    def come_upon(self, half: Half, segment: Segment) -> None:
        """The first packet of a connection whose beginning is not in the capture."""
        self.start_seen = self.crafted = not segment.flags & (ACK | RST)
        self.established = not self.crafted
        self.step(steps.TCP_MIDWAY, Phase.SETUP, Side.BOTH, segment.packet, segment.ns)
        half.begin(segment.seq)

    def go_on(self, half: Half, segment: Segment) -> bool:
        """Take a segment that is neither SYN nor reset; whether it completes the close."""
        packet, ns, _, seq, ack, flags, window, *_ = segment
        if half.first is None:
            half.begin(seq)
        if not self.established:
            self.confirm(half, segment)
        if segment.length:
            half.take(segment)
        elif not flags & FIN and not half.completes_close(ack):
            half.bare_ack(packet, ns, seq, ack, window)
        if flags & FIN:
            self.close_half(half, segment)
        if not flags & ACK:
            return False
        if not window or half.is_full:
            half.windowed(packet, ns, window)
        half.peer.acknowledged(ack)
        closed = self.close(half, segment)
        half.acknowledge(ack, ns)
        return closed

    def leave_unanswered(self, kind: StepKind, side: Side, packet: int, **parameters: Value) -> None:
        """It was never established, and the capture is over."""
        self.outcome = Outcome.UNANSWERED
        self.step(kind, Phase.SETUP, side, packet, self.until, **parameters)

    def close_half(self, half: Half, segment: Segment) -> None:
        """This side sends nothing more."""
        packet, ns, peer = segment.packet, segment.ns, half.peer
        if not half.finish(segment):
            if not segment.length:
                half.again(segment.seq, packet, ns, 0)
            return
        self.closing_packets += 1
        if peer.fin is None:
            self.outcome = Outcome.HALF_CLOSED
            self.message(steps.TCP_FIN, Phase.CLOSE, half, packet, ns, first=True)
        elif (segment.ack - peer.fin.behind) % WRAP < HALF:
            self.message(steps.TCP_FIN, Phase.CLOSE, half, packet, ns, first=False)
        else:
            self.message(steps.TCP_FIN_BOTH, Phase.CLOSE, half, packet, ns)
        if self.app is not None:
            self.app.ended(half, packet, ns, reset=False)

    def close(self, half: Half, segment: Segment) -> bool:
        """Take an ACK; whether it completes the close."""
        fin = half.peer.fin
        if fin is None or not half.acknowledges_fin(segment.ack):
            return False
        last = half.completes_close(segment.ack)
        fin.acked = True
        self.closing_packets += half.fin is None or segment.packet != half.fin.packet
        if not last:
            return False
        self.outcome = Outcome.CLOSED
        packets = self.closing_packets
        self.step(steps.TCP_CLOSED, Phase.CLOSE, half.side, segment.packet, segment.ns, packets=packets)
        return True

    @property
    def is_partial(self) -> bool:
        """Whether packets of it must have been left out: all of one side that talked, or those after the handshake."""
        return self.hidden or any(
            half.packets
            and not half.peer.packets
            and not self.crafted
            and (half.acked_more or (self.start_seen and self.established))
            for half in (self.from_client, self.from_server)
        )

    def reset(self, half: Half, segment: Segment) -> None:
        """This side ends the connection at once."""
        packet, ns = segment.packet, segment.ns
        self.hidden |= bool(self.syn_acks) and not self.confirmed and self._is_ahead(half, segment.seq)
        self.resets.append(packet)
        if self.resets.count > 1:
            # Several resets of a handshake are several refusals; only what comes behind a close is late.
            again = "after-close" if self.outcome is Outcome.CLOSED else self.reset_moment or "after-close"
            self.trouble(steps.TCP_RESET, half, packet, ns).parameters["moment"] = again
            return
        if self.syns and not self.syn_acks and half is self.from_server and not self.established:
            self.outcome = Outcome.REFUSED
            seconds = (ns - self.syn_ns) / 1e9
            self.message(steps.TCP_REFUSED, Phase.SETUP, half, packet, ns, seconds=seconds)
            return
        if segment.flags & ACK and half.acked is not None:
            half.acknowledge(segment.ack, ns)
        self.reset_by, self.reset_moment = half, self._moment(half)
        if self.outcome is not Outcome.CLOSED:
            self.outcome = Outcome.RESET
        self.message(steps.TCP_RESET, Phase.CLOSE, half, packet, ns, moment=self.reset_moment)
        if self.app is not None:
            self.app.ended(half, packet, ns, reset=True)

    @staticmethod
    def _is_ahead(half: Half, seq: int) -> bool:
        """Whether this side has sent more than was seen."""
        return half.first is not None and 0 < (seq - half.next) % WRAP < HALF

    def _moment(self, half: Half) -> Moment:
        """Where in the conversation this reset comes."""
        if half.fin is not None and half.peer.fin is not None:
            return "after-close"
        inside = self.app.moment() if self.app is not None else "idle"
        if inside in ("response-cut", "request-unanswered", "tls-handshake"):
            return inside
        if half.fin is not None or half.peer.fin is not None:
            return "closing"
        if inside == "data" and self._has_all(half):
            return "idle"
        return inside if self.established else "handshake"

    def _has_all(self, half: Half) -> bool:
        """Whether the client hangs up when the server has spoken last, and all of it has arrived, as many do."""
        said = self.talking is not None and self.talking.side is half.peer.side
        return half is self.from_client and said and half.peer.payload > 0 and half.acked == half.peer.next


def from_client(flags: int, source_port: int, target_port: int) -> bool:
    """Whether the sender of the first packet is the client; in the middle of a connection a guess by the ports."""
    if flags & SYN:
        return not flags & ACK
    return not flags & (ACK | RST) or target_port <= source_port


_IPV4 = 12


def ends(key: bytes) -> tuple[Place, Place]:
    """Source and destination of a segment with this key."""
    size = (len(key) - 4) // 2
    source, target = key[:size], key[size : 2 * size]
    return (source, int.from_bytes(key[-4:-2], "big")), (target, int.from_bytes(key[-2:], "big"))


def turned(key: bytes) -> bytes:
    """The key of a segment the other way."""
    size = (len(key) - 4) // 2
    return key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]


def hops_left(key: bytes, data: bytes, begin: int) -> int:
    """TTL or hop limit of the packet in `data` whose TCP header begins at `begin`."""
    return data[begin - (12 if len(key) == _IPV4 else 33)]
