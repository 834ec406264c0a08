"""The headers below what hosts say: of links, of IP and TCP, and of the tunnels that nodes wrap around pods' packets.

VXLAN, Geneve, GRE, IP in IP, GTP-U, MPLS. Packets may be shorter than they say.
"""

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, TypeAlias

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
_IPV4 = struct.Struct(">BxHHHBB2x8s")
_IPV6 = struct.Struct(">4xHBB32s")
# Hop-by-hop, routing, destination options, mobility: length in units of 8 bytes beside the first; fragment: fixed.
_EXTENSIONS, _FRAGMENT, _AUTHENTICATION = frozenset({0, 43, 60, 135}), 44, 51


class Internet(NamedTuple):
    """An IP packet without its header: the transport header begins at `start`; `length` bytes say they follow.

    `addresses` is source and destination in network form. `fragment` is None, or (identification, offset in bytes,
    whether more follow).
    """

    protocol: int
    addresses: bytes
    start: int
    length: int
    fragment: tuple[int, int, bool] | None
    ttl: int


def ipv4(data: bytes, at: int, end: int) -> Internet | None:
    """The IPv4 packet at `at`; None when it is too short to be told, or nonsense."""
    if at + 20 > end:
        return None
    first, total, identity, flags, ttl, protocol, addresses = _IPV4.unpack_from(data, at)
    header = (first & 15) * 4
    # A host that leaves segmentation to its card writes 0.
    total = total or end - at
    if first >> 4 != 4 or header < 20 or total < header or at + header > end:
        return None
    offset, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
    fragment = (identity, offset, more) if offset or more else None
    return Internet(protocol, addresses, at + header, total - header, fragment, ttl)


def ipv6(data: bytes, at: int, end: int) -> Internet | None:
    """The IPv6 packet at `at`, behind its extension headers; None when it is too short to be told, or nonsense."""
    if at + 40 > end or data[at] >> 4 != 6:
        return None
    length, protocol, ttl, addresses = _IPV6.unpack_from(data, at)
    start = at + 40
    stop = start + (length or end - start)
    fragment = None
    while protocol in _EXTENSIONS or protocol in (_FRAGMENT, _AUTHENTICATION):
        if start + 8 > end or (fragment and fragment[1]):
            break
        following, size = data[start], data[start + 1]
        if protocol == _FRAGMENT:
            bits, identity = struct.unpack_from(">2xHI", data, start)
            fragment, step = (identity, bits & 0xFFF8, bool(bits & 1)), 8
        else:
            step = (size + 2) * 4 if protocol == _AUTHENTICATION else (size + 1) * 8
        protocol, start = following, start + step
    if start > min(stop, end):
        return None
    return Internet(protocol, addresses, start, stop - start, fragment, ttl)


def address(packed: bytes) -> str:
    """An address as people write it."""
    if len(packed) == 4:
        return str(ipaddress.IPv4Address(packed))
    return str(ipaddress.IPv6Address(packed))


# Version 4, a header without options, and its length.
PLAIN, IPV4_HEADER = 0x45, 20
IPV6_ADDRESS = 16
_PLACE = {TCP: 16, UDP: 6}


class ChecksumVerdict(Enum):
    """What a checksum says. UNTOLD: the packet was not captured whole, carries none, or was changed in the file."""

    RIGHT = "right"
    OFFLOADED = "offloaded"
    WRONG = "wrong"
    UNTOLD = "untold"


def verify(
    data: bytes, start: int, length: int, end: int, protocol: int, addresses: bytes
) -> ChecksumVerdict:
    """Judge the TCP or UDP checksum of `length` bytes at `start`, captured up to `end`."""
    place = start + _PLACE[protocol]
    if place + 2 > end:
        return ChecksumVerdict.UNTOLD
    field = data[place] << 8 | data[place + 1]
    if protocol == UDP and not field:
        return ChecksumVerdict.UNTOLD
    partial = pseudo_sum(length, protocol, addresses)
    # Linux writes the sum of the pseudo header, for the card to add the rest; some stacks leave zero.
    offloaded = field % 0xFFFF == partial or not field
    if start + length > end:
        return ChecksumVerdict.OFFLOADED if offloaded else ChecksumVerdict.UNTOLD
    segment = data[start : start + length]
    total = int.from_bytes(segment + b"\0" if length % 2 else segment, "big")
    if (total + partial) % 0xFFFF == 0:
        return ChecksumVerdict.RIGHT
    if offloaded:
        return ChecksumVerdict.OFFLOADED
    unsure = _is_behind_extensions if len(addresses) > IPV6_ADDRESS else _is_rewritten
    return ChecksumVerdict.UNTOLD if unsure(data, start, addresses) else ChecksumVerdict.WRONG


