"""IP as tcpdump prints it, made into bytes again: the header, then what is inside by its own kind."""

import re
import struct

from kubectl_netshoot.packets.internet import ICMP, ICMPV6, UDP
from kubectl_netshoot.packets.tcpdump_arp import packed
from kubectl_netshoot.packets.tcpdump_dns import DnsText
from kubectl_netshoot.packets.tcpdump_icmp import icmp_bytes
from kubectl_netshoot.packets.tcpdump_tcp import TcpText

_HEADER4 = re.compile(
    r"\(tos 0x[0-9a-f]+(?:,\S+)?, ttl (?P<ttl>\d+), id (?P<id>\d+), offset (?P<offset>\d+), "
    r"flags \[(?P<flags>[^\]]*)\], proto \S+ \((?P<protocol>\d+)\), length (?P<length>\d+)(?:, [^>]*?)?\)\s+(?=\S+ > )"
)
_HEADER6 = re.compile(
    r"\((?:class 0x[0-9a-f]+, )?(?:flowlabel 0x[0-9a-f]+, )?hlim (?P<ttl>\d+), next-header \S+ \((?P<protocol>\d+)\) "
    r"payload length: (?P<length>\d+)\)\s+(?=\S+ > )"
)
_ENDS = re.compile(r"(?P<source>[0-9a-fA-F.:]+) > (?P<target>[0-9a-fA-F.:]+): (?P<rest>.*)", re.DOTALL)
_UDP = re.compile(r"(?:\[(?P<sum>[^\]]*)\] )?(?:UDP, length (?P<length>\d+)|(?P<rest>.*))", re.DOTALL)
_LENGTH = re.compile(r"\((\d+)\)\s*$|length:? (\d+)")
RIGHT, WRONG = 1, 2
DNS_PORT = 53


class IpText:
    """Remembers what later lines count from: sequence numbers, DNS questions."""

    def __init__(self) -> None:
        self._tcp = TcpText()
        self._dns = DnsText()

    def packet(self, what: str, below: list[str], *, six: bool) -> tuple[bytes | None, int, int]:
        """The packet (None when it cannot be told), 1 for a right checksum and 2 for a wrong one, its length."""
        header = (_HEADER6 if six else _HEADER4).match(what)
        ends = _ENDS.match(what[header.end() :] if header else what)
        source, target = (
            (place(ends[side], six=six) for side in ("source", "target")) if ends else (None, None)
        )
        if ends is None or source is None or target is None:
            return None, 0, 0
        inside = self._inside(
            (source, target), ends["rest"], below, int(header["protocol"]) if header else None
        )
        if inside is None:
            return None, 0, 0
        protocol, made, size, verdict = inside
        # Of a fragment, or a protocol that is not read, only the length is known.
        size = max(size, int(header["length"]) - (0 if six else 20)) if header else size
        front = header6(header, protocol, size) if six else header4(header, protocol, size)
        return front + source[0] + target[0] + made, verdict, size + (40 if six else 20)

    def _inside(
        self,
        ends: tuple[tuple[bytes, int | None], tuple[bytes, int | None]],
        rest: str,
        below: list[str],
        protocol: int | None,
    ) -> tuple[int, bytes, int, int] | None:
        (source, source_port), (target, target_port) = ends
        if rest.startswith("Flags ["):
            return self._tcp.segment(source, target, (source_port or 0, target_port or 0), rest, below)
        rest = rest.removeprefix("[icmp6 sum ok] ")
        if rest.startswith("ICMP"):
            made = icmp_bytes(rest, below, source, target)
            return (ICMPV6 if len(source) == 16 else ICMP, *made, 0)
        if protocol == UDP or (protocol is None and source_port is not None and target_port is not None):
            return self._udp(source, target, (source_port or 0, target_port or 0), rest)
        if protocol is None:
            return None
        length = _LENGTH.search(rest)
        return protocol, b"", int(length[1] or length[2]) if length else 0, 0

    def _udp(
        self, source: bytes, target: bytes, ports: tuple[int, int], rest: str
    ) -> tuple[int, bytes, int, int] | None:
        match = _UDP.match(rest)
        if match is None:
            return None
        payload = b""
        if DNS_PORT in ports and match["rest"]:
            payload = self._dns.message(source, target, ports, match["rest"]) or b""
        found = _LENGTH.search(rest)
        told = int(found[1] or found[2]) if found else 0
        length = 8 + max(told, len(payload))
        verdict = {"udp sum ok": RIGHT}.get(
            match["sum"] or "", WRONG if (match["sum"] or "").startswith("bad udp") else 0
        )
        return UDP, struct.pack(">HHHH", *ports, length, 0) + payload, length, verdict


def place(text: str, *, six: bool) -> tuple[bytes, int | None] | None:
    """An address and the port behind its last dot, where there is one; None for a name."""
    dots = text.count(".")
    if dots == (1 if six else 4):
        host, _, port = text.rpartition(".")
        known = packed(host)
        number = int(port) if port.isdecimal() else -1
        return (known, number) if known and 0 <= number < 65_536 else None
    known = packed(text)
    return (known, None) if known and len(known) == (16 if six else 4) else None


def header4(header: "re.Match[str] | None", protocol: int, size: int) -> bytes:
    """An IPv4 header up to its addresses."""
    flags = (0x4000 if header and "DF" in header["flags"] else 0) | (
        0x2000 if header and "+" in header["flags"] else 0
    )
    offset = int(header["offset"]) // 8 & 0x1FFF if header else 0
    identity, ttl = (int(header["id"]) & 0xFFFF, int(header["ttl"]) & 0xFF) if header else (0, 64)
    return struct.pack(
        ">BBHHHBBH", 0x45, 0, min(size + 20, 0xFFFF), identity, flags | offset, ttl, protocol & 0xFF, 0
    )


def header6(header: "re.Match[str] | None", protocol: int, size: int) -> bytes:
    """An IPv6 header up to its addresses."""
    ttl = int(header["ttl"]) & 0xFF if header else 64
    return struct.pack(">IHBB", 6 << 28, min(size, 0xFFFF), protocol & 0xFF, ttl)
