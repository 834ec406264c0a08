"""Hides the Internet checksum: whether a packet's is right, damaged, or left to the network card that sends it."""

from enum import Enum

from kubectl_netshoot.packets.internet import TCP, UDP

_PLACE = {TCP: 16, UDP: 6}


class Verdict(Enum):
    """What a checksum says. UNTOLD: the packet was not captured whole, or carries none."""

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
    return Verdict.OFFLOADED if offloaded else Verdict.WRONG
