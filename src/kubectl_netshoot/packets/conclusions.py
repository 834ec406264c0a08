"""What only the whole capture decides: findings wait here until it is known.

Who is who: the capturing host, the kubelet, load balancers, nodes that stand for clients behind them. A traceroute or a
routing loop; no answer or one from another address; a name that does not exist or one that a search list made up.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from kubectl_netshoot.packets.conversation import NotedPackets, Place, Talk, plain
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.read.headers import address, is_multicast
from kubectl_netshoot.packets.report import Role, Side

# One connection without data may be anything; a check comes again.
KNOCKS = 3
MOST_ADDRESSES = 50_000
# An address that moves is claimed by its old holder some time before, not just now.
AT_ONCE = 1_000_000_000


class Sides:
    """Learns from packets that say whether they were sent; `given` are addresses that the caller knows to be own."""

    def __init__(self, given: Iterable[bytes] = ()) -> None:
        self._given = frozenset(given)
        self._sent: set[bytes] = set()
        self._received: set[bytes] = set()
        self._offloading: set[bytes] = set()
        self.nodes: set[bytes] = set()

    def saw(self, source: bytes, *, sent: bool) -> None:
        """A packet from an address was sent, or received, by the capturing host."""
        (self._sent if sent else self._received).add(source)

    def offloads(self, source: bytes) -> None:
        """Packets from an address have checksums that only their network card completes."""
        self._offloading.add(source)

    def own(self, address: bytes) -> bool:
        """Whether the capture was made on this side. A router both receives and sends packets of an address."""
        if self._given:
            return address in self._given
        if self._sent or self._received:
            return address in self._sent and address not in self._received
        return address in self._offloading

    def roles(self, address: bytes) -> set[Role]:
        """The roles that an address has in every conversation."""
        found = set()
        if self.own(address):
            found.add(Role.CAPTURING)
        if address in self.nodes:
            found.add(Role.NODE_NAT)
        if is_multicast(address):
            found.add(Role.MULTICAST)
        return found


@dataclass(slots=True)
class Held:
    """Who claimed an address, with the first packet; the last of them, when, and whether two have it at one time."""

    holders: dict[bytes, int] = field(default_factory=dict)
    last: bytes = b""
    ns: int = 0
    contested: bool = False


class Holders:
    """Which network cards claim which addresses: one after another, as after a fail-over, or several at one time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: dict[bytes, Held] = {}

    def claim(self, held: bytes, hardware: bytes, packet: int, ns: int) -> None:
        """A packet says that an address belongs to a card."""
        known = self._held.setdefault(held, Held()) if len(self._held) < MOST_ADDRESSES else Held()
        if known.last and hardware != known.last:
            known.contested |= hardware in known.holders or ns - known.ns < AT_ONCE
        known.holders.setdefault(hardware, packet)
        known.last, known.ns = hardware, ns

    def contest(self, held: bytes, hardware: bytes, packet: int, ns: int) -> None:
        """A card has an address that another one is about to take; zeros are a card that is not known."""
        self.claim(held, hardware, packet, ns)
        if held in self._held:
            self._held[held].contested = True

    def settle(self) -> None:
        """The capture is over: addresses that more than one claims."""
        for held, known in self._held.items():
            if known.contested or len(known.holders) > 1:
                names = tuple(holder.hex(":") for holder in known.holders if any(holder))
                packets = NotedPackets(*known.holders.values())
                kind = faults.ADDRESS_CONFLICT if known.contested else warnings.ADDRESS_MOVED
                self._ledger.note(kind, None, packets, address=address(held), hardware=names)


class LostNeighbours:
    """Questions for a hardware address that nobody answered, as far as the capture shows."""

    def __init__(self) -> None:
        self._asked: list[tuple[bytes, Callable[[], None]]] = []

    def asked(self, asker: bytes, note: Callable[[], None]) -> None:
        """`note` tells of it."""
        if len(self._asked) < MOST:
            self._asked.append((asker, note))

    def settle(self, reached: Callable[[], Collection[bytes]]) -> None:
        """The capture is over. It has packets to the addresses `reached`: where it has some, and none to who asked, it
        was made where questions to everybody pass, and answers to him do not.
        """
        addresses = reached() if self._asked else ()
        for asker, note in self._asked:
            if not addresses or asker in addresses:
                note()


