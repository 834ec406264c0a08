"""All that a verdict may rest on, as plain values: what was read, what the client tried, what was captured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.model import Endpoint, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.packets.points.direction import Bytes
from kubectl_netshoot.rules.policies import End, PolicyAnswer


@dataclass(frozen=True)
class Server:
    """What is to be reached: `asked` as the person typed it; `address` where that is one and no name.

    `service` is None for a pod and for an address outside of the cluster, `port` the Service's (None: it has no such
    port), `number` the port that was asked for (None: left out, and the Service has several or none). `pods` are those
    behind it, ready or not; a pod that was asked for by name is the only one. `alias` is where an ExternalName leads.
    """

    asked: str
    namespace: str
    address: str = ""
    number: int | None = None
    service: ServiceWithEndpoints | None = None
    port: ServicePort | None = None
    pods: tuple[End, ...] = ()
    alias: str = ""

    @property
    def serving(self) -> tuple[Endpoint, ...]:
        """The endpoints that get new connections to this port, each address once."""
        service = self.service
        if service is None:
            return ()
        # kube-proxy passes nothing on to a name.
        every = {e.address: e for e in reversed(service.serving) if is_address(e.address)}
        port = self.port
        taking = (e for e in every.values() if port is None or service.number_at(e, port) is not None)
        return tuple(reversed(list(taking)))


@dataclass(frozen=True)
class Lookup:
    """One answer of DNS: `status` as dig says it (NOERROR, NXDOMAIN, SERVFAIL...), for the full name that was tried."""

    name: str
    status: str
    addresses: tuple[str, ...] = ()
    seconds: float = 0.0
    server: str = ""


@dataclass(frozen=True)
class Resolution:
    """How the client's pod looked the name up: `replies` in the order of its search list.

    `heard` is how many questions were answered by UDP, `silent` are the servers that did not answer, one for each
    question that was lost, and `reasons` what dig says of them (`timed out`); `tcp` is whether the same question got an
    answer by TCP (None: not tried). `elsewhere` are other namespaces with a Service of that name.
    """

    replies: tuple[Lookup, ...] = ()
    heard: int = 0
    silent: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    tcp: bool | None = None
    elsewhere: tuple[str, ...] = ()


class ConnectResult(Enum):
    """How a connection ended for the client's own kernel. UNKNOWN: the tool did not run, or said nothing known."""

    CONNECTED = "connected"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NOT_PERMITTED = "not permitted"
    UNKNOWN = "unknown"


class TlsTrouble(Enum):
    """What is wrong with TLS. CHAIN: nobody who is trusted signed the certificate. NONE: the port speaks no TLS."""

    NAME = "name"
    DATE = "date"
    CHAIN = "chain"
    NONE = "none"


@dataclass(frozen=True)
class RequestResult:
    """What came of the request after the connection: a GET or a TLS handshake. `said` is the tool's own line.

    `status` is HTTP's, 0 without one. `timed_out`: the connection stood and no whole answer came in time.
    """

    request: str = "GET /"
    status: int = 0
    tls: TlsTrouble | None = None
    timed_out: bool = False
    closed: bool = False
    said: str = ""


@dataclass(frozen=True)
class Try:
    """One connection that we made in the client's pod, to ADDRESS:PORT `to` (IPv6 in brackets).

    `source_port` is the client's own, by which the captures are matched (0: not known); `pod` the endpoint that was
    dialled directly (its address, where it is no pod), empty through the Service. `reply` is None where nothing was
    asked for.
    """

    to: str
    outcome: ConnectResult
    source_port: int = 0
    pod: str = ""
    error: str = ""
    reply: RequestResult | None = None

    @property
    def was_not_asked(self) -> bool:
        """Whether the tool that should have asked for the page said nothing."""
        return self.outcome is ConnectResult.UNKNOWN and self.reply is not None

    @property
    def works(self) -> bool:
        """Whether it was connected, and answered what it was asked for."""
        if self.outcome is not ConnectResult.CONNECTED:
            return False
        reply = self.reply
        return reply is None or not (reply.timed_out or reply.closed or reply.tls or reply.status >= 500)


