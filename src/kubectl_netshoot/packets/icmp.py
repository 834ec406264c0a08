"""ICMP and ICMPv6: echoes, neighbours, and errors, which are told with the conversation that they are about."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from kubectl_netshoot.packets.arp_ndp import Neighbours
from kubectl_netshoot.packets.conclusions import LOW
from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Arrival, NotedPackets, Place, Talk, plain
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages import network_steps as steps
from kubectl_netshoot.packets.messages.kinds import FindingKind, StepKind
from kubectl_netshoot.packets.pairs import Pair, Pairs
from kubectl_netshoot.packets.read.headers import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Internet,
    address,
    halves,
    ipv4,
    ipv6,
    is_multicast,
)
from kubectl_netshoot.packets.report import Outcome, Phase, Side, Transport, Value
from kubectl_netshoot.packets.tcp.flow import Flow, ends

# The conversation of a packet with this protocol and key, and who of the two sends such packets.
Find: TypeAlias = Callable[[int, bytes], "tuple[Talk, Side] | None"]

# Code of an unreachable -> what network_steps.ICMP_UNREACHABLE says of it.
_REASONS4 = {0: "network", 1: "host", 2: "protocol", 3: "port", 5: "source-route"} | dict.fromkeys(
    (9, 10, 13), "prohibited"
)
_REASONS6 = {0: "no-route", 3: "host", 4: "port"} | dict.fromkeys((1, 5, 6), "prohibited")
_UNREACHABLE, _TOO_BIG, _EXCEEDED, _INCOMPLETE, _REDIRECT = (
    steps.ICMP_UNREACHABLE,
    steps.ICMP_TOO_BIG,
    steps.ICMP_TIME_EXCEEDED,
    steps.ICMP_FRAGMENTS_MISSING,
    steps.ICMP_REDIRECT,
)
_ERRORS4 = {3: _UNREACHABLE, 5: _REDIRECT, 11: _EXCEEDED}
_ERRORS6 = {1: _UNREACHABLE, 2: _TOO_BIG, 3: _EXCEEDED}
# What asks for nothing and complains of nothing: routers, times and masks; groups, routers and their redirects.
_KNOWN4, _KNOWN6 = frozenset({9, 10, 13, 14, 17, 18}), frozenset({130, 131, 132, 133, 134, 137, 143})
_FRAGMENTATION_NEEDED = 4
# Of time exceeded: not the hops ran out, but the time to wait for the other fragments.
_REASSEMBLY = 1
_REPLIES = frozenset({0, 129})
_NAMES = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"}
HEADER = 8
MOST_ECHOES = 10_000
# Sooner than ping sends the next: at the end of a capture a reply may still be on its way.
PATIENCE = 1_000_000_000


@dataclass(frozen=True)
class Quoted:
    """The packet that an error is about, as it was sent."""

    protocol: int
    source: Place
    target: Place
    key: bytes


@dataclass(eq=False)
class Icmp:
    """All ICMP of a capture."""

    _context: Context
    _pairs: Pairs
    _neighbours: Neighbours
    _find: Find
    _echoes: int = 0

    def message(self, at: Arrival, internet: Internet, data: bytes, end: int) -> bool:
        """Take a message; False when it is of no known type, or was not captured up to its header's end."""
        body = data[internet.start : end]
        four = internet.protocol == ICMP
        kind = body[0] if len(body) >= HEADER else -1
        if kind in (8, 0) if four else kind in (128, 129):
            self._echo(at, internet, body, reply=kind in _REPLIES)
        elif not four and kind in (135, 136) and len(body) >= 24:
            self._neighbours.discovery(at, internet, body, asked=kind == 135)
        elif error := (_ERRORS4 if four else _ERRORS6).get(kind):
            if four and kind == 3 and body[1] == _FRAGMENTATION_NEEDED:
                error = _TOO_BIG
            elif error is _EXCEEDED and body[1] == _REASSEMBLY:
                error = _INCOMPLETE
            self._error(at, internet, body, error)
        else:
            self._other(at, internet, body)
            return kind in (_KNOWN4 if four else _KNOWN6)
        return True

    def leave(self, pair: Pair) -> None:
        """Judge echoes that were not answered."""
        ledger, now = self._context.ledger, self._context.register.end_after(pair.until)
        self._echoes -= len(pair.echoes)
        late = [packet for packet, ns in pair.echoes.values() if now - ns >= PATIENCE]
        if late and not self._context.traceroutes.covers((pair.client[0], pair.server[0])):
            ledger.about(warnings.ECHO_UNANSWERED, pair, NotedPackets(*late), count=len(late))

    def _count(self, at: Arrival, internet: Internet, *, answer: bool = False) -> tuple[Pair, Side]:
        transport = Transport.ICMP if internet.protocol == ICMP else Transport.ICMPV6
        return self._pairs.count(transport, halves(internet.addresses), at, answer=answer)

    def _echo(self, at: Arrival, internet: Internet, body: bytes, *, reply: bool) -> None:
        pair, side = self._count(at, internet, answer=reply)
        key = body[4:8]
        if not reply:
            if pair.outcome is Outcome.ONE_WAY and not is_multicast(pair.server[0]):
                pair.outcome = Outcome.UNANSWERED
            if self._echoes < MOST_ECHOES:
                self._echoes += key not in pair.echoes
                pair.echoes[key] = at.packet, at.ns
            if internet.ttl < LOW:
                self._context.traceroutes.sent(
                    halves(internet.addresses), internet.ttl, internet.addresses + key
                )
            pair.extend(steps.ICMP_ECHO, Phase.REQUEST, side, at)
            return
        asked = pair.echoes.pop(key, None)
        self._echoes -= asked is not None
        pair.outcome = Outcome.ANSWERED
        target, source = halves(internet.addresses)
        self._context.traceroutes.answered((source, target))
        run = pair.extend(steps.ICMP_ECHO_REPLY, Phase.RESPONSE, side, at, round_trip_seconds=None)
        if asked is not None and run.parameters["round_trip_seconds"] is None:
            run.parameters["round_trip_seconds"] = (at.ns - asked[1]) / 1e9

    def _other(self, at: Arrival, internet: Internet, body: bytes) -> None:
        pair, side = self._count(at, internet)
        if pair.outcome is Outcome.UNANSWERED and not pair.echoes:
            pair.outcome = Outcome.ONE_WAY
        kind, code = (body[0], body[1]) if len(body) >= 2 else (None, None)
        pair.extend(steps.ICMP_OTHER, Phase.DATA, side, at, type=kind, code=code)

    def _error(self, at: Arrival, internet: Internet, body: bytes, error: StepKind) -> None:
        quoted = quote(body, four=internet.protocol == ICMP)
        found = self._find(quoted.protocol, quoted.key) if quoted else None
        talk: Talk
        if found is None:
            pair, side = self._count(at, internet)
            pair.outcome = Outcome.ANSWERED
            talk = pair
        else:
            talk, sender = found
            side = Side.SERVER if sender is Side.CLIENT else Side.CLIENT
        about: dict[str, Value] = {
            # Text tells no protocol of what it only names.
            "transport": _NAMES.get(quoted.protocol, str(quoted.protocol) if quoted.protocol else None)
            if quoted
            else None,
            "target": plain(quoted.target) if quoted else None,
        }
        source = plain(quoted.source) if quoted else None
        own = self._own(error, internet, body)
        step = own if error is _REDIRECT else own | about | {"source": source}
        talk.step(error, Phase.TROUBLE, side, at.packet, at.ns, **step)
        self._judge(at, internet, error, talk, about | own, quoted)

    def _own(self, error: StepKind, internet: Internet, body: bytes) -> dict[str, Value]:
        four = internet.protocol == ICMP
        if error is _UNREACHABLE:
            return {"code": (_REASONS4 if four else _REASONS6).get(body[1], "other")}
        if error is _TOO_BIG:
            return {"mtu_bytes": int.from_bytes(body[6:8] if four else body[4:8], "big") or None}
        return {"gateway": address(body[4:8])} if error is _REDIRECT else {}

    def _judge(
        self,
        at: Arrival,
        internet: Internet,
        error: StepKind,
        talk: Talk,
        about: dict[str, Value],
        quoted: Quoted | None,
    ) -> None:
        router = halves(internet.addresses)[0]
        reporter = plain((router, None))
        evidence, ledger, traceroutes = (
            NotedPackets(at.packet),
            self._context.ledger,
            self._context.traceroutes,
        )
        way = (quoted.source[0], quoted.target[0]) if quoted else None
        # Who had asked has closed its port.
        answered = quoted is not None and talk.transport is Transport.UDP and quoted.source == talk.server
        late = answered and talk.start_seen and about.get("code") == "port"

        def note(kind: FindingKind) -> None:
            told = {name: about[name] for name in kind.parameters if name in about}
            ledger.note(kind, talk, evidence, **told, reporter=reporter, count=1)

        if error is _UNREACHABLE and late:
            ledger.about(notes.ANSWER_TOO_LATE, talk, evidence, count=1)
        elif error is _UNREACHABLE:
            if talk.outcome is Outcome.UNANSWERED or (isinstance(talk, Flow) and not talk.established):
                talk.outcome = Outcome.REFUSED
            if way and quoted:
                at_the_end = router == way[1] and about["code"] == "port" and quoted.protocol == UDP
                alone = partial(note, faults.ICMP_UNREACHABLE)
                strays = self._context.udp_strays
                traceroutes.unreachable(way, at_the_end, lambda: strays.unless(talk, alone))
            else:
                note(faults.ICMP_UNREACHABLE)
        elif error is _TOO_BIG:
            note(faults.FRAGMENTATION_NEEDED)
        elif error is _INCOMPLETE:
            note(warnings.FRAGMENTS_LOST)
        elif error is _EXCEEDED:
            way = way or (halves(internet.addresses)[1], b"")
            key = quoted.key if quoted else b""
            traceroutes.expired(way, router, key, at.packet, lambda: note(faults.ROUTING_LOOP))


def quote(body: bytes, *, four: bool) -> Quoted | None:
    """The packet inside an error; None when too little of it is there."""
    inner = (ipv4 if four else ipv6)(body, HEADER, len(body))
    if inner is None:
        return None
    if inner.protocol in (TCP, UDP) and inner.start + 4 <= len(body):
        key = inner.addresses + body[inner.start : inner.start + 4]
        return Quoted(inner.protocol, *ends(key), key)
    source, target = halves(inner.addresses)
    # An echo is known by its identifier and number.
    key = inner.addresses + body[inner.start + 4 : inner.start + 8]
    return Quoted(inner.protocol, (source, None), (target, None), key)
