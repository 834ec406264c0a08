"""A TCP connection as seen from outside: two halves, what each has sent and acknowledged; its key, its segments."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from kubectl_netshoot.packets.conversation import Allowance, Evidence, Place, Run, Talk, Tally
from kubectl_netshoot.packets.messages import tcp_steps as steps
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.report import Phase, Side, Transport, Value

WRAP = 1 << 32
HALF = 1 << 31
# So many tries in vain are no accident.
TRIES = 3


class Application(Protocol):
    """What makes sense of the payload; each half's bytes come in order, once."""

    def take(
        self, half: "Half", packet: int, ns: int, data: bytes, start: int, end: int, length: int
    ) -> None:
        """The next `length` bytes, of which `data[start:end]` were captured (fewer, with a snap length)."""

    def gap(self, half: "Half", length: int) -> None:
        """`length` bytes were sent that the capture does not hold."""

    def ended(self, half: "Half", packet: int, ns: int, *, reset: bool) -> None:
        """This half sends nothing more: its FIN, or a reset by it."""

    def moment(self) -> Moment:
        """Where in the conversation a reset comes now; a tcp_steps.Moment."""

    def finish(self, flow: "Flow") -> None:
        """The conversation is over, or the capture: note what was left undone."""


class Pending:
    """A segment that came before the one in front of it."""

    __slots__ = ("data", "length", "ns", "packet", "seq")

    def __init__(self, seq: int, packet: int, ns: int, data: bytes, length: int) -> None:
        self.seq = seq
        self.packet = packet
        self.ns = ns
        self.data = data
        self.length = length


class Half(Tally):
    """One direction. `next` is behind the highest byte sent, `wanted` behind what the application was given."""

    __slots__ = (
        "ack_run",
        "acked",
        "acked_more",
        "acked_ns",
        "calm",
        "checks",
        "dup_acks",
        "fin",
        "fin_acked",
        "fin_ns",
        "fin_packet",
        "first",
        "flow",
        "keep_alives",
        "keep_alives_open",
        "kept_alive",
        "largest",
        "largest_end",
        "largest_repeated",
        "lost",
        "next",
        "next_ns",
        "out_of_order",
        "peer",
        "pending",
        "probed",
        "repeated",
        "scale",
        "segments",
        "side",
        "stuck",
        "stuck_ns",
        "tries",
        "wanted",
        "window",
        "zero_longest",
        "zero_packets",
        "zero_since",
    )

    def __init__(self, flow: "Flow", side: Side) -> None:
        super().__init__()
        self.flow = flow
        self.side = side
        self.peer: Half = self
        self.first: int | None = None
        self.next = self.wanted = 0
        self.next_ns = 0
        self.acked: int | None = None
        self.acked_ns = 0
        self.acked_more = False
        self.window = -1
        self.scale: int | None = None
        self.dup_acks = 0
        self.kept_alive = False
        self.keep_alives = Evidence()
        self.probed = False
        self.fin: int | None = None
        self.fin_packet = self.fin_ns = 0
        self.fin_acked = False
        self.segments = 0
        self.repeated = Evidence()
        self.out_of_order = Evidence()
        self.keep_alives_open = 0
        self.largest = self.largest_end = 0
        self.largest_repeated = 0
        # What was sent again last, since when, and how often in vain.
        self.stuck: int | None = None
        self.stuck_ns = 0
        self.tries = Evidence()
        self.lost = 0
        self.pending: list[Pending] | None = None
        self.ack_run: Run | None = None
        self.zero_since: int | None = None
        self.zero_packets = Evidence()
        self.zero_longest = 0
        self.checks = 0
        self.calm = False

    @property
    def unburdened(self) -> bool:
        """Whether nothing is pending in this direction."""
        return (
            self.fin is None
            and self.pending is None
            and self.zero_since is None
            and not self.checks
            and not self.kept_alive
            and self.first is not None
        )

    def again(self, seq: int, packet: int, ns: int) -> None:
        """What begins with `seq` was sent once more."""
        if self.stuck != seq:
            self.stuck, self.stuck_ns, self.tries = seq, ns, Evidence()
        self.tries.append(packet)

    @property
    def unheard(self) -> bool:
        """Whether the peer has not acknowledged what was sent again last."""
        acked = self.peer.acked
        return self.stuck is not None and acked is not None and (acked - self.stuck - 1) % WRAP >= HALF

    @property
    def ignored(self) -> bool:
        """Whether the peer, which has talked before, says nothing at all any more, however often it is told again."""
        return self.unheard and self.tries.count >= TRIES and self.peer.acked_ns <= self.stuck_ns

    @property
    def scaled_window(self) -> int:
        """The receive window in bytes; unscaled while scaling was not agreed, or not seen."""
        if self.scale is None or self.peer.scale is None:
            return self.window
        return self.window << self.scale


