"""ICMP and ARP as tcpdump prints them, made into bytes again, with as much of a quoted packet as the text tells."""

import re
import struct
from dataclasses import dataclass, field

from kubectl_netshoot.packets.read.headers import ICMP, ICMPV6, TCP, UDP
from kubectl_netshoot.packets.read.text.hosts import Hosts, port

_ECHO = re.compile(r"ICMP6?,? echo (?P<kind>request|reply), id (?P<id>\d+), seq (?P<seq>\d+)")
_NEIGHBOUR = re.compile(
    r"ICMP6, neighbor (?P<kind>solicitation|advertisement)\b.*?(?:who has|tgt is) (?P<address>[^\s,]+)(?P<flags>.*)"
)
_HARDWARE = re.compile(
    r"(?P<end>source|destination) link-address option.*?: (?P<address>[0-9a-f]{2}(?::[0-9a-f]{2}){5})"
)
_REDIRECT = re.compile(r"ICMP redirect (?P<about>\S+) to (?P<what>net|host) (?P<gateway>[^\s,]+)")
_TOO_BIG = re.compile(
    r"(?:(?P<about>\S+) unreachable - )?need to frag \(mtu (\d+)\)|packet too big, mtu (\d+)"
)
_PORT = re.compile(r"ICMP (?P<address>\S+) (?P<protocol>tcp|udp) port (?P<port>\S+) unreachable")
_PORT6 = re.compile(r"unreachable port, (?P<address>[^\s,]+) (?P<protocol>tcp|udp) port (?P<port>[\w-]+)")
_ABOUT = re.compile(
    r"(?:host|net|protocol) (\S+?)(?= |,|$)|unreachable \w+,? ([0-9a-f:]+)|ICMP (\S+) (?:protocol|unreachable)"
)
_LENGTH = re.compile(r"length (\d+)")
_HOST = r"(?:<[^<>]*>\S*?|\S+)"
_INNER = re.compile(rf"(?:.*\))?\s*(?:IP6? )?(?P<source>{_HOST}) > (?P<target>{_HOST}): (?P<rest>.*)")
_TTL = re.compile(r"\b(?:ttl|hlim) (\d+)")
_PROTOCOL = re.compile(r"(?:proto \w+|next-header [\w-]+) \((\d+)\)")
# What the text says -> code, for IPv4 and for IPv6.
_UNREACHABLE = (
    ("admin prohibited filter", 13, 1),
    ("admin prohibited", 10, 1),
    ("prohibited", 13, 1),
    (" port", 3, 4),
    ("protocol", 2, 0),
    ("host", 1, 3),
    ("net", 0, 0),
    ("route", 0, 0),
    ("address", 1, 3),
)
_OTHER = {
    "router solicitation": 133, "router advertisement": 134, "redirect": 137, "multicast listener report v2": 143,
    "multicast listener report": 131, "multicast listener query": 130, "multicast listener done": 132,
    "time stamp query": 13, "time stamp reply": 14, "parameter problem": 12, "source quench": 4,
}  # fmt: skip


# No line of tcpdump about ICMP is longer, and those that are would take long.
LONGEST = 1000


def icmp_bytes(rest: str, below: list[str], source: bytes, target: bytes, hosts: Hosts) -> tuple[bytes, int]:
    """The message, and its length."""
    six = len(source) == 16
    below = [line[:LONGEST] for line in below]
    made = header(rest, below, hosts, six=six)
    if made[0] in ((1, 2, 3) if six else (3, 5, 11)):
        made += quoted(rest, below, source, target, hosts)
    told = _LENGTH.search(rest)
    return made, max(min(int(told[1]), 0xFF00) if told else 0, len(made))


def header(rest: str, below: list[str], hosts: Hosts, *, six: bool) -> bytes:
    """Type, code, checksum and the four bytes behind them; a neighbour's address and hardware too."""
    if echo := _ECHO.match(rest):
        kinds = {"request": 128, "reply": 129} if six else {"request": 8, "reply": 0}
        return struct.pack(
            ">BBHHH", kinds[echo["kind"]], 0, 0, int(echo["id"]) & 0xFFFF, int(echo["seq"]) & 0xFFFF
        )
    if neighbour := _NEIGHBOUR.match(rest):
        return neighbour_bytes(neighbour, rest, below, hosts)
    if big := _TOO_BIG.search(rest):
        mtu = int(big[2] or big[3])
        return (
            struct.pack(">BBHI", 2, 0, 0, mtu & 0xFFFFFFFF)
            if six
            else struct.pack(">BBHHH", 3, 4, 0, 0, mtu & 0xFFFF)
        )
    if "time exceeded" in rest:
        return struct.pack(">BBHI", 3 if six else 11, int("reassembly" in rest), 0, 0)
    if redirect := _REDIRECT.match(rest):
        gateway = hosts.address(redirect["gateway"], six=False) or bytes(4)
        return struct.pack(">BBH", 5, int(redirect["what"] == "host"), 0) + gateway
    if "unreachable" in rest:
        code = next((pair[six] for word, *pair in _UNREACHABLE if word in rest), 0)
        return struct.pack(">BBHI", 1 if six else 3, code, 0, 0)
    kind = next((kind for words, kind in _OTHER.items() if words in rest), 255)
    return struct.pack(">BBHI", kind, 0, 0, 0)


