"""Hides the headers of IPv4 and IPv6: options, extension headers, fragments, packets shorter than they say."""

import ipaddress
import struct
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
