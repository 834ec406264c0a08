"""What in a text is of a packet, and yet cannot be read; and whose it may be."""

import re
from collections.abc import Iterator

from kubectl_netshoot.packets.text_hosts import Hosts, Place

# The front of a packet's line that was damaged, or the ends of one whose front is lost.
_FRONT = re.compile(r"\s*\S.*\bIP6?,? \S+ > \S+: ")
_ENDS = re.compile(r"\s*\S+ > \S+: (?:Flags \[|tcp \d|UDP, |ICMP6?[ ,])")
_HEADER = re.compile(r"\((?:tos|class|flowlabel|hlim) ")
_PLACE = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:]*[0-9a-f])(?:\.[\w-]+)?(?=[\s:,]|$)"
)
# What is in a tunnel may be of anybody.
_TUNNEL = re.compile(r": (?:\[[^\]]*\] )?(?:VXLAN|OTV|Geneve|GREv0|IP6?)[ ,]")


def damaged(below: list[str]) -> Iterator[str]:
    """Those of the lines below a packet's own that are of other packets, and cannot be read."""
    before = ""
    for line in below:
        if _FRONT.match(line) or (_ENDS.match(line) and not _HEADER.search(before)):
            yield line
        before = line if line.strip() else before


def named(line: str, hosts: Hosts) -> frozenset[Place]:
    """The ends that can be told of a line that cannot be read."""
    if _TUNNEL.search(line):
        return frozenset()
    found = (hosts.place(text, six=":" in text, ported=True) for text in _PLACE.findall(line)[:2])
    return frozenset(place for place in found if place is not None)
