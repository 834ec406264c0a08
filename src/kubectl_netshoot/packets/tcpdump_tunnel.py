"""Tunnels as tcpdump prints them, made into bytes again around the packet that is printed behind or below them."""

import re
import struct
from typing import NamedTuple

from kubectl_netshoot.packets.internet import UDP
from kubectl_netshoot.packets.link import IPV6
from kubectl_netshoot.packets.tunnel import ETHERNET, GRE, IPIP, SIX_IN_FOUR

# Linux' and flannel's VXLAN (port 8472) has the form of OTV, and is printed so.
_VXLAN = r"(?:VXLAN|OTV), flags \[[^\]]*\] \(0x[0-9a-f]+\), (?:overlay \d+, instance|vni) (?P<vxlan>\d{1,8})"
_GENEVE = r"Geneve, Flags \[[^\]]*\], vni 0x(?P<geneve>[0-9a-f]{1,6})(?:, (?:proto|options) [^:]*)?"
_GRE = r"(?P<gre>GREv0)(?:, key=0x(?P<key>[0-9a-f]{1,8})|, (?!length)[^,:]*)*, length \d+"
_TUNNEL = re.compile(rf"(?:\[[^\]]*\] )?(?:{_VXLAN}|{_GENEVE}|{_GRE})(?::\s*|\s+|$)")
# With `-e` the kind of what is inside is not named.
_BARE = re.compile(r"IP6?,? (?=\(|\S+ > )|\((?:tos|hlim|class|flowlabel) |(?:<[^<>]*>)?\S+ > \S+: ")
_CONTINUED = re.compile(r"(?:\b(?:VXLAN|OTV), flags |\bGeneve, Flags |\bGREv0, )(?!.*(?: > |: ))")


class Tunnel(NamedTuple):
    """How a packet is wrapped, its VNI or key (None: there is none), and what is printed of it on the same line."""

    kind: str
    identifier: int | None
    inner: str


def tunnel(rest: str) -> Tunnel | None:
    """The tunnel that is printed behind the ends of a packet; None when it is none."""
    if match := _TUNNEL.match(rest):
        inner, key = rest[match.end() :], match["key"]
        if match["vxlan"]:
            return Tunnel("VXLAN", int(match["vxlan"]), inner)
        if match["geneve"]:
            return Tunnel("Geneve", int(match["geneve"], 16), inner)
        return Tunnel("GRE", int(key, 16) if key else None, inner)
    return Tunnel("IP", None, rest) if _BARE.match(rest) else None


def around_udp(rest: str) -> bool:
    """Whether this is of a tunnel over UDP, be it damaged."""
    return rest.startswith(("VXLAN, ", "OTV, ", "Geneve, "))


def goes_on(line: str) -> bool:
    """Whether the packet in a tunnel is printed on the next line."""
    return bool(_CONTINUED.search(line))


def wrapped(
    around: Tunnel, ports: tuple[int, int], ethertype: int, data: bytes, length: int
) -> tuple[int, bytes, int]:
    """The protocol of the packet outside, what it carries, and the length of that; `length` is of the packet inside."""
    number = around.identifier or 0
    if around.kind == "IP":
        return (SIX_IN_FOUR if ethertype == IPV6 else IPIP), data, length
    if around.kind == "GRE":
        front = struct.pack(">HH", 0 if around.identifier is None else 0x2000, ethertype)
        front += b"" if around.identifier is None else struct.pack(">I", number)
        return GRE, front + data, len(front) + length
    words = (8 << 24,) if around.kind == "VXLAN" else (ETHERNET,)
    front = struct.pack(">II12xH", *words, (number & 0xFFFFFF) << 8, ethertype)
    size = min(8 + len(front) + length, 0xFFFF)
    return UDP, struct.pack(">HHHH", *ports, size, 0) + front + data, size
