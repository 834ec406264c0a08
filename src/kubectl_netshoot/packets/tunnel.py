"""Hides the headers of tunnels: VXLAN, Geneve, GRE, IP in IP, GTP-U, MPLS; what nodes wrap around pods' packets.

A tunnel over UDP is known by its port and believed only if its header has the form that its RFC demands.
"""

import struct
from typing import NamedTuple

from kubectl_netshoot.packets.internet import UDP
from kubectl_netshoot.packets.link import IPV4, IPV6, ethernet, labelled, raw, tagged

ETHERNET = 0x6558  # Transparent Ethernet Bridging
IPIP, SIX_IN_FOUR, GRE, _MPLS = 4, 41, 47, 137
# RFC 7348; Linux' and flannel's VXLAN, from before it had a number; RFC 8926; 3GPP TS 29.281; RFC 7510.
_VXLAN, _GENEVE, _GTPU, _MPLS_UDP = frozenset({4789, 8472}), 6081, 2152, 6635
PORTS = _VXLAN | {_GENEVE, _GTPU, _MPLS_UDP}
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
    return _labels("MPLS over IP", data, start, end) if protocol == _MPLS else None


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
