"""Segments with payload: the next one, and those that come again, early or late."""

from kubectl_netshoot.explain import tcp_reassembly
from kubectl_netshoot.explain.context import Context
from kubectl_netshoot.explain.recognition import recognise
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.tcp_flow import HALF, WRAP, Half
from kubectl_netshoot.explain.tcp_segment import FIN, Segment
from kubectl_netshoot.explain.tcp_sequence import Kind, judge
from kubectl_netshoot.explain.tcp_trouble import keep_alive


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
        tcp_reassembly.deliver(half, seq, packet, ns, segment.payload, length)
    else:
        tcp_reassembly.hold(half, seq, packet, ns, segment.payload, length)
    behind = (seq + length) % WRAP
    if (behind - half.next) % WRAP < HALF:
        half.next, half.next_ns = behind, ns


def note(half: Half, segment: Segment, kind: Kind) -> None:
    """Tell what is unusual about it."""
    flow, packet, ns, length = half.flow, segment.packet, segment.ns, segment.length
    if kind is Kind.AHEAD:
        flow.trouble(StepId.TCP_LOST_SEGMENT, half, packet, ns, bytes=(segment.seq - half.next) % WRAP)
    elif kind is Kind.KEEP_ALIVE:
        keep_alive(half, packet, ns)
    elif kind is Kind.LATE:
        half.out_of_order.append(packet)
        flow.trouble(StepId.TCP_OUT_OF_ORDER, half, packet, ns, bytes=length)
    elif kind in (Kind.AGAIN, Kind.AGAIN_FAST):
        half.repeated.append(packet)
        half.largest_repeated = max(half.largest_repeated, length)
        half.again(segment.seq, packet, ns)
        flow.retransmissions += 1
        fast = int(kind is Kind.AGAIN_FAST)
        flow.trouble(StepId.TCP_RETRANSMISSION, half, packet, ns, bytes=length, fast=fast)


def acknowledged(half: Half, ack: int) -> None:
    """The peer says that it has all up to `ack`."""
    if half.pending is not None:
        tcp_reassembly.acknowledged(half, ack)
    elif half.first is not None and half.flow.app is not None and HALF > (ack - half.next) % WRAP > 1:
        # It was sent, and is not in the capture.
        lost = (ack - half.next) % WRAP
        half.lost += lost
        half.next = half.wanted = ack
        half.flow.app.gap(half, lost)
