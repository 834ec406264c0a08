"""What was understood of a capture, as frozen values without words; and what must not be shown unasked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TypeAlias, overload

from kubectl_netshoot.packets.messages.kinds import FindingKind, StepKind
from kubectl_netshoot.packets.points.losses import Losses
from kubectl_netshoot.packets.read.frame import Damage, Format


@dataclass(frozen=True)
class Capture:
    """Facts of the file. Times are seconds since 1970, UTC; None in a capture without packets.

    `dated` is False for text without dates: times are then of the day, as printed. `link_types` are names as tcpdump
    gives them (EN10MB, LINUX_SLL2 ...). `cut_short` packets are longer than what was kept of them (snap length),
    `not_understood` have a link type or a network protocol that is not told. `kernel_drops` is what the capturing
    host says it lost, None where it does not say. `unread_lines` is of text. `names` are those
    that the file itself gives to addresses.
    """

    format: Format
    link_types: tuple[str, ...]
    packets: int
    bytes: int
    first: float | None
    last: float | None
    dated: bool = True
    damage: Damage | None = None
    cut_short: int = 0
    not_understood: int = 0
    kernel_drops: int | None = None
    unread_lines: int = 0
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_timeless(self) -> bool:
        """Whether it is text without times: then all packets are of the same moment, and nobody waited."""
        return self.format is Format.TEXT and not self.dated and not self.last and self.packets > 1

    @property
    def seconds(self) -> float:
        """From the first packet to the last."""
        return self.last - self.first if self.first is not None and self.last is not None else 0.0


@dataclass(frozen=True)
class Guarded:
    """Text from a packet of which the `secrets`, (start, end) in characters, are shown only when asked for."""

    text: str = field(repr=False)
    secrets: tuple[tuple[int, int], ...] = ()

    def masked(self, mark: str) -> str:
        """The text with `mark` in the place of each secret."""
        parts, position = [], 0
        for start, end in self.secrets:
            parts += [self.text[position:start], mark]
            position = end
        return "".join((*parts, self.text[position:]))


@dataclass(frozen=True)
class Header:
    """A header field of a message, its name as it was sent."""

    name: str
    value: Guarded


class Role(Enum):
    """What an endpoint was recognised as, beside its place in the conversation."""

    CAPTURING = "capturing"  # the capture was made on this side: in a pod's capture, the pod
    KUBE_PROBE = "kube-probe"  # the kubelet, checking health
    LOAD_BALANCER = "load-balancer"  # a load balancer's health check
    NODE_NAT = "node-nat"  # probably a node's address that stands for clients behind it
    DNS_SERVER = "dns-server"
    MULTICAST = "multicast"  # a multicast or broadcast address


@dataclass(frozen=True)
class ConversationEnd:
    """One end of a conversation; `port` is None where there is none."""

    address: str
    port: int | None = None
    roles: frozenset[Role] = frozenset()


Value: TypeAlias = (
    "str | int | float | bool | Guarded | Header | ConversationEnd | Side | tuple[Value, ...] | None"
)
Parameters: TypeAlias = Mapping[str, Value]


class Side(Enum):
    """Who did it: the client opened the conversation (or asked first), the server is the other one."""

    CLIENT = "client"
    SERVER = "server"
    BOTH = "both"


class Phase(Enum):
    """The part of the story that a step belongs to, as a runbook's page tells it."""

    SETUP = "setup"
    REQUEST = "request"
    RESPONSE = "response"
    DATA = "data"
    CLOSE = "close"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in a conversation.

    `packets` are the capture's packet numbers (from 1), at most the first PACKETS_SHOWN of `count`; `at` and `until`
    are seconds since the capture's first packet, of the first and the last of them.
    """

    kind: StepKind
    phase: Phase
    side: Side
    packets: tuple[int, ...]
    count: int
    at: float
    until: float
    parameters: Parameters


class LaterSteps(Sequence[Step]):
    """The steps of an HTTP connection that is as it should be, found when somebody looks at them.

    `statuses` are those of its answers, one for each request.
    """

    def __init__(self, find: Callable[[], tuple[Step, ...]], statuses: Sequence[str]) -> None:
        self._find = find
        self.statuses = statuses

    @cached_property
    def _found(self) -> tuple[Step, ...]:
        return self._find()

    @overload
    def __getitem__(self, place: int) -> Step: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, place: int | slice) -> Step | tuple[Step, ...]:
        return self._found[place]

    def __len__(self) -> int:
        return len(self._found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._found == tuple(other)

    __hash__ = None  # type: ignore[assignment]


PACKETS_SHOWN = 10


class Transport(Enum):
    """What carries a conversation."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ICMPV6 = "icmpv6"
    ARP = "arp"
    IP = "ip"  # any other protocol over IP, or fragments of it


