"""Hides the Internet checksum: whether a packet's is right, damaged, or left to the network card that sends it."""

from enum import Enum

from kubectl_netshoot.packets.internet import TCP, UDP

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
