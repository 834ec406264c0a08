"""Which conversations of a report are told in full, and which steps of them: what a person can read at one go."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import NamedTuple

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.packets.messages import tcp_steps
from kubectl_netshoot.packets.report import Conversation, Finding, Group, Phase, Report, Step

FEW = 5
STEPS_AT_ONCE = 40
ROWS = 20
OF_A_KIND = 3


class Row(NamedTuple):
    """A line of the table of groups: a group, and of how many clients; `group.client` is one of them."""

    group: Group
    clients: int


class Shown(NamedTuple):
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


def rows(report: Report) -> list[Row]:
    """The groups, largest first; where there are more than people read, those of all clients of a server are one."""
    if len(report.groups) <= ROWS:
        return [Row(group, 1) for group in report.groups]
    merged: dict[object, Row] = {}
    for group in report.groups:
        key = (group.transport, group.application, group.server, group.outcome)
        known = merged.get(key)
        merged[key] = Row(_sum(known.group, group), known.clients + 1) if known else Row(group, 1)
    return sorted(merged.values(), key=lambda row: -row.group.count)


def _sum(a: Group, b: Group) -> Group:
    return replace(
        a,
        count=a.count + b.count,
        odd=a.odd + b.odd,
        packets=a.packets + b.packets,
        bytes=a.bytes + b.bytes,
    )


def findings(report: Report, flow: int | None) -> list[Shown]:
    """All that was found, or that is about the chosen conversation; of each kind only the first few."""
    chosen = [f for f in report.findings if flow is None or flow in f.conversations]
    totals, told = Counter(finding.kind for finding in chosen), Counter[object]()
    shown = []
    for finding in chosen:
        told[finding.kind] += 1
        if told[finding.kind] <= OF_A_KIND:
            last = told[finding.kind] == OF_A_KIND
            shown.append(Shown(finding, totals[finding.kind] - OF_A_KIND if last else 0))
    return shown


def _chosen(report: Report, flow: int) -> Conversation:
    for conversation in report.conversations:
        if conversation.number == flow:
            return conversation
    if 1 <= flow <= report.conversation_count:
        raise UsageError(f"--flow: conversation {flow} is only counted", "a larger --max-flows keeps it")
    raise UsageError(f"--flow: there is no conversation {flow}: the capture has {report.conversation_count}")


def parts(steps: tuple[Step, ...]) -> Iterator[tuple[Phase, list[Step]]]:
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


def shortened(steps: tuple[Step, ...], whole: bool) -> tuple[tuple[Step, ...], int, tuple[Step, ...]]:
    """The first steps, how many are left out, and the last ones; nothing is left out of the whole."""
    if whole or len(steps) <= STEPS_AT_ONCE:
        return steps, 0, ()
    last = STEPS_AT_ONCE // 4
    first = STEPS_AT_ONCE - last
    return steps[:first], len(steps) - STEPS_AT_ONCE, steps[-last:]
