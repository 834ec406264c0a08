"""Tells what a segment is that is not simply the next one: sent again, early, late, a keep-alive, a probe.

The rules and their order are Wireshark's ("TCP Analysis" in its User's Guide), so that both give the same counts.
"""

from enum import Enum

from kubectl_netshoot.explain.tcp_flow import HALF, WRAP, Half

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
