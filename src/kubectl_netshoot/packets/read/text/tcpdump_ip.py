"""IP and tunnels as tcpdump prints them, made into bytes again: the header, then what is inside by its own kind."""

import re
import struct
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from kubectl_netshoot.packets.read.frame import UnreadLines
from kubectl_netshoot.packets.read.headers import (
    ETHERNET,
    GRE,
    ICMP,
    ICMPV6,
    IPIP,
    IPV6,
    SIX_IN_FOUR,
    TCP,
    UDP,
    pseudo_sum,
)
from kubectl_netshoot.packets.read.text.hosts import Hosts, Place
from kubectl_netshoot.packets.read.text.line import looks_like_packet
from kubectl_netshoot.packets.read.text.tcpdump_before_4 import in_new_words
from kubectl_netshoot.packets.read.text.tcpdump_dns import DnsText
from kubectl_netshoot.packets.read.text.tcpdump_icmp import LONGEST, icmp_bytes
from kubectl_netshoot.packets.read.text.tcpdump_tcp import TcpText, quiet, segment

# Linux' and flannel's VXLAN (port 8472) has the form of OTV, and is printed so.
_VXLAN = r"(?:VXLAN|OTV), flags \[[^\]]*\] \(0x[0-9a-f]+\), (?:overlay \d+, instance|vni) (?P<vxlan>\d{1,8})"
_GENEVE = r"Geneve, Flags \[[^\]]*\], vni 0x(?P<geneve>[0-9a-f]{1,6})(?:, (?:proto|options) [^:]*)?"
_GRE = r"(?P<gre>GREv0)(?:, key=0x(?P<key>[0-9a-f]{1,8})|, (?!length)[^,:]*)*, length \d+"
_TUNNEL = re.compile(rf"(?:\[[^\]]*\] )?(?:{_VXLAN}|{_GENEVE}|{_GRE})(?::\s*|\s+|$)")
# With `-e` the kind of what is inside is not named.
_BARE = re.compile(r"IP6?,? (?=\(|\S+ > )|\((?:tos|hlim|class|flowlabel) |(?:<[^<>]*>)?\S+ > \S+: ")
# Until 4.9 it followed what is inside.
_IPIP = re.compile(r" \(ipip-proto-\d+\)\s*$")
_CONTINUED = re.compile(r"(?:\b(?:VXLAN|OTV), flags |\bGeneve, Flags |\bGREv0, )(?!.*(?: > |: ))")


class PrintedTunnel(NamedTuple):
    """How a packet is wrapped, its VNI or key (None: there is none), and what is printed of it on the same line."""

    kind: str
    identifier: int | None
    inner: str


def tunnel(rest: str) -> PrintedTunnel | None:
    """The tunnel that is printed behind the ends of a packet; None when it is none."""
    if match := _TUNNEL.match(rest):
        inner, key = rest[match.end() :], match["key"]
        if match["vxlan"]:
            return PrintedTunnel("VXLAN", int(match["vxlan"]), inner)
        if match["geneve"]:
            return PrintedTunnel("Geneve", int(match["geneve"], 16), inner)
        return PrintedTunnel("GRE", int(key, 16) if key else None, inner)
    return PrintedTunnel("IP", None, _IPIP.sub("", rest)) if _BARE.match(rest) else None


def around_udp(rest: str) -> bool:
    """Whether this is of a tunnel over UDP, be it damaged."""
    return rest.startswith(("VXLAN, ", "OTV, ", "Geneve, "))


def goes_on(line: str) -> bool:
    """Whether the packet in a tunnel is printed on the next line."""
    return bool(_CONTINUED.search(line))


