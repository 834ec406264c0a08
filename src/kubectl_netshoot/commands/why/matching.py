"""Finds our connections in the captures of both ends, and says of each what left, what arrived and what came back.

A Service translates addresses and ports, and leaves sequence numbers alone: a connection is known by its SYN's, and its
answer acknowledges the one after. Counts and bytes are compared, never times: two nodes have two clocks.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kubectl_netshoot.commands.why.evidence import Bytes, MatchedFlow, Try, Unreachable
from kubectl_netshoot.commands.why.sightings import (
    ACK,
    FIN,
    RST,
    SYN,
    TOO_BIG,
    Host,
    SeenSegment,
    Sightings,
    counted,
)
from kubectl_netshoot.rules.policies import End

_WRAP = 1 << 32
# Of what a direction carried in one connection of ours; anything farther away is another connection's.
_MOST = 1 << 30


@dataclass
class _View:
    """One connection in one capture: its SYNs, and what each side sent afterwards; empty where it is not there."""

    syns: list[SeenSegment] = field(default_factory=list)
    there: list[SeenSegment] = field(default_factory=list)
    back: list[SeenSegment] = field(default_factory=list)

    def answers(self, isn: int) -> list[SeenSegment]:
        return [one for one in self.back if _is_answer(one, isn)]


@dataclass(frozen=True)
class _Direction:
    """The payload of one direction: what its sender and its receiver captured, and acknowledgements at the sender."""

    sent: list[SeenSegment]
    got: list[SeenSegment]
    acks: list[SeenSegment]
    base: int
    too_big: str = ""


def flows(
    tries: Sequence[Try],
    client: Sightings | None,
    servers: Mapping[str, Sightings],
    client_end: End,
    pods: Sequence[End],
) -> tuple[MatchedFlow, ...]:
    """A flow for each try whose source port is known, in their order; one that left no packet is there, too.

    `client` is None where nothing was captured there: then a connection is known in a pod's capture by the client's
    address and port. `servers` are the captures by pod; `pods` all that are behind the server.
    """
    if (
        client
        and client_end.pod.name not in servers
        and any(end.pod.uid == client_end.pod.uid for end in pods)
    ):
        # It may come back to the pod that it left.
        servers = {**servers, client_end.pod.name: client}
    homes = {end.pod.name: _packed(end.pod.addresses) for end in pods}
    sources = _packed(client_end.pod.addresses)
    used: set[int] = set()
    found = []
    for one in tries:
        if one.source_port:
            here = _at_client(one, client, set().union(*homes.values()), used) if client else _View()
            pod, there = _at_server(here, one.source_port, servers, homes, sources)
            used.update(s.seq for s in here.syns)
            found.append(_flow(one, here, there, pod, client, servers.get(pod)))
    return tuple(found)


def _at_client(one: Try, capture: Sightings, homes: set[bytes], used: set[int]) -> _View:
    """As it left: to where it was dialled, to a pod (a Service may be translated early), or to a proxy on lo."""
    syns = [
        s
        for s in capture.segments
        if s.source.port == one.source_port
        and _is_syn(s)
        and s.seq not in used
        and (str(s.target) == one.to or s.target.address in homes or _is_loopback(s.target))
    ]
    if not syns:
        return _View()
    syns = [s for s in syns if s.seq == syns[0].seq]
    first, targets = syns[0], {s.target for s in syns}
    return _View(
        syns,
        [s for s in capture.segments if s.source == first.source and s.target in targets],
        [s for s in capture.segments if s.target == first.source],
    )


def _at_server(
    here: _View,
    port: int,
    servers: Mapping[str, Sightings],
    homes: Mapping[str, set[bytes]],
    sources: set[bytes],
) -> tuple[str, _View]:
    """The pod where it arrived, and how that saw it."""
    for pod, capture in servers.items():
        own = homes.get(pod) or set()
        syns = [
            s
            for s in capture.segments
            if _is_syn(s)
            and (not own or s.target.address in own)
            and (
                s.seq == here.syns[0].seq
                if here.syns
                else s.source.port == port and s.source.address in sources
            )
        ]
        if syns:
            source, target = syns[0].source, syns[0].target
            return pod, _View(
                [s for s in syns if s.seq == syns[0].seq],
                [s for s in capture.segments if (s.source, s.target) == (source, target)],
                [s for s in capture.segments if (s.source, s.target) == (target, source)],
            )
    return "", _View()


def _flow(
    one: Try, here: _View, there: _View, pod: str, client: Sightings | None, server: Sightings | None
) -> MatchedFlow:
    first = next(iter(here.syns or there.syns), None)
    if first is None:
        return MatchedFlow(one.to, one.source_port)
    isn, dialled = first.seq, {s.target for s in here.syns}
    answers = here.answers(isn)
    arrived = there.syns[0] if there.syns else None
    request = _Direction(here.there, there.there, here.back, _after(isn), _too_big(client, first.source))
    response = _response(isn, here, there, _too_big(server, arrived.target) if arrived else "")
    return MatchedFlow(
        to=one.to,
        source_port=one.source_port,
        isn=isn,
        syns=counted(here.syns),
        loopback=bool(here.syns) and all(s.lo or _is_redirected(s.target, one) for s in here.syns),
        pod=pod,
        source=str(arrived.source) if arrived else "",
        target=str(arrived.target) if arrived else "",
        arrived=counted(there.syns),
        answers=counted(there.answers(isn)),
        answered=counted(s for s in answers if s.source in dialled),
        reset=_reset(here, isn, dialled),
        server_reset=any(s.flags & RST for s in there.back),
        server_closed=any(s.flags & (FIN | RST) for s in there.back),
        stranger=next((str(s.source) for s in answers if s.source not in dialled), ""),
        unreachable=_unreachable(client, one.source_port, isn),
        request=_bytes(request),
        response=_bytes(response) if response else Bytes(),
        ended=_ended(here, dialled) if answers else "",
    )


def _reset(here: _View, isn: int, dialled: set[Host]) -> str:
    """Who sent the client a RST: to its SYN, even untranslated, or later from where it had dialled."""
    for s in here.back:
        if s.flags & RST and (s.source in dialled or (s.flags & ACK and s.ack == _after(isn))):
            return str(s.source)
    return ""


def _unreachable(client: Sightings | None, port: int, isn: int) -> Unreachable | None:
    for error in client.errors if client else ():
        if error.source.port == port and error.seq == isn:
            return Unreachable(error.sender, error.says)
    return None


def _too_big(capture: Sightings | None, sender: Host) -> str:
    """Who told this host that a packet must be fragmented."""
    errors = capture.errors if capture else []
    return next((error.sender for error in errors if error.says == TOO_BIG and error.source == sender), "")


def _ended(here: _View, dialled: set[Host]) -> Literal["", "client", "server"]:
    """Who closed it first, as the client's capture has it."""
    by_client = [s.ns for s in here.there if s.flags & (FIN | RST)]
    by_server = [s.ns for s in here.back if s.flags & (FIN | RST) and s.source in dialled]
    if by_server and (not by_client or min(by_server) <= min(by_client)):
        return "server"
    return "client" if by_client else ""


