"""What everything that understands packets writes to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kubectl_netshoot.packets.artefacts import Checksums
from kubectl_netshoot.packets.conclusions import (
    Holders,
    Holes,
    LostNeighbours,
    Pauses,
    SearchLists,
    Shown,
    Sides,
    Strays,
    Traceroutes,
    Truncations,
    Visits,
)
from kubectl_netshoot.packets.conversation import Grouping, Register, Talk
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.next_hops import NextHops
from kubectl_netshoot.packets.scans import Scans
from kubectl_netshoot.packets.udp_strays import UdpStrays


@dataclass(frozen=True)
class Context:
    """One for each capture."""

    register: Register
    ledger: Ledger
    searches: SearchLists
    checksums: Checksums
    sides: Sides
    visits: Visits
    holders: Holders
    lost_neighbours: LostNeighbours
    traceroutes: Traceroutes
    strays: Strays
    shown: Shown
    truncations: Truncations
    holes: Holes
    scans: Scans
    udp_strays: UdpStrays
    next_hops: NextHops
    pauses: Pauses


def begin(max_flows: int, leave: Callable[[Talk], Talk], capturing: Iterable[bytes] = ()) -> Context:
    """One for a capture that begins; see Register and Sides."""
    ledger, sides = Ledger(), Sides(capturing)
    return Context(
        Register(max(max_flows, 1), Grouping(), leave),
        ledger,
        SearchLists(ledger),
        Checksums(sides),
        sides,
        Visits(ledger, sides),
        Holders(ledger),
        LostNeighbours(),
        Traceroutes(ledger),
        Strays(ledger),
        Shown(ledger),
        Truncations(),
        Holes(),
        Scans(ledger),
        UdpStrays(ledger),
        NextHops(ledger),
        Pauses(),
    )