def wrapped(
    around: PrintedTunnel, ports: tuple[int, int], ethertype: int, data: bytes, length: int
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


# What is behind the last word of a header is options, or a sum that is wrong.
_HEADER4 = re.compile(
    r"\(tos 0x[0-9a-f]+.*?, ?ttl +(?P<ttl>\d+), id (?P<id>\d+), offset (?P<offset>\d+), "
    r"flags \[(?P<flags>[^\]]*)\], proto:? (?:[^(]*\()?(?P<protocol>\d+)\)?, length:? (?P<length>\d+).*?\)\s+"
    r"(?=(?:<[^<>]*>)?\S+ > )"
)
_HEADER6 = re.compile(
    r"\((?:class 0x[0-9a-f]+, )?(?:flowlabel 0x[0-9a-f]+, )?hlim (?P<ttl>\d+), "
    r"next-header:? [^(]*\((?P<protocol>\d+)\),? (?:payload )?length: (?P<length>\d+)\)\s+(?=(?:<[^<>]*>)?\S+ > )"
)
# How it began before 4.0; now only few other protocols' begin so.
_OLD = frozenset(".SFPRWEUui")
_HOST = r"(?:<[^<>]*>\S*?|\S+)"
_ENDS = re.compile(rf"(?P<source>{_HOST}) > (?P<target>{_HOST}):(?: (?P<rest>.*)|$)", re.DOTALL)
_FRAGMENT = re.compile(r"frag \([1-9]\d*\|\d+\)\s*$")
_UDP = re.compile(r"(?:\[(?P<sum>[^\]]*)\] )?(?P<rest>.*)", re.DOTALL)
_LENGTHS = (re.compile(r"\((\d+)\)\s*$"), re.compile(r"length:? (\d+)"))
_EXTENSION = re.compile(r"(?:HBH|DSTOPT|RT6|srcrt|frag) ?\([^)]*\)(?: ?\([^)]*\))* ?")
_OTHER = {
    "igmp": 2, "IP": 4, "IP6": 41, "RSVP": 46, "GREv0": 47, "GREv1": 47, "gre": 47, "ESP": 50, "AH": 51, "EIGRP": 88,
    "OSPFv2": 89, "OSPFv3": 89, "PIM": 103, "PIMv2": 103, "VRRPv2": 112, "VRRPv3": 112, "CARPv2": 112, "L2TPv3": 115,
    "sctp": 132, "tcp": TCP, "udp": UDP, "icmp": ICMP,
}  # fmt: skip
_PROTOCOL = re.compile(r"(?:ip-proto-(?P<number>\d{1,3})|(?P<name>[A-Za-z][\w]*))(?=[\s,(:]|$)")
# Of these nothing but a fragment, or what was cut off by the snap length, is printed without more.
_UNDERSTOOD, _CUT = frozenset({TCP, UDP, ICMP, ICMPV6}), re.compile(r"\[\||truncated|\[bad|frag")
# UDP that tcpdump prints without a length; and what it prints of TCP.
_KNOWN = re.compile(
    r" *(?:UDP|VXLAN|Geneve|GTP|NBT|isakmp|\[\||\{|[A-Z]=|mDNS|\d+[+*|%$-]* |SIP(?:: |\s*$)|dhcp6 |NTPv|HSRPv|BFD|l2tp:"
    r"|v[45](?: |$)|(?:Get|Set)\w*\(\d|(?:V2)?Trap\(|BOOTP|RIP|TFTP|PTPv|OLSR|LWAPP|CAPWAP|babel |AODV|LISP|quic, )"
)
# What ends with its length, unless the line was cut.
_SIZED = re.compile(r"(?:UDP|\d+[+*|%$-]* )(?!.*\[\|)")
# A message in a segment.
_DNS = re.compile(r", length (\d{1,5})( \d+\D.{1,2000}\(\d+\))\s*$")
_SEGMENT = re.compile(r"\b(?:seq|ack|win) \d+")
_EMPTY = re.compile(r"GREv0[^:]*, length \d+(?:: gre-proto-0x[0-9a-f]+)?\s*$")
UNTOLD, RIGHT, WRONG, OFFLOADED = range(4)
_BAD_UDP = re.compile(r"bad udp cksum 0x(?P<sum>[0-9a-f]{1,4})\b")
DNS_PORT, FRAGMENT = 53, 44
MOST = 0xFFFF - 8
BROKEN = 3


class Made(NamedTuple):
    """A packet (None: it cannot be told), 1 for a right checksum and 2 for a wrong one, its length, whether all of its
    line was there, and the lines below it.
    """

    packet: bytes | None
    verdict: int
    length: int
    whole: bool
    below: list[str]


# Reads a packet that is wrapped in another, from its line and those below: its ethertype, and what was made of it.
Unwrap: TypeAlias = Callable[[str, list[str]], tuple[int, Made]]


class Inside(NamedTuple):
    """What an IP packet carries; `length` is on the wire."""

    protocol: int
    made: bytes
    length: int
    verdict: int = 0
    whole: bool = True


class IpText:
    """Remembers what later lines count from: sequence numbers, DNS questions."""

    def __init__(self, hosts: Hosts, unread: UnreadLines) -> None:
        self._hosts = hosts
        self._unread = unread
        self._tcp = TcpText()
        self._dns = DnsText()
        self._wrapped = 0

    def packet(self, what: str, below: list[str], unwrap: Unwrap, *, six: bool) -> Made | None:
        """The packet; None when it cannot be told. `unwrap` is for what is inside a tunnel."""
        header = None
        if what.startswith("("):
            header = (_HEADER6 if six else _HEADER4).match(what)
            if header is None:
                return None
            what = what[header.end() :]
        ends = _ENDS.match(what)
        if ends is None:
            return None
        here, there, rest = ends.groups("")
        tcp, protocol = rest.startswith("Flags ["), None
        if not tcp:
            rest, protocol = carried(rest, header, six=six)
            tcp = rest.startswith("Flags [")
        around = None if tcp else tunnel(rest)
        ported = tcp or (around.kind != "IP" if around else is_ported(rest))
        source = self._hosts.place(here, six=six, ported=ported)
        target = self._hosts.place(there, six=six, ported=ported)
        if source is None or target is None:
            return None
        if tcp:
            inside = self._segment((source, target), rest, below)
        elif around and (found := unwrapped(around, (source, target), below, unwrap)):
            inside, below = found
        else:
            inside = self._inside((source, target), rest, below, protocol)
        if inside is None:
            return None
        size = inside.length
        if header and not tcp:
            # Of a fragment, or a protocol that is not read, only the length is known.
            size = max(size, int(header["length"]) - (0 if six else 20))
        # ACKs in tunnels are alike, and none is another's copy.
        self._wrapped += around is not None
        front = (
            header6(header, inside.protocol, size)
            if six
            else header4(header, inside.protocol, size, self._wrapped if around else 0)
        )
        addresses = source[0] + target[0]
        packet = front + addresses + inside.made
        verdict = judged(inside, addresses, header)
        return Made(packet, verdict, size + (40 if six else 20), inside.whole, below)

    def _segment(self, ends: tuple[Place, Place], rest: str, below: list[str]) -> Inside | None:
        payload = b""
        if DNS_PORT in (ends[0][1], ends[1][1]) and (said := _DNS.search(rest)):
            payload = self._dns.in_stream(ends, said[2], int(said[1]))
            rest = rest[: said.start(2)] if payload else rest
        told = segment(self._tcp.way(*ends), rest, below)
        if told is None:
            return None
        inside = Inside(TCP, told[0] + payload, *told[1:]) if payload else Inside(TCP, *told)
        if not inside.whole:
            # The line was cut: what it said last is not known.
            self._unread.note(frozenset(ends))
        return inside

    def _inside(
        self, ends: tuple[Place, Place], rest: str, below: list[str], protocol: int | None
    ) -> Inside | None:
        (source, source_port), (target, target_port) = ends
        if rest.startswith("tcp ") and source_port is not None:
            # Without flags, and without what was said.
            self._unread.partly(frozenset(ends))
            told = quiet(self._tcp.way(*ends), rest)
            return Inside(TCP, *told) if told else None
        if rest.startswith(("ICMP", "[icmp6", "[bad icmp6")):
            if len(rest) > LONGEST:
                return None
            six = len(source) == 16
            made, length = icmp_bytes(
                rest.partition("] ")[2] if rest[0] == "[" else rest, below, source, target, self._hosts
            )
            whole = "length" in rest and made[0] != 255
            return Inside(ICMPV6 if six else ICMP, made, length, whole=whole)
        if protocol in (UDP, None) and source_port is not None and target_port is not None:
            datagram = self._udp(ends, rest, sure=protocol == UDP)
            return datagram or (other(rest, None) if protocol is None else None)
        return other(rest, protocol)

    def _udp(self, ends: tuple[Place, Place], rest: str, *, sure: bool) -> Inside | None:
        (source, source_port), (target, target_port) = ends
        ports = source_port or 0, target_port or 0
        match = _UDP.match(rest)
        assert match is not None
        found = length_of(match["rest"])
        if found is None and _SIZED.match(match["rest"]):
            return None
        # Without its protocol, what is damaged must not be taken for UDP.
        if not sure and (
            self._tcp.knows(*ends)
            or not (found is not None or _KNOWN.match(match["rest"]))
            or _SEGMENT.search(rest)
        ):
            return None
        payload, whole = b"", found is not None
        if around_udp(match["rest"]):
            whole = False
        elif not match["rest"].startswith("UDP"):
            payload = self._dns.message(source, target, ports, match["rest"]) or b""
            whole = whole and (bool(payload) or DNS_PORT not in ports)
        length = 8 + max(found or 0, len(payload))
        verdict, summed = UNTOLD, 0
        if match["sum"] == "udp sum ok":
            verdict = RIGHT
        elif match["sum"] and (bad := _BAD_UDP.match(match["sum"])):
            verdict, summed = WRONG, int(bad["sum"], 16)
        return Inside(UDP, struct.pack(">HHHH", *ports, length, summed) + payload, length, verdict, whole)


def carried(rest: str, header: "re.Match[str] | None", *, six: bool) -> tuple[str, int | None]:
    """What is printed of what a packet carries, in the words of today, and the protocol of that (None: not told)."""
    protocol = int(header["protocol"]) if header else None
    if rest[:1] in _OLD:
        rest = in_new_words(rest)
    if six and _FRAGMENT.match(rest):
        return rest, protocol or FRAGMENT
    if six and (extension := _EXTENSION.match(rest)):
        return rest[extension.end() :], None
    return rest, protocol


def judged(inside: Inside, addresses: bytes, header: "re.Match[str] | None") -> int:
    """What a checksum means: where IP's own is wrong too, the file was changed; see also headers.verify."""
    if inside.verdict != WRONG:
        return inside.verdict
    if header and "bad cksum" in header[0]:
        return UNTOLD
    place = 16 if inside.protocol == TCP else 6
    field = int.from_bytes(inside.made[place : place + 2], "big")
    partial = pseudo_sum(inside.length, inside.protocol, addresses)
    return OFFLOADED if field % 0xFFFF == partial or not field else WRONG


def unwrapped(
    around: PrintedTunnel, ends: tuple[Place, Place], below: list[str], unwrap: Unwrap
) -> tuple[Inside | None, list[str]] | None:
    """What a tunnel carries, and the lines below; None when it is no packet that tcpdump reads."""
    text, rest = around.inner, below
    while not text and rest:
        text, rest = rest[0].strip(), rest[1:]
    ethertype, made = unwrap(text, rest)
    if made.packet is None:
        # A broken line may stand between the tunnel's and the packet's.
        empty = not any(map(looks_like_packet, [text, *rest[:BROKEN]]))
        return None if around.kind in ("GRE", "IP") and empty else (None, below)
    ports = ends[0][1] or 0, ends[1][1] or 0
    protocol, data, length = wrapped(around, ports, ethertype, made.packet, made.length)
    return Inside(protocol, data, length, whole=made.whole), made.below


def is_ported(rest: str) -> bool:
    """Whether what is printed behind the ends is of a protocol with ports."""
    if rest.startswith(("Flags [", "UDP", "tcp ")):
        return True
    match = _PROTOCOL.match(rest)
    return not rest.startswith(("ICMP", "[icmp", "[bad icmp")) and not (
        match and (match["number"] or match["name"] in _OTHER)
    )


def other(rest: str, protocol: int | None) -> Inside | None:
    """A protocol of which only the number is told."""
    match = _PROTOCOL.match(rest)
    known = match and (match["number"] or match["name"] in _OTHER)
    if protocol in _UNDERSTOOD and not (known or _CUT.match(rest)):
        return None
    if protocol is None and match:
        protocol = int(match["number"]) if match["number"] else _OTHER.get(match["name"])
    if protocol is None:
        return None
    # What a tunnel carries would have been read, or is named by its number.
    whole = not rest.startswith(("IP", "GREv0")) or bool(_EMPTY.match(rest))
    return Inside(protocol & 0xFF, b"", length_of(rest) or 0, whole=whole)


def length_of(rest: str) -> int | None:
    """The length that is printed: in brackets at the end of the line, or by name."""
    found = next((match for pattern in _LENGTHS if (match := pattern.search(rest))), None)
    return min(int(found[1]), MOST) if found else None


def header4(header: "re.Match[str] | None", protocol: int, size: int, identity: int) -> bytes:
    """An IPv4 header up to its addresses; `identity` where it is not printed."""
    flags = offset = 0
    ttl = 64
    if header:
        flags = ("DF" in header["flags"]) * 0x4000 | ("+" in header["flags"]) * 0x2000
        offset = int(header["offset"]) // 8 & 0x1FFF
        identity, ttl = int(header["id"]) & 0xFFFF, int(header["ttl"]) & 0xFF
    total = min(size + 20, 0xFFFF)
    return struct.pack(
        ">BBHHHBBH", 0x45, 0, total, identity & 0xFFFF, flags | offset, ttl, protocol & 0xFF, 0
    )


def header6(header: "re.Match[str] | None", protocol: int, size: int) -> bytes:
    """An IPv6 header up to its addresses."""
    ttl = int(header["ttl"]) & 0xFF if header else 64
    return struct.pack(">IHBB", 6 << 28, min(size, 0xFFFF), protocol & 0xFF, ttl)
