"""Understands a capture while it comes in, and reports at its end.

`analyse` reads a whole stream; `Analysis` is fed while a capture comes in.
"""

import gc
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import BinaryIO, NamedTuple

from kubectl_netshoot.packets.arp_ndp import Neighbours
from kubectl_netshoot.packets.artefacts import SeenTwice
from kubectl_netshoot.packets.conclusions import LOW
from kubectl_netshoot.packets.context import begin
from kubectl_netshoot.packets.conversation import BACK, GAP, Arrival, Talk
from kubectl_netshoot.packets.icmp import Icmp
from kubectl_netshoot.packets.messages import network_steps
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.pairs import Pair, Pairs
from kubectl_netshoot.packets.read.format import ENOUGH, reader_for
from kubectl_netshoot.packets.read.frame import Frame, Reader
from kubectl_netshoot.packets.read.headers import (
    ARP,
    EN10MB,
    ICMP,
    ICMPV6,
    IPV4,
    IPV6,
    LINKS,
    RAW,
    TCP,
    TEXT,
    UDP,
    Internet,
    Tunnel,
    halves,
    ipv4,
    ipv6,
    text_verdict,
    unknown,
    unwrap,
)
from kubectl_netshoot.packets.read.pcap import LONGEST
from kubectl_netshoot.packets.report import Application, Outcome, Phase, Report, Side, Transport
from kubectl_netshoot.packets.summary import CaptureCounts, summarise
from kubectl_netshoot.packets.tcp.flow import Flow
from kubectl_netshoot.packets.tcp.half import Half, Segment
from kubectl_netshoot.packets.tcp.short_connections import Deferred, DeferredHalf
from kubectl_netshoot.packets.tcp.table import TcpTable
from kubectl_netshoot.packets.udp import UdpFlow, UdpTable

_UNSURE = frozenset({Outcome.OPEN, Outcome.HALF_CLOSED, Outcome.UNANSWERED})


def doubt(talk: Talk) -> None:
    """Take back what an unread packet could refute."""
    kept = [run for run in talk.runs if not run.kind.from_absence]
    talk.allowance.kept -= len(talk.runs) - len(kept)
    talk.runs = kept
    if talk.outcome in _UNSURE:
        talk.outcome = Outcome.UNKNOWN


DEFAULT_MAX_FLOWS = 5_000
# Version and header length; total length; fragment; protocol; addresses and ports; seq, ack, offset, flags, window.
_IPV4_TCP = "BxHxxHxBxx12sIIBBH"
_PLAIN = 0x45
_FRAGMENT = 0x3FFF
_SHORTEST = 40


class QuickLink(NamedTuple):
    """A link whose header says nothing but that IPv4 follows: how long it all is at least, up to the window; the link's
    last bytes, which are `plain`, and where TCP begins.
    """

    shortest: int
    unpack: Callable[[bytes, int], tuple[bytes, int, int, int, int, bytes, int, int, int, int, int]]
    plain: bytes
    at: int


def quick_link(skipped: int, plain: bytes) -> QuickLink:
    """One whose header ends with these bytes."""
    head = skipped + len(plain)
    unpack = struct.Struct(f">{head}s{_IPV4_TCP}").unpack_from
    return QuickLink(head + _SHORTEST, unpack, plain, head + 20)


# No packet is as long as this one's header: each goes the long way.
NOT_QUICK = quick_link(LONGEST, b"")
# The text's says neither a direction nor a checksum.
QUICK = {EN10MB: quick_link(12, b"\x08\0"), RAW: quick_link(0, b""), TEXT: quick_link(0, b"\0\x08\0\0")}
# A tunnel in a tunnel happens (pods in a cloud's network); more is an attack on whoever reads it.
DEEPEST = 4