@dataclass(slots=True)
class Visit:
    """Connections of one address to one server."""

    example: Talk
    count: int = 0
    packets: NotedPackets = field(default_factory=NotedPackets)

    def add(self, talk: Talk) -> None:
        """One more."""
        self.count += 1
        self.packets.append(talk.first_packet)


class Visits:
    """All visits of a capture."""

    def __init__(self, ledger: Ledger, sides: Sides) -> None:
        self._ledger = ledger
        self._sides = sides
        self._kubelets: set[bytes] = set()
        self._visits: dict[tuple[bytes, Place], Visit] = {}
        # Clients that said something to a server.
        self.guests: set[tuple[bytes, Place]] = set()
        self._knocks: dict[tuple[bytes, Place], Visit] = {}

    def probed(self, talk: Talk) -> None:
        """The kubelet asked over HTTP."""
        self._kubelets.add(talk.client[0])

    def visited(self, talk: Talk) -> None:
        """Somebody asked who is no check."""
        self._visits.setdefault((talk.client[0], talk.server), Visit(talk)).add(talk)

    def spoke(self, talk: Talk) -> None:
        """Somebody sent something: whoever also knocks without a word is no health check."""
        if len(self.guests) < MOST_ADDRESSES:
            self.guests.add((talk.client[0], talk.server))

    def knocked(self, talk: Talk) -> None:
        """Somebody connected and closed without a word."""
        self._knocks.setdefault((talk.client[0], talk.server), Visit(talk)).add(talk)

    def settle(self) -> None:
        """The capture is over: who they were."""
        for (client, _), visit in self._visits.items():
            if client in self._kubelets:
                self._sides.nodes.add(client)
                self._ledger.about(notes.SOURCE_NAT, visit.example, visit.packets, count=visit.count)
        for (client, server), knocks in self._knocks.items():
            if client in self._kubelets:
                knocks.example.client_roles.add(Role.KUBE_PROBE)
                self._ledger.about(
                    notes.KUBE_PROBE, knocks.example, knocks.packets, target=None, count=knocks.count
                )
            elif knocks.count >= KNOCKS and (client, server) not in self.guests:
                knocks.example.client_roles.add(Role.LOAD_BALANCER)
                self._ledger.about(
                    notes.LOAD_BALANCER_CHECK,
                    knocks.example,
                    knocks.packets,
                    agent=None,
                    count=knocks.count,
                )


# Source and target in network form.
Way: TypeAlias = tuple[bytes, bytes]

# Hosts begin with 64 or more, and no way is longer than half of that: what comes with less was sent so.
LOW = 32
# A router at so many distances, one or two of them for another way each time, has had the packet more than once.
LOOPS = 3
MOST = 10_000


@dataclass(slots=True)
class Trace:
    """What was sent with a low TTL to a target, and what came of it.

    `routers` are those that said that a packet ran out of hops, with the TTLs that these were sent with.
    """

    ttls: set[int] = field(default_factory=set)
    routers: dict[bytes, set[int]] = field(default_factory=dict)
    expired: NotedPackets = field(default_factory=NotedPackets)
    answered: bool = False
    held: list[tuple[bool, Callable[[], None]]] = field(default_factory=list)

    @property
    def is_short(self) -> bool:
        """Whether all was sent with the same TTL, so low that it is spent on the way, as to open a NAT and no more."""
        return len(self.ttls) == 1 and all(ttls == self.ttls for ttls in self.routers.values())

    @property
    def is_traceroute(self) -> bool:
        """Whether somebody looks for the way, rather than that packets go round in a circle."""
        if any(len(ttls) >= LOOPS for ttls in self.routers.values()):
            return False
        if self.ttls:
            return len(self.ttls) > (1 if self.routers else 2)
        return len(self.routers) > (1 if self.answered else 2)


