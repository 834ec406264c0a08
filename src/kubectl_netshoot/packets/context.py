"""What everything that understands packets writes to."""

from dataclasses import dataclass

from kubectl_netshoot.packets.artefacts import Checksums
from kubectl_netshoot.packets.conclusions import Holders, SearchLists, Sides, Strays, Traceroutes, Visits
from kubectl_netshoot.packets.conversation import Register
from kubectl_netshoot.packets.ledger import Ledger


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
    traceroutes: Traceroutes
    strays: Strays
