"""What everything that understands packets writes to."""

from dataclasses import dataclass

from kubectl_netshoot.explain.dns_search import SearchLists
from kubectl_netshoot.explain.ledger import Ledger
from kubectl_netshoot.explain.offloading import Checksums
from kubectl_netshoot.explain.register import Register
from kubectl_netshoot.explain.sides import Sides
from kubectl_netshoot.explain.strays import Strays
from kubectl_netshoot.explain.traceroutes import Traceroutes
from kubectl_netshoot.explain.visits import Visits


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
