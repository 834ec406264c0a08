"""Finds our connections in the captures of both ends, and says of each what left, what arrived and what came back.

A Service translates addresses and ports, and leaves sequence numbers alone: a connection is known by its SYN's, and its
answer acknowledges the one after. Counts and bytes are compared, never times: two nodes have two clocks.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kubectl_netshoot.commands.why.evidence import MatchedFlow, Try, Unreachable
from kubectl_netshoot.packets.points.direction import Bytes, Direction, after, compared, is_answer, is_syn
from kubectl_netshoot.packets.points.sightings import (
    ACK,
    FIN,
    RST,
    TOO_BIG,
    Host,
    SeenSegment,
    Sightings,
    counted,
)
from kubectl_netshoot.rules.policies import End


@dataclass
class _View:
    """One connection in one capture: its SYNs, and what each side sent afterwards; empty where it is not there."""

    syns: list[SeenSegment] = field(default_factory=list)
    there: list[SeenSegment] = field(default_factory=list)
    back: list[SeenSegment] = field(default_factory=list)

    def answers(self, isn: int) -> list[SeenSegment]:
        return [one for one in self.back if is_answer(one, isn)]


def flows(
    tries: Sequence[Try],
    client: Sightings | None,
    servers: Mapping[str, Sightings],
    client_end: End,
    pods: Sequence[End],
    endpoints: Iterable[str] = (),
) -> tuple[MatchedFlow, ...]:
    """A flow for each try whose source port is known, in their order; one that left no packet is there, too.

    `client` is None where nothing was captured there: then a connection is known in a pod's capture by the client's
    address and port. `servers` are the captures by pod; `pods` all that are behind the server, `endpoints` addresses to
    which its Service may be translated besides.
    """
    if (
        client
        and client_end.pod.name not in servers
        and any(end.pod.uid == client_end.pod.uid for end in pods)
    ):
        # It may come back to the pod that it left.
        servers = {**servers, client_end.pod.name: client}
    homes = {end.pod.name: _packed(end.pod.addresses) for end in pods}
    translated = _packed(endpoints).union(*homes.values())
    sources = _packed(client_end.pod.addresses)
    used: set[int] = set()
    found = []
    for one in tries:
        if one.source_port:
            here = _at_client(one, client, translated, used) if client else _View()
            pod, there = _at_server(here, one.source_port, servers, homes, sources)
            used.update(s.seq for s in here.syns)
            flow = _flow(one, here, there, pod, client, servers.get(pod))
            # What a pod sends to itself passes lo, and no proxy.
            is_own = bool(here.syns) and here.syns[0].target.address in sources
            found.append(replace(flow, loopback=flow.loopback and not is_own))
    return tuple(found)


def _at_client(one: Try, capture: Sightings, homes: set[bytes], used: set[int]) -> _View:
    """As it left: to where it was dialled, to a pod (a Service may be translated early), or to a proxy on lo."""
    syns = [
        s
        for s in capture.segments
        if s.source.port == one.source_port
        and is_syn(s)
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
            if is_syn(s)
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
    request = Direction(here.there, there.there, here.back, after(isn), _too_big(client, first.source))
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
        request=compared(request),
        response=compared(response) if response else Bytes(),
        ended=_ended(here, dialled) if answers else "",
    )


def _reset(here: _View, isn: int, dialled: set[Host]) -> str:
    """Who sent the client a RST: to its SYN, even untranslated, or later from where it had dialled."""
    for s in here.back:
        if s.flags & RST and (s.source in dialled or (s.flags & ACK and s.ack == after(isn))):
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


def _response(isn: int, here: _View, there: _View, too_big: str) -> Direction | None:
    """None without a SYN-ACK, which says where the server's numbers begin."""
    for answer in (*there.answers(isn), *here.answers(isn)):
        return Direction(there.back, here.back, there.there, after(answer.seq), too_big)
    return None


def _is_redirected(target: Host, one: Try) -> bool:
    """Whether it went to the pod itself, and was not dialled there."""
    return _is_loopback(target) and str(target) != one.to


def _is_loopback(host: Host) -> bool:
    return ipaddress.ip_address(host.address).is_loopback


def _packed(addresses: Iterable[str]) -> set[bytes]:
    return {ipaddress.ip_address(address).packed for address in addresses}
