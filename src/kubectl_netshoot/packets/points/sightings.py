"""What one capture shows of TCP and UDP: segments, datagrams, ICMP errors, next hops that nobody answered for.

Hides link types, both IP families, and that one packet may be captured several times (in a node's network).
A snap length of 128 holds all that is read here, an ICMPv6 error's quotation too.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from kubectl_netshoot.packets.read import headers
from kubectl_netshoot.packets.read.frame import Frame
from kubectl_netshoot.packets.read.headers import (
    ARP,
    ICMP,
    ICMPV6,
    IPV4,
    IPV6,
    LINKS,
    LINUX_SLL2,
    TCP,
    UDP,
    Internet,
    unknown,
)

FIN, SYN, RST, ACK = 1, 2, 4, 16
# No timer of TCP repeats a packet sooner (RTO_MIN of Linux is 200 ms), and no host takes that long to pass one on.
ONE_PACKET_NS = 100_000_000
# What is remembered of packets, to know them again.
_RECENT = 50_000
# So much of a datagram's payload tells it from others.
_TELLING = 40
UNBOUNDED = 1 << 62
_LO = 1
_WORDS4 = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    9: "network prohibited",
    10: "host prohibited",
    13: "prohibited by a filter",
}
_WORDS6 = {
    0: "no route",
    1: "prohibited by a filter",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address refused",
    6: "route rejected",
}
TOO_BIG = "fragmentation needed"


class Host(NamedTuple):
    """An address in network form, and a port."""

    address: bytes
    port: int

    def __str__(self) -> str:
        written = headers.address(self.address)
        return f"[{written}]:{self.port}" if ":" in written else f"{written}:{self.port}"


class SeenSegment(NamedTuple):
    """`length` is of the payload and `size` of the whole IP packet in bytes, as on the wire; `lo` is where known.

    `number` counts the capture's packets from 1; `ident` is IPv4's identification, 0 without one.
    """

    ns: int
    lo: bool
    number: int
    ttl: int
    source: Host
    target: Host
    seq: int
    ack: int
    flags: int
    length: int
    size: int
    ident: int = 0


class IcmpError(NamedTuple):
    """An ICMP error and the beginning of the TCP segment that it is about."""

    sender: str
    says: str
    source: Host
    target: Host
    seq: int


class Sightings:
    """Takes the frames of one capture, in order; `began` and `until` are the times of the first and the last of them.

    `datagrams` are by source and target, each with a sum of its payload as its number; `is_cut` is whether so little of
    one was captured that it cannot be known again. Beyond `most` of both nothing more is looked at, and `until` stays.
    """

    def __init__(self, frames: Iterable[Frame] = (), most: int = UNBOUNDED) -> None:
        self.began: int | None = None
        self.until = 0
        self._most, self._number, self._kept = most, 0, 0
        self.segments: list[SeenSegment] = []
        self.datagrams: dict[tuple[Host, Host], list[SeenSegment]] = {}
        self.is_cut = False
        self.errors: list[IcmpError] = []
        self._last: dict[tuple[object, ...], int] = {}
        self._asked: dict[bytes, None] = {}
        self._here: set[bytes] = set()
        for frame in frames:
            self.take(frame)

    @property
    def no_arp(self) -> tuple[str, ...]:
        """Addresses that this host asked for, by ARP or neighbour discovery, without an answer."""
        return tuple(headers.address(one) for one in self._asked if one not in self._here)

    def take(self, frame: Frame) -> None:
        """One more frame."""
        ns, link, data, start, end, wire = frame
        self._number += 1
        if self._kept >= self._most:
            return
        self.began = ns if self.began is None else self.began
        self.until = max(self.until, ns)
        ethertype, at, _ = LINKS.get(link, unknown)(data, start, end)
        if ethertype == ARP:
            self._arp(data, at, end)
        elif ethertype in (IPV4, IPV6):
            lo = link == LINUX_SLL2 and int.from_bytes(data[start + 4 : start + 8], "big") == _LO
            self._internet(ns, lo, data, at, end, start + wire)

    def _internet(self, ns: int, lo: bool, data: bytes, at: int, end: int, stop: int) -> None:
        packet = _packet(data, at, end)
        if packet is None or (packet.fragment and packet.fragment[1]):
            return
        if packet.protocol == TCP and packet.start + 14 <= end:
            # Zero length in the header: the sender leaves it to its card.
            length = packet.length if _says_length(data, at) else stop - packet.start
            self._segment(ns, lo, data, at, packet, length, packet.start + length - at)
        elif packet.protocol == UDP and packet.start + 8 <= end and not packet.fragment:
            self._datagram(ns, lo, data, at, packet, end)
        elif packet.protocol in (ICMP, ICMPV6) and packet.start + 8 <= end:
            self._icmp(data, packet, end)

    def _segment(
        self, ns: int, lo: bool, data: bytes, at: int, packet: Internet, length: int, size: int
    ) -> None:
        source, target, seq = _ends(data, packet.start, packet.addresses)
        ack = int.from_bytes(data[packet.start + 8 : packet.start + 12], "big")
        header, flags = (data[packet.start + 12] >> 4) * 4, data[packet.start + 13]
        about = (ns, lo, self._number, packet.ttl, source, target, seq, ack, flags)
        self._keep(SeenSegment(*about, max(length - header, 0), size, _ident(data, at)), self.segments)

    def _datagram(self, ns: int, lo: bool, data: bytes, at: int, packet: Internet, end: int) -> None:
        source, target, _ = _ends(data, packet.start, packet.addresses)
        first = packet.start + 8
        length = max(int.from_bytes(data[packet.start + 4 : packet.start + 6], "big") - 8, 0)
        telling = data[first : min(first + min(length, _TELLING), end)]
        self.is_cut = self.is_cut or len(telling) < min(length, _TELLING)
        about = (ns, lo, self._number, packet.ttl, source, target, crc32(telling), 0, 0)
        segment = SeenSegment(*about, length, first + length - at, _ident(data, at))
        self._keep(segment, self.datagrams.setdefault((source, target), []))

    def _keep(self, segment: SeenSegment, where: list[SeenSegment]) -> None:
        # Times, places and hops apart, a packet is the same wherever it is captured once more.
        same, ns = segment[4:], segment.ns
        before = self._last.get(same)
        if len(self._last) >= _RECENT:
            self._last = {key: at for key, at in self._last.items() if abs(ns - at) < ONE_PACKET_NS}
        self._last[same] = ns
        if before is None or abs(ns - before) >= ONE_PACKET_NS:
            where.append(segment)
            self._kept += 1

    def _icmp(self, data: bytes, packet: Internet, end: int) -> None:
        kind, code, inside = data[packet.start], data[packet.start + 1], packet.start + 8
        if packet.protocol == ICMPV6 and kind in (135, 136):
            self._discovery(kind, data[packet.start + 8 : packet.start + 24])
            return
        says = _says(packet.protocol, kind, code)
        quoted = _packet(data, inside, end) if says else None
        if quoted and quoted.protocol == TCP and quoted.start + 8 <= end:
            half = len(packet.addresses) // 2
            sender = headers.address(packet.addresses[:half])
            self.errors.append(IcmpError(sender, says, *_ends(data, quoted.start, quoted.addresses)))

    def _discovery(self, kind: int, target: bytes) -> None:
        if len(target) == 16:
            if kind == 135:
                self._asked.setdefault(target)
            else:
                self._here.add(target)

    def _arp(self, data: bytes, at: int, end: int) -> None:
        if at + 28 <= end:
            self._here.add(data[at + 14 : at + 18])
            if data[at + 7] == 1:
                self._asked.setdefault(data[at + 24 : at + 28])


def _packet(data: bytes, at: int, end: int) -> Internet | None:
    four = at < end and data[at] >> 4 == 4
    return headers.ipv4(data, at, end) if four else headers.ipv6(data, at, end)


def _says_length(data: bytes, at: int) -> bool:
    first = at + (2 if data[at] >> 4 == 4 else 4)
    return data[first : first + 2] != b"\0\0"


def _ident(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 4 : at + 6], "big") if data[at] >> 4 == 4 else 0


def _ends(data: bytes, at: int, addresses: bytes) -> tuple[Host, Host, int]:
    half = len(addresses) // 2
    source, target = (int.from_bytes(data[at + place : at + place + 2], "big") for place in (0, 2))
    sequence = int.from_bytes(data[at + 4 : at + 8], "big")
    return Host(addresses[:half], source), Host(addresses[half:], target), sequence


def _says(protocol: int, kind: int, code: int) -> str:
    """What an ICMP error says, empty for all other ICMP."""
    if protocol == ICMP:
        if kind == 3:
            return TOO_BIG if code == 4 else _WORDS4.get(code, "unreachable")
        return "time exceeded" if kind == 11 else ""
    if kind == 1:
        return _WORDS6.get(code, "unreachable")
    return {2: TOO_BIG, 3: "time exceeded"}.get(kind, "")


def counted(segments: Iterable[SeenSegment]) -> int:
    """How many packets these are: those that follow each other at once are one, translated on its way."""
    return sum(1 for _ in _apart(segments))


def _apart(segments: Iterable[SeenSegment]) -> Iterator[SeenSegment]:
    last = None
    for segment in segments:
        if last is None or abs(segment.ns - last) >= ONE_PACKET_NS:
            yield segment
        last = segment.ns
