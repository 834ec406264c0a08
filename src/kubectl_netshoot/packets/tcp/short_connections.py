"""Puts off understanding the usual short connection until somebody wants to know of it; most are only counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

from kubectl_netshoot.packets.conclusions import LOW
from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Talk, Tally
from kubectl_netshoot.packets.http.exchange import SLOW_SECONDS, visitor
from kubectl_netshoot.packets.http.message import end_of_head, plain_request, plain_response
from kubectl_netshoot.packets.report import Application, Outcome, Side
from kubectl_netshoot.packets.tcp.findings import SLOW_HANDSHAKE_SECONDS
from kubectl_netshoot.packets.tcp.flow import hops_left, turned
from kubectl_netshoot.packets.tcp.half import ACK, FIN, HALF, MASK, RST, SYN, Segment

# The key of its direction, and what TcpTable.take takes.
Written: TypeAlias = tuple[bytes, int, int, int, int, int, int, int, bytes, int, int, int, int]

DECIDING = SYN | RST | ACK
# So much is written down; what is longer is soon cheaper to go through as it comes.
MOST_SEGMENTS = 32
MOST_PAYLOAD = 4096
# No sequence numbers: before the first, and behind the last.
NOTHING, OVER = -1, -2
# How a request of another method is answered depends on more than the answer's head.
_METHODS = frozenset({b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
_LENGTH, _AGENT = b"content-length", b"user-agent"
_ENDLESS = frozenset({b"transfer-encoding", b"upgrade"})
_WIRE = itemgetter(3)


@dataclass(slots=True, eq=False, kw_only=True)
class Deferred(Talk):
    """A connection of which nothing unusual was seen, its `segments` in order; `keys` as in Flow.

    `waiting` is whether a request waits for its answer, asked at `asked_ns`; `left` is still to come of an answer.
    `over` is told when it is closed; `replay` goes through it.
    """

    keys: tuple[bytes, bytes]
    over: Callable[[Talk], None]
    replay: "Callable[[Deferred], Talk]"
    segments: list[Written] = field(default_factory=list)
    payload: int = 0
    visited: bool = False
    waiting: bool = False
    asked_ns: int = 0
    left: int = 0
    statuses: list[str] = field(default_factory=list)

    def halves(self) -> "tuple[DeferredHalf, DeferredHalf]":
        """Both directions, the client's first."""
        client, server = self.keys
        here, there = DeferredHalf(self, client, True), DeferredHalf(self, server, False)
        here.peer, there.peer = there, here
        return here, there

    @property
    def quiet(self) -> bool:
        """Whether it is over, and nothing is to be said of it."""
        answered = self.application is Application.HTTP and not self.waiting and not self.left
        return answered and self.outcome is Outcome.CLOSED

    def gone_through(self) -> Talk:
        """The same with its steps."""
        return self.replay(self)

    def tallies(self) -> tuple[Tally, Tally]:
        sent, received = Tally(), Tally()
        for key, _, _, wire, *_, start, stop, _ in self.segments:
            tally = sent if key is self.keys[0] else received
            tally.packets += 1
            tally.bytes += wire
            tally.payload += stop - start
        return sent, received

    def passed(self, side: Side) -> int:
        key = self.keys[0] if side is Side.CLIENT else self.keys[1]
        return max((stop - start for sent, *_, start, stop, _ in self.segments if sent is key), default=0)

    def totals(self) -> tuple[int, int]:
        return len(self.segments), sum(map(_WIRE, self.segments))

    def forget(self) -> None:
        self.allowance.kept -= len(self.segments)
        self.segments = []

    def asks(self, ns: int, payload: bytes, length: int) -> bool:
        """Whether this of the client is one whole usual request, and expected now."""
        size = end_of_head(payload)
        request = plain_request(payload[:size])
        if request is None or self.waiting or self.left or request.first not in _METHODS:
            return False
        if not self.statuses and (ns - self.at) / 1e9 > SLOW_SECONDS:
            return False
        fields = request.deciding
        agent = fields.get(_AGENT, b"").decode("ascii")
        if visitor(agent) or not _ENDLESS.isdisjoint(fields):
            return False
        self.application = Application.HTTP
        self.visited |= bool(agent)
        self.waiting, self.asked_ns = True, ns
        return size + int(fields.get(_LENGTH, 0)) == length == len(payload)

    def answers(self, ns: int, payload: bytes, length: int) -> bool:
        """Whether this of the server is of an usual answer, and expected now."""
        if self.left:
            self.left -= length
            return self.left >= 0
        size = end_of_head(payload)
        response = plain_response(payload[:size])
        if response is None or not self.waiting or (ns - self.asked_ns) / 1e9 > SLOW_SECONDS:
            return False
        status, fields = int(response.first), response.deciding
        self.waiting = False
        self.statuses.append(response.first.decode("ascii"))
        if status >= 400 or _LENGTH not in fields or not _ENDLESS.isdisjoint(fields):
            return False
        # Not Modified tells how long it would have been.
        self.left = size - length + (0 if status in (204, 304) else int(fields[_LENGTH]))
        return self.left >= 0


