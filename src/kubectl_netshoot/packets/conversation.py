"""Conversations while they are being understood: what each side sent, its steps so far; and all of a capture together.

Hides how memory stays bounded: neighbouring packets of one kind share a step, a long conversation keeps its first
steps and its end, all conversations together share one allowance, and at most so many are held at once.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.read.headers import address
from kubectl_netshoot.packets.report import (
    PACKETS_SHOWN,
    Application,
    ConversationEnd,
    Group,
    Outcome,
    Phase,
    Role,
    Side,
    Transport,
    Value,
)

# An address in network form, and a port.
Place: TypeAlias = tuple[bytes, int | None]
Resolve: TypeAlias = Callable[[Place], ConversationEnd]

STEPS_EACH = 400
STEPS_EACH_WHEN_MANY = 24
STEPS_MANY = 40_000


class Arrival(NamedTuple):
    """When a packet came, in nanoseconds since 1970, and how long it is on the wire."""

    packet: int
    ns: int
    wire: int


def plain(place: Place) -> ConversationEnd:
    """A place as the report has it; its roles are known at the end."""
    return ConversationEnd(address(place[0]), place[1])


@dataclass(slots=True)
class Allowance:
    """How many steps all conversations together have kept."""

    kept: int = 0

    @property
    def each(self) -> int:
        return STEPS_EACH if self.kept < STEPS_MANY else STEPS_EACH_WHEN_MANY


class Run:
    """A step that may still grow."""

    __slots__ = ("at", "count", "kind", "last", "packets", "parameters", "phase", "side", "size", "until")

    def __init__(
        self, kind: StepKind, phase: Phase, side: Side, packet: int, ns: int, parameters: dict[str, Value]
    ):
        self.kind = kind
        self.phase = phase
        self.side = side
        self.packets = [packet]
        self.last = packet
        self.count = 1
        self.at = self.until = ns
        self.parameters = parameters
        self.size = 0

    def grow(self, packet: int, ns: int) -> None:
        """One more packet of the same kind."""
        self.last = packet
        self.count += 1
        self.until = ns
        if len(self.packets) < PACKETS_SHOWN:
            self.packets.append(packet)

    def more(self, packet: int, ns: int, size: int) -> None:
        """So many more bytes, in this packet or the next."""
        self.size += size
        if packet != self.last:
            self.last = packet
            self.count += 1
            self.until = ns
            if self.count <= PACKETS_SHOWN:
                self.packets.append(packet)

    @property
    def bytes(self) -> int:
        """All bytes of the step."""
        known = self.parameters.get("bytes")
        return self.size + known if isinstance(known, int) else self.size

    def add(self, name: str, amount: int) -> None:
        """Add to a number among the parameters."""
        value = self.parameters[name]
        assert isinstance(value, int)
        self.parameters[name] = value + amount


class NotedPackets:
    """Packets that show something: all are counted, the first are named."""

    __slots__ = ("count", "packets")

    def __init__(self, *packets: int) -> None:
        self.count = len(packets)
        self.packets = list(packets[:PACKETS_SHOWN])

    def append(self, packet: int) -> None:
        """Add one."""
        self.count += 1
        if len(self.packets) < PACKETS_SHOWN:
            self.packets.append(packet)

    def extend(self, other: "NotedPackets") -> None:
        """Add all of another."""
        self.count += other.count
        self.packets += other.packets[: PACKETS_SHOWN - len(self.packets)]

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(slots=True, eq=False)
class Tally:
    """What one side has sent."""

    packets: int = 0
    bytes: int = 0
    payload: int = 0


@dataclass(slots=True, eq=False)
class Talk:
    """One conversation; times are nanoseconds since 1970."""

    number: int
    transport: Transport
    client: Place
    server: Place
    first_packet: int
    at: int
    allowance: Allowance
    until: int = field(init=False)
    application: Application = Application.NONE
    client_roles: set[Role] = field(default_factory=set)
    server_roles: set[Role] = field(default_factory=set)
    start_seen: bool = True
    outcome: Outcome = Outcome.OPEN
    odd: bool = False
    # Some of its packets could not be read: what is concluded from missing ones is not known.
    doubtful: bool = False
    round_trip: int | None = None
    retransmissions: int = 0
    runs: list[Run] = field(default_factory=list)
    dropped: int = 0

    def __post_init__(self) -> None:
        self.until = self.at

    def step(
        self, kind: StepKind, phase: Phase, side: Side, packet: int, ns: int, **parameters: Value
    ) -> Run:
        """Begin a step; one that memory has no room for is counted, and not told."""
        run = Run(kind, phase, side, packet, ns, parameters)
        if len(self.runs) < self.allowance.each or phase is Phase.CLOSE:
            self.runs.append(run)
            self.allowance.kept += 1
        else:
            self.dropped += 1
        return run

    def tallies(self) -> tuple[Tally, Tally]:
        """What the client and the server sent."""
        raise NotImplementedError

    def totals(self) -> tuple[int, int]:
        """Packets and bytes of both sides together."""
        sent, received = self.tallies()
        return sent.packets + received.packets, sent.bytes + received.bytes

    def taken(self, side: Side) -> bool:
        """Whether the other side accepted what this one sent."""
        return side is Side.CLIENT and self.outcome is Outcome.ANSWERED

    def passed(self, side: Side) -> int:  # noqa: ARG002
        """The largest payload of one packet of this side that is known to have arrived; 0 for none."""
        return 0

    def forget(self) -> None:
        """Give the steps' memory back."""
        self.allowance.kept -= len(self.runs)
        self.runs = []


