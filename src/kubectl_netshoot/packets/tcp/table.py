"""Follows TCP: finds the connection of each segment, and tells the usual ones from those that need a closer look.

A million segments go through `segment`, nearly all of them in its first half: the next data, or a plain ACK, of a
connection in which nothing is pending. Everything else is looked at by `_closer`; see tcp_deferred for what is not
even that.
"""

from kubectl_netshoot.packets.conclusions import LOW
from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Talk
from kubectl_netshoot.packets.read.ip import TCP, verify
from kubectl_netshoot.packets.tcp import segments as tcp_segments
from kubectl_netshoot.packets.tcp import setup_and_close
from kubectl_netshoot.packets.tcp.findings import judge
from kubectl_netshoot.packets.tcp.flow import (
    ACK,
    FIN,
    HALF,
    RST,
    SYN,
    Flow,
    Half,
    Segment,
    ends,
    hops_left,
    turned,
)
from kubectl_netshoot.packets.tcp.short_connections import Deferred, Deferring

UNUSUAL = FIN | SYN | RST
MASK = 0xFFFF_FFFF


class TcpTable:
    """All TCP connections by addresses and ports, as the packets have them: source, destination, both ports."""

    def __init__(self, context: Context) -> None:
        self._halves: dict[bytes, Half] = {}
        self._context = context
        self._register = context.register
        self._deferring = Deferring(context, self._understand)

    def segment(  # noqa: PLR0913, PLR0917 a tuple more would be paid for a million times
        self,
        packet: int,
        ns: int,
        key: bytes,
        wire: int,
        seq: int,
        ack: int,
        offset: int,
        flags: int,
        window: int,
        data: bytes,
        begin: int,
        stop: int,
        end: int,
    ) -> None:
        """Take the segment whose header begins at `begin`; see Segment, `offset` is the header's fifth byte of 4."""
        start = begin + (offset >> 2 & 60)
        half = self._halves.get(key)
        if half is None:
            if self._deferring.take(
                packet, ns, key, wire, seq, ack, offset, flags, window, data, begin, stop, end
            ):
                return
            half = self._halves.get(key)
        if half is None or not half.calm or flags & UNUSUAL or not window or seq != half.next:
            self._closer(
                half, key, Segment(packet, ns, wire, seq, ack, flags, window, data, begin, start, stop, end)
            )
            return
        length = stop - start
        if length > 0:
            half.segments += 1
            half.payload += length
            half.next = half.wanted = (seq + length) & MASK
            half.next_ns = ns
            if length > half.largest:
                half.largest, half.largest_end = length, half.next
            flow = half.flow
            if flow.app is not None:
                flow.app.take(half, packet, ns, data, start, end if end < stop else stop, length)
            else:
                tcp_segments.first(half, packet, ns, data[start : min(end, stop)], length, self._context)
            half.dup_acks = 0
        elif ack != half.acked:
            tcp_segments.plain_ack(half, packet, ns, ack)
        else:
            tcp_segments.bare_ack(half, packet, ns, seq, ack, window)
        if ack != half.acked and 0 < (ack - half.peer.next) & MASK < HALF:
            tcp_segments.acknowledged(half.peer, ack)
        half.flow.until = half.acked_ns = ns
        half.packets += 1
        half.bytes += wire
        half.acked = ack
        half.window = window

    def _closer(self, half: Half | None, key: bytes, segment: Segment) -> None:
        if half is None or is_new(half, segment):
            half = self._open(key, segment)
        half.flow.until = segment.ns
        half.packets += 1
        half.bytes += segment.wire
        if half.checks:
            half.checks -= 1
            self._verify(half, key, segment)
        if segment.flags & SYN:
            options = segment.data[segment.begin + 20 : min(segment.start, segment.end)]
            setup_and_close.syn(half, segment, options)
        elif segment.flags & RST:
            setup_and_close.reset(half, segment.packet, segment.ns)
            self._register.over(half.flow)
        else:
            self._established(half, segment)
        half.window = segment.window
        half.calm = half.peer.calm = half.flow.calm

    def _established(self, half: Half, segment: Segment) -> None:
        packet, ns, _, seq, ack, flags, window, *_ = segment
        if half.first is None:
            setup_and_close.begin(half, seq)
        if not half.flow.established:
            setup_and_close.handshake_ack(half, segment)
        if segment.length:
            tcp_segments.take(half, segment, self._context)
        elif not flags & FIN and not setup_and_close.completes(half, ack):
            tcp_segments.bare_ack(half, packet, ns, seq, ack, window)
        if flags & FIN:
            setup_and_close.fin(half, segment)
        if not flags & ACK:
            return
        if not window or half.zero_since is not None:
            tcp_segments.window(half, packet, ns, window)
        tcp_segments.acknowledged(half.peer, ack)
        if setup_and_close.closing_ack(half, segment):
            self._register.over(half.flow)
        half.acked = ack
        half.acked_ns = ns

    def _verify(self, half: Half, key: bytes, segment: Segment) -> None:
        length = segment.stop - segment.begin
        verdict = verify(segment.data, segment.begin, length, segment.end, TCP, key[:-4])
        self._context.checksums.saw(key[: len(key) // 2 - 2], verdict, segment.packet, half.flow, half.side)

    def _open(self, key: bytes, segment: Segment) -> Half:
        places = ends(key)
        to_server = setup_and_close.from_client(segment.flags, places[0][1] or 0, places[1][1] or 0)
        keys = (key, turned(key)) if to_server else (turned(key), key)
        flow = self._flow(self._register.next_number(), keys, segment.packet, segment.ns)
        self._register.admit(flow)
        here = flow.from_client if to_server else flow.from_server
        here.checks = here.peer.checks = self._context.checksums.wanted
        if not segment.flags & SYN:
            setup_and_close.midway(flow, here, segment)
        elif (ttl := hops_left(key, segment.data, segment.begin)) < LOW:
            size = (len(key) - 4) // 2
            self._context.traceroutes.sent((key[:size], key[size : 2 * size]), ttl, key)
        return here

    def _flow(self, number: int, keys: tuple[bytes, bytes], packet: int, ns: int) -> Flow:
        """A connection with the client's key first, where its segments will find it."""
        flow = Flow(number, ends(keys[0]), packet, ns, self._register.allowance)
        flow.keys = keys
        self._halves[keys[0]], self._halves[keys[1]] = flow.from_client, flow.from_server
        return flow

    def _understand(self, talk: Deferred) -> Flow:
        """Go through the segments of a connection that was put off."""
        segments = talk.segments
        self._deferring.drop(talk)
        talk.forget()
        flow = self._flow(talk.number, talk.keys, talk.first_packet, talk.at)
        self._register.replace(flow)
        for segment in segments:
            self.segment(*segment)
        return flow

    def about(self, key: bytes) -> Half | None:
        """The half that a segment with this key belongs to, if its connection is remembered."""
        if talk := self._deferring.about(key):
            self._understand(talk)
        return self._halves.get(key)

    def leave(self, talk: Flow | Deferred, *, told: bool) -> Talk:
        """Judge a connection, and no longer find it; gives it, gone through where it is told or was unusual."""
        if isinstance(talk, Flow):
            flow = talk
        elif told or not talk.quiet:
            flow = self._understand(talk)
        else:
            self._deferring.drop(talk)
            if talk.visited:
                self._context.visits.visited(talk)
            self._context.visits.spoke(talk)
            return talk
        judge(flow, self._context)
        for key in flow.keys:
            half = self._halves.get(key)
            if half is not None and half.flow is flow:
                del self._halves[key]
        return flow


def is_new(half: Half, segment: Segment) -> bool:
    """Whether a SYN begins another connection between the same ports."""
    return bool(segment.flags & SYN) and half.first is not None and segment.seq != half.first
