"""What a person can read at one go: the answer before all else, and which conversations and steps are told in full."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import NamedTuple

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.packets.messages import http_steps, network_steps, tcp_steps, warnings
from kubectl_netshoot.packets.messages.kinds import FindingSeverity
from kubectl_netshoot.packets.render.phrases import Teller
from kubectl_netshoot.packets.report import (
    Application,
    Conversation,
    Finding,
    Group,
    LaterSteps,
    Outcome,
    Phase,
    Report,
    Step,
    Transport,
)

FEW = 5
STEPS_AT_ONCE = 40
ROWS = 20
OF_A_KIND = 3


class GroupRow(NamedTuple):
    """A line of the table of groups: a group, and of how many clients; `group.client` is one of them."""

    group: Group
    clients: int


class ShownFinding(NamedTuple):
    """A finding that is told, and how many more of its kind are not told behind it."""

    finding: Finding
    more: int


def told_in_full(report: Report, flow: int | None) -> tuple[Conversation, ...]:
    """The one that was asked for; all of a few; else the odd ones, the worst first. Raises UsageError."""
    if flow is not None:
        return (_chosen(report, flow),)
    if report.conversation_count <= FEW:
        return report.conversations
    odd = {conversation.number: conversation for conversation in report.conversations if conversation.odd}
    # One of each finding before the second of any: three of a kind teach no more than one.
    ranks = zip_longest(*(finding.conversations for finding in report.findings))
    worst = dict.fromkeys(number for rank in ranks for number in rank if number in odd)
    return tuple(odd[number] for number in sorted(list(worst)[:FEW]))


def rows(report: Report) -> list[GroupRow]:
    """The groups, largest first; where there are more than people read, those of all clients of a server are one."""
    if len(report.groups) <= ROWS:
        return [GroupRow(group, 1) for group in report.groups]
    merged: dict[object, GroupRow] = {}
    for group in report.groups:
        key = (group.transport, group.application, group.server, group.outcome)
        known = merged.get(key)
        merged[key] = GroupRow(_sum(known.group, group), known.clients + 1) if known else GroupRow(group, 1)
    return sorted(merged.values(), key=lambda row: -row.group.count)


def _sum(a: Group, b: Group) -> Group:
    return replace(
        a,
        count=a.count + b.count,
        odd=a.odd + b.odd,
        packets=a.packets + b.packets,
        bytes=a.bytes + b.bytes,
    )


def findings(report: Report, flow: int | None) -> list[ShownFinding]:
    """All that was found, or that is about the chosen conversation; of each kind only the first few."""
    chosen = [f for f in report.findings if flow is None or flow in f.conversations]
    totals, told = Counter(finding.kind for finding in chosen), Counter[object]()
    shown = []
    for finding in chosen:
        told[finding.kind] += 1
        if told[finding.kind] <= OF_A_KIND:
            last = told[finding.kind] == OF_A_KIND
            shown.append(ShownFinding(finding, totals[finding.kind] - OF_A_KIND if last else 0))
    return shown


def _chosen(report: Report, flow: int) -> Conversation:
    for conversation in report.conversations:
        if conversation.number == flow:
            return conversation
    if 1 <= flow <= report.conversation_count:
        raise UsageError(f"--flow: conversation {flow} is only counted", "a larger --max-flows keeps it")
    raise UsageError(f"--flow: no conversation {flow}: the capture has {report.conversation_count}")


def parts(steps: Sequence[Step]) -> Iterator[tuple[Phase, list[Step]]]:
    """The steps by the part of the story they belong to; ACKs and trouble stay in the part that they fall into."""
    phases: list[tuple[Phase, Step]] = []
    current = Phase.SETUP
    for step in steps:
        falls_into = step.phase is Phase.TROUBLE or step.kind in (tcp_steps.TCP_ACK, tcp_steps.TCP_STILL_OPEN)
        if not falls_into or not phases:
            current = step.phase
        phases.append((current, step))
    for phase, members in groupby(phases, key=lambda pair: pair[0]):
        yield phase, [step for _, step in members]


def shortened(steps: Sequence[Step], whole: bool) -> tuple[Sequence[Step], int, Sequence[Step]]:
    """The first steps, how many are left out, and the last ones; nothing is left out of the whole."""
    if whole or len(steps) <= STEPS_AT_ONCE:
        return steps, 0, ()
    last = STEPS_AT_ONCE // 4
    first = STEPS_AT_ONCE - last
    return steps[:first], len(steps) - STEPS_AT_ONCE, steps[-last:]


_REQUESTS = (http_steps.HTTP_REQUEST, http_steps.HTTP2_REQUEST)
_RESPONSES = (http_steps.HTTP_RESPONSE, http_steps.HTTP2_RESPONSE)
_PAIRS_NAMED = 2
_KINDS_NAMED = 5


class Summary(NamedTuple):
    """Three sentences."""

    who: str
    what: str
    wrong: str


def answer(teller: Teller) -> Summary:
    """The answer that a report gives."""
    return Summary(_who(teller), _what(teller), _wrong(teller))


def _who(teller: Teller) -> str:
    report, say, count = teller.report, teller.voice.language.say, teller.voice.language.count
    if not report.capture.packets:
        return say("Nobody: there is no packet in this capture")
    if not report.groups:
        return say("Nobody that can be told: no packet of a known kind")
    shown = rows(report)
    named = teller.voice.listed([_pair(teller, row) for row in shown[:_PAIRS_NAMED]])
    rest = len(shown) - _PAIRS_NAMED
    if rest <= 0:
        return named
    clients, servers = ({g.client.address for g in report.groups}, {g.server.address for g in report.groups})
    return say(
        "{named}, and {rest}; {clients}, {servers} in all",
        named=named,
        rest=count("{number} more pair", "{number} more pairs", rest),
        clients=count("{number} client address", "{number} client addresses", len(clients)),
        servers=count("{number} server address", "{number} server addresses", len(servers)),
    )


def _pair(teller: Teller, row: GroupRow) -> str:
    group = row.group
    # The only conversation of its kind is named with the client's port, as the packets show it.
    only = [c for c in teller.report.conversations if group.count == 1 and group.shown == (c.number,)]
    alone = teller.endpoint(only[0].client if only else group.client)
    ends = {
        "client": alone if row.clients == 1 else teller.clients(group.client, row.clients),
        "server": teller.endpoint(group.server),
        "protocol": teller.protocol(group.transport, group.application),
    }
    if group.outcome in (Outcome.REFUSED, Outcome.UNANSWERED):
        return teller.voice.language.say("{client} tried to reach {server} over {protocol}", **ends)
    if group.outcome is Outcome.ONE_WAY:
        return teller.voice.language.say("{client} sent to {server} over {protocol}", **ends)
    return teller.voice.language.say("{client} talked to {server} over {protocol}", **ends)


def _what(teller: Teller) -> str:
    say, report = teller.voice.language.say, teller.report
    exchanged = _in_a_row(teller, list(_exchanged(teller)))
    if exchanged and report.folded:
        exchanged = say(
            "{clauses} (in the {kept} that were kept)", clauses=exchanged, kept=len(report.conversations)
        )
    return _in_a_row(teller, [exchanged, *_ended(teller)]) or say("Nothing that can be told")


def _in_a_row(teller: Teller, clauses: list[str]) -> str:
    text = ""
    for clause in filter(None, clauses):
        text = (
            teller.voice.language.say("{clauses}; {clause}", clauses=text, clause=clause) if text else clause
        )
    return text


def _exchanged(teller: Teller) -> Iterator[str]:
    """What was asked and answered, as far as the steps that were kept show it."""
    say = teller.voice.language.say
    told = [conversation.steps for conversation in teller.report.conversations]
    requests = sum(map(_requests, told))
    if requests == 1:
        yield _one_request(teller, [step for steps in told for step in steps])
    elif requests:
        yield say(
            "{requests}, answered with {statuses}",
            requests=teller.voice.language.count("{number} request", "{number} requests", requests),
            statuses=_counted(teller, [status for steps in told for status in _statuses(steps)]),
        )
    steps = [step for some in told if not isinstance(some, LaterSteps) for step in some]
    questions = sum(step.kind is network_steps.DNS_QUESTION for step in steps)
    if questions:
        codes = [str(step.parameters["code"]) for step in steps if step.kind is network_steps.DNS_ANSWER]
        yield say(
            "{questions}, answered with {codes}",
            questions=teller.voice.language.count(
                "{number} DNS question", "{number} DNS questions", questions
            ),
            codes=_counted(teller, codes),
        )


def _requests(steps: Sequence[Step]) -> int:
    return len(steps.statuses) if isinstance(steps, LaterSteps) else sum(s.kind in _REQUESTS for s in steps)


def _statuses(steps: Sequence[Step]) -> Sequence[str]:
    if isinstance(steps, LaterSteps):
        return steps.statuses
    return [str(step.parameters["status"]) for step in steps if step.kind in _RESPONSES]


def _one_request(teller: Teller, steps: list[Step]) -> str:
    voice = teller.voice
    (request,) = (step for step in steps if step.kind in _REQUESTS)
    responses = [step for step in steps if step.kind in _RESPONSES]
    asked = {"request": teller.label(request)}
    odd = any(step.kind is http_steps.HTTP_UNREADABLE for step in steps)
    if not responses and (odd or teller.report.capture.unread_lines):
        return asked["request"]
    if not responses:
        return voice.language.say("{request} got no response", **asked)
    seconds = responses[0].parameters.get("first_byte_seconds")
    asked["response"] = teller.label(responses[0])
    if seconds is None:
        return voice.language.say("{request} was answered with {response}", **asked)
    after = voice.value("seconds", seconds)
    return voice.language.say("{request} was answered with {response} after {after}", **asked, after=after)


def _counted(teller: Teller, words: list[str]) -> str:
    if not words:
        return teller.voice.language.say("nothing")
    common = Counter(words).most_common()
    parts = [f"{word} x{number}" for word, number in common[:_KINDS_NAMED]]
    return teller.voice.listed([*parts, "…"] if len(common) > _KINDS_NAMED else parts)


def _ended(teller: Teller) -> Iterator[str]:
    """How conversations ended: all of them, also those that are only counted."""
    report, count = teller.report, teller.voice.language.count
    for is_tcp in (True, False):
        ends: Counter[Outcome] = Counter()
        for group in report.groups:
            if (group.transport is Transport.TCP) == is_tcp:
                ends[group.outcome] += group.count
        if not ends:
            continue
        total = sum(ends.values())
        if is_tcp:
            number = count("{number} TCP connection", "{number} TCP connections", total)
        else:
            number = count(
                "{number} exchange without a connection", "{number} exchanges without a connection", total
            )
        parts = [
            f"{teller.outcome(end)} x{n}" if total > 1 else teller.outcome(end)
            for end, n in ends.most_common()
        ]
        yield teller.voice.language.say("{number}: {ends}", number=number, ends=teller.voice.listed(parts))


def _wrong(teller: Teller) -> str:
    report, say = teller.report, teller.voice.language.say
    if not report.capture.packets:
        return say("Without packets nothing can be said")
    bad = [
        finding
        for finding in report.findings
        if finding.kind.severity is not FindingSeverity.NOTE and finding.kind is not warnings.UNREAD_LINES
    ]
    worst = _worst(teller, bad) if bad else ""
    if unread := report.capture.unread_lines:
        return _not_all(teller, unread, worst)
    if 2 * report.capture.not_understood > report.capture.packets:
        return _hardly_any(teller, worst)
    return worst or _nothing(teller)


def _hardly_any(teller: Teller, worst: str) -> str:
    """What is wrong where most packets are of a kind that nothing is known of."""
    count, capture = teller.voice.language.count, teller.report.capture
    if worst:
        return count(
            "{number} of {packets} packets is of a kind that is not explained here, so this may not be all: {worst}",
            "{number} of {packets} packets are of a kind that is not explained here, so this may not be all: "
            "{worst}",
            capture.not_understood,
            packets=capture.packets,
            worst=worst,
        )
    return count(
        "Not known: {number} of {packets} packets is of a kind that is not explained here",
        "Not known: {number} of {packets} packets are of a kind that is not explained here",
        capture.not_understood,
        packets=capture.packets,
    )


def _nothing(teller: Teller) -> str:
    """That nothing is wrong, as far as this was understood."""
    count, capture = teller.voice.language.count, teller.report.capture
    if capture.not_understood:
        return count(
            "Nothing that the others show; {number} of {packets} packets is of a kind that is not explained here",
            "Nothing that the others show; {number} of {packets} packets are of a kind that is not explained here",
            capture.not_understood,
            packets=capture.packets,
        )
    nothing = count(
        "Nothing that this packet shows", "Nothing that these {number} packets show", capture.packets
    )
    if capture.is_timeless:
        # What is never answered, or late, is told by times only.
        nothing = teller.voice.language.say("{nothing} without their times", nothing=nothing)
    if reset := sum(map(_is_only_reset, teller.report.conversations)):
        nothing = count(
            "{nothing}; what was before the reset of {number} connection is not in the capture",
            "{nothing}; what was before the resets of {number} connections is not in the capture",
            reset,
            nothing=nothing,
        )
    unknown = sum(map(_is_unknown, teller.report.conversations))
    if not unknown:
        return nothing
    return count(
        "{nothing}; the contents of {number} conversation are not explained here",
        "{nothing}; the contents of {number} conversations are not explained here",
        unknown,
        nothing=nothing,
    )


def _is_only_reset(conversation: Conversation) -> bool:
    """Whether nothing is known of what a reset ended."""
    carried = conversation.from_client.payload or conversation.from_server.payload
    return conversation.outcome is Outcome.RESET and not (conversation.start_seen or carried)


def _is_unknown(conversation: Conversation) -> bool:
    """Whether it has contents that nothing is known of."""
    carries = conversation.from_client.payload or conversation.from_server.payload
    # Datagrams that are no message of the protocol of their port.
    unread = conversation.transport is Transport.UDP and any(
        step.kind is network_steps.UDP_DATA for step in conversation.steps
    )
    return bool(carries) and (conversation.application is Application.NONE or unread)


def _not_all(teller: Teller, unread: int, worst: str) -> str:
    """What is wrong where lines could not be read: this first, for what they say may be worse."""
    count = teller.voice.language.count
    if worst:
        return count(
            "{number} line could not be read, so this may not be all: {worst}",
            "{number} lines could not be read, so this may not be all: {worst}",
            unread,
            worst=worst,
        )
    return count(
        "{number} line could not be read: whether something is wrong is not known",
        "{number} lines could not be read: whether something is wrong is not known",
        unread,
    )


def _worst(teller: Teller, bad: list[Finding]) -> str:
    worst = teller.headline(bad[0])
    if len(bad) == 1:
        return worst
    language = teller.voice.language
    more = language.count("{number} more finding below", "{number} more findings below", len(bad) - 1)
    return language.say("{worst} ({more})", worst=worst, more=more)