def neighbour_bytes(match: "re.Match[str]", rest: str, below: list[str], hosts: Hosts) -> bytes:
    """A neighbour solicitation or advertisement; its hardware address where `-v` prints it."""
    asked = match["kind"] == "solicitation"
    bits = sum(
        bit for word, bit in (("router", 128), ("solicited", 64), ("override", 32)) if word in match["flags"]
    )
    made = struct.pack(">BBHI", 135 if asked else 136, 0, 0, bits << 24)
    made += hosts.address(match["address"], six=True) or bytes(16)
    found = _HARDWARE.search("\n".join([rest, *below]))
    option = (
        bytes((1 if found["end"] == "source" else 2, 1)) + bytes.fromhex(found["address"].replace(":", ""))
        if found
        else b""
    )
    return made + option


def quoted(rest: str, below: list[str], source: bytes, target: bytes, hosts: Hosts) -> bytes:
    """The packet that an error is about: printed below it with -v, else as far as the error itself names it."""
    six = len(source) == 16
    inner = next((match for line in below if (match := _INNER.match(line))), None)
    named = _PORT.match(rest) or _PORT6.search(rest)
    ttl, ports = 64, (0, 0)
    if inner:
        printed = " ".join(below)
        told, known = _PROTOCOL.search(printed), _TTL.search(printed)
        protocol = int(told[1]) if told else TCP if inner["rest"].startswith("Flags") else UDP
        ttl = int(known[1]) & 0xFF if known else ttl
        ported = protocol in (TCP, UDP)
        ends = [hosts.place(inner[end], six=six, ported=ported) for end in ("source", "target")]
        here, there = (end[0] if end else None for end in ends)
        ports = tuple((end[1] or 0) if end else 0 for end in ends)  # type: ignore[assignment]
        if protocol in (ICMP, ICMPV6):
            return internet(here, there, protocol, ttl) + header(inner["rest"], [], hosts, six=six)
    elif named:
        here, there = target, hosts.address(named["address"], six=six)
        protocol = TCP if named["protocol"] == "tcp" else UDP
        ports = 0, port(named["port"]) or 0
    else:
        about = _ABOUT.search(rest) or _REDIRECT.match(rest)
        word = next(filter(None, about.groups()), None) if about else None
        here, there, protocol = target, hosts.address(word, six=six) if word else None, 0
    front = internet(here, there, protocol, ttl)
    return front + struct.pack(">HHI", *ports, 8) if front else b""


def internet(here: bytes | None, there: bytes | None, protocol: int, ttl: int) -> bytes:
    """The IP header of a quoted packet; nothing where its ends are not known."""
    if here is None or there is None or len(here) != len(there):
        return b""
    if len(here) == 16:
        return struct.pack(">IHBB", 6 << 28, 8, protocol & 0xFF, ttl) + here + there
    return struct.pack(">BBHHHBBH", 0x45, 0, 28, 0, 0, ttl, protocol & 0xFF, 0) + here + there


_REQUEST = re.compile(r"(?:.*, )?Request who-has (?P<target>\S+)(?: \([^)]*\))? tell (?P<source>[^\s,]+)")
_REPLY = re.compile(
    r"(?:.*, )?Reply (?P<source>\S+) is-at (?P<hardware>(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})"
)
_ANNOUNCEMENT = re.compile(r"(?:.*, )?Announcement (?P<source>[^\s,]+)")
_PROBE = re.compile(r"(?:.*, )?Probe (?P<target>[^\s,]+)")
# Ethernet, IPv4, their address lengths, and the first byte of the operation.
_FRONT = bytes.fromhex("00010800060400")
_WHOLE = re.compile(r"(?:tell|is-at|Announcement|Probe) \S+(?: \([^)]*\))?, length \d+")
MOST = 10_000


@dataclass(eq=False)
class ArpText:
    """Remembers who asked last for an address: a reply is printed without whom it is for."""

    _hosts: Hosts
    _askers: dict[bytes, bytes] = field(default_factory=dict)

    def packet(self, what: str) -> bytes | None:
        """The packet; None when it cannot be told. What is not printed is zero."""
        for operation, pattern in ((1, _REQUEST), (2, _REPLY), (1, _ANNOUNCEMENT), (1, _PROBE)):
            if match := pattern.match(what):
                return self._made(operation, {name: text for name, text in match.groupdict().items() if text})
        return None

    def _made(self, operation: int, found: dict[str, str]) -> bytes | None:
        source = self._hosts.address(found.get("source", "0.0.0.0"), six=False)
        target = self._hosts.address(found.get("target", found.get("source", "")), six=False)
        if source is None or target is None:
            return None
        if operation == 2:
            target = self._askers.get(source, bytes(4))
        elif source != target and len(self._askers) < MOST:
            self._askers[target] = source
        hardware = bytes.fromhex(found.get("hardware", "").replace(":", "")).ljust(6, b"\0")[:6]
        return _FRONT + bytes((operation,)) + hardware + source + bytes(6) + target


def is_whole(what: str) -> bool:
    """Whether all that tcpdump prints of a packet is there."""
    return bool(_WHOLE.search(what))
