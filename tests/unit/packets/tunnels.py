"""Packets in tunnels: what nodes, clouds and mobile networks wrap around them."""

from collections.abc import Callable

from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from tests.unit.packets.traffic import network


def nodes() -> Packet:
    """What is sent from node to node."""
    return network("192.0.2.11", "192.0.2.12")


def over(*headers: Packet) -> Callable[[Packet], Packet]:
    def wrapped(inside: Packet) -> Packet:
        whole = nodes()
        for header in headers:
            whole /= header.copy()
        return whole / inside

    return wrapped


def in_ethernet(inside: Packet) -> Packet:
    return Ether(src="02:42:0a:f4:01:05", dst="02:42:0a:f4:02:07") / inside


def gre(inside: Packet) -> Packet:
    return nodes() / GRE(proto=0x86DD if IPv6 in inside else 0x0800, key_present=1, key=5) / inside


def bare(inside: Packet) -> Packet:
    outer = nodes()
    outer.proto = 41 if IPv6 in inside else 4
    return outer / inside


def gtp(inside: Packet) -> Packet:
    return nodes() / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=77) / inside


TUNNELS: dict[str, tuple[str, int | None, Callable[[Packet], Packet]]] = {
    "VXLAN": (
        "VXLAN",
        7,
        lambda p: over(UDP(sport=50001, dport=4789), VXLAN(vni=7, flags=8))(in_ethernet(p)),
    ),
    "flannel": (
        "VXLAN",
        1,
        lambda p: over(UDP(sport=50001, dport=8472), VXLAN(vni=1, flags=8))(in_ethernet(p)),
    ),
    "Geneve": ("Geneve", 9, lambda p: over(UDP(sport=50001, dport=6081), GENEVE(vni=9))(in_ethernet(p))),
    "GRE": ("GRE", 5, gre),
    "GRE with Ethernet": ("GRE", None, lambda p: over(GRE(proto=0x6558))(in_ethernet(p))),
    "IP": ("", None, bare),
    "GTP-U": ("GTP-U", 77, gtp),
    "VXLAN in GRE": (
        "GRE",
        None,
        lambda p: over(GRE(), nodes(), UDP(sport=50001, dport=4789), VXLAN(vni=7, flags=8))(in_ethernet(p)),
    ),
}
