"""Tells who looks for open ports from who cannot reach one: many ports in vain, each hardly ever again, or packets that
only scanners send.

Who needs a service tries its port, and tries it again; monitoring comes back to the same ports.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from kubectl_netshoot.packets.conversation import NotedPackets, Place, Talk, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import warnings

# Who tries in vain, and at whom.
Way: TypeAlias = tuple[bytes, bytes]

# No application has so many ports. Behind a host that does not answer at all many services may be missed.
PORTS, PORTS_OF_THE_SILENT = 15, 50
# A scanner tries a port once or twice.
TRIES_EACH = 3
# No stack sends such segments, but a damaged packet may look so.
CRAFTED = 3
MOST = 10_000


class Try(Enum):
    """What came of it. ACCEPTED: and then the client went away."""

    REFUSED = "refused"
    SILENT = "silent"
    ACCEPTED = "accepted"


@dataclass(slots=True)
class Tried:
    """All that one address tried of another; `ports` with the best that came of each, `talk` is the first of it."""

    talk: Talk
    ports: dict[int, Try] = field(default_factory=dict)
    packets: NotedPackets = field(default_factory=NotedPackets)
    crafted: NotedPackets = field(default_factory=NotedPackets)

    @property
    def is_scan(self) -> bool:
        if self.crafted.count >= CRAFTED:
            return True
        silent = all(one is Try.SILENT for one in self.ports.values())
        enough = PORTS_OF_THE_SILENT if silent else PORTS
        return len(self.ports) >= enough and self.packets.count <= TRIES_EACH * len(self.ports)

    def count(self, result: Try) -> int:
        return sum(one is result for one in self.ports.values())


class Scans:
    """All of a capture."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tried: dict[Way, Tried] = {}
        self._held: list[tuple[Talk, Callable[[], None]]] = []

    def tried(self, talk: Talk, result: Try) -> None:
        """A port was tried, and nothing came of it for the client."""
        if (tried := self._of(talk)) is not None:
            port = talk.server[1] or 0
            known = tried.ports.get(port, Try.SILENT)
            tried.ports[port] = result if known is Try.SILENT else known
            tried.packets.append(talk.first_packet)

    def crafted(self, talk: Talk) -> None:
        """It begins with a segment that no stack sends."""
        if (tried := self._of(talk)) is not None:
            tried.ports.setdefault(talk.server[1] or 0, Try.SILENT)
            tried.crafted.append(talk.first_packet)

    def unless(self, talk: Talk, note: Callable[[], None]) -> None:
        """Have `note` called at the end, should this be no part of a scan."""
        if len(self._held) < MOST:
            self._held.append((talk, note))
        elif not self.covers(talk):
            note()

    def settle(self, spoken: Iterable[tuple[bytes, Place]]) -> None:
        """The capture is over; `spoken` is who said something to which server: so many ports are no scan."""
        used = Counter((client, server) for client, (server, _) in spoken) if self._tried else Counter()
        for way in [way for way, tried in self._tried.items() if used[way] > len(tried.ports)]:
            del self._tried[way]
        for talk, note in self._held:
            if not self.covers(talk):
                note()
        for (client, server), tried in self._tried.items():
            if tried.is_scan:
                packets = NotedPackets()
                packets.extend(tried.packets)
                packets.extend(tried.crafted)
                self._ledger.note(
                    warnings.PORT_SCAN,
                    tried.talk,
                    packets,
                    client=plain((client, None)),
                    server=plain((server, None)),
                    count=len(tried.ports),
                    accepted=tried.count(Try.ACCEPTED),
                    refused=tried.count(Try.REFUSED),
                    unanswered=tried.count(Try.SILENT),
                    crafted=tried.crafted.count,
                )

    def _of(self, talk: Talk) -> Tried | None:
        if talk.doubtful:
            return None
        way = (talk.client[0], talk.server[0])
        tried = self._tried.get(way)
        if tried is None and len(self._tried) < MOST:
            tried = self._tried[way] = Tried(talk)
        return tried

    def covers(self, talk: Talk) -> bool:
        """Whether this is part of a scan, as far as is known by now."""
        tried = self._tried.get((talk.client[0], talk.server[0]))
        return tried is not None and tried.is_scan