class Flow(Talk):
    """A connection. `syns` and `syn_acks` are packet numbers; `talking` is the step that data extends."""

    __slots__ = (
        "app",
        "closing_packets",
        "established",
        "from_client",
        "from_server",
        "keys",
        "reset_by",
        "reset_moment",
        "resets",
        "syn_ack_lost",
        "syn_ack_ns",
        "syn_acks",
        "syn_ns",
        "syns",
        "talking",
        "troubles",
        "unaccepted",
        "visited",
    )

    def __init__(
        self, number: int, ends: tuple[Place, Place], packet: int, ns: int, allowance: Allowance
    ) -> None:
        super().__init__(number, Transport.TCP, ends, packet, ns, allowance)
        self.from_client, self.from_server = Half(self, Side.CLIENT), Half(self, Side.SERVER)
        self.from_client.peer, self.from_server.peer = self.from_server, self.from_client
        self.keys: tuple[bytes, bytes] = (b"", b"")
        self.app: Application | None = None
        self.syns = Evidence()
        self.syn_acks = Evidence()
        self.syn_ns = self.syn_ack_ns = 0
        self.established = False
        # The client asked again behind a SYN-ACK, so that the next one answers this.
        self.syn_ack_lost = False
        # SYN-ACKs that were sent again after the client had confirmed.
        self.unaccepted = Evidence()
        self.resets = Evidence()
        self.reset_by: Half | None = None
        self.reset_moment: Moment | None = None
        self.talking: Run | None = None
        self.troubles: dict[tuple[StepKind, Side], Run] = {}
        self.closing_packets = 0
        self.visited = False

    def tallies(self) -> tuple[Tally, Tally]:
        return self.from_client, self.from_server

    def taken(self, side: Side) -> bool:
        other = self.from_server if side is Side.CLIENT else self.from_client
        return other.acked_more or (self.start_seen and self.established)

    def forget(self) -> None:
        # What refers to each other would stay until Python looks for cycles, and that it seldom does here.
        super().forget()
        self.app = self.talking = self.reset_by = None
        self.troubles = {}
        for half in (self.from_client, self.from_server):
            half.pending = half.ack_run = None
            del half.flow, half.peer

    def message(
        self, kind: StepKind, phase: Phase, half: Half, packet: int, ns: int, **parameters: Value
    ) -> Run:
        """Begin a step of the conversation itself; what troubled the last one is told with the last one."""
        run = self.step(kind, phase, half.side, packet, ns, **parameters)
        self.talking = run
        if self.troubles:
            self.troubles = {}
        self.from_client.ack_run = self.from_server.ack_run = None
        return run

    def trouble(self, kind: StepKind, half: Half, packet: int, ns: int, **amounts: int) -> Run:
        """Begin or extend a step of what goes wrong underneath; `amounts` are added up."""
        run = self.troubles.get((kind, half.side))
        if run is None:
            run = self.step(kind, Phase.TROUBLE, half.side, packet, ns, **amounts)
            self.troubles[kind, half.side] = run
            return run
        run.grow(packet, ns)
        for name, amount in amounts.items():
            run.add(name, amount)
        return run

    @property
    def calm(self) -> bool:
        """Whether nothing is pending: then the next data, or a plain ACK, needs no closer look."""
        return (
            self.established
            and not self.resets
            and self.from_client.unburdened
            and self.from_server.unburdened
        )


_IPV4 = 12


def ends(key: bytes) -> tuple[Place, Place]:
    """Source and destination of a segment with this key."""
    size = (len(key) - 4) // 2
    source, target = key[:size], key[size : 2 * size]
    return (source, int.from_bytes(key[-4:-2], "big")), (target, int.from_bytes(key[-2:], "big"))


def turned(key: bytes) -> bytes:
    """The key of a segment the other way."""
    size = (len(key) - 4) // 2
    return key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]


def hops_left(key: bytes, data: bytes, begin: int) -> int:
    """TTL or hop limit of the packet in `data` whose TCP header begins at `begin`."""
    return data[begin - (12 if len(key) == _IPV4 else 33)]


FIN, SYN, RST, ACK = 1, 2, 4, 16


class Segment(NamedTuple):
    """A TCP segment: its header's fields, and where in `data` it begins, has its payload, ends, was captured to."""

    packet: int
    ns: int
    wire: int
    seq: int
    ack: int
    flags: int
    window: int
    data: bytes
    begin: int
    start: int
    stop: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of payload as the header says; a header longer than the packet has none."""
        return max(self.stop - self.start, 0)

    @property
    def payload(self) -> bytes:
        """What was captured of the payload."""
        return self.data[self.start : min(self.end, self.stop)]


# What makes sense of the rest; None where its own first payload will tell.
Nest: TypeAlias = Callable[[Application | None], None]
Recognise: TypeAlias = Callable[[Half, bytes], Application]


class Nested:
    """Waits for the first payload of what is carried; see tcp_flow.Application."""

    def __init__(self, recognise: Recognise) -> None:
        self._recognise = recognise

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """It tells what makes sense of the rest."""
        app = half.flow.app = self._recognise(half, data[start:end])
        app.take(half, packet, ns, data, start, end, length)

    def gap(self, half: Half, length: int) -> None:
        """What is missing is not known."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing was carried."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return "data"

    def finish(self, flow: Flow) -> None:
        """Nothing is left undone."""


def hand_over(flow: Flow, app: Application | None, recognise: Recognise) -> None:
    """Have the one that made sense of the connection so far judge what it saw, and `app` take what comes."""
    if flow.app is not None:
        flow.app.finish(flow)
    flow.app = app or Nested(recognise)


class Opaque:
    """Counts bytes; see tcp_flow.Application. `within` is the step's id."""

    def __init__(self, within: StepKind = steps.TCP_DATA, moment: Moment = "data") -> None:
        self._within = within
        self._moment = moment

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:  # noqa: ARG002
        """Extend the step while the same side talks."""
        run = half.flow.talking
        if run is not None and run.kind is self._within and run.side is half.side:
            run.more(packet, ns, length)
        else:
            half.flow.message(self._within, Phase.DATA, half, packet, ns, bytes=length)

    def gap(self, half: Half, length: int) -> None:
        """Nothing depends on what is missing."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing is left undone."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return self._moment

    def finish(self, flow: Flow) -> None:
        """Nothing is left undone."""