def pseudo_sum(length: int, protocol: int, addresses: bytes) -> int:
    """The sum of the pseudo header, modulo 65535."""
    pseudo = addresses + length.to_bytes(4, "big") + protocol.to_bytes(4, "big")
    # Sums of 16-bit words with the carry brought round are the number itself modulo 65535.
    return int.from_bytes(pseudo, "big") % 0xFFFF


def _is_behind_extensions(data: bytes, start: int, addresses: bytes) -> bool:
    """Whether extension headers stand between: they may name other addresses for the sum (RFC 8200, 8.1; RFC 6275)."""
    return data[max(start - len(addresses), 0) : start] != addresses


def _is_rewritten(data: bytes, start: int, addresses: bytes) -> bool:
    """Whether the sum of the IPv4 header in front is wrong too: no router lets that pass, so the file was changed."""
    header = data[max(start - IPV4_HEADER, 0) : start]
    if len(header) < IPV4_HEADER or header[0] != PLAIN or header[12:] != addresses:
        return False
    return any(header[10:12]) and int.from_bytes(header, "big") % 0xFFFF != 0


@dataclass(frozen=True)
class TcpOptions:
    """The options worth a word; None for those that are not there. `window_scale` is a power of two."""

    mss_bytes: int | None = None
    window_scale: int | None = None
    sack: bool = False
    timestamps: bool = False
    fast_open: bool = False


