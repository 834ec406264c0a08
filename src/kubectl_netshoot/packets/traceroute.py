"""Tells traceroute from a routing loop: both make routers say that a packet ran out of hops.

A host sends with one TTL, and a high one; who looks for the way sends with 1, 2, 3 and so on. Where the probes
themselves were not captured, or not their TTL, the routers tell: in a loop it is one or two, on a way each is another.
"""

from collections.abc import Callable
from typing import TypeAlias

from kubectl_netshoot.packets.conversation import Evidence, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import notes

# Source and target in network form.
Way: TypeAlias = tuple[bytes, bytes]

# Hosts begin with 64 or more, and no way is longer than half of that: what comes with less was sent so.
LOW = 32
# A router at so many distances, one or two of them for another way each time, has had the packet more than once.
LOOPS = 3
MOST = 10_000


class Trace:
    """What was sent with a low TTL to a target, and what came of it."""

    __slots__ = ("answered", "expired", "held", "routers", "ttls")

    def __init__(self) -> None:
        self.ttls: set[int] = set()
        # Each router that said that a packet ran out of hops, with the TTLs that these were sent with.
        self.routers: dict[bytes, set[int]] = {}
        self.expired = Evidence()
        self.answered = False
        self.held: list[tuple[bool, Callable[[], None]]] = []

    @property
    def is_traceroute(self) -> bool:
        """Whether somebody looks for the way, rather than that packets go round in a circle."""
        if any(len(ttls) >= LOOPS for ttls in self.routers.values()):
            return False
        if self.ttls:
            return len(self.ttls) > (1 if self.routers else 2)
        return len(self.routers) > (1 if self.answered else 2)


class Traceroutes:
    """All ways of a capture that packets with a low TTL were sent on, or that packets ran out of hops on."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._traces: dict[Way, Trace] = {}
        self._probes: dict[bytes, int] = {}

    def sent(self, way: Way, ttl: int, key: bytes) -> None:
        """A packet was sent with a TTL below LOW; `key` is what an error about it will quote."""
        trace = self._trace(way)
        if trace is not None:
            trace.ttls.add(ttl)
            self._probes[key] = ttl

    def expired(self, way: Way, router: bytes, key: bytes, packet: int, loop: Callable[[], None]) -> None:
        """A router says that a packet ran out of hops; `loop` notes it, should that be no traceroute."""
        trace = self._trace(way)
        if trace is None:
            loop()
            return
        ttl = self._probes.get(key)
        trace.routers.setdefault(router, set()).update(() if ttl is None else (ttl,))
        trace.expired.append(packet)
        trace.held.append((True, loop))

    def unreachable(self, way: Way, from_target: bool, note: Callable[[], None]) -> None:
        """Somebody says that a target cannot be reached; the target itself, at the end of a traceroute by UDP."""
        trace = self._traces.get(way)
        if trace is None:
            note()
            return
        trace.answered |= from_target
        trace.held.append((from_target, note))

    def answered(self, way: Way) -> None:
        """The target answered."""
        if trace := self._traces.get(way):
            trace.answered = True

    def covers(self, way: Way) -> bool:
        """Whether that nothing answers on this way is what a traceroute is made for."""
        trace = self._traces.get(way)
        return trace is not None and trace.is_traceroute

    def settle(self) -> None:
        """The capture is over."""
        for (source, target), trace in self._traces.items():
            found = trace.is_traceroute
            for explained, note in trace.held:
                if not (found and explained):
                    note()
            if found:
                self._ledger.note(
                    notes.TRACEROUTE,
                    None,
                    trace.expired,
                    source=plain((source, None)),
                    target=plain((target, None)),
                    routers=len(trace.routers),
                    reached=trace.answered,
                )

    def _trace(self, way: Way) -> Trace | None:
        trace = self._traces.get(way)
        if trace is None and len(self._traces) < MOST and len(self._probes) < MOST:
            trace = self._traces[way] = Trace()
        return trace if trace is not None and len(trace.held) < MOST else None