Alike: TypeAlias = tuple[Transport, Application, bytes, Place, Outcome]


@dataclass(slots=True)
class Sum:
    """What a group adds up to."""

    client: Place
    server: Place
    at: int
    until: int
    count: int = 0
    odd: int = 0
    packets: int = 0
    bytes: int = 0
    shown: list[int] = field(default_factory=list)
    odd_shown: list[int] = field(default_factory=list)

    def add(self, talk: Talk, *, shown: bool) -> None:
        """Count one more."""
        packets, size = talk.totals()
        self.count += 1
        self.odd += talk.odd
        self.packets += packets
        self.bytes += size
        self.at, self.until = min(self.at, talk.at), max(self.until, talk.until)
        kept = self.odd_shown if talk.odd else self.shown
        if shown and len(kept) < PACKETS_SHOWN:
            kept.append(talk.number)


class Grouping:
    """All groups of a capture."""

    def __init__(self) -> None:
        self._sums: dict[Alike, Sum] = {}

    def add(self, talk: Talk, *, shown: bool) -> None:
        """Count a conversation that is over; `shown` when the report will hold it."""
        alike = (talk.transport, talk.application, talk.client[0], talk.server, talk.outcome)
        total = self._sums.get(alike)
        if total is None:
            total = self._sums[alike] = Sum((talk.client[0], None), talk.server, talk.at, talk.until)
        total.add(talk, shown=shown)

    def groups(self, resolve: Resolve, began: int) -> tuple[Group, ...]:
        """Largest first; times as seconds since `began`, in nanoseconds since 1970."""
        return tuple(
            Group(
                transport=alike[0],
                application=alike[1],
                client=resolve(one.client),
                server=resolve(one.server),
                outcome=alike[4],
                count=one.count,
                odd=one.odd,
                packets=one.packets,
                bytes=one.bytes,
                at=(one.at - began) / 1e9,
                until=(one.until - began) / 1e9,
                shown=tuple((one.odd_shown + one.shown)[:PACKETS_SHOWN]),
            )
            for alike, one in sorted(self._sums.items(), key=lambda pair: (-pair[1].count, pair[1].at))
        )


# Whoever waits for an answer asks again sooner; and no two cards' clocks are so far apart.
GAP, BACK = 3_600_000_000_000, 5_000_000_000
MOST_JUMPS = 1000


class Jumps:
    """Where the clock of the packets jumps, as in a file that was put together from several: what happened between is
    not known, so nothing waited there. `longest` is in nanoseconds.
    """

    def __init__(self) -> None:
        self.packets = NotedPackets()
        self.longest = 0
        self._ends: list[int] = []

    def jumped(self, packet: int, before: int, ns: int) -> None:
        """A packet came at `ns`, and the one before it at `before`."""
        self.packets.append(packet)
        self.longest = max(self.longest, abs(ns - before))
        if len(self._ends) < MOST_JUMPS:
            insort(self._ends, before)

    def end_after(self, ns: int, otherwise: int) -> int:
        """When the last packet came before the next jump."""
        at = bisect_left(self._ends, ns)
        return self._ends[at] if at < len(self._ends) else otherwise


class Register:
    """All conversations that are remembered; `seen` is how many there were, `now` the time of the latest packet."""

    def __init__(self, max_flows: int, groups: Grouping, leave: Callable[[Talk], Talk]) -> None:
        """`leave` judges a conversation, forgets where to find it, and gives what it has become."""
        self.seen = 0
        self.now = 0
        self.jumps = Jumps()
        self.allowance = Allowance()
        self.groups = groups
        self._talks: dict[int, Talk] = {}
        self._max_flows = max_flows
        self._leave = leave
        self._quiet: deque[int] = deque()
        self._odd: deque[int] = deque()

    def next_number(self) -> int:
        """The number of a new conversation."""
        self.seen += 1
        return self.seen

    def admit(self, talk: Talk) -> None:
        """Remember a conversation, at the cost of another where there is no room."""
        while len(self._talks) >= self._max_flows:
            self._fold(self._least())
        self._talks[talk.number] = talk

    def replace(self, talk: Talk) -> None:
        """The conversation of this number is this one now."""
        self._talks[talk.number] = talk

    def end_after(self, ns: int) -> int:
        """When the capture ended that went on at this time: now, or before the next jump of its clock."""
        return self.jumps.end_after(ns, max(self.now, ns))

    def over(self, talk: Talk) -> None:
        """Say that nothing more is expected of it."""
        (self._odd if talk.odd else self._quiet).append(talk.number)

    def talks(self) -> Iterable[Talk]:
        """Those that are still remembered, in order of their numbers."""
        return self._talks.values()

    def _least(self) -> Talk:
        for finished in (self._quiet, self._odd):
            while finished:
                talk = self._talks.get(finished.popleft())
                if talk is not None:
                    return talk
        return next(iter(self._talks.values()))

    def _fold(self, talk: Talk) -> None:
        judged = self._leave(talk)
        del self._talks[talk.number]
        self.groups.add(judged, shown=False)
        judged.forget()