class Traceroutes:
    """All ways of a capture that packets with a low TTL were sent on, or that packets ran out of hops on.

    Traceroute and a loop both make routers say so. A host sends with one TTL, and a high one; who looks for the way
    sends with 1, 2, 3 and so on. Where the probes themselves were not captured, or not their TTL, the routers tell: in
    a loop it is one or two, on a way each is another.
    """

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
                if not (explained and (found or trace.is_short)):
                    note()
            if found:
                self._ledger.note(
                    notes.TRACEROUTE,
                    None,
                    trace.expired,
                    source=plain((source, None)),
                    target=plain((target, None)) if target else None,
                    routers=len(trace.routers),
                    reached=trace.answered,
                )

    def _trace(self, way: Way) -> Trace | None:
        trace = self._traces.get(way)
        if trace is None and len(self._traces) < MOST and len(self._probes) < MOST:
            trace = self._traces[way] = Trace()
        return trace if trace is not None and len(trace.held) < MOST else None


# Whom an answer is for, and what it acknowledges (the DNS message's number and name, for UDP).
Call: TypeAlias = tuple[Place, object]


class Unmatched(NamedTuple):
    """A question without its answer, or an answer without its question; `note` tells of it should it stay alone.

    `topic` is the same for what asks the same, None where it was asked again, or may still be.
    """

    talk: Talk
    packets: NotedPackets
    note: Callable[[], None]
    topic: object = None


class Strays:
    """Answers from another address than was asked, which to the client are none; they wait until the capture is over.

    So it is when the way back of a Service's answer misses the translation that the way there had (hairpin without
    masquerading, no br_netfilter, two routes). Each half alone looks like something else.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._asked: dict[Call, Unmatched] = {}
        self._strays: dict[Call, Unmatched] = {}

    def asked(
        self, call: Call, talk: Talk, packets: NotedPackets, note: Callable[[], None], topic: object = None
    ) -> None:
        """Nobody answered in this conversation; `note` tells so. See Unmatched for `topic`."""
        _keep(self._asked, call, Unmatched(talk, packets, note, topic))

    def answered(self, call: Call, talk: Talk, packets: NotedPackets, note: Callable[[], None]) -> None:
        """Somebody answered what was not asked in this conversation; `note` tells what else it may be."""
        _keep(self._strays, call, Unmatched(talk, packets, note))

    def settle(self, *, heard: bool) -> None:
        """The capture is over; `heard` is whether any server says anything in it."""
        if not heard and self._only_once():
            for asked in self._asked.values():
                self._ledger.about(warnings.ONE_SIDED, asked.talk, asked.packets, side=Side.CLIENT, count=1)
            return
        for call, asked in self._asked.items():
            stray = self._strays.get(call)
            if stray is None or stray.talk.server == asked.talk.server:
                asked.note()
                continue
            del self._strays[call]
            evidence = NotedPackets()
            evidence.extend(asked.packets)
            evidence.extend(stray.packets)
            answering = plain(stray.talk.server)
            stray.talk.odd = True
            self._ledger.about(
                faults.NOT_TRANSLATED, asked.talk, evidence, answering=answering, count=asked.packets.count
            )
        for stray in self._strays.values():
            stray.note()

    def _only_once(self) -> bool:
        """Whether everything was asked once, as nobody does who gets no answer."""
        topics = [asked.topic for asked in self._asked.values()]
        return len(topics) >= KNOCKS and None not in topics and len(set(topics)) == len(topics)


def _keep(halves: dict[Call, Unmatched], call: Call, half: Unmatched) -> None:
    """Until the capture is over; what has no room, or a twin already, is told at once."""
    if call in halves or len(halves) >= MOST:
        half.note()
    else:
        halves[call] = half


class Shown:
    """Which packets of TCP the capture holds at all: a filter on flags or directions keeps others out.

    Nothing is concluded from packets that are not there where none of their kind is.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: list[tuple[Callable[[], bool], Talk, str, Callable[[], None]]] = []
        self._partly: dict[str, NotedPackets] = {}
        # Whether servers say more than SYN-ACKs, clients confirm a handshake, and anybody sends an ACK alone.
        self.answers = self.confirmed = self.acks = False
        # From whom to whom there are how many single SYNs.
        self._single: Counter[tuple[bytes, Place]] = Counter()

    def single_syn(self, talk: Talk) -> None:
        """A connection of which there is one SYN and no more, though there was time to send it again."""
        self._single[talk.client[0], talk.server] += 1

    def unanswered(self, talk: Talk) -> bool:
        """Whether a SYN that is sent again shows that nobody answers: its client sends others there only once."""
        return self._single[talk.client[0], talk.server] < KNOCKS

    def whole(self) -> None:
        """A usual connection, with all that belongs to it."""
        self.answers = self.confirmed = self.acks = True

    def partly(self, talk: Talk, missing: str) -> None:
        """A connection whose other packets are not in the capture; `missing` as in warnings.PARTLY_CAPTURED."""
        self._partly.setdefault(missing, NotedPackets()).append(talk.first_packet)

    def where(
        self, shown: Callable[[], bool], talk: Talk, note: Callable[[], None], *, missing: str = "packets"
    ) -> None:
        """Have `note` called at the end, should the capture hold what it would have been refuted by."""
        if len(self._held) < MOST:
            self._held.append((shown, talk, missing, note))

    def settle(self, scanned: Callable[[Talk], bool]) -> None:
        """The capture is over; what is part of a scan is told with the scan."""
        for shown, talk, missing, note in self._held:
            if scanned(talk):
                continue
            if shown():
                note()
            else:
                self.partly(talk, missing)
        for missing, packets in self._partly.items():
            count = packets.count
            self._ledger.note(warnings.PARTLY_CAPTURED, None, packets, missing=missing, count=count)


