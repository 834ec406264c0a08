"""ICMP as tcpdump prints it, made into bytes again, with as much of the quoted packet as the text tells."""

import re
import struct

from kubectl_netshoot.packets.tcpdump_arp import packed

_ECHO = re.compile(r"ICMP6?,? echo (?P<kind>request|reply), id (?P<id>\d+), seq (?P<seq>\d+)")
_NEIGHBOUR = re.compile(
    r"ICMP6, neighbor (?P<kind>solicitation|advertisement).*?(?:who has|tgt is) (?P<address>[0-9a-f:]+)"
)
_TOO_BIG = re.compile(r"need to frag \(mtu (\d+)\)|packet too big, mtu (\d+)")
_PORT = re.compile(r"ICMP (?P<address>[\d.]+) (?P<protocol>tcp|udp) port (?P<port>\d+) unreachable")
_PORT6 = re.compile(r"unreachable port, (?P<address>[0-9a-f:]+) (?P<protocol>tcp|udp) port (?P<port>\d+)")
_ABOUT = re.compile(r"(?:host|net|protocol) ([\d.]+)|unreachable \w+,? ([0-9a-f:]+)")
_LENGTH = re.compile(r"length (\d+)")
_INNER = re.compile(
    r"(?P<source>[0-9a-f.:]+)\.(?P<source_port>\d+) > (?P<target>[0-9a-f.:]+)\.(?P<target_port>\d+): (?P<rest>.*)"
)
# What the text says -> code, for IPv4 and for IPv6.
_UNREACHABLE = (
    ("admin prohibited", 13, 1),
    (" port", 3, 4),
    ("protocol", 2, 0),
    ("host", 1, 3),
    ("net", 0, 0),
    ("route", 0, 0),
    ("address", 1, 3),
)


def icmp_bytes(rest: str, below: list[str], source: bytes, target: bytes) -> tuple[bytes, int]:
    """The message, and its length."""
    six = len(source) == 16
    made = header(rest, six=six)
    if made[:1] in (b"\x03", b"\x0b", b"\x01", b"\x02") and (not six or made[0] < 128):
        made += quoted(rest, below, source, target)
    told = _LENGTH.search(rest)
    return made, max(int(told[1]) if told else 0, len(made))


def header(rest: str, *, six: bool) -> bytes:
    """Type, code, checksum and the four bytes behind them."""
    if echo := _ECHO.match(rest):
        kinds = {"request": 128, "reply": 129} if six else {"request": 8, "reply": 0}
        return struct.pack(
            ">BBHHH", kinds[echo["kind"]], 0, 0, int(echo["id"]) & 0xFFFF, int(echo["seq"]) & 0xFFFF
        )
    if neighbour := _NEIGHBOUR.match(rest):
        kind = 135 if neighbour["kind"] == "solicitation" else 136
        return (
            struct.pack(">BBHI", kind, 0, 0, 0) + (packed(neighbour["address"]) or b"").ljust(16, b"\0")[:16]
        )
    if big := _TOO_BIG.search(rest):
        mtu = int(big[1] or big[2]) & 0xFFFF
        return struct.pack(">BBHI", 2, 0, 0, mtu) if six else struct.pack(">BBHHH", 3, 4, 0, 0, mtu)
    if "time exceeded" in rest:
        return struct.pack(">BBHI", 3 if six else 11, 0, 0, 0)
    if "unreachable" in rest:
        code = next((pair[six] for word, *pair in _UNREACHABLE if word in rest), 0)
        return struct.pack(">BBHI", 1 if six else 3, code, 0, 0)
    return struct.pack(">BBHI", 255, 0, 0, 0)


def quoted(rest: str, below: list[str], source: bytes, target: bytes) -> bytes:
    """The packet that an error is about: printed below it with -v, else as far as the error itself names it."""
    inner = next((match for line in below if (match := _INNER.search(line))), None)
    port = _PORT.match(rest) or _PORT6.search(rest)
    if inner:
        ends = packed(inner["source"]), packed(inner["target"])
        protocol = 6 if inner["rest"].startswith("Flags") else 17
        ports = int(inner["source_port"]) & 0xFFFF, int(inner["target_port"]) & 0xFFFF
    elif port:
        ends, protocol = (target, packed(port["address"])), 6 if port["protocol"] == "tcp" else 17
        ports = 0, int(port["port"]) & 0xFFFF
    else:
        about = _ABOUT.search(rest)
        ends, protocol, ports = (target, packed(about[1] or about[2]) if about else None), 0, (0, 0)
    here, there = ends
    if here is None or there is None or len(here) != len(there) or len(here) != len(source):
        return b""
    behind = struct.pack(">HHI", *ports, 8)
    if len(here) == 16:
        return struct.pack(">IHBB", 6 << 28, 8, protocol, 64) + here + there + behind
    return struct.pack(">BBHHHBBH", 0x45, 0, 28, 0, 0, 64, protocol, 0) + here + there + behind