def _response(isn: int, here: _View, there: _View, too_big: str) -> _Direction | None:
    """None without a SYN-ACK, which says where the server's numbers begin."""
    for answer in (*there.answers(isn), *here.answers(isn)):
        return _Direction(there.back, here.back, there.there, _after(answer.seq), too_big)
    return None


def _bytes(way: _Direction) -> Bytes:
    got, have = _Ranges(), _Ranges()
    for first, end, _ in _data(way.got, way.base):
        got.add(first, end)
    repeated, missing = [], []
    for first, end, size in _data(way.sent, way.base):
        if not got.has(first, end):
            missing.append(size)
            if have.has(first, end):
                repeated.append(size)
        have.add(first, end)
    return Bytes(
        sent=have.total,
        arrived=got.total,
        acked=_acked(way),
        largest=max(repeated or missing, default=0),
        smallest=min(missing, default=0),
        arrived_largest=max((size for _, _, size in _data(way.got, way.base)), default=0),
        repeats=len(repeated),
        too_big=way.too_big,
    )


def _data(segments: Iterable[SeenSegment], base: int) -> Iterator[tuple[int, int, int]]:
    """What was captured of the payload: from byte, to byte, size of the IP packet."""
    for s in segments:
        first = (s.seq - base) % _WRAP
        if s.length and first < _MOST and not s.flags & (SYN | RST):
            yield first, first + s.length, s.size


def _acked(way: _Direction) -> int:
    """How many bytes the sender was told to have arrived; a FIN counts as one more."""
    acks = [(s.ack - way.base) % _WRAP for s in way.acks if s.flags & (SYN | RST | ACK) == ACK]
    return max((ack for ack in acks if ack < _MOST), default=0)


class _Ranges:
    """Bytes that were seen, from and to, apart and in order."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    @property
    def total(self) -> int:
        return sum(end - first for first, end in self._ranges)

    def has(self, first: int, end: int) -> bool:
        return any(one <= first and end <= other for one, other in self._ranges)

    def add(self, first: int, end: int) -> None:
        apart = []
        for one, other in self._ranges:
            if other < first or end < one:
                apart.append((one, other))
            else:
                first, end = min(first, one), max(end, other)
        self._ranges = sorted([*apart, (first, end)])


def _is_syn(segment: SeenSegment) -> bool:
    return segment.flags & (SYN | ACK) == SYN


def _is_answer(segment: SeenSegment, isn: int) -> bool:
    return segment.flags & (SYN | ACK) == SYN | ACK and segment.ack == _after(isn)


def _is_redirected(target: Host, one: Try) -> bool:
    """Whether it went to the pod itself, and was not dialled there."""
    return _is_loopback(target) and str(target) != one.to


def _is_loopback(host: Host) -> bool:
    return ipaddress.ip_address(host.address).is_loopback


def _after(sequence: int) -> int:
    return (sequence + 1) % _WRAP


def _packed(addresses: Iterable[str]) -> set[bytes]:
    return {ipaddress.ip_address(address).packed for address in addresses}
