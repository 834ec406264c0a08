"""What everything that understands packets writes to."""

from dataclasses import dataclass

from kubectl_netshoot.packets.artefacts import Checksums
from kubectl_netshoot.packets.conclusions import SearchLists, Strays, Traceroutes
from kubectl_netshoot.packets.conversation import Register
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.roles import Holders, Sides, Visits


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
