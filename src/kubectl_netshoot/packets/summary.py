"""Makes the report when the capture is over, with names back where a text had them in the place of addresses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from kubectl_netshoot.packets.conclusions import Sides
from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import NotedPackets, Place, Run, Talk, Tally, plain
from kubectl_netshoot.packets.messages import notes, warnings
from kubectl_netshoot.packets.pairs import Pair
from kubectl_netshoot.packets.read.frame import DamageKind, Reader
from kubectl_netshoot.packets.read.headers import TEXT, address, is_multicast, link_name
from kubectl_netshoot.packets.report import (
    Capture,
    Conversation,
    ConversationEnd,
    Finding,
    Group,
    LaterSteps,
    Report,
    Role,
    Step,
    Transport,
    Value,
    Volume,
)
from kubectl_netshoot.packets.tcp.short_connections import Deferred


def named(report: Report, names: Mapping[bytes, str]) -> Report:
    """The report with the names of all addresses that have one."""
    return _Names(names).report(report) if names else report


class _Names:
    def __init__(self, names: Mapping[bytes, str]) -> None:
        self._names = {address(packed): name for packed, name in names.items()}

    def report(self, report: Report) -> Report:
        return replace(
            report,
            conversations=tuple(map(self._conversation, report.conversations)),
            findings=tuple(map(self._finding, report.findings)),
            groups=tuple(map(self._group, report.groups)),
        )

    def _conversation(self, talk: Conversation) -> Conversation:
        client, server = self._end(talk.client), self._end(talk.server)
        return replace(talk, client=client, server=server, steps=tuple(map(self._step, talk.steps)))

    def _group(self, group: Group) -> Group:
        return replace(group, client=self._end(group.client), server=self._end(group.server))

    def _step(self, step: Step) -> Step:
        return replace(step, parameters={key: self._value(value) for key, value in step.parameters.items()})

    def _finding(self, finding: Finding) -> Finding:
        parameters = {key: self._value(value) for key, value in finding.parameters.items()}
        return replace(finding, parameters=parameters)

    def _end(self, end: ConversationEnd) -> ConversationEnd:
        name = self._names.get(end.address)
        # A port whose name is not known is in the name.
        return end if name is None else replace(end, address=name, port=end.port or None)

    def _value(self, value: Value) -> Value:
        if isinstance(value, ConversationEnd):
            return self._end(value)
        if isinstance(value, tuple):
            return tuple(map(self._value, value))
        return self._names.get(value, value) if isinstance(value, str) else value


Leave: TypeAlias = Callable[[Talk], Talk]
SECOND = 1_000_000_000


@dataclass
class CaptureCounts:
    """What is counted while packets come; times are nanoseconds since 1970, link types in order of appearance."""

    packets: int = 0
    bytes: int = 0
    first: int = 0
    last: int = 0
    # The packet that came last; before all, none did for long.
    before: int = -(1 << 63)
    cut_short: int = 0
    not_understood: int = 0
    links: dict[int, None] = field(default_factory=dict)


def summarise(facts: CaptureCounts, reader: Reader, context: Context, leave: Leave) -> Report:
    """Judge what is still there, and put everything into the report."""
    for talk in list(context.register.talks()):
        leave(talk)
    context.udp_strays.settle()
    context.next_hops.settle()
    context.pauses.settle()
    context.scans.settle(context.visits.guests)
    context.strays.settle(heard=any(map(is_heard, context.register.talks())))
    context.holes.settle(context.register.talks())
    context.lost_neighbours.settle(partial(reached, context.register.talks()))
    context.shown.settle(context.scans.covers)
    context.searches.settle()
    context.truncations.settle()
    context.checksums.settle(context.ledger)
    context.visits.settle()
    capture = capture_facts(facts, reader)
    about_capture(capture, context)
    comments(reader, context)
    conversations = []
    for talk in context.register.talks():
        context.register.groups.add(talk, shown=True)
        conversations.append(conversation(talk, context.sides, facts.first))
        if not isinstance(talk, Deferred):
            talk.forget()
    folded = context.register.seen - len(conversations)
    if folded:
        context.ledger.note(notes.CONVERSATIONS_FOLDED, count=folded, kept=len(conversations))

    def resolve(place: Place) -> ConversationEnd:
        return endpoint(place, context.sides)

    report = Report(
        capture,
        tuple(conversations),
        context.register.seen,
        context.ledger.findings(resolve),
        context.register.groups.groups(resolve, facts.first),
    )
    return named(report, reader.names)


def is_heard(talk: Talk) -> bool:
    """Whether its server has said something."""
    return not isinstance(talk, Pair) and talk.tallies()[1].packets > 0


def reached(talks: Iterable[Talk]) -> set[bytes]:
    """Addresses of single hosts that packets were captured to; questions for a hardware address are to everybody."""
    found = set()
    for talk in talks:
        sent, received = talk.tallies()
        asks = isinstance(talk, Pair) and (talk.requests > 0 or talk.transport is Transport.ARP)
        if sent.packets and not asks:
            found.add(talk.server[0])
        if received.packets:
            found.add(talk.client[0])
    return {one for one in found if not is_multicast(one) and one[-1:] != b"\xff"}


def capture_facts(facts: CaptureCounts, reader: Reader) -> Capture:
    """What is told of the file itself."""
    names = (link_name(link) for link in facts.links if link != TEXT)
    return Capture(
        format=reader.format,
        link_types=tuple(dict.fromkeys(names)),
        packets=facts.packets,
        bytes=facts.bytes,
        first=facts.first / SECOND if facts.packets else None,
        last=facts.last / SECOND if facts.packets else None,
        dated=reader.dated,
        damage=reader.damage,
        cut_short=facts.cut_short if TEXT not in facts.links else 0,
        not_understood=facts.not_understood,
        kernel_drops=reader.kernel_drops,
        unread_lines=reader.unread.lines,
        names=reader.remarks.names,
    )


def about_capture(capture: Capture, context: Context) -> None:
    """Findings that are about the capture itself."""
    ledger, damage = context.ledger, capture.damage
    if damage is not None:
        finding = warnings.CAPTURE_CUT if damage.kind is DamageKind.CUT else warnings.CAPTURE_GARBLED
        ledger.note(finding, offset=damage.offset, after_packet=damage.after_packet)
    if capture.unread_lines:
        ledger.note(warnings.UNREAD_LINES, count=capture.unread_lines)
    if capture.kernel_drops:
        ledger.note(warnings.CAPTURE_DROPS, count=capture.kernel_drops)
    if (jumps := context.register.jumps).packets:
        seconds = jumps.longest / SECOND
        ledger.note(notes.CLOCK_JUMPS, None, jumps.packets, count=jumps.packets.count, seconds=seconds)
    if capture.cut_short:
        ledger.note(notes.CAPTURE_SNAPPED, count=capture.cut_short)
    if capture.not_understood:
        links = tuple(name for name in capture.link_types if name.isdecimal())
        ledger.note(notes.NOT_UNDERSTOOD, count=capture.not_understood, link_types=links)
    midway = [talk for talk in context.register.talks() if not talk.start_seen and not talk.doubtful]
    if midway:
        packets = NotedPackets(*(talk.first_packet for talk in midway))
        ledger.note(notes.STARTED_MIDWAY, None, packets, count=len(midway))


def comments(reader: Reader, context: Context) -> None:
    """What somebody wrote to packets, or to the whole file."""
    for text, comment in reader.remarks.told():
        packets = NotedPackets(*comment.packets)
        packets.count = comment.count if comment.packets else 0
        context.ledger.note(notes.COMMENT, None, packets, text=text, count=comment.count)


def conversation(talk: Talk, sides: Sides, began: int) -> Conversation:
    """A conversation as it is reported; `began` is the capture's first packet's time."""
    sent, received = talk.tallies()
    steps: Sequence[Step]
    if isinstance(talk, Deferred):
        steps = LaterSteps(lambda: steps_of(talk.gone_through(), began), talk.statuses)
    else:
        steps = steps_of(talk, began)
    return Conversation(
        number=talk.number,
        transport=talk.transport,
        application=talk.application,
        client=endpoint(talk.client, sides, talk.client_roles),
        server=endpoint(talk.server, sides, talk.server_roles),
        start_seen=talk.start_seen,
        outcome=talk.outcome,
        from_client=volume(sent),
        from_server=volume(received),
        first_packet=talk.first_packet,
        at=(talk.at - began) / SECOND,
        until=(talk.until - began) / SECOND,
        steps=steps,
        steps_dropped=talk.dropped,
        round_trip=None if talk.round_trip is None else talk.round_trip / SECOND,
        retransmissions=talk.retransmissions,
        odd=talk.odd,
    )


def steps_of(talk: Talk, began: int) -> tuple[Step, ...]:
    """The steps of a conversation as they are reported."""
    runs = sorted(talk.runs, key=lambda run: (run.at, run.packets[0]))
    return tuple(step(run, began) for run in runs)


def step(run: Run, began: int) -> Step:
    """A step as it is reported."""
    return Step(
        run.kind,
        run.phase,
        run.side,
        tuple(run.packets),
        run.count,
        (run.at - began) / SECOND,
        (run.until - began) / SECOND,
        run.parameters | {"bytes": run.bytes} if run.size else run.parameters,
    )


def volume(tally: Tally) -> Volume:
    """What one side sent."""
    return Volume(tally.packets, tally.bytes, tally.payload)


def endpoint(
    place: Place, sides: Sides, roles: "set[Role] | frozenset[Role]" = frozenset()
) -> ConversationEnd:
    """A place with all that is known of it."""
    known = plain(place)
    return ConversationEnd(known.address, known.port, frozenset(roles | sides.roles(place[0])))