@dataclass(slots=True, eq=False)
class DeferredHalf:
    """One direction of such a connection; `next` and `acked` as in Half."""

    talk: Deferred
    key: bytes
    to_server: bool
    peer: "DeferredHalf" = field(init=False)
    next: int = NOTHING
    acked: int = 0
    fin: bool = False

    @property
    def has_spoken(self) -> bool:
        """Whether it has sent anything."""
        return self.next != NOTHING

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
        begin: int,
        start: int,
        stop: int,
        end: int,
    ) -> bool:
        """Write a segment down; False when it has to be looked at, with all that its connection had before."""
        talk, peer = self.talk, self.peer
        length = stop - start
        if flags & DECIDING == ACK:
            usual = (
                seq == self.next
                and (ack - self.acked) & MASK < HALF
                and (peer.next - ack) & MASK < HALF
                and (
                    talk.round_trip is not None
                    or self._establishes(ns, ack, bare=not (length or flags & FIN))
                )
            )
        else:
            usual = self._opens(seq, ack, flags, length)
        segments = talk.segments
        if not usual or not window or length < 0 or len(segments) == MOST_SEGMENTS:
            return False
        piece, captured = b"", 0
        if length:
            if self.fin or not self._says(ns, data[start : min(end, stop)], length):
                return False
            self.next = (seq + length) & MASK
        if length or flags & SYN:
            piece, captured = data[begin:end], end - begin
        self.acked = ack
        if flags & FIN:
            if self.fin:
                return False
            self.fin = True
            self.next = (self.next + 1) & MASK
        talk.until = ns
        talk.allowance.kept += 1
        start, stop = start - begin, stop - begin
        segments.append(
            (self.key, packet, ns, wire, seq, ack, flags, window, piece, 0, start, stop, captured)
        )
        if self.fin and peer.fin and ack == peer.next and peer.acked == self.next:
            # Whatever comes now is unusual.
            self.next = peer.next = OVER
            talk.outcome = Outcome.CLOSED
            talk.over(talk)
        return True

    def _opens(self, seq: int, ack: int, flags: int, length: int) -> bool:
        """Whether it is the SYN, or the SYN-ACK to it."""
        expected = SYN if self.to_server else SYN | ACK
        if flags & (DECIDING | FIN) != expected or self.next != NOTHING or length:
            return False
        if not self.to_server and ack != self.peer.next:
            return False
        self.next, self.peer.acked = (seq + 1) & MASK, seq
        return True

    def _establishes(self, ns: int, ack: int, *, bare: bool) -> bool:
        """Whether it is the end of the handshake, soon enough: an ACK alone, else who knows when that came."""
        talk = self.talk
        talk.round_trip = ns - talk.at
        confirms = bare and self.to_server and ack == self.peer.next
        return confirms and talk.round_trip / 1e9 <= SLOW_HANDSHAKE_SECONDS

    def _says(self, ns: int, payload: bytes, length: int) -> bool:
        talk = self.talk
        talk.payload += length
        if talk.payload > MOST_PAYLOAD:
            return False
        return talk.asks(ns, payload, length) if self.to_server else talk.answers(ns, payload, length)


def deferrable(key: bytes, segment: Segment, context: Context) -> bool:
    """Whether it is a SYN of which nothing is to be known but what it says."""
    # With itself a port has but one key.
    if segment.flags & DECIDING != SYN or turned(key) == key:
        return False
    return context.checksums.enough and hops_left(key, segment.data, segment.begin) >= LOW
