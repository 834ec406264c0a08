"""Follows TCP: finds the connection of each segment, and tells the usual ones from those that need a closer look.

A million segments go by, nearly all of them usual: the next data, or a plain ACK, of a connection in which nothing is
pending. Everything else is looked at by `look_at`; see short_connections for what is not even understood. What a
connection speaks is told by its first payload; what is not told is counted.
"""

import re
from functools import partial

from kubectl_netshoot.packets.conclusions import LOW
from kubectl_netshoot.packets.context import Context, begin
from kubectl_netshoot.packets.conversation import Talk
from kubectl_netshoot.packets.dns import DnsStream, Resolving, has_dns_form
from kubectl_netshoot.packets.http.http1 import Http
from kubectl_netshoot.packets.http.http2 import PREFACE, Http2
from kubectl_netshoot.packets.read.headers import TCP, verify
from kubectl_netshoot.packets.report import Application as Name
from kubectl_netshoot.packets.report import Transport
from kubectl_netshoot.packets.tcp.findings import judge
from kubectl_netshoot.packets.tcp.flow import (
    ApplicationReader,
    Flow,
    Opaque,
    ends,
    from_client,
    hops_left,
    turned,
)
from kubectl_netshoot.packets.tcp.half import RST, SYN, Half, Segment
from kubectl_netshoot.packets.tcp.short_connections import Deferred, DeferredHalf, deferrable
from kubectl_netshoot.packets.tls import Tls

_HTTP = re.compile(rb"(?:[A-Z][A-Z-]{2,16} [!-~]+ HTTP/1\.[01]|[A-Z]{3,7} /|HTTP/1\.[01] \d{3})")
_TLS = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")
DNS_PORT = 53