@dataclass(frozen=True)
class EndCapture:
    """How far a pod's capture can be believed: `before` is whether it ran from before the first connection to the end.

    `dropped` counts packets that the kernel lost, None where tcpdump did not say.
    """

    pod: str
    before: bool = True
    dropped: int | None = 0

    @property
    def whole(self) -> bool:
        """Whether what it does not hold was not there."""
        return self.before and self.dropped == 0


@dataclass(frozen=True)
class Unreachable:
    """An ICMP error about a connection of ours: who sent it, and what it says in words (`port unreachable`)."""

    sender: str
    says: str


@dataclass(frozen=True)
class MatchedFlow:
    """One connection of ours, matched in the captures of both ends. All numbers are packets unless said otherwise.

    `pod` is the server's whose capture has it (empty: none), `source` and `target` are ADDRESS:PORT as seen there.
    `syns` left the client (`loopback`: only on lo), `arrived` came to the pod, `answers` are its SYN-ACKs, `answered`
    those of them that came back. `reset` is who sent the client a RST, as ADDRESS:PORT; `server_reset` (RST) and
    `server_closed` (RST or FIN) are what the pod's capture has leaving; `stranger` is where a SYN-ACK came from if not
    from `to`. `ended` is who ended it first after the handshake.
    """

    to: str
    source_port: int
    isn: int = 0
    syns: int = 0
    loopback: bool = False
    pod: str = ""
    source: str = ""
    target: str = ""
    arrived: int = 0
    answers: int = 0
    answered: int = 0
    reset: str = ""
    server_reset: bool = False
    server_closed: bool = False
    stranger: str = ""
    unreachable: Unreachable | None = None
    request: Bytes = field(default_factory=Bytes)
    response: Bytes = field(default_factory=Bytes)
    ended: Literal["", "client", "server"] = ""


@dataclass(frozen=True)
class ListenQueue:
    """A line of `ss -ltn`: connections that wait to be accepted, and how many may."""

    address: str
    port: int
    waiting: int = 0
    most: int = 0

    @property
    def full(self) -> bool:
        """Linux refuses when more than the backlog wait, so a full queue shows one more."""
        return self.waiting > self.most

    @property
    def loopback_only(self) -> bool:
        """Whether only the pod's own containers can connect."""
        return self.address.startswith("127.") or self.address in ("::1", "::ffff:127.0.0.1")


@dataclass(frozen=True)
class NstatCounters:
    """What nstat counted in a pod while the connections were tried, as differences; of the whole pod."""

    received: int = 0  # IpInReceives
    delivered: int = 0  # IpInDelivers
    listen_overflows: int = 0
    resets_sent: int = 0  # TcpOutRsts
    unreachables_sent: int = 0  # IcmpOutDestUnreachs


@dataclass(frozen=True)
class Evidence:
    """Everything known so far: of stages that did not run, fields are empty.

    `client_capture` is None without one, `captures` are the servers', by pod as `listeners`, `counters` and `half_open`
    (clients' ports that `ss` shows in SYN-RECV). `no_arp` are next hops that the client's kernel asked for in vain.
    `sidecar` is a mesh's container in the client's pod. `policies` has an answer for each pod behind the Service,
    `dns_policy` for the DNS server; `other_policies` are the kinds of others that exist, and are not evaluated.
    `earlier` are connections that failed when only the client's end was looked at; `changed` is whether the Service got
    other endpoints meanwhile. `noted` are sentences that must be known whatever comes of it, `missing` of what could
    not be done, and why.
    """

    client: End
    server: Server
    resolution: Resolution | None = None
    tries: tuple[Try, ...] = ()
    client_capture: EndCapture | None = None
    captures: Mapping[str, EndCapture] = field(default_factory=dict)
    flows: tuple[MatchedFlow, ...] = ()
    no_arp: tuple[str, ...] = ()
    listeners: Mapping[str, tuple[ListenQueue, ...]] = field(default_factory=dict)
    half_open: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    counters: Mapping[str, NstatCounters] = field(default_factory=dict)
    sidecar: str = ""
    policies: tuple[PolicyAnswer, ...] = ()
    dns_policy: PolicyAnswer | None = None
    other_policies: tuple[str, ...] = ()
    earlier: tuple[Try, ...] = ()
    changed: bool = False
    noted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
