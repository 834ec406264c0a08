"""The front of a packet's line: its time, the interface, the link level header, and the kind of what follows."""

import re
from typing import NamedTuple

from kubectl_netshoot.packets.link import ARP, IPV4, IPV6

_TIME = (
    r"(?:(?:(?P<date>\d{4}-\d\d-\d\d)[ T])?(?P<clock>\d\d:\d\d:\d\d\.\d{1,9})|(?P<epoch>\d{5,12}\.\d{1,9}))"
)
TIME = re.compile(_TIME + r"(?=\s+\S)")
# Where a line that has been quoted, numbered or indented may have it.
ANY_TIME = re.compile(r"(?<![\w:.,-])" + _TIME + r"(?=\s+\S)")
_DIRECTION = r"(?:(?P<interface>[\w.@?-]+)\s+)?(?P<direction>In|Out|B|M|P)\s+"
_QUICK = re.compile(rf"(?:{_DIRECTION})?(?P<kind>IP6|IP|ARP),? (?P<what>.+)", re.DOTALL)
# Ethernet, cooked, loopback; with any number of tags before what counts.
_LINK = re.compile(
    r"(?P<front>.{0,200}?)(?:\bethertype |\bAF |, (?=[A-Z8]))(?P<ethertype>\w[\w .-]*?)"
    r"(?: \((?:0x[0-9a-f]+|\d+)\))?, length (?P<wire>\d{1,9}): "
    r"(?:vlan \d+, p \d+,(?: DEI,)? (?:ethertype (?P<tagged>[\w.-]+)(?: \(0x[0-9a-f]+\))?,? )?)*"
    r"(?:(?:IP6|IP|ARP),? (?=\S))?(?P<what>.*)",
    re.DOTALL,
)
# Names of processes (ptcpdump, pktap) and others.
_FRONT = re.compile(r"(?P<front>[^>]{1,120}?[\s)])(?P<kind>IP6|IP|ARP),? (?P<what>.+)", re.DOTALL)
_BARE = re.compile(r"(?P<front>)(?:ip6?: (?=\S))?(?P<what>\(\w+ .+|(?:<[^<>]*>)?\S+ > \S+: .+)", re.DOTALL)
_WAY = re.compile(r"(?:^|\s)(In|Out|B|M|P)\s")
_SIX = ("(hlim", "(class", "(flowlabel")
_KINDS = {"IP": IPV4, "IPv4": IPV4, "IP6": IPV6, "IPv6": IPV6, "ARP": ARP}
_DIRECTIONS = {"In": 1, "B": 1, "M": 1, "Out": 2}
# Packets that tcpdump names, and that no conversation is made of.
_OTHERS = re.compile(r"(?:STP|LLDP|CDPv\d|EAPOL|LLC|RARP|PPPoE|LACPv\d|MPLS|Loopback|IS-IS|AoE|Unknown)\b")
_PACKET = re.compile(
    r"\bip6?: |\((?:tos|hlim|class|flowlabel) |\b(?:IP6?|ARP)\b[ ,]|\bethertype |\bAF IPv|, length \d|\S > \S+: "
    r"|[0-9a-f]{2}(?::[0-9a-f]{2}){5} > "
)
OTHER = 0xFFFF


class Head(NamedTuple):
    """What stands before the packet itself; `kind` is an ethertype, OTHER for one that is not told."""

    kind: int
    direction: int
    wire: int | None
    what: str
    tagged: bool = False


def looks_like_packet(line: str) -> bool:
    """Whether this is of a packet, be it damaged."""
    return bool(_PACKET.search(line) or _OTHERS.match(line))


def head(line: str) -> Head | None:
    """What follows the time; None when it is of no packet."""
    if match := _QUICK.match(line):
        return Head(_KINDS[match["kind"]], _DIRECTIONS.get(match["direction"] or "", 0), None, match["what"])
    if (match := _LINK.match(line)) and " > " not in match["ethertype"]:
        kind = _KINDS.get(match["tagged"] or match["ethertype"], OTHER)
        tagged = match["ethertype"].startswith("802.1")
        return Head(kind, _way(match["front"]), int(match["wire"]), match["what"], tagged)
    if match := _FRONT.match(line):
        return Head(_KINDS[match["kind"]], _way(match["front"]), None, match["what"])
    if _OTHERS.match(line):
        return Head(OTHER, 0, None, line)
    if match := _BARE.match(line):
        what = match["what"]
        six = what.startswith(_SIX) or (what[0] != "(" and what.split(" > ", 1)[0].count(":") > 1)
        return Head(IPV6 if six else IPV4, 0, None, what)
    return None


def _way(front: str) -> int:
    found = _WAY.search(front)
    return _DIRECTIONS.get(found[1], 0) if found else 0