def tcp_options(raw: bytes) -> TcpOptions:
    """Read what follows the fixed header; garbage ends the reading, it is no error."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(raw) and raw[at] != 0:
        if raw[at] == 1:
            at += 1
            continue
        size = raw[at + 1] if at + 1 < len(raw) else 0
        if size < 2 or at + size > len(raw):
            break
        found[raw[at]] = raw[at + 2 : at + size]
        at += size
    return TcpOptions(
        mss_bytes=int.from_bytes(found[2], "big") if 2 in found else None,
        window_scale=min(found[3][0], 14) if found.get(3) else None,
        sack=4 in found,
        timestamps=8 in found,
        fast_open=34 in found,
    )


def is_multicast(address: bytes) -> bool:
    """Multicast, or the broadcast to everyone on the link."""
    if len(address) == 4:
        return 224 <= address[0] < 240 or address == b"\xff" * 4
    return address[:1] == b"\xff"


def halves(addresses: bytes) -> tuple[bytes, bytes]:
    """Source and destination."""
    size = len(addresses) // 2
    return addresses[:size], addresses[size:]


IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
_MPLS, _PPPOE = frozenset({0x8847, 0x8848}), 0x8864
# What stands between the link's header and the network's: VLAN tags (any number of them), MPLS labels, PPPoE.
BETWEEN = frozenset({0x8100, 0x88A8, 0x9100, _PPPOE}) | _MPLS
_PPP = {0x0021: IPV4, 0x0057: IPV6}

# Ethertype (0: unknown), offset of the network header, whether the capturing host sent it (None: no telling).
Network: TypeAlias = tuple[int, int, bool | None]
Link: TypeAlias = Callable[[bytes, int, int], Network]
UNKNOWN: Network = (0, 0, None)

EN10MB, RAW, LINUX_SLL, LINUX_SLL2, NULL, LOOP, NFLOG, TEXT = 1, 101, 113, 276, 0, 108, 239, -1
LINK_NAMES = {
    EN10MB: "EN10MB",
    LINUX_SLL: "LINUX_SLL",
    LINUX_SLL2: "LINUX_SLL2",
    NULL: "NULL",
    LOOP: "LOOP",
    NFLOG: "NFLOG",
    12: "RAW",
    14: "RAW",
    RAW: "RAW",
    228: "IPV4",
    229: "IPV6",
}
# Address families of the systems that write loopback captures: 2 everywhere, 10 Linux, the others BSD and macOS.
FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
_ETHERTYPE = struct.Struct(">12xH")
_COOKED = struct.Struct(">H12xH")
_SENT = 4
_NFLOG_PAYLOAD = 9


def link_name(link_type: int) -> str:
    """The name that tcpdump gives to a link type; the number of one that is not understood."""
    return LINK_NAMES.get(link_type, str(link_type))


def ethernet(data: bytes, start: int, end: int) -> Network:
    """DLT_EN10MB."""
    at = start + 14
    if at > end:
        return UNKNOWN
    (kind,) = _ETHERTYPE.unpack_from(data, start)
    return tagged(kind, data, at, end, None) if kind in BETWEEN else (kind, at, None)


def tagged(kind: int, data: bytes, at: int, end: int, sent: bool | None) -> Network:
    """Skip what stands between the two headers; `at` is behind an ethertype `kind`."""
    while kind in BETWEEN:
        if at + 4 > end:
            return UNKNOWN
        if kind in _MPLS:
            return (*labelled(data, at, end), sent)
        if kind == _PPPOE:
            kind, at = (_PPP.get(data[at + 6] << 8 | data[at + 7], 0), at + 8) if at + 8 <= end else (0, 0)
        else:
            kind, at = data[at + 2] << 8 | data[at + 3], at + 4
    return kind, at, sent


def labelled(data: bytes, at: int, end: int) -> tuple[int, int]:
    """What is behind the stack of MPLS labels at `at`: nothing says it but the first bits (RFC 3032, 2.2)."""
    while at + 4 <= end:
        at += 4
        if data[at - 2] & 1:
            return raw(data, at, end)[:2]
    return UNKNOWN[:2]


def cooked(data: bytes, start: int, end: int) -> Network:
    """DLT_LINUX_SLL: what `-i any` wrote before libpcap 1.10."""
    at = start + 16
    if at > end:
        return UNKNOWN
    packet_type, kind = _COOKED.unpack_from(data, start)
    sent = packet_type == _SENT
    return tagged(kind, data, at, end, sent) if kind in BETWEEN else (kind, at, sent)


def cooked2(data: bytes, start: int, end: int) -> Network:
    """DLT_LINUX_SLL2: what `-i any` writes now."""
    at = start + 20
    if at > end:
        return UNKNOWN
    kind = data[start] << 8 | data[start + 1]
    sent = data[start + 10] == _SENT
    return tagged(kind, data, at, end, sent) if kind in BETWEEN else (kind, at, sent)


def raw(data: bytes, start: int, end: int) -> Network:
    """DLT_RAW: the version is in the header itself."""
    if start >= end:
        return UNKNOWN
    version = data[start] >> 4
    return (IPV4 if version == 4 else IPV6 if version == 6 else 0), start, None


def loopback(data: bytes, start: int, end: int) -> Network:
    """DLT_NULL in either byte order, and DLT_LOOP."""
    if start + 4 > end:
        return UNKNOWN
    family = max(data[start], data[start + 3])
    return FAMILIES.get(family, 0), start + 4, None


def nflog(data: bytes, start: int, end: int) -> Network:
    """DLT_NFLOG: what iptables' NFLOG hands over, as fields with length and type in the writer's byte order."""
    at = start + 4
    while at + 4 <= end:
        # No type is above 255.
        order: Literal["little", "big"] = "big" if data[at + 3] else "little"
        size = int.from_bytes(data[at : at + 2], order)
        kind = int.from_bytes(data[at + 2 : at + 4], order) & 0x7FFF
        if size < 4:
            break
        if kind == _NFLOG_PAYLOAD:
            return raw(data, at + 4, end)
        at += (size + 3) & ~3
    return UNKNOWN


_TEXT_VERDICTS = (
    ChecksumVerdict.UNTOLD,
    ChecksumVerdict.RIGHT,
    ChecksumVerdict.WRONG,
    ChecksumVerdict.OFFLOADED,
)


def text_verdict(data: bytes, start: int) -> ChecksumVerdict:
    """What the text says of the checksum of a packet that was made from it."""
    return _TEXT_VERDICTS[data[start + 3]]


def text(data: bytes, start: int, end: int) -> Network:
    """Our own, of packets made from text: one byte for the direction (see tcpdump_text), then raw IP or ARP."""
    direction, kind = data[start], data[start + 1] << 8 | data[start + 2]
    return kind, start + 4, (None, False, True)[direction] if start + 4 <= end else None


def unknown(_data: bytes, _start: int, _end: int) -> Network:
    """A link type that is not told."""
    return UNKNOWN


LINKS: dict[int, Link] = {
    EN10MB: ethernet,
    LINUX_SLL: cooked,
    LINUX_SLL2: cooked2,
    NULL: loopback,
    LOOP: loopback,
    NFLOG: nflog,
    12: raw,
    14: raw,
    RAW: raw,
    228: raw,
    229: raw,
    TEXT: text,
}


ETHERNET = 0x6558  # Transparent Ethernet Bridging
IPIP, SIX_IN_FOUR, GRE, _MPLS_IN_IP = 4, 41, 47, 137
# RFC 7348; Linux' and flannel's VXLAN, from before it had a number; RFC 8926; 3GPP TS 29.281; RFC 7510.
_VXLAN, _GENEVE, _GTPU, _MPLS_UDP = frozenset({4789, 8472}), 6081, 2152, 6635
_G_PDU = 255


class Tunnel(NamedTuple):
    """What a packet wraps: `kind` as people call it, `identifier` (VNI, key, TEID or label; None: there is none), and
    where in the bytes the inner packet begins, with its ethertype.
    """

    kind: str
    identifier: int | None
    ethertype: int
    at: int


def over_ip(protocol: int, data: bytes, start: int, end: int) -> Tunnel | None:
    """The tunnel that an IP packet with this protocol is; None when it is none, or too short to be told."""
    if protocol == IPIP:
        return Tunnel("IP in IP", None, *raw(data, start, end)[:2])
    if protocol == SIX_IN_FOUR:
        return Tunnel("IPv6 in IP", None, *raw(data, start, end)[:2])
    if protocol == GRE:
        return _gre(data, start, end)
    return _labels("MPLS over IP", data, start, end) if protocol == _MPLS_IN_IP else None


def over_udp(port: int, data: bytes, start: int, end: int) -> Tunnel | None:
    """The tunnel that the payload at `start` of a datagram to this port is; None when it has not that form."""
    if start + 8 > end:
        return None
    if port in _VXLAN:
        return _vxlan(data, start, end)
    if port == _GENEVE:
        return _geneve(data, start, end)
    if port == _GTPU:
        return _gtpu(data, start, end)
    return _labels("MPLS over UDP", data, start, end) if port == _MPLS_UDP else None


def unwrap(protocol: int, data: bytes, start: int, end: int) -> Tunnel | None:
    """What an IP packet wraps whose transport header begins at `start`, whatever kind of tunnel it is."""
    if protocol != UDP:
        return over_ip(protocol, data, start, end)
    return (
        over_udp(data[start + 2] << 8 | data[start + 3], data, start + 8, end) if start + 8 <= end else None
    )


def _vxlan(data: bytes, start: int, end: int) -> Tunnel | None:
    # The I flag must be set, and the last byte is reserved (RFC 7348, 5).
    if not data[start] & 8 or data[start + 7]:
        return None
    return _in_ethernet("VXLAN", int.from_bytes(data[start + 4 : start + 7], "big"), data, start + 8, end)


def _geneve(data: bytes, start: int, end: int) -> Tunnel | None:
    if data[start] >> 6:
        return None
    (kind,) = struct.unpack_from(">H", data, start + 2)
    network = int.from_bytes(data[start + 4 : start + 7], "big")
    return _inside("Geneve", network, kind, data, start + 8 + (data[start] & 63) * 4, end)


def _gtpu(data: bytes, start: int, end: int) -> Tunnel | None:
    if data[start] & 0xF0 != 0x30 or data[start + 1] != _G_PDU:
        return None
    at = start + 8 + (4 if data[start] & 7 else 0)
    if data[start] & 4:
        # Extension headers: length in units of 4 bytes, the next one's type at the end, 0 for none.
        following = data[at - 1] if at <= end else 0
        while following:
            if at >= end or not data[at]:
                return None
            at += data[at] * 4
            following = data[at - 1] if at <= end else 0
    return Tunnel("GTP-U", int.from_bytes(data[start + 4 : start + 8], "big"), *raw(data, at, end)[:2])


def _gre(data: bytes, start: int, end: int) -> Tunnel | None:
    if start + 4 > end:
        return None
    flags, kind = struct.unpack_from(">HH", data, start)
    # Checksum, routing (obsolete), key, sequence number; version 1 is PPTP's.
    if flags & 7 or flags & 0x4000:
        return None
    at, key = start + 4 + (4 if flags & 0x8000 else 0), None
    if flags & 0x2000:
        key = int.from_bytes(data[at : at + 4], "big") if at + 4 <= end else None
        at += 4
    return _inside("GRE", key, kind, data, at + (4 if flags & 0x1000 else 0), end)


def _inside(kind: str, identifier: int | None, ethertype: int, data: bytes, at: int, end: int) -> Tunnel:
    if ethertype == ETHERNET:
        return _in_ethernet(kind, identifier, data, at, end)
    return Tunnel(kind, identifier, *tagged(ethertype, data, at, end, None)[:2])


def _in_ethernet(kind: str, identifier: int | None, data: bytes, at: int, end: int) -> Tunnel:
    return Tunnel(kind, identifier, *ethernet(data, at, end)[:2])


def _labels(kind: str, data: bytes, start: int, end: int) -> Tunnel | None:
    label = int.from_bytes(data[start : start + 3], "big") >> 4
    ethertype, at = labelled(data, start, end)
    return Tunnel(kind, label, ethertype, at) if ethertype in (IPV4, IPV6) else None
