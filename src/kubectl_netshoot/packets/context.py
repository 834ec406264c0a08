"""What everything that understands packets writes to."""

from dataclasses import dataclass

from kubectl_netshoot.packets.capturing_host import Checksums, Sides
from kubectl_netshoot.packets.dns_search import SearchLists
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.register import Register
from kubectl_netshoot.packets.strays import Strays
from kubectl_netshoot.packets.traceroute import Traceroutes
from kubectl_netshoot.packets.visitors import Visits


@dataclass(frozen=True)
class Context:
    """One for each capture."""

    register: Register
    ledger: Ledger
    searches: SearchLists
    checksums: Checksums
    sides: Sides
    visits: Visits
    traceroutes: Traceroutes
    strays: Strays
