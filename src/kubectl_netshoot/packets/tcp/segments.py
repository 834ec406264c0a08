"""Segments in the middle of a connection: payload put in order, and those sent again, early, late, or empty."""

from enum import Enum

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.messages import tcp_steps as steps
from kubectl_netshoot.packets.recognition import recognise
from kubectl_netshoot.packets.report import Phase
from kubectl_netshoot.packets.tcp.flow import FIN, HALF, WRAP, Half, Pending, Segment

WAITING = 64


def hold(half: Half, seq: int, packet: int, ns: int, piece: bytes, length: int) -> None:
    """Keep a segment that came before the one in front of it."""
    if half.pending is None:
        half.pending = []
    half.pending.append(Pending(seq, packet, ns, piece, length))
    half.pending.sort(key=lambda one: (one.seq - half.wanted) % WRAP)
    if len(half.pending) > WAITING:
        skip_hole(half)


def deliver(half: Half, seq: int, packet: int, ns: int, piece: bytes, length: int) -> None:
    """Hand on what is new of a segment that begins at or before what is wanted, then what waited for it."""
    known = (half.wanted - seq) % WRAP
    if length > known:
        half.wanted = (seq + length) % WRAP
        hand_on(half, packet, ns, piece[known:], length - known)
    drain(half)


def drain(half: Half) -> None:
    """Hand on every waiting segment that is next."""
    while half.pending:
        first = half.pending[0]
        known = (half.wanted - first.seq) % WRAP
        if known >= HALF:
            return
        half.pending.pop(0)
        if first.length > known:
            half.wanted = (first.seq + first.length) % WRAP
            hand_on(half, first.packet, first.ns, first.data[known:], first.length - known)
    half.pending = None


def skip_hole(half: Half) -> None:
    """Give the next hole up."""
    if half.pending:
        missing = (half.pending[0].seq - half.wanted) % WRAP
        half.lost += missing
        half.wanted = half.pending[0].seq
        if half.flow.app is not None:
            half.flow.app.gap(half, missing)
    drain(half)


def fill_holes(half: Half, ack: int) -> None:
    """The peer has everything up to `ack`: holes below it are the capture's, not the network's."""
    while half.pending and (ack - half.wanted - 1) % WRAP < HALF:
        skip_hole(half)


def hand_on(half: Half, packet: int, ns: int, piece: bytes, length: int) -> None:
    """To the application, which was recognised by the first payload."""
    app = half.flow.app
    assert app is not None
    app.take(half, packet, ns, piece, 0, len(piece), length)


# Without a handshake in the capture this stands for the round trip, as in Wireshark.
USUAL_ROUND_TRIP = 3_000_000
FAST = 20_000_000


class Kind(Enum):
    """What a segment with payload, SYN or FIN is."""

    NEXT = 0
    AHEAD = 1
    AGAIN = 2
    AGAIN_FAST = 3
    LATE = 4
    KEEP_ALIVE = 5
    OVERLAP = 6


def judge(half: Half, seq: int, length: int, ns: int, *, ends: bool) -> Kind:
    """Judge a segment of `length` bytes; `ends` is whether SYN or FIN count one more.

    AGAIN and AGAIN_FAST are retransmissions, LATE is out of order, OVERLAP begins with the byte of a window probe.
    """
    ahead = (seq - half.next) % WRAP
    if ahead == 0:
        return Kind.NEXT
    if ahead < HALF:
        return Kind.AHEAD
    if length <= 1 and ahead == WRAP - 1 and not ends:
        return Kind.KEEP_ALIVE
    peer = half.peer
    if length and peer.acked is not None and (peer.acked - seq - length) % WRAP < HALF:
        return Kind.AGAIN
    if length > 1 and ahead == WRAP - 1:
        return Kind.OVERLAP
    if peer.dup_acks >= 2 and peer.acked == seq and ns - peer.acked_ns < FAST:
        return Kind.AGAIN_FAST
    threshold = half.flow.round_trip or USUAL_ROUND_TRIP
    behind = seq + length + ends
    if ns - half.next_ns < threshold and (behind - half.next) % WRAP and fills_hole(half, seq, length):
        return Kind.LATE
    return Kind.AGAIN


def fills_hole(half: Half, seq: int, length: int) -> bool:
    """Whether some of these bytes have not been seen before."""
    if half.pending is None or (seq + length - half.wanted - 1) % WRAP >= HALF:
        return False
    return all((seq - one.seq) % WRAP >= one.length for one in half.pending)


def is_duplicate_ack(half: Half, seq: int, ack: int, window: int) -> bool:
    """Whether a segment without payload says again exactly what the one before said."""
    return bool(window) and window == half.window and seq == half.next and ack == half.acked


def plain_ack(half: Half, packet: int, ns: int, ack: int) -> None:
    """An ACK of something new."""
    flow = half.flow
    half.dup_acks = 0
    more = 0 if half.acked is None else (ack - half.acked) % WRAP
    more = more if more < HALF else 0
    half.acked_more |= more > 0
    run = half.ack_run
    if run is not None:
        run.more(packet, ns, more)
    elif flow.talking is None or flow.talking.last != packet:
        half.ack_run = flow.step(steps.TCP_ACK, Phase.DATA, half.side, packet, ns, bytes=more)


