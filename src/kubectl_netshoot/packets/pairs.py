"""Conversations without ports: ICMP, ARP and whatever else IP carries, between two addresses."""

from dataclasses import dataclass, field
from typing import TypeAlias

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Arrival, NotedPackets, Run, Talk, Tally
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.read.headers import is_multicast
from kubectl_netshoot.packets.report import Outcome, Phase, Side, Transport, Value

Key: TypeAlias = tuple[Transport, bytes, bytes]


@dataclass(slots=True, eq=False, kw_only=True)
class Pair(Talk):
    """What two addresses say to each other. `asked` are questions for a hardware address that nobody has answered yet,
    `echoes` are pings (packet, time) that wait for their reply, by identifier and number.
    """

    key: Key
    from_client: Tally = field(default_factory=Tally)
    from_server: Tally = field(default_factory=Tally)
    talking: Run | None = None
    asked: NotedPackets = field(default_factory=NotedPackets)
    requests: int = 0
    answers: int = 0
    echoes: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def tallies(self) -> tuple[Tally, Tally]:
        return self.from_client, self.from_server

    def extend(self, kind: StepKind, phase: Phase, side: Side, at: Arrival, **parameters: Value) -> Run:
        """One more of the same, or the first of another kind; numbers of bytes are added up."""
        run = self.talking
        if run is None or run.kind is not kind or run.side is not side:
            self.talking = run = self.step(kind, phase, side, at.packet, at.ns, **parameters)
            return run
        run.grow(at.packet, at.ns)
        size = parameters.get("bytes")
        if isinstance(size, int):
            run.add("bytes", size)
        return run

    def request(self, packet: int) -> None:
        """Something that wants an answer."""
        self.requests += 1
        self.asked.append(packet)

    def answer(self) -> None:
        """An answer."""
        self.answers += 1
        self.outcome = Outcome.ANSWERED
        if self.answers >= self.requests:
            self.asked = NotedPackets()


@dataclass(eq=False)
class Pairs:
    """All of them by transport and addresses."""

    _context: Context
    _pairs: dict[Key, Pair] = field(default_factory=dict)

    def count(
        self, transport: Transport, ends: tuple[bytes, bytes], at: Arrival, *, answer: bool = False
    ) -> tuple[Pair, Side]:
        """Count a packet between two ends, source first; `answer` tells that the other one began."""
        source, target = ends
        if pair := self._pairs.get((transport, source, target)):
            side = Side.CLIENT
        elif pair := self._pairs.get((transport, target, source)):
            side = Side.SERVER
        else:
            pair = self._open(transport, (target, source) if answer else ends, at)
            side = Side.SERVER if answer else Side.CLIENT
        tally = pair.from_client if side is Side.CLIENT else pair.from_server
        tally.packets += 1
        tally.bytes += at.wire
        pair.until = at.ns
        if side is Side.SERVER and pair.outcome is Outcome.ONE_WAY:
            pair.outcome = Outcome.ANSWERED
        return pair, side

    def forget(self, pair: Pair) -> None:
        """No longer find it."""
        self._pairs.pop(pair.key, None)

    def _open(self, transport: Transport, ends: tuple[bytes, bytes], at: Arrival) -> Pair:
        register = self._context.register
        key: Key = (transport, *ends)
        places = (ends[0], None), (ends[1], None)
        pair = Pair(register.next_number(), transport, *places, at.packet, at.ns, register.allowance, key=key)
        one_way = transport is Transport.IP or is_multicast(ends[1])
        pair.outcome = Outcome.ONE_WAY if one_way else Outcome.UNANSWERED
        register.admit(pair)
        self._pairs[pair.key] = pair
        return pair