class Analysis:
    """Feed it the bytes of a capture in pieces of any size, then ask for the report, once."""

    def __init__(self, *, max_flows: int = DEFAULT_MAX_FLOWS, capturing: Iterable[bytes] = ()) -> None:
        """`capturing` are the capturing host's own addresses in network form, where they are known."""
        self._context = begin(max_flows, self._leave, capturing)
        self._register = self._context.register
        self._tcp, self._udp = TcpTable(self._context), UdpTable(self._context)
        self._pairs = Pairs(self._context)
        self._neighbours = Neighbours(self._context, self._pairs)
        self._icmp = Icmp(self._context, self._pairs, self._neighbours, self._find)
        self._reader: Reader | None = None
        self._beginning = b""
        self._facts = CaptureCounts()
        self._seen_twice = SeenTwice()

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the capture; raises NotACaptureError."""
        if self._reader is None:
            self._beginning += chunk
            if len(self._beginning) < ENOUGH:
                return
            chunk, self._beginning = self._beginning, b""
            self._reader = self._open(chunk)
        self._take(self._reader.feed(chunk))

    def report(self) -> Report:
        """The end of the capture; raises NotACaptureError."""
        if self._reader is None:
            self._reader = self._open(self._beginning)
            self._take(self._reader.feed(self._beginning))
        self._take(self._reader.close())
        self._context.holders.settle()
        self._seen_twice.settle(self._context.ledger)
        self._context.traceroutes.settle()
        return summarise(self._facts, self._reader, self._context, self._leave)

    def _open(self, beginning: bytes) -> Reader:
        return reader_for(beginning[:ENOUGH])

    def _take(self, frames: Iterable[Frame]) -> None:
        facts, find, look_at, twice = self._facts, self._tcp.halves.get, self._tcp.look_at, self._seen_twice
        packet, total = facts.packets, facts.bytes
        headers, link_type = self._context.next_hops.headers, None
        shortest, unpack, plain, at = NOT_QUICK
        last, ns = facts.before, 0
        for ns, link, data, start, end, wire in frames:
            packet += 1
            total += wire
            if not 0 <= ns - last <= GAP:
                self._jump(packet, last, ns)
            last = ns
            if link != link_type:
                link_type, (shortest, unpack, plain, at) = link, self._link(link)
            if end - start >= shortest:
                before, first, size, fragment, protocol, key, seq, ack, offset, flags, window = unpack(
                    data, start
                )
                new = before not in headers
                if (
                    (not new or before.endswith(plain))
                    and first == _PLAIN
                    and protocol == TCP
                    and not fragment & _FRAGMENT
                    and size >= _SHORTEST
                ):
                    begin = start + at
                    if twice.looking and twice.again(packet, ns, data, begin - 20, begin, end):
                        continue
                    stop = begin - 20 + size
                    if stop > end:
                        facts.cut_short += 1
                    half, behind = find(key), begin + (offset >> 2 & 60)
                    if new and before:
                        self._new_header(before, packet, key, half)
                    if half is None or not half.usual(
                        packet, ns, wire, seq, ack, flags, window, data, begin, behind, stop, end
                    ):
                        look_at(
                            half,
                            key,
                            Segment(
                                packet, ns, wire, seq, ack, flags, window, data, begin, behind, stop, end
                            ),
                        )
                    continue
            self._long_way((packet, ns, link, data, start, end, wire))
        facts.packets, facts.bytes, facts.before = packet, total, last
        facts.last = self._register.now = max(ns, facts.last)

    def _jump(self, packet: int, before: int, ns: int) -> None:
        """A packet that is no little later than the one before it."""
        if packet == 1:
            self._facts.first = ns
        elif not -BACK <= ns - before <= GAP:
            self._register.jumps.jumped(packet, before, ns)

    def _new_header(self, header: bytes, packet: int, key: bytes, half: Half | DeferredHalf | None) -> None:
        midway = half is not None and half.has_spoken
        self._context.next_hops.saw(header, packet, key[:4], key[4:8], midway=midway)

    def _link(self, link: int) -> QuickLink:
        self._facts.links.setdefault(link)
        if link == TEXT:
            # What was made from text may have its checksum told.
            self._context.checksums.tell()
        return QUICK.get(link, NOT_QUICK)

    def _long_way(self, frame: tuple[int, int, int, bytes, int, int, int]) -> None:
        packet, ns, link, data, start, end, wire = frame
        kind, at, sent = LINKS.get(link, unknown)(data, start, end)
        facts, arrival = self._facts, Arrival(packet, ns, wire)
        facts.cut_short += end - start < wire
        internet = self._network(arrival, kind, data, at, end, 0)
        if internet is None:
            return
        if sent is not None:
            self._context.sides.saw(halves(internet.addresses)[0], sent=sent)
        if link == TEXT and (found := self._find(internet.protocol, key_of(internet, data))):
            verdict = text_verdict(data, start)
            self._context.checksums.told(halves(internet.addresses)[0], verdict, packet, *found)

    def _network(
        self, arrival: Arrival, kind: int, data: bytes, at: int, end: int, depth: int
    ) -> Internet | None:
        """Take what is below a link or a tunnel; gives the IP packet, where it is one that was not seen before."""
        internet = ipv4(data, at, end) if kind == IPV4 else ipv6(data, at, end) if kind == IPV6 else None
        if internet is None:
            understood = kind == ARP and self._neighbours.arp(arrival, data, at, end)
            self._facts.not_understood += not understood
            return None
        if self._seen_twice.looking and self._seen_twice.again(
            arrival.packet, arrival.ns, data, at, internet.start, end
        ):
            return None
        self._internet(arrival, internet, data, end, depth)
        return internet

    def _internet(self, at: Arrival, internet: Internet, data: bytes, end: int, depth: int) -> None:
        protocol, start, stop = internet.protocol, internet.start, internet.start + internet.length
        end = min(end, stop)
        if internet.fragment and not internet.fragment[1]:
            self._context.checksums.fragment = at.packet
        if internet.fragment and internet.fragment[1]:
            self._other(at, internet, network_steps.IP_FRAGMENTS)
        elif protocol == TCP and start + 20 <= end:
            seq, ack, offset, flags, window = struct.unpack_from(">4xIIBBH", data, start)
            key = internet.addresses + data[start : start + 4]
            behind = start + (offset >> 2 & 60)
            self._tcp.take(key, *at, seq, ack, flags, window, data, start, behind, stop, end)
        elif protocol in (ICMP, ICMPV6):
            self._facts.not_understood += not self._icmp.message(at, internet, data, end)
        elif depth < DEEPEST and (tunnel := unwrap(protocol, data, start, end)):
            self._tunnelled(at, internet, tunnel, data, end, depth)
        elif protocol == UDP and start + 8 <= end:
            if internet.ttl < LOW:
                self._context.traceroutes.sent(
                    halves(internet.addresses), internet.ttl, key_of(internet, data)
                )
            self._udp.datagram(at, internet.addresses, data, start, stop, end)
        else:
            self._other(at, internet, network_steps.IP_PACKETS)

    def _tunnelled(
        self, at: Arrival, internet: Internet, tunnel: Tunnel, data: bytes, end: int, depth: int
    ) -> None:
        pair, side = self._pairs.count(Transport.IP, halves(internet.addresses), at)
        # Nobody answers a tunnel: what is in it is answered.
        pair.application, pair.outcome = Application.TUNNEL, Outcome.OPEN
        about = {"tunnel": tunnel.kind, "identifier": tunnel.identifier, "bytes": internet.length}
        pair.extend(network_steps.TUNNEL, Phase.DATA, side, at, **about)
        self._network(at, tunnel.ethertype, data, tunnel.at, end, depth + 1)

    def _other(self, at: Arrival, internet: Internet, step: StepKind) -> None:
        self._facts.not_understood += step is network_steps.IP_PACKETS
        pair, side = self._pairs.count(Transport.IP, halves(internet.addresses), at)
        pair.extend(step, Phase.DATA, side, at, protocol=internet.protocol, bytes=internet.length)

    def _find(self, protocol: int, key: bytes) -> tuple[Talk, Side] | None:
        if protocol == TCP:
            half = self._tcp.about(key)
            return (half.flow, half.side) if half else None
        return self._udp.about(key) if protocol == UDP else None

    def _leave(self, talk: Talk) -> Talk:
        """Judge a conversation, and no longer find it; gives what it has become, see TcpTable.leave."""
        unread = self._reader.unread if self._reader else None
        talk.doubtful = bool(unread and unread.may_be_of(talk.client, talk.server))
        if isinstance(talk, Flow | Deferred):
            talk = self._tcp.leave(talk)
        elif isinstance(talk, UdpFlow):
            self._udp.leave(talk)
        elif isinstance(talk, Pair):
            self._icmp.leave(talk)
            self._neighbours.leave(talk)
            self._pairs.forget(talk)
        if talk.doubtful:
            doubt(talk)
        return talk


def key_of(internet: Internet, data: bytes) -> bytes:
    """What a TCP segment or a datagram is found by."""
    return internet.addresses + data[internet.start : internet.start + 4]


BLOCK = 1 << 18


def analyse(stream: BinaryIO, *, max_flows: int = DEFAULT_MAX_FLOWS, capturing: Iterable[str] = ()) -> Report:
    """Explain a capture, to the end of the stream. `max_flows` conversations are kept, `capturing` are the IP
    addresses of the capturing side where they are known. Raises NotACaptureError.
    """
    analysis = Analysis(max_flows=max_flows, capturing=[ip_address(own).packed for own in capturing])
    read = getattr(stream, "read1", stream.read)
    with rare_collections():
        while block := read(BLOCK):
            analysis.feed(block)
        return analysis.report()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage in cycles seldom: nearly all that is made here lives on; looking took a fifth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(500_000, 50, 100)
    try:
        yield
    finally:
        # Or the first collection would look at everything at once.
        gc.freeze()
        gc.set_threshold(*usual)
        gc.unfreeze()