class Swallowed(NamedTuple):
    """Large packets that never arrive; `hole` tells so, and `lost` that packets are lost, whatever their size."""

    way: Way
    size: int
    hole: Callable[[], None]
    lost: Callable[[], None]


class Holes:
    """Packets that may be too large for their way, until it is known what else passed there."""

    def __init__(self) -> None:
        self._swallowed: list[Swallowed] = []

    def swallowed(self, way: Way, size: int, hole: Callable[[], None], lost: Callable[[], None]) -> None:
        """Payload of `size` bytes was sent in vain on a way."""
        self._swallowed.append(Swallowed(way, size, hole, lost))

    def settle(self, talks: Iterable[Talk]) -> None:
        """The capture is over."""
        if not self._swallowed:
            return
        passed: dict[Way, int] = {}
        for talk in talks:
            there, back = (talk.client[0], talk.server[0]), (talk.server[0], talk.client[0])
            passed[there] = max(passed.get(there, 0), talk.passed(Side.CLIENT))
            passed[back] = max(passed.get(back, 0), talk.passed(Side.SERVER))
        for one in self._swallowed:
            (one.lost if passed.get(one.way, 0) >= one.size else one.hole)()


class Pauses:
    """Clients that send nothing for a while once they are connected; browsers and pools connect before they need to."""

    def __init__(self) -> None:
        self._others: set[Way] = set()
        self._notes: list[tuple[Way, Callable[[], None]]] = []

    def paused(self, talk: Talk, note: Callable[[], None]) -> None:
        """`note` tells of it."""
        if len(self._notes) < MOST:
            self._notes.append(((talk.client[0], talk.server[0]), note))

    def prompt(self, talk: Talk) -> None:
        """A client has another connection there, be it used at once or never."""
        if len(self._others) < MOST_ADDRESSES:
            self._others.add((talk.client[0], talk.server[0]))

    def settle(self) -> None:
        """The capture is over: who has but such connections did not make them in advance."""
        for way, note in self._notes:
            if way not in self._others:
                note()


class Truncations:
    """Answers that did not fit into UDP: where the client has its answer over TCP, all is as it should be."""

    def __init__(self) -> None:
        self._notes: dict[tuple[bytes, Place, str], Callable[[], None]] = {}

    def truncated(self, talk: Talk, name: str, note: Callable[[], None]) -> None:
        """`note` tells of it."""
        key = (talk.client[0], talk.server, name)
        if key in self._notes or len(self._notes) >= MOST:
            note()
        else:
            self._notes[key] = note

    def whole(self, talk: Talk, name: str) -> None:
        """The same was answered over TCP."""
        self._notes.pop((talk.client[0], talk.server, name), None)

    def settle(self) -> None:
        """The capture is over."""
        for note in self._notes.values():
            note()


# Longer than a resolver waits between two names of its list, with one retry.
TOGETHER = 12_000_000_000
# Every cluster's search list ends so, whatever the cluster's domain: NAMESPACE.svc.DOMAIN, svc.DOMAIN, DOMAIN.
_SERVICES = "svc"
# Below these stand the names of addresses (RFC 1035, 3.5; RFC 3596, 2.5).
REVERSE = (".in-addr.arpa", ".ip6.arpa")