class Application(Enum):
    """What was recognised inside the transport."""

    NONE = "none"
    HTTP = "http"
    HTTP2 = "http2"
    GRPC = "grpc"
    TLS = "tls"
    DNS = "dns"
    TUNNEL = "tunnel"
    SMTP = "smtp"
    POP3 = "pop3"
    IMAP = "imap"
    FTP = "ftp"
    LDAP = "ldap"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    REDIS = "redis"
    MONGODB = "mongodb"
    AMQP = "amqp"
    KAFKA = "kafka"
    SOCKS = "socks"


class Outcome(Enum):
    """How a conversation stands at the end of the capture."""

    CLOSED = "closed"  # TCP, by FIN of both sides
    RESET = "reset"
    REFUSED = "refused"  # a SYN answered by RST, a datagram or packet by ICMP unreachable
    UNANSWERED = "unanswered"
    ONE_WAY = "one-way"  # where nobody has to answer: multicast, and what is no TCP, UDP or ICMP
    ANSWERED = "answered"  # not TCP
    HALF_CLOSED = "half-closed"
    OPEN = "open"
    UNKNOWN = "unknown"  # packets that would tell could not be read


@dataclass(frozen=True)
class Volume:
    """What one side sent: `bytes` on the wire with all headers, `payload` bytes inside TCP or UDP."""

    packets: int = 0
    bytes: int = 0
    payload: int = 0


@dataclass(frozen=True)
class SeenAt:
    """The same conversation in the capture of another point, with its ends as they are there."""

    point: str
    client: ConversationEnd
    server: ConversationEnd


@dataclass(frozen=True)
class Crossing:
    """What became of the packets of `side` on their way from one point to the next one; numbers are the sender's."""

    side: Side
    sender: str
    receiver: str
    losses: Losses


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything between two endpoints; for ICMP and ARP, between two addresses.

    `number` counts from 1 by first packet, over all conversations of the capture. `start_seen` is False where the
    capture began in the middle (which side is the client is then a guess). `steps` are in order of time;
    `steps_dropped` more were not kept. `round_trip` is the handshake's, in seconds.

    Of several captures together, `point` is the one that it is told from, the nearest to its client; `elsewhere` has
    the others, and `crossings` what became of its packets from one to the next.
    """

    number: int
    transport: Transport
    application: Application
    client: ConversationEnd
    server: ConversationEnd
    start_seen: bool
    outcome: Outcome
    from_client: Volume
    from_server: Volume
    first_packet: int
    at: float
    until: float
    steps: Sequence[Step]
    steps_dropped: int = 0
    round_trip: float | None = None
    retransmissions: int = 0
    odd: bool = False  # a finding that is no mere note is about it
    point: str = ""
    elsewhere: tuple[SeenAt, ...] = ()
    crossings: tuple[Crossing, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something to know, and what it rests on.

    `packets` and `conversations` are numbers, at most the first PACKETS_SHOWN of `packet_count` and
    `conversation_count`; both are empty where it is about the capture itself. `alike` findings that differ in no more
    than a port or a name are this one: what differs is the first one's, a port is None. Of several captures, `point`
    is the one whose packets show it.
    """

    kind: FindingKind
    parameters: Parameters
    packets: tuple[int, ...] = ()
    packet_count: int = 0
    conversations: tuple[int, ...] = ()
    conversation_count: int = 0
    alike: int = 1
    point: str = ""


@dataclass(frozen=True)
class Group:
    """Conversations alike: one client address, one server endpoint, the same protocols and the same outcome.

    `client.port` is None. `shown` are numbers of conversations that the report holds, the odd ones first; `count` is
    all of them, `odd` those with a finding.
    """

    transport: Transport
    application: Application
    client: ConversationEnd
    server: ConversationEnd
    outcome: Outcome
    count: int
    odd: int
    packets: int
    bytes: int
    at: float
    until: float
    shown: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """All that a rendering needs.

    `conversations` are those that were kept, in order of their numbers; `conversation_count` is all that were seen:
    beyond max_flows the quiet ones were folded into their groups, without steps, to keep memory bounded.
    `findings` are worst first. `groups` cover all conversations, largest first. `captures` are those of several points
    by their names, where there are several; `capture` is then all of them.
    """

    capture: Capture
    conversations: tuple[Conversation, ...]
    conversation_count: int
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    captures: Mapping[str, Capture] = field(default_factory=dict)

    @property
    def folded(self) -> int:
        """How many conversations are only counted in their groups."""
        return self.conversation_count - len(self.conversations)
