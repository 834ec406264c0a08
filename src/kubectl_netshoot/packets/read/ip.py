"""The headers of IPv4, IPv6 and TCP: options, extensions, fragments, checksums, packets shorter than they say."""

import ipaddress
import struct
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

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


class Verdict(Enum):
    """What a checksum says. UNTOLD: the packet was not captured whole, carries none, or was changed in the file."""

    RIGHT = "right"
    OFFLOADED = "offloaded"
    WRONG = "wrong"
    UNTOLD = "untold"


def verify(data: bytes, start: int, length: int, end: int, protocol: int, addresses: bytes) -> Verdict:
    """Judge the TCP or UDP checksum of `length` bytes at `start`, captured up to `end`."""
    place = start + _PLACE[protocol]
    if place + 2 > end:
        return Verdict.UNTOLD
    field = data[place] << 8 | data[place + 1]
    if protocol == UDP and not field:
        return Verdict.UNTOLD
    pseudo = addresses + length.to_bytes(4, "big") + protocol.to_bytes(4, "big")
    # Sums of 16-bit words with the carry brought round are the number itself modulo 65535.
    partial = int.from_bytes(pseudo, "big") % 0xFFFF
    # Linux writes the sum of the pseudo header, for the card to add the rest; some stacks leave zero.
    offloaded = field % 0xFFFF == partial or not field
    if start + length > end:
        return Verdict.OFFLOADED if offloaded else Verdict.UNTOLD
    segment = data[start : start + length]
    total = int.from_bytes(segment + b"\0" if length % 2 else segment, "big")
    if (total + partial) % 0xFFFF == 0:
        return Verdict.RIGHT
    if offloaded:
        return Verdict.OFFLOADED
    unsure = _is_behind_extensions if len(addresses) > IPV6_ADDRESS else _is_rewritten
    return Verdict.UNTOLD if unsure(data, start, addresses) else Verdict.WRONG


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
