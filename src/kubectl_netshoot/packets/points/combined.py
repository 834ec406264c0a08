"""Puts the reports of several points into one: numbers, times, findings and groups of all of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.messages.kinds import FindingSeverity
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.report import (
    PACKETS_SHOWN,
    Capture,
    Conversation,
    Crossing,
    Finding,
    Group,
    Report,
    SeenAt,
    Step,
)

# A conversation by the place of its point and its number there.
Key: TypeAlias = tuple[int, int]


@dataclass
class ToldOnce:
    """A conversation to tell, and the same at other points, or translated at this one."""

    key: Key
    others: list[Key]
    crossings: tuple[Crossing, ...] = ()


def combined(
    points: Sequence[Point], reports: Sequence[Report], told: Sequence[ToldOnce], ahead: Sequence[int]
) -> Report:
    """The one report; `told` are all conversations that were kept, `ahead` are the clocks, in nanoseconds."""
    return _Combined(points, reports, told, ahead).report()


class _Combined:
    def __init__(
        self,
        points: Sequence[Point],
        reports: Sequence[Report],
        told: Sequence[ToldOnce],
        ahead: Sequence[int],
    ) -> None:
        self._points, self._reports = points, reports
        self._known = {
            (place, one.number): one for place, report in enumerate(reports) for one in report.conversations
        }
        firsts = [
            (r.capture.first or 0.0) - ns / 1e9
            for r, ns in zip(reports, ahead, strict=True)
            if r.capture.packets
        ]
        # Seconds from the first packet of all to the first of each point.
        self._later = [
            (r.capture.first or 0.0) - ns / 1e9 - min(firsts, default=0.0)
            for r, ns in zip(reports, ahead, strict=True)
        ]
        self._told = sorted(told, key=lambda one: (self._at(one.key), one.key))
        self._number = {one.key: number for number, one in enumerate(self._told, start=1)}
        self._hidden = {other: one.key for one in told for other in one.others}
        self._number |= {other: self._number[key] for other, key in self._hidden.items()}

    def report(self) -> Report:
        rank = {kind: place for place, kind in enumerate(WORST_FIRST)}
        findings = sorted(
            [*self._lost(), *self._found()], key=lambda one: (rank[one.kind], -one.packet_count)
        )
        return Report(
            capture=whole([report.capture for report in self._reports]),
            conversations=tuple(map(self._conversation, self._told)),
            conversation_count=sum(r.conversation_count for r in self._reports) - len(self._hidden),
            findings=tuple(findings),
            groups=tuple(sorted(self._groups(), key=lambda one: -one.count)),
            captures={p.name: r.capture for p, r in zip(self._points, self._reports, strict=True)},
        )

    def _at(self, key: Key) -> float:
        return self._later[key[0]] + self._known[key].at

    def _conversation(self, one: ToldOnce) -> Conversation:
        place, told = one.key[0], self._known[one.key]
        point, later = self._points[place], self._later[place]
        elsewhere = [(self._points[p].name, self._known[p, n]) for p, n in one.others if p != place]
        return replace(
            told,
            number=self._number[one.key],
            first_packet=point.numbered((told.first_packet,))[0],
            at=told.at + later,
            until=told.until + later,
            steps=tuple(_moved(step, point, later) for step in told.steps),
            odd=told.odd or any(crossing.losses.lost for crossing in one.crossings),
            point=point.name,
            elsewhere=tuple(SeenAt(name, other.client, other.server) for name, other in elsewhere),
            crossings=tuple(map(self._crossing, one.crossings)),
        )

    def _crossing(self, one: Crossing) -> Crossing:
        (sender,) = [point for point in self._points if point.name == one.sender]
        return replace(one, losses=replace(one.losses, lost=sender.numbered(one.losses.lost)))

    def _lost(self) -> Iterator[Finding]:
        """One for each way on which something was lost, and each server."""
        ways: dict[tuple[object, ...], list[tuple[Key, Crossing]]] = {}
        for one in self._told:
            for crossing in map(self._crossing, one.crossings):
                if crossing.losses.lost:
                    way = (self._known[one.key].server, crossing.side, crossing.sender, crossing.receiver)
                    ways.setdefault(way, []).append((one.key, crossing))
        for found in ways.values():
            lost = sorted(packet for _, crossing in found for packet in crossing.losses.lost)
            first, crossing = self._known[found[0][0]], found[0][1]
            is_one = len({self._known[key].client.address for key, _ in found}) == 1
            about = {
                "client": replace(first.client, port=None) if is_one else None,
                "server": first.server,
                "side": crossing.side,
                "sender": crossing.sender,
                "receiver": crossing.receiver,
                "count": len(lost),
            }
            numbers = tuple(self._number[key] for key, _ in found)[:PACKETS_SHOWN]
            shown = tuple(lost[:PACKETS_SHOWN])
            kind = warnings.LOST_BETWEEN
            yield Finding(kind, about, shown, len(lost), numbers, len(found), point=crossing.sender)

    def _found(self) -> Iterator[Finding]:
        """Those of each point; what others show of a conversation is said only where its teller does not say it."""
        said = {
            (finding.kind, place, number)
            for place, report in enumerate(self._reports)
            for finding in report.findings
            for number in finding.conversations
        }
        for place, report in enumerate(self._reports):
            for finding in report.findings:
                keys = [
                    (place, number) for number in finding.conversations if (place, number) in self._number
                ]
                tellers = [self._hidden[key] for key in keys if key in self._hidden]
                is_said = finding.kind.severity is FindingSeverity.NOTE or all(
                    (finding.kind, *teller) in said for teller in tellers
                )
                if not keys or len(tellers) < len(keys) or not is_said:
                    yield replace(
                        finding,
                        packets=self._points[place].numbered(finding.packets),
                        conversations=tuple(dict.fromkeys(self._number[key] for key in keys)),
                        point=self._points[place].name,
                    )

    def _groups(self) -> Iterator[Group]:
        """Those of all points, without what is told from another one."""
        sums: dict[tuple[object, ...], Group] = {}
        elsewhere: dict[tuple[object, ...], list[Conversation]] = {}
        for place, number in self._hidden:
            one = self._known[place, number]
            elsewhere.setdefault((place, *alike(one)), []).append(one)
        for place, report in enumerate(self._reports):
            for group in report.groups:
                shown = tuple(self._number[key] for n in group.shown if (key := (place, n)) in self._number)
                later = self._later[place]
                moved = replace(group, at=group.at + later, until=group.until + later, shown=shown)
                for one in elsewhere.get((place, *alike(group)), ()):
                    moved = _without(moved, one)
                if moved.count:
                    known = sums.get(alike(moved))
                    sums[alike(moved)] = _sum(known, moved) if known else moved
        yield from sums.values()


def alike(one: Conversation | Group) -> tuple[object, ...]:
    """What the conversations of a group have in common."""
    server = one.server
    return one.transport, one.application, one.client.address, server.address, server.port, one.outcome


def _without(group: Group, one: Conversation) -> Group:
    sent, received = one.from_client, one.from_server
    return replace(
        group,
        count=group.count - 1,
        odd=group.odd - one.odd,
        packets=group.packets - sent.packets - received.packets,
        bytes=group.bytes - sent.bytes - received.bytes,
    )


def _sum(group: Group, more: Group) -> Group:
    return replace(
        group,
        count=group.count + more.count,
        odd=group.odd + more.odd,
        packets=group.packets + more.packets,
        bytes=group.bytes + more.bytes,
        at=min(group.at, more.at),
        until=max(group.until, more.until),
        shown=(group.shown + more.shown)[:PACKETS_SHOWN],
    )


def _moved(step: Step, point: Point, later: float) -> Step:
    return replace(step, packets=point.numbered(step.packets), at=step.at + later, until=step.until + later)


def whole(captures: Iterable[Capture]) -> Capture:
    """All of them as one."""
    every = [*captures]
    drops = [one.kernel_drops for one in every if one.kernel_drops is not None]
    names: dict[str, str] = {}
    for one in every:
        names |= one.names
    return replace(
        every[0],
        link_types=tuple(dict.fromkeys(link for one in every for link in one.link_types)),
        packets=sum(one.packets for one in every),
        bytes=sum(one.bytes for one in every),
        first=min((one.first for one in every if one.first is not None), default=None),
        last=max((one.last for one in every if one.last is not None), default=None),
        dated=all(one.dated for one in every),
        damage=None,
        cut_short=sum(one.cut_short for one in every),
        not_understood=sum(one.not_understood for one in every),
        kernel_drops=sum(drops) if drops else None,
        unread_lines=sum(one.unread_lines for one in every),
        names=names,
    )