def bare_ack(half: Half, packet: int, ns: int, seq: int, ack: int, window: int) -> None:
    """Any segment without payload, SYN, FIN or RST, in the order in which Wireshark tells them apart."""
    flow, peer = half.flow, half.peer
    kept_alive, half.kept_alive = half.kept_alive, False
    peer.keep_alives_open = 0
    if (half.next - seq) % WRAP == 1:
        half.kept_alive = True
        keep_alive(half, packet, ns)
    elif (peer.kept_alive and window == half.window and seq == half.next and ack == half.acked) or (
        peer.probed and not window and ack == half.acked
    ):
        flow.trouble(steps.TCP_KEEP_ALIVE_ACK, half, packet, ns)
    elif is_duplicate_ack(half, seq, ack, window):
        half.dup_acks += 1
        if not kept_alive:
            flow.trouble(steps.TCP_DUPLICATE_ACK, half, packet, ns)
        return
    elif ack != half.acked:
        plain_ack(half, packet, ns, ack)
    half.dup_acks = 0


def keep_alive(half: Half, packet: int, ns: int) -> None:
    """A segment that asks only whether the other side is still there."""
    half.keep_alives.append(packet)
    half.keep_alives_open += 1
    half.flow.trouble(steps.TCP_KEEP_ALIVE, half, packet, ns)


def window(half: Half, packet: int, ns: int, size: int) -> None:
    """The receive buffer is full, or has room again."""
    flow = half.flow
    if not size:
        if half.zero_since is None:
            half.zero_since = ns
            half.zero_packets.append(packet)
        flow.trouble(steps.TCP_ZERO_WINDOW, half, packet, ns)
    elif half.zero_since is not None:
        closed = ns - half.zero_since
        half.zero_longest = max(half.zero_longest, closed)
        half.zero_since = None
        half.window = size
        flow.troubles.pop((steps.TCP_ZERO_WINDOW, half.side), None)
        flow.step(
            steps.TCP_WINDOW_REOPENED,
            Phase.TROUBLE,
            half.side,
            packet,
            ns,
            window_bytes=half.scaled_window,
            seconds=closed / 1e9,
        )


def first(half: Half, packet: int, ns: int, piece: bytes, length: int, context: Context) -> None:
    """The first payload of a connection tells what it speaks."""
    half.flow.app = recognise(half, piece, context)
    half.flow.app.take(half, packet, ns, piece, 0, len(piece), length)


def take(half: Half, segment: Segment, context: Context) -> None:
    """Any segment with payload."""
    packet, ns, _, seq, *_ = segment
    length, ends = segment.length, bool(segment.flags & FIN)
    if length > half.largest:
        half.largest, half.largest_end = length, (seq + length) % WRAP
    half.segments += 1
    half.payload += length
    half.dup_acks = 0
    half.peer.keep_alives_open = 0
    half.probed = length == 1 and seq == half.next and half.peer.zero_since is not None
    kind = judge(half, seq, length, ns, ends=ends)
    half.kept_alive = kind is Kind.KEEP_ALIVE
    note(half, segment, kind)
    if kind is Kind.KEEP_ALIVE or half.probed:
        return
    if half.flow.app is None:
        half.flow.app = recognise(half, segment.payload, context)
    if (half.wanted - seq) % WRAP < HALF:
        deliver(half, seq, packet, ns, segment.payload, length)
    else:
        hold(half, seq, packet, ns, segment.payload, length)
    behind = (seq + length) % WRAP
    if (behind - half.next) % WRAP < HALF:
        half.next, half.next_ns = behind, ns


def note(half: Half, segment: Segment, kind: Kind) -> None:
    """Tell what is unusual about it."""
    flow, packet, ns, length = half.flow, segment.packet, segment.ns, segment.length
    if kind is Kind.AHEAD:
        flow.trouble(steps.TCP_LOST_SEGMENT, half, packet, ns, bytes=(segment.seq - half.next) % WRAP)
    elif kind is Kind.KEEP_ALIVE:
        keep_alive(half, packet, ns)
    elif kind is Kind.LATE:
        half.out_of_order.append(packet)
        flow.trouble(steps.TCP_OUT_OF_ORDER, half, packet, ns, bytes=length)
    elif kind in (Kind.AGAIN, Kind.AGAIN_FAST):
        half.repeated.append(packet)
        half.largest_repeated = max(half.largest_repeated, length)
        half.again(segment.seq, packet, ns)
        flow.retransmissions += 1
        fast = int(kind is Kind.AGAIN_FAST)
        flow.trouble(steps.TCP_RETRANSMISSION, half, packet, ns, bytes=length, fast=fast)


def acknowledged(half: Half, ack: int) -> None:
    """The peer says that it has all up to `ack`."""
    if half.pending is not None:
        fill_holes(half, ack)
    elif half.first is not None and half.flow.app is not None and HALF > (ack - half.next) % WRAP > 1:
        # It was sent, and is not in the capture.
        lost = (ack - half.next) % WRAP
        half.lost += lost
        half.next = half.wanted = ack
        half.flow.app.gap(half, lost)