@dataclass(slots=True, eq=False)
class Miss:
    """A name that does not exist, as a client was told."""

    talk: Talk
    name: str
    packets: NotedPackets
    ns: int


class SearchLists:
    """Names that do not exist, until it is clear whether they were only tried because of a search list ("ndots").

    A pod's resolver appends each domain of its search list to a name with few dots before it asks for the name itself.
    The names that it tries in vain begin with the one that it wants, one soon after the other.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._misses: dict[bytes, deque[Miss]] = {}
        self._count = 0

    def no_such_name(self, talk: Talk, name: str, packets: NotedPackets, ns: int) -> None:
        """A client was told that a name does not exist."""
        if name.endswith(REVERSE):
            # Most addresses have no name, and whoever asks for it can do without.
            self._ledger.about(notes.DNS_NO_REVERSE_NAME, talk, packets, example=name, count=1)
            return
        misses = self._misses.setdefault(talk.client[0], deque())
        misses.append(Miss(talk, name, packets, ns))
        self._count += 1
        while misses and (ns - misses[0].ns > TOGETHER or self._count > MOST):
            self._settle_first(misses)

    def found(self, talk: Talk, name: str, ns: int) -> None:
        """A client was told of a name: the misses just before it may have been steps on the way there."""
        misses = self._misses.get(talk.client[0])
        if not misses:
            return
        tried = [miss for miss in misses if ns - miss.ns <= TOGETHER and expands(miss.name, name)]
        if tried:
            self._search_list(talk, name, tried)
            self._keep(talk.client[0], [miss for miss in misses if miss not in tried])

    def settle(self) -> None:
        """The capture is over: what is left really does not exist."""
        for misses in self._misses.values():
            while misses:
                self._settle_first(misses)

    def _settle_first(self, misses: deque[Miss]) -> None:
        """The shortest name that others begin with is the one that was wanted."""
        first = misses.popleft()
        self._count -= 1
        wanted = min(
            (miss for miss in misses if related(first.name, miss.name)),
            key=lambda miss: len(miss.name),
            default=first,
        )
        wanted = min(wanted, first, key=lambda miss: len(miss.name))
        same = [miss for miss in misses if miss.name == wanted.name]
        tried = [miss for miss in (first, *misses) if expands(miss.name, wanted.name)]
        evidence = NotedPackets()
        for miss in {id(miss): miss for miss in (wanted, *same)}.values():
            evidence.extend(miss.packets)
        asked = wanted.talk
        self._ledger.about(
            faults.DNS_NO_SUCH_NAME,
            asked,
            evidence,
            name=wanted.name,
            count=1 + len(same) - (wanted in same),
        )
        if tried:
            self._search_list(asked, wanted.name, tried)
        gone = {id(miss) for miss in (wanted, *same, *tried)}
        kept = [miss for miss in misses if id(miss) not in gone]
        self._count -= len(misses) - len(kept)
        misses.clear()
        misses.extend(kept)

    def _search_list(self, talk: Talk, name: str, tried: list[Miss]) -> None:
        evidence = NotedPackets()
        for miss in tried:
            evidence.extend(miss.packets)
        names = tuple(dict.fromkeys(miss.name for miss in tried))
        self._ledger.about(warnings.DNS_SEARCH_LIST, talk, evidence, name=name, tried=names, count=len(tried))

    def _keep(self, client: bytes, misses: list[Miss]) -> None:
        self._count -= len(self._misses[client]) - len(misses)
        self._misses[client] = deque(misses)


def expands(tried: str, wanted: str) -> bool:
    """Whether `tried` is what a search list makes of the name behind `wanted`."""
    if tried == wanted:
        return False
    if tried.startswith(wanted + "."):
        return True
    # Both are expansions: NAME.NAMESPACE.svc.DOMAIN was tried before NAME.svc.DOMAIN was found.
    name, separator, domain = wanted.partition(f".{_SERVICES}.")
    if not separator:
        return False
    between = tried.removeprefix(name + ".").removesuffix(f".{_SERVICES}.{domain}")
    return tried == f"{name}.{between}.{_SERVICES}.{domain}" and "." not in between


def related(one: str, other: str) -> bool:
    """Whether one of the two is an expansion of the other."""
    return expands(one, other) or expands(other, one)
