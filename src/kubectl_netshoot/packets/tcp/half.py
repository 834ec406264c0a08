"""One direction of a TCP connection: payload put in order; what is sent again, early, late or empty; window and FIN."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from kubectl_netshoot.packets.conversation import NotedPackets, Run, Tally
from kubectl_netshoot.packets.messages import tcp_steps as steps
from kubectl_netshoot.packets.report import Phase, Side

if TYPE_CHECKING:
    from kubectl_netshoot.packets.tcp.flow import Flow

FIN, SYN, RST, ACK = 1, 2, 4, 16
UNUSUAL = FIN | SYN | RST
WRAP = 1 << 32
HALF = 1 << 31
MASK = WRAP - 1
# So many tries in vain are no accident.
TRIES = 3
# Linux sends smaller segments after three retransmissions (tcp_retries1), Windows after two.
TRIES_BEFORE_SMALLER = 2
# No MTU is smaller (RFC 8200, 5), so a black hole swallows only what is longer with its headers.
SMALLEST_MTU_PAYLOAD = 1180
# Of IPv4 (RFC 9293, 3.7.1) it is 536, less its options; shorter ones are probes of a window.
SMALLEST_SEGMENT = 400
WAITING = 64
# Without a handshake in the capture this stands for the round trip, as in Wireshark.
USUAL_ROUND_TRIP = 3_000_000
FAST = 20_000_000


class Segment(NamedTuple):
    """A TCP segment: its header's fields, and where in `data` it begins, has its payload, ends, was captured to."""

    packet: int
    ns: int
    wire: int
    seq: int
    ack: int
    flags: int
    window: int
    data: bytes
    begin: int
    start: int
    stop: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of payload as the header says; a header longer than the packet has none."""
        return max(self.stop - self.start, 0)

    @property
    def payload(self) -> bytes:
        """What was captured of the payload."""
        return self.data[self.start : min(self.end, self.stop)]


class SegmentKind(Enum):
    """What a segment with payload is.

    AGAIN and AGAIN_FAST are retransmissions, LATE is out of order, OVERLAP begins with the byte of a window probe.
    """

    NEXT = 0
    AHEAD = 1
    AGAIN = 2
    AGAIN_FAST = 3
    LATE = 4
    KEEP_ALIVE = 5
    OVERLAP = 6


@dataclass(slots=True, eq=False)
class Pending:
    """A segment that came before the one in front of it."""

    seq: int
    packet: int
    ns: int
    data: bytes
    length: int


class Shrunk(NamedTuple):
    """The same data in vain `tries` times with `size` bytes in a packet, for `ns`, then with `smaller` ones."""

    size: int
    smaller: int
    tries: NotedPackets
    ns: int


@dataclass(slots=True, eq=False)
class Repeats:
    """What was sent again, the `largest` in bytes; and what came last: from `seq` on, `since` when, how often, `size`
    bytes of it, and what was sent `behind` it by then.
    """

    packets: NotedPackets = field(default_factory=NotedPackets)
    largest: int = 0
    seq: int | None = None
    behind: int = 0
    since: int = 0
    tries: NotedPackets = field(default_factory=NotedPackets)
    size: int = 0
    shrunk: Shrunk | None = None

    def again(self, seq: int, behind: int, packet: int, ns: int, size: int, *, passed: bool) -> None:
        """What begins with `seq` was sent once more; `passed` is whether a packet as large ever was acknowledged."""
        if self.seq != seq:
            self.seq, self.behind, self.since, self.tries = seq, behind, ns, NotedPackets()
        elif not passed and self._shrinks(size):
            self.shrunk = Shrunk(self.size, size, self.tries, ns - self.since)
            self.tries = NotedPackets()
        self.tries.append(packet)
        self.size = size

    def _shrinks(self, size: int) -> bool:
        """Whether the same is sent in smaller pieces, now that it did not arrive again and again."""
        in_vain = self.tries.count >= TRIES_BEFORE_SMALLER and self.size >= SMALLEST_MTU_PAYLOAD
        return self.shrunk is None and in_vain and SMALLEST_SEGMENT <= size < self.size * 0.9


@dataclass(slots=True, eq=False)
class KeepAlives:
    """Segments that ask only whether the other side is still there; `open` came after its last sign of life."""

    packets: NotedPackets = field(default_factory=NotedPackets)
    open: int = 0


@dataclass(slots=True, eq=False)
class ZeroWindow:
    """When the receive buffer was full: `since` when it is, and how long it was at the longest."""

    packets: NotedPackets = field(default_factory=NotedPackets)
    since: int | None = None
    longest: int = 0


@dataclass(slots=True, eq=False)
class Fin:
    """The end of what this side sends: the number `behind` it, and whether the other side has acknowledged it."""

    behind: int
    packet: int
    ns: int
    acked: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Half(Tally):
    """One direction. `next` is behind the highest byte sent, `wanted` behind what the application was given; `told_ns`
    is when an ACK alone acknowledged something new; `checks` checksums are still to be verified. While both halves are
    `calm` nothing is pending, and most segments are usual.
    """

    flow: "Flow"
    side: Side
    peer: "Half" = field(init=False)
    checks: int = 0
    calm: bool = False
    first: int | None = None
    next: int = 0
    next_ns: int = 0
    wanted: int = 0
    acked: int | None = None
    acked_ns: int = 0
    acked_more: bool = False
    told_ns: int = 0
    ack_run: Run | None = None
    dup_acks: int = 0
    window: int = -1
    scale: int | None = None
    segments: int = 0
    largest: int = 0
    largest_end: int = 0
    lost: int = 0
    pending: list[Pending] | None = None
    out_of_order: NotedPackets = field(default_factory=NotedPackets)
    repeats: Repeats | None = None
    kept_alive: bool = False
    probed: bool = False
    keep_alives: KeepAlives | None = None
    zero_window: ZeroWindow | None = None
    fin: Fin | None = None

    def usual(  # noqa: PLR0913, PLR0917 see TcpTable.take
        self,
        packet: int,
        ns: int,
        wire: int,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        data: bytes,
        begin: int,  # noqa: ARG002 as DeferredHalf has it
        start: int,
        stop: int,
        end: int,
    ) -> bool:
        """Take the next data, or a plain ACK, where nothing is pending; False for all that needs a closer look."""
        flow = self.flow
        if not self.calm or flags & UNUSUAL or not window or seq != self.next:
            return False
        length = stop - start
        if length > 0:
            self.segments += 1
            self.payload += length
            self.next = self.wanted = (seq + length) & MASK
            self.next_ns = ns
            if length > self.largest:
                self.largest, self.largest_end = length, self.next
            if flow.app is not None:
                flow.app.take(self, packet, ns, data, start, end if end < stop else stop, length)
            else:
                piece = data[start : min(end, stop)]
                flow.recognise(self, piece).take(self, packet, ns, piece, 0, len(piece), length)
            self.dup_acks = 0
        elif ack != self.acked:
            self.plain_ack(packet, ns, ack)
        else:
            self.bare_ack(packet, ns, seq, ack, window)
        peer = self.peer
        if ack != self.acked and 0 < (ack - peer.next) & MASK < HALF:
            peer.acknowledged(ack)
        flow.until = self.acked_ns = ns
        self.packets += 1
        self.bytes += wire
        self.acked = ack
        self.window = window
        return True

    def count(self, segment: Segment) -> bool:
        """Count a segment that is looked at closer; whether its checksum is to be verified."""
        self.flow.until = segment.ns
        self.packets += 1
        self.bytes += segment.wire
        to_verify = self.checks > 0
        self.checks -= to_verify
        return to_verify

    @property
    def unburdened(self) -> bool:
        """Whether nothing is pending in this direction."""
        return (
            self.fin is None
            and self.pending is None
            and not self.is_full
            and not self.checks
            and not self.kept_alive
            and self.first is not None
        )

    @property
    def has_spoken(self) -> bool:
        """Whether it has sent anything."""
        return self.packets > 0

    @property
    def is_full(self) -> bool:
        """Whether its receive buffer is full now."""
        return self.zero_window is not None and self.zero_window.since is not None

    @property
    def unheard(self) -> bool:
        """Whether the peer has not acknowledged what was sent again last; where only this side is in the capture,
        whether it sent nothing new since.
        """
        if self.repeats is None or self.repeats.seq is None:
            return False
        last, acked = self.repeats.seq, self.peer.acked
        if not self.peer.packets:
            return self.next == self.repeats.behind
        return acked is not None and (acked - last - 1) % WRAP >= HALF

    @property
    def ignored(self) -> bool:
        """Whether the peer, which has talked before, says nothing at all any more, however often it is told again."""
        repeats = self.repeats
        return (
            repeats is not None
            and self.unheard
            and repeats.tries.count >= TRIES
            and self.peer.acked_ns <= repeats.since
        )

    @property
    def has_passed(self) -> bool:
        """Whether its largest segment has been acknowledged."""
        acked = self.peer.acked
        return acked is not None and (acked - self.largest_end) % WRAP < HALF

    @property
    def scaled_window(self) -> int:
        """The receive window in bytes; unscaled while scaling was not agreed, or not seen."""
        if self.scale is None or self.peer.scale is None:
            return self.window
        return self.window << self.scale

    def begin(self, seq: int) -> None:
        """Take a sequence number as the beginning of what is told."""
        self.first = self.next = self.wanted = seq

    def synchronise(self, seq: int, ns: int, scale: int | None) -> None:
        """Its SYN or SYN-ACK."""
        self.first, self.next_ns, self.scale = seq, ns, scale
        self.next = self.wanted = (seq + 1) % WRAP

    def acknowledge(self, ack: int, ns: int) -> None:
        """It says that it has all up to `ack`."""
        self.acked, self.acked_ns = ack, ns

    def finish(self, segment: Segment) -> bool:
        """It sends nothing more; False when that was known."""
        behind = (segment.seq + segment.length + 1) % WRAP
        if self.fin is not None:
            return False
        self.fin = Fin(behind, segment.packet, segment.ns)
        self.next, self.next_ns = behind, segment.ns
        return True

    def acknowledges_fin(self, ack: int) -> bool:
        """Whether an ACK from this side is the first to cover the other one's FIN."""
        fin = self.peer.fin
        return fin is not None and not fin.acked and (ack - fin.behind) % WRAP < HALF

    def completes_close(self, ack: int) -> bool:
        """Whether an ACK from this side is the last that the close needs."""
        return self.fin is not None and self.fin.acked and self.acknowledges_fin(ack)

    def forget(self) -> None:
        """Let go of what refers to each other."""
        self.pending = self.ack_run = None
        del self.flow, self.peer

    def take(self, segment: Segment) -> None:
        """Any segment with payload."""
        packet, ns, _, seq, *_ = segment
        length, payload = segment.length, segment.payload
        if length > self.largest:
            self.largest, self.largest_end = length, (seq + length) % WRAP
        self.segments += 1
        self.payload += length
        self.dup_acks = 0
        self.peer.heard()
        self.probed = length == 1 and seq == self.next and self.peer.is_full
        kind = self._judge(seq, length, ns, ends=bool(segment.flags & FIN))
        self.kept_alive = kind is SegmentKind.KEEP_ALIVE
        self._note(segment, kind)
        if self.kept_alive or self.probed:
            return
        self.flow.recognise(self, payload)
        if (self.wanted - seq) % WRAP < HALF:
            self._deliver(seq, packet, ns, payload, length)
        else:
            self._hold(Pending(seq, packet, ns, payload, length))
        behind = (seq + length) % WRAP
        if (behind - self.next) % WRAP < HALF:
            self.next, self.next_ns = behind, ns

    def bare_ack(self, packet: int, ns: int, seq: int, ack: int, window: int) -> None:
        """Any segment without payload, SYN, FIN or RST, in the order in which Wireshark tells them apart."""
        flow, peer = self.flow, self.peer
        kept_alive, self.kept_alive = self.kept_alive, False
        peer.heard()
        same = seq == self.next and ack == self.acked and window == self.window
        if (self.next - seq) % WRAP == 1:
            self.kept_alive = True
            self._keep_alive(packet, ns)
        elif (peer.kept_alive and same) or (peer.probed and not window and ack == self.acked):
            flow.trouble(steps.TCP_KEEP_ALIVE_ACK, self, packet, ns)
        elif window and same:
            self.dup_acks += 1
            if not kept_alive:
                flow.trouble(steps.TCP_DUPLICATE_ACK, self, packet, ns)
            return
        elif ack != self.acked:
            self.plain_ack(packet, ns, ack)
        self.dup_acks = 0

    def plain_ack(self, packet: int, ns: int, ack: int) -> None:
        """An ACK of something new."""
        flow = self.flow
        self.dup_acks = 0
        more = 0 if self.acked is None else (ack - self.acked) % WRAP
        more = more if more < HALF else 0
        if more:
            self.acked_more, self.told_ns = True, ns
        run = self.ack_run
        if run is not None:
            run.more(packet, ns, more)
        elif flow.talking is None or flow.talking.last != packet:
            self.ack_run = flow.step(steps.TCP_ACK, Phase.DATA, self.side, packet, ns, bytes=more)

    def acknowledged(self, ack: int) -> None:
        """The peer says that it has all up to `ack`: what is missing below it, the capture lost, not the network."""
        if self.pending is not None:
            while self.pending and (ack - self.wanted - 1) % WRAP < HALF:
                self._skip_hole()
        elif self.first is not None and self.flow.app is not None and HALF > (ack - self.next) % WRAP > 1:
            lost = (ack - self.next) % WRAP
            self.lost += lost
            self.next = self.wanted = ack
            self.flow.app.gap(self, lost)

    def heard(self) -> None:
        """The peer is still there."""
        if self.keep_alives is not None:
            self.keep_alives.open = 0

    def windowed(self, packet: int, ns: int, size: int) -> None:
        """The receive buffer is full, or has room again."""
        flow, zero = self.flow, self.zero_window
        if not size:
            zero = self.zero_window = zero or ZeroWindow()
            if zero.since is None:
                zero.since = ns
                zero.packets.append(packet)
            flow.trouble(steps.TCP_ZERO_WINDOW, self, packet, ns)
        elif zero is not None and zero.since is not None:
            closed = ns - zero.since
            zero.longest, zero.since = max(zero.longest, closed), None
            self.window = size
            flow.troubles.pop((steps.TCP_ZERO_WINDOW, self.side), None)
            flow.step(
                steps.TCP_WINDOW_REOPENED,
                Phase.TROUBLE,
                self.side,
                packet,
                ns,
                window_bytes=self.scaled_window,
                seconds=closed / 1e9,
            )

    def again(self, seq: int, packet: int, ns: int, length: int, *, fast: bool = False) -> None:
        """A retransmission."""
        repeats = self.repeats = self.repeats or Repeats()
        if length:
            repeats.packets.append(packet)
            repeats.largest = max(repeats.largest, length)
        passed = self.has_passed and self.largest >= repeats.size
        repeats.again(seq, self.next, packet, ns, length, passed=passed)
        self.flow.retransmissions += 1
        self.flow.trouble(steps.TCP_RETRANSMISSION, self, packet, ns, bytes=length, fast=int(fast))

    def _judge(self, seq: int, length: int, ns: int, *, ends: bool) -> SegmentKind:
        """What a segment of `length` bytes is; `ends` is whether a FIN counts one more."""
        ahead = (seq - self.next) % WRAP
        if ahead == 0:
            return SegmentKind.NEXT
        if ahead < HALF:
            return SegmentKind.AHEAD
        if length <= 1 and ahead == WRAP - 1 and not ends:
            return SegmentKind.KEEP_ALIVE
        peer = self.peer
        if length and peer.acked is not None and (peer.acked - seq - length) % WRAP < HALF:
            return SegmentKind.AGAIN
        if length > 1 and ahead == WRAP - 1:
            return SegmentKind.OVERLAP
        if peer.dup_acks >= 2 and peer.acked == seq and ns - peer.acked_ns < FAST:
            return SegmentKind.AGAIN_FAST
        threshold = self.flow.round_trip or USUAL_ROUND_TRIP
        behind = seq + length + ends
        if ns - self.next_ns < threshold and (behind - self.next) % WRAP and self._fills_hole(seq, length):
            return SegmentKind.LATE
        return SegmentKind.AGAIN

    def _fills_hole(self, seq: int, length: int) -> bool:
        """Whether some of these bytes have not been seen before."""
        if self.pending is None or (seq + length - self.wanted - 1) % WRAP >= HALF:
            return False
        return all((seq - one.seq) % WRAP >= one.length for one in self.pending)

    def _note(self, segment: Segment, kind: SegmentKind) -> None:
        """Tell what is unusual about it."""
        flow, packet, ns, length = self.flow, segment.packet, segment.ns, segment.length
        if kind is SegmentKind.AHEAD:
            missing = (segment.seq - self.next) % WRAP
            flow.trouble(steps.TCP_LOST_SEGMENT, self, packet, ns, bytes=missing)
        elif kind is SegmentKind.KEEP_ALIVE:
            self._keep_alive(packet, ns)
        elif kind is SegmentKind.LATE:
            self.out_of_order.append(packet)
            flow.trouble(steps.TCP_OUT_OF_ORDER, self, packet, ns, bytes=length)
        elif kind in (SegmentKind.AGAIN, SegmentKind.AGAIN_FAST):
            self.again(segment.seq, packet, ns, length, fast=kind is SegmentKind.AGAIN_FAST)

    def _keep_alive(self, packet: int, ns: int) -> None:
        keep_alives = self.keep_alives = self.keep_alives or KeepAlives()
        keep_alives.packets.append(packet)
        keep_alives.open += 1
        self.flow.trouble(steps.TCP_KEEP_ALIVE, self, packet, ns)

    def _hold(self, segment: Pending) -> None:
        """Keep a segment that came before the one in front of it."""
        self.pending = self.pending or []
        self.pending.append(segment)
        self.pending.sort(key=lambda one: (one.seq - self.wanted) % WRAP)
        if len(self.pending) > WAITING:
            self._skip_hole()

    def _deliver(self, seq: int, packet: int, ns: int, piece: bytes, length: int) -> None:
        """Hand on what is new of a segment that begins at or before what is wanted, then what waited for it."""
        known = (self.wanted - seq) % WRAP
        if length > known:
            self.wanted = (seq + length) % WRAP
            self._hand_on(packet, ns, piece[known:], length - known)
        self._drain()

    def _drain(self) -> None:
        """Hand on every waiting segment that is next."""
        while self.pending:
            first = self.pending[0]
            known = (self.wanted - first.seq) % WRAP
            if known >= HALF:
                return
            self.pending.pop(0)
            if first.length > known:
                self.wanted = (first.seq + first.length) % WRAP
                self._hand_on(first.packet, first.ns, first.data[known:], first.length - known)
        self.pending = None

    def _skip_hole(self) -> None:
        """Give the next hole up."""
        if self.pending:
            missing = (self.pending[0].seq - self.wanted) % WRAP
            self.lost += missing
            self.wanted = self.pending[0].seq
            if self.flow.app is not None:
                self.flow.app.gap(self, missing)
        self._drain()

    def _hand_on(self, packet: int, ns: int, piece: bytes, length: int) -> None:
        assert self.flow.app is not None
        self.flow.app.take(self, packet, ns, piece, 0, len(piece), length)
