"""Puts a half's payload in order: hands it on once, holds what came early, and says what never came.

Hides how long it waits for a hole to be filled: until the receiver acknowledges beyond it (the capture lost it, the
receiver did not), or until too much is waiting.
"""

from kubectl_netshoot.explain.tcp_flow import HALF, WRAP, Half, Pending

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


def acknowledged(half: Half, ack: int) -> None:
    """The peer has everything up to `ack`: holes below it are the capture's, not the network's."""
    while half.pending and (ack - half.wanted - 1) % WRAP < HALF:
        skip_hole(half)


def hand_on(half: Half, packet: int, ns: int, piece: bytes, length: int) -> None:
    """To the application, which was recognised by the first payload."""
    app = half.flow.app
    assert app is not None
    app.take(half, packet, ns, piece, 0, len(piece), length)