class TcpTable:
    """All TCP connections; `halves` by addresses and ports as packets have them: source, destination, both ports."""

    def __init__(self, context: Context) -> None:
        self.halves: dict[bytes, Half | DeferredHalf] = {}
        self._context = context
        self._register = context.register
        self._over = context.register.over
        self._recognise = partial(recognise, context=context)

    def take(  # noqa: PLR0913, PLR0917 a tuple more would be paid for a million times
        self,
        key: bytes,
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
    ) -> None:
        """Take a segment of the direction with this key; see Segment."""
        half = self.halves.get(key)
        if half is None or not half.usual(
            packet, ns, wire, seq, ack, flags, window, data, begin, start, stop, end
        ):
            self.look_at(
                half, key, Segment(packet, ns, wire, seq, ack, flags, window, data, begin, start, stop, end)
            )

    def look_at(self, half: Half | DeferredHalf | None, key: bytes, segment: Segment) -> None:
        """Take a segment that is not usual for this half, which is the one with this key."""
        if half is None and deferrable(key, segment, self._context):
            half = self._defer(key, segment)
            if half.usual(*segment):
                return
        if isinstance(half, DeferredHalf):
            self._understand(half.talk)
            self.take(key, *segment)
            return
        if half is None or is_new(half, segment):
            half = self._open(key, segment)
        if half.count(segment):
            self._verify(half, key, segment)
        flow = half.flow
        if segment.flags & SYN:
            flow.open(half, segment, segment.data[segment.begin + 20 : min(segment.start, segment.end)])
        elif segment.flags & RST:
            flow.reset(half, segment)
            self._over(flow)
        elif flow.go_on(half, segment):
            self._over(flow)
        flow.settle(half, segment)

    def _verify(self, half: Half, key: bytes, segment: Segment) -> None:
        length = segment.stop - segment.begin
        verdict = verify(segment.data, segment.begin, length, segment.end, TCP, key[:-4])
        self._context.checksums.saw(key[: len(key) // 2 - 2], verdict, segment.packet, half.flow, half.side)

    def _open(self, key: bytes, segment: Segment) -> Half:
        places = ends(key)
        to_server = from_client(segment.flags, places[0][1] or 0, places[1][1] or 0)
        if not segment.flags & SYN and _HTTP.match(segment.payload):
            to_server = not segment.payload.startswith(b"HTTP/")
        keys = (key, turned(key)) if to_server else (turned(key), key)
        checks = self._context.checksums.wanted
        flow = self._flow(self._register.next_number(), keys, segment.packet, segment.ns, checks)
        self._register.admit(flow)
        here = flow.from_client if to_server else flow.from_server
        if not segment.flags & SYN:
            flow.come_upon(here, segment)
        elif (ttl := hops_left(key, segment.data, segment.begin)) < LOW:
            size = (len(key) - 4) // 2
            self._context.traceroutes.sent((key[:size], key[size : 2 * size]), ttl, key)
        return here

    def _flow(self, number: int, keys: tuple[bytes, bytes], packet: int, ns: int, checks: int = 0) -> Flow:
        """A connection with the client's key first, where its segments will find it."""
        flow = Flow(
            number,
            Transport.TCP,
            *ends(keys[0]),
            packet,
            ns,
            self._register.allowance,
            keys=keys,
            recognition=self._recognise,
            checks=checks,
        )
        self.halves[keys[0]], self.halves[keys[1]] = flow.from_client, flow.from_server
        return flow

    def _defer(self, key: bytes, segment: Segment) -> DeferredHalf:
        """Put off the connection that begins with a SYN of this direction."""
        register = self._register
        talk = Deferred(
            register.next_number(),
            Transport.TCP,
            *ends(key),
            segment.packet,
            segment.ns,
            register.allowance,
            keys=(key, turned(key)),
            over=self._over,
            replay=self._replay,
        )
        register.admit(talk)
        half, other = talk.halves()
        self.halves[half.key], self.halves[other.key] = half, other
        return half

    def _understand(self, talk: Deferred) -> Flow:
        """Go through the segments of a connection that was put off."""
        self._drop(talk)
        flow = self._go_through(talk)
        talk.forget()
        self._register.replace(flow)
        return flow

    def _go_through(self, talk: Deferred) -> Flow:
        flow = self._flow(talk.number, talk.keys, talk.first_packet, talk.at)
        for segment in talk.segments:
            self.take(*segment)
        return flow

    @staticmethod
    def _replay(talk: Deferred) -> Talk:
        """Go through a connection by itself, so that nothing else becomes of it."""
        alone = TcpTable(begin(1, lambda talk: talk))
        return alone.leave(alone._go_through(talk))

    def _drop(self, talk: Deferred) -> None:
        """No longer find it."""
        for key in talk.keys:
            half = self.halves.pop(key)
            # Each refers to the other.
            assert isinstance(half, DeferredHalf)
            del half.peer

    def about(self, key: bytes) -> Half | None:
        """The half that a segment with this key belongs to, if its connection is remembered."""
        half = self.halves.get(key)
        if isinstance(half, DeferredHalf):
            self._understand(half.talk)
            half = self.halves.get(key)
        assert not isinstance(half, DeferredHalf)
        return half

    def leave(self, talk: Flow | Deferred) -> Talk:
        """Judge a connection, and no longer find it; gives it, gone through where it was unusual."""
        if isinstance(talk, Flow):
            flow = talk
        elif not talk.quiet:
            flow = self._understand(talk)
        else:
            self._drop(talk)
            if talk.visited:
                self._context.visits.visited(talk)
            self._context.visits.spoke(talk)
            self._context.pauses.prompt(talk)
            self._context.shown.whole()
            return talk
        judge(flow, self._context)
        for key in flow.keys:
            half = self.halves.get(key)
            if isinstance(half, Half) and half.flow is flow:
                del self.halves[key]
        return flow


def is_new(half: Half, segment: Segment) -> bool:
    """Whether a SYN begins another connection between the same ports."""
    return bool(segment.flags & SYN) and half.first is not None and segment.seq != half.first


def recognise(half: Half, beginning: bytes, context: Context) -> ApplicationReader:
    """What will make sense of the payload that begins so, sent by this half."""
    flow = half.flow
    if beginning.startswith(PREFACE[:16]):
        flow.application = Name.HTTP2
        return Http2(flow, context.ledger)
    if _HTTP.match(beginning):
        flow.application = Name.HTTP
        return Http(flow, context.ledger)
    if _TLS.match(beginning):
        flow.application = Name.TLS
        return Tls(flow, context.ledger)
    # DNS over TCP: a message behind its length.
    whole = int.from_bytes(beginning[:2], "big") + 2 == len(beginning)
    if flow.server[1] == DNS_PORT or (whole and has_dns_form(beginning[2:])):
        flow.application = Name.DNS
        return DnsStream(Resolving(flow, context))
    return _service(half, beginning, context) or Opaque()


def _service(half: Half, beginning: bytes, context: Context) -> ApplicationReader | None:
    # Most captures have none of them.
    from kubectl_netshoot.packets.protocols.first_words import reader_for
    from kubectl_netshoot.packets.protocols.turns import Turns

    reader = reader_for(half, beginning)
    if reader is None:
        return None
    if reader.application is not Name.NONE:
        half.flow.application = reader.application
    return Turns(half.flow, context.ledger, reader)
