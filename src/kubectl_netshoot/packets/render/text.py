"""The explanation as text: the answer in three lines, each conversation step by step, the findings, worst first."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from kubectl_netshoot.packets.render import ladder, outline
from kubectl_netshoot.packets.render.answer import answer
from kubectl_netshoot.packets.render.columns import padded, width, wrapped
from kubectl_netshoot.packets.render.phrases import Teller, ranges
from kubectl_netshoot.packets.report import Capture, Conversation, Step

_INDENT = "  "
_NUMBERS, _TIME = 9, 12


def text(teller: Teller, columns: int, flow: int | None, as_ladder: bool) -> str:
    """The whole of it, in lines of at most `columns`; 0 columns never wraps."""
    report = teller.report
    told = outline.told_in_full(report, flow)
    blocks = [_answer(teller, columns), _facts(teller, columns)]
    if flow is None and len(told) < report.conversation_count:
        blocks.append(_groups(teller, bool(told)))
    for conversation in told:
        steps = ladder.ladder if as_ladder else _story
        lines = steps(teller, conversation, columns, flow is not None)
        blocks.append([_title(teller, conversation), *_ends(teller, conversation), *lines])
    if found := outline.findings(report, flow):
        blocks.append(_findings(teller, found, columns))
    return "\n\n".join("\n".join(block) for block in blocks)


def _answer(teller: Teller, columns: int) -> list[str]:
    say, found = teller.voice.language.say, answer(teller)
    rows = [(say("Who"), found.who), (say("What happened"), found.what), (say("What is wrong"), found.wrong)]
    label = max(width(name) for name, _ in rows) + 3
    return [line for name, told in rows for line in _hanging(padded(name, label), told, columns)]


def _facts(teller: Teller, columns: int) -> list[str]:
    return list(_hanging(teller.voice.language.say("Capture: "), facts(teller), columns))


def facts(teller: Teller) -> str:
    """Format, size and time of the capture, in a line."""
    capture, voice = teller.report.capture, teller.voice
    kind = {"tcpdump-text": voice.language.say("text of tcpdump")}.get(
        capture.format.value, capture.format.value
    )
    parts = [
        f"{kind} ({', '.join(capture.link_types)})" if capture.link_types else kind,
        teller.volume(capture.packets, capture.bytes),
        voice.value("seconds", capture.seconds),
        _date(capture),
    ]
    return voice.listed([part for part in parts if part])


def _date(capture: Capture) -> str:
    if capture.first is None:
        return ""
    # Any number can stand in a damaged file; a year that no calendar has is not shown.
    try:
        first = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=capture.first)
    except OverflowError:
        return ""
    return first.strftime("%Y-%m-%d %H:%M:%S UTC" if capture.dated else "%H:%M:%S")


def _groups(teller: Teller, any_odd: bool) -> list[str]:
    say, rows = teller.voice.language.say, outline.rows(teller.report)
    cells = [
        [
            *(str(row.group.count), str(row.group.odd)),
            teller.protocol(row.group.transport, row.group.application),
            teller.clients(row),
            teller.voice.endpoint(row.group.server),
            teller.outcome(row.group.outcome),
            teller.volume(row.group.packets, row.group.bytes),
        ]
        for row in rows[: outline.ROWS]
    ]
    head = [
        say("Count"),
        say("Odd"),
        say("Protocol"),
        say("Client"),
        say("Server"),
        say("Outcome"),
        say("Volume"),
    ]
    title = say("Conversations: {count}", count=teller.report.conversation_count)
    lines = [title, *(_INDENT + line for line in _columns([head, *cells]))]
    if rest := len(rows) - len(cells):
        more = teller.voice.language.count("and {number} more group", "and {number} more groups", rest)
        lines.append(_INDENT + more)
    odd = say("Those told below are the odd ones; --flow N tells any of them.")
    lines.append(_INDENT + (odd if any_odd else say("None of them is odd; --flow N tells any of them.")))
    return lines


def _columns(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        yield "   ".join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip()


def _title(teller: Teller, conversation: Conversation) -> str:
    return teller.voice.language.say(
        "Conversation {number}: {protocol}, {outcome}; {volume} in {seconds}",
        number=conversation.number,
        protocol=teller.protocol(conversation.transport, conversation.application),
        outcome=teller.outcome(conversation.outcome),
        volume=teller.conversation_volume(conversation),
        seconds=teller.voice.value("seconds", conversation.until - conversation.at),
    )


def _ends(teller: Teller, conversation: Conversation) -> list[str]:
    say = teller.voice.language.say
    rows = [(say("client"), conversation.client), (say("server"), conversation.server)]
    return [f"{_INDENT}{padded(name, 8)}{teller.endpoint(endpoint)}" for name, endpoint in rows]


def _story(teller: Teller, conversation: Conversation, columns: int, whole: bool) -> Iterator[str]:
    first, left_out, last = outline.shortened(conversation.steps, whole)
    yield from _parts(teller, first, columns)
    if left_out:
        yield ""
        yield _INDENT + _left_out(teller, left_out, conversation.number)
    yield from _parts(teller, last, columns)
    if conversation.steps_dropped:
        count = teller.voice.language.count
        more = count(
            "{number} more step was not kept", "{number} more steps were not kept", conversation.steps_dropped
        )
        yield _INDENT + more


def _left_out(teller: Teller, steps: int, number: int) -> str:
    return teller.voice.language.count(
        "… {number} step is left out; --flow {flow} tells all",
        "… {number} steps are left out; --flow {flow} tells all",
        steps,
        flow=number,
    )


def _parts(teller: Teller, steps: tuple[Step, ...], columns: int) -> Iterator[str]:
    for phase, members in outline.parts(steps):
        yield ""
        yield _INDENT + teller.phase(phase)
        for step in members:
            yield from _hanging(_INDENT + margin(step), teller.sentence(step), columns)


def margin(step: Step) -> str:
    """Packet numbers and time in front of a step."""
    return f"{numbers(step):>{_NUMBERS}}{step.at:>{_TIME}.6f}  "


def numbers(step: Step) -> str:
    """#4, #5-6, #7.. where there are more than fit; nothing where no packet is it."""
    if step.kind.silent:
        return ""
    shown = "#" + ranges(step.packets)
    return shown if len(shown) < _NUMBERS and step.count <= len(step.packets) else f"#{step.packets[0]}.."


def _findings(teller: Teller, shown: list[outline.Shown], columns: int) -> list[str]:
    say, lines = teller.voice.language.say, [teller.voice.language.say("Findings")]
    label = max(width(teller.severity(finding.kind.severity)) for finding, _ in shown) + 2
    for finding, more in shown:
        head = _INDENT + padded(teller.severity(finding.kind.severity), label)
        lines += _hanging(head, teller.headline(finding), columns)
        indent = " " * width(head)
        if evidence := teller.evidence(finding):
            lines += _hanging(indent + say("Seen in: "), evidence, columns)
        lines += _hanging(indent + say("Next: "), teller.advice(finding), columns)
        if more:
            lines += _hanging(indent, teller.more_of_a_kind(more), columns)
    return lines


def _hanging(head: str, told: str, columns: int) -> Iterator[str]:
    indent = width(head)
    lines = wrapped(told, max(columns - indent, 20)) if columns else iter([told])
    for index, line in enumerate(lines):
        yield (head if not index else " " * indent) + line
