"""A conversation while it is being understood: what each side sent, and its steps so far.

Hides how memory stays bounded: neighbouring packets of one kind share a step, a long conversation keeps its first
steps and its end, and all conversations together share one allowance.
"""

from typing import NamedTuple, TypeAlias

from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.read.ip import address
from kubectl_netshoot.packets.report import (
    PACKETS_SHOWN,
    Application,
    Endpoint,
    Outcome,
    Phase,
    Role,
    Side,
    Transport,
    Value,
)

# An address in network form, and a port.
Place: TypeAlias = tuple[bytes, int | None]

STEPS_EACH = 400
STEPS_EACH_WHEN_MANY = 24
STEPS_MANY = 40_000


class Arrival(NamedTuple):
    """When a packet came, in nanoseconds since 1970, and how long it is on the wire."""

    packet: int
    ns: int
    wire: int


def plain(place: Place) -> Endpoint:
    """A place as the report has it; its roles are known at the end."""
    return Endpoint(address(place[0]), place[1])


class Allowance:
    """How many steps all conversations together have kept."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept = 0

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


class Evidence:
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

    def extend(self, other: "Evidence") -> None:
        """Add all of another."""
        self.count += other.count
        self.packets += other.packets[: PACKETS_SHOWN - len(self.packets)]

    def __bool__(self) -> bool:
        return self.count > 0


class Tally:
    """What one side has sent."""

    __slots__ = ("bytes", "packets", "payload")

    def __init__(self) -> None:
        self.packets = self.bytes = self.payload = 0


class Talk:
    """One conversation; times are nanoseconds since 1970."""

    __slots__ = (
        "allowance",
        "application",
        "at",
        "client",
        "client_roles",
        "doubtful",
        "dropped",
        "first_packet",
        "number",
        "odd",
        "outcome",
        "retransmissions",
        "round_trip",
        "runs",
        "server",
        "server_roles",
        "start_seen",
        "transport",
        "until",
    )

    def __init__(
        self,
        number: int,
        transport: Transport,
        ends: tuple[Place, Place],
        packet: int,
        ns: int,
        allowance: Allowance,
    ) -> None:
        self.number = number
        self.transport = transport
        self.application = Application.NONE
        self.client, self.server = ends
        self.client_roles: set[Role] = set()
        self.server_roles: set[Role] = set()
        self.first_packet = packet
        self.at = self.until = ns
        self.start_seen = True
        self.outcome = Outcome.OPEN
        self.odd = False
        # Some of its packets could not be read: what is concluded from missing ones is not known.
        self.doubtful = False
        self.round_trip: int | None = None
        self.retransmissions = 0
        self.runs: list[Run] = []
        self.dropped = 0
        self.allowance = allowance

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

    def taken(self, side: Side) -> bool:
        """Whether the other side accepted what this one sent."""
        return side is Side.CLIENT and self.outcome is Outcome.ANSWERED

    def forget(self) -> None:
        """Give the steps' memory back."""
        self.allowance.kept -= len(self.runs)
        self.runs = []
