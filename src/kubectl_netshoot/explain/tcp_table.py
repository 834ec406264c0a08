"""Follows TCP: finds the connection of each segment, and tells the usual ones from those that need a closer look.

A million segments go through `segment`, nearly all of them in its first half: the next data, or a plain ACK, of a
connection in which nothing is pending. Everything else is looked at by `_closer`.
"""

from kubectl_netshoot.explain import tcp_closing, tcp_opening, tcp_payload, tcp_trouble
from kubectl_netshoot.explain.context import Context
from kubectl_netshoot.explain.talk import Place
from kubectl_netshoot.explain.tcp_flow import HALF, Flow, Half
from kubectl_netshoot.explain.tcp_judging import judge
from kubectl_netshoot.explain.tcp_segment import ACK, FIN, RST, SYN, Segment
from kubectl_netshoot.explain.traceroutes import LOW
from kubectl_netshoot.packets.checksum import verify
from kubectl_netshoot.packets.internet import TCP

UNUSUAL = FIN | SYN | RST
# Of IPv4.
SHORT_KEY = 12
MASK = 0xFFFF_FFFF


class TcpTable:
    """All TCP connections by addresses and ports, as the packets have them: source, destination, both ports."""

    def __init__(self, context: Context) -> None:
        self._halves: dict[bytes, Half] = {}
        self._context = context
        self._register = context.register

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
                tcp_payload.first(half, packet, ns, data[start : min(end, stop)], length, self._context)
            half.dup_acks = 0
        elif ack != half.acked:
            tcp_trouble.plain_ack(half, packet, ns, ack)
        else:
            tcp_trouble.bare_ack(half, packet, ns, seq, ack, window)
        if ack != half.acked and 0 < (ack - half.peer.next) & MASK < HALF:
            tcp_payload.acknowledged(half.peer, ack)
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
            tcp_opening.syn(half, segment, options)
        elif segment.flags & RST:
            tcp_closing.reset(half, segment.packet, segment.ns)
            self._register.over(half.flow)
        else:
            self._established(half, segment)
        half.window = segment.window
        half.calm = half.peer.calm = half.flow.calm

    def _established(self, half: Half, segment: Segment) -> None:
        packet, ns, _, seq, ack, flags, window, *_ = segment
        if half.first is None:
            tcp_opening.begin(half, seq)
        if not half.flow.established:
            tcp_opening.acknowledged(half, segment)
        if segment.length:
            tcp_payload.take(half, segment, self._context)
        elif not flags & FIN and not tcp_closing.completes(half, ack):
            tcp_trouble.bare_ack(half, packet, ns, seq, ack, window)
        if flags & FIN:
            tcp_closing.fin(half, segment)
        if not flags & ACK:
            return
        if not window or half.zero_since is not None:
            tcp_trouble.window(half, packet, ns, window)
        tcp_payload.acknowledged(half.peer, ack)
        if tcp_closing.acknowledged(half, segment):
            self._register.over(half.flow)
        half.acked = ack
        half.acked_ns = ns

    def _verify(self, half: Half, key: bytes, segment: Segment) -> None:
        length = segment.stop - segment.begin
        verdict = verify(segment.data, segment.begin, length, segment.end, TCP, key[:-4])
        self._context.checksums.saw(key[: len(key) // 2 - 2], verdict, segment.packet, half.flow, half.side)

    def _open(self, key: bytes, segment: Segment) -> Half:
        places = ends(key)
        to_server = tcp_opening.from_client(segment.flags, places[0][1] or 0, places[1][1] or 0)
        number = self._register.next_number()
        both = places if to_server else (places[1], places[0])
        flow = Flow(number, both, segment.packet, segment.ns, self._register.allowance)
        here, there = (
            (flow.from_client, flow.from_server) if to_server else (flow.from_server, flow.from_client)
        )
        flow.keys = (key, turned(key))
        here.checks = there.checks = self._context.checksums.wanted
        self._register.admit(flow)
        self._halves[flow.keys[0]], self._halves[flow.keys[1]] = here, there
        if not segment.flags & SYN:
            tcp_opening.midway(flow, here, segment)
        elif (ttl := segment.data[segment.begin - (12 if len(key) == SHORT_KEY else 33)]) < LOW:
            size = (len(key) - 4) // 2
            self._context.traceroutes.sent((key[:size], key[size : 2 * size]), ttl, key)
        return here

    def about(self, key: bytes) -> Half | None:
        """The half that a segment with this key belongs to, if its connection is remembered."""
        return self._halves.get(key)

    def leave(self, flow: Flow) -> None:
        """Judge a connection, and no longer find it."""
        judge(flow, self._context)
        for key in flow.keys:
            half = self._halves.get(key)
            if half is not None and half.flow is flow:
                del self._halves[key]


def is_new(half: Half, segment: Segment) -> bool:
    """Whether a SYN begins another connection between the same ports."""
    return bool(segment.flags & SYN) and half.first is not None and segment.seq != half.first


def ends(key: bytes) -> tuple[Place, Place]:
    """Source and destination of a segment with this key."""
    size = (len(key) - 4) // 2
    source, target = key[:size], key[size : 2 * size]
    return (source, int.from_bytes(key[-4:-2], "big")), (target, int.from_bytes(key[-2:], "big"))


def turned(key: bytes) -> bytes:
    """The key of a segment the other way."""
    size = (len(key) - 4) // 2
    return key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]
