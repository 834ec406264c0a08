"""The explanation as text: the answer in three lines, each conversation step by step or as a ladder, the findings."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone

from rich.cells import cell_len, set_cell_size

from kubectl_netshoot.packets.render import outline
from kubectl_netshoot.packets.render.phrases import Teller, bounded, ranges
from kubectl_netshoot.packets.report import Capture, Conversation, Side, Step
from kubectl_netshoot.terminal import UNIT_BLANK

# A line may break at a blank and around a wide character, but not between a number and its unit, before what closes or
# behind what opens.
_WIDE, _OPENS, _CLOSES = (
    "\u2e80-\uffef",
    "\uff08\u300a\u3010",
    "\u3001\u3002\u300b\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f",
)
_PIECE = re.compile(
    rf"\s+|(?:[^\s{_WIDE}]|{UNIT_BLANK}(?:字节)?)+[{_CLOSES}]*|[{_OPENS}]*[{_WIDE}][{_CLOSES}]*"
)


def width(text: str) -> int:
    """Columns that the text takes."""
    return cell_len(text)


def padded(text: str, columns: int) -> str:
    """The text with blanks behind it."""
    return text + " " * (columns - cell_len(text))


def cut(text: str, columns: int) -> str:
    """The text, or as much of it as fits, and two dots for the rest."""
    if cell_len(text) <= columns:
        return text
    return set_cell_size(text, max(0, columns - 2)).rstrip() + ".." if columns >= 2 else "." * columns


def wrapped(text: str, columns: int) -> Iterator[str]:
    """The text in lines of at most so many columns; a word that is longer has a line of its own, uncut."""
    line = ""
    for piece in _PIECE.findall(text):
        if line.strip() and cell_len(line + piece.rstrip()) > columns:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


NARROWEST = 40
DEFAULT = 80
_MARGIN = 13


def ladder(teller: Teller, conversation: Conversation, columns: int, whole: bool) -> Iterator[str]:
    """Lines of at most `columns`, not fewer than NARROWEST; 0 columns are DEFAULT.

    In ASCII: lines and arrows of Unicode are one column wide in some terminals and two in others, above all in Chinese
    ones, and a ladder with crooked poles is worse than a plain one.
    """
    lane = max(columns or DEFAULT, NARROWEST) - _MARGIN - 2
    blank = " " * _MARGIN
    yield ""
    yield blank + _poles(teller, conversation, lane + 2)
    first, left_out, last = outline.shortened(conversation.steps, whole)
    for step in first:
        yield _margin(step) + rung(teller, step, lane)
    if left_out:
        text = teller.voice.language.count(
            "{number} step is left out", "{number} steps are left out", left_out
        )
        yield blank + f"|{_centred(f'({text})', lane, ' ')}|"
    for step in last:
        yield _margin(step) + rung(teller, step, lane)


def _poles(teller: Teller, conversation: Conversation, columns: int) -> str:
    """The two names over the poles; the longer one gives way."""
    names = [
        cut(teller.voice.endpoint(e), columns // 2 - 1) for e in (conversation.client, conversation.server)
    ]
    return padded(names[0], columns - width(names[1])) + names[1]


def _margin(step: Step) -> str:
    return f"{step.at:>{_MARGIN - 2}.6f}  "


def rung(teller: Teller, step: Step, lane: int) -> str:
    """One step between the poles, `lane` columns wide, with its packet numbers in the label."""
    numbers = "" if step.kind.silent else f"#{step.packets[0]}{'..' if step.count > 1 else ''}"
    label = f" {cut(' '.join(filter(None, (teller.label(step), numbers))), lane - 6)} "
    if not step.kind.arrow:
        return f"|{_centred(f'({label.strip()})', lane, ' ')}|"
    line = _centred(label, lane - 2, "-")
    heads = {Side.CLIENT: ("-", ">"), Side.SERVER: ("<", "-"), Side.BOTH: ("<", ">")}[step.side]
    return f"|{heads[0]}{line}{heads[1]}|"


def _centred(text: str, columns: int, fill: str) -> str:
    left = (columns - width(text)) // 2
    return fill * left + text + fill * (columns - width(text) - left)


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
        steps = ladder if as_ladder else _story
        lines = steps(teller, conversation, columns, flow is not None)
        title = _hanging("", _title(teller, conversation), columns)
        ends = _ends(teller, conversation, columns)
        blocks.append([*title, *ends, *lines, *_crossings(teller, conversation, columns)])
    if found := outline.findings(report, flow):
        blocks.append(_findings(teller, found, columns))
    return "\n\n".join("\n".join(block) for block in blocks)


def _answer(teller: Teller, columns: int) -> list[str]:
    say, found = teller.voice.language.say, outline.answer(teller)
    rows = [(say("Who"), found.who), (say("What happened"), found.what), (say("What is wrong"), found.wrong)]
    label = max(width(name) for name, _ in rows) + 3
    return [line for name, told in rows for line in _hanging(padded(name, label), told, columns)]


def _facts(teller: Teller, columns: int) -> list[str]:
    return [line for head, told in facts(teller) for line in _hanging(head, told, columns)]


def facts(teller: Teller) -> list[tuple[str, str]]:
    """Of each capture what it is, and its format, size and time."""
    say, report = teller.voice.language.say, teller.report
    if not report.captures:
        return [(say("Capture: "), _of(teller, report.capture))]
    return [
        (say("Capture of {point}: ", point=bounded(point)), _of(teller, capture))
        for point, capture in report.captures.items()
    ]


def _of(teller: Teller, capture: Capture) -> str:
    voice = teller.voice
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
            teller.clients(row.group.client, row.clients),
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


def _ends(teller: Teller, conversation: Conversation, columns: int) -> list[str]:
    say = teller.voice.language.say
    rows = [(say("client"), conversation.client), (say("server"), conversation.server)]
    lines = [f"{_INDENT}{padded(name, 8)}{teller.endpoint(endpoint)}" for name, endpoint in rows]
    seen = teller.seen_at(conversation)
    return [*lines, *_hanging(_INDENT, seen, columns)] if seen else lines


def _crossings(teller: Teller, conversation: Conversation, columns: int) -> Iterator[str]:
    if conversation.crossings:
        yield ""
        yield _INDENT + teller.voice.language.say("Between the captures")
    for crossing in conversation.crossings:
        yield from _hanging(2 * _INDENT, teller.crossing(crossing), columns)


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


def _parts(teller: Teller, steps: Sequence[Step], columns: int) -> Iterator[str]:
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


def _findings(teller: Teller, shown: list[outline.ShownFinding], columns: int) -> list[str]:
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
