"""The explanation as one page of HTML: nothing is loaded, what packets held is text, only our script runs."""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

from kubectl_netshoot.packets.render import outline
from kubectl_netshoot.packets.render.phrases import Teller
from kubectl_netshoot.packets.render.text import facts, numbers
from kubectl_netshoot.packets.report import Conversation, Finding, Phase, Side, Step
from kubectl_netshoot.terminal import clean


def element(tag: str, *children: "Element | str", **attributes: str | int | float) -> Element:
    """An element; strings are text. `class_` is class, `data_x` is data-x."""
    names = {name.rstrip("_").replace("_", "-"): clean(str(value)) for name, value in attributes.items()}
    made = Element(tag, names)
    for child in children:
        append(made, child)
    return made


def append(parent: Element, child: "Element | str") -> None:
    """Put a child, or text, behind what the element holds already."""
    if not isinstance(child, str):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + clean(child)
    else:
        parent.text = (parent.text or "") + clean(child)


def document(root: Element) -> str:
    """The text of a whole document."""
    markup: str = tostring(root, encoding="unicode", method="html")
    return "<!doctype html>\n" + markup


_TIMELINE = 1000
_STEPS_AT_MOST = 400
_DIRECTIONS = {Side.CLIENT: "from-client", Side.SERVER: "from-server", Side.BOTH: "from-both"}


def overview(teller: Teller, told: Sequence[Conversation]) -> Element:
    """The table with its filter; each row leads to its conversation."""
    say, report = teller.voice.language.say, teller.report
    heads = [
        "#",
        say("Protocol"),
        say("Client"),
        say("Server"),
        say("Outcome"),
        say("Volume"),
        say("Time line"),
    ]
    body = element("tbody", *(_row(teller, conversation) for conversation in told))
    parts: list[Element] = [
        element("h2", say("Conversations: {count}", count=report.conversation_count)),
        element("p", _filter(teller), element("output", id="shown"), class_="filter"),
        element(
            "div",
            element("table", element("thead", element("tr", *(element("th", h) for h in heads))), body),
            class_="table",
        ),
    ]
    if rest := report.conversation_count - len(told):
        text = teller.voice.language.count(
            "{number} more is counted, but not on this page",
            "{number} more are counted, but not on this page",
            rest,
        )
        parts.append(element("p", text, class_="rest"))
    return element("section", *parts, class_="overview")


def _filter(teller: Teller) -> Element:
    say = teller.voice.language.say
    text = element("input", type="search", id="filter", autocomplete="off", placeholder="10.0.0.1, HTTP, …")
    odd = element("input", type="checkbox", id="odd")
    return element(
        "span", element("label", say("Filter"), " ", text), element("label", odd, " ", say("only odd ones"))
    )


def _row(teller: Teller, conversation: Conversation) -> Element:
    number = conversation.number
    cells: list[Element | str] = [
        element("a", str(number), href=f"#conversation-{number}"),
        teller.protocol(conversation.transport, conversation.application),
        teller.endpoint(conversation.client),
        teller.endpoint(conversation.server),
        teller.outcome(conversation.outcome),
        teller.conversation_volume(conversation),
        _span(teller, conversation),
    ]
    row = [element("td", cell) for cell in cells]
    return element("tr", *row, data_number=number, class_="odd" if conversation.odd else "plain")


def _span(teller: Teller, conversation: Conversation) -> Element:
    """When in the capture it was."""
    length = teller.report.capture.seconds or 1.0
    start = max(0.0, _TIMELINE * conversation.at / length)
    width = max(8.0, _TIMELINE * (conversation.until - conversation.at) / length)
    return _timeline(
        [element("rect", x=f"{min(start, _TIMELINE - 8):.1f}", y=6, width=f"{width:.1f}", height=8)]
    )


def _timeline(marks: list[Element]) -> Element:
    rail = element("line", x1=0, x2=_TIMELINE, y1=10, y2=10)
    box = f"0 0 {_TIMELINE} 20"
    return element(
        "svg", rail, *marks, viewBox=box, preserveAspectRatio="none", class_="timeline", aria_hidden="true"
    )


def conversation_part(teller: Teller, conversation: Conversation, unfolded: bool) -> Element:
    """One conversation: its ends, its time line, its ladder; folded, only its title is seen."""
    say, number = teller.voice.language.say, conversation.number
    title = say(
        "Conversation {number}: {protocol}, {outcome}",
        number=number,
        protocol=teller.protocol(conversation.transport, conversation.application),
        outcome=teller.outcome(conversation.outcome),
    )
    steps = conversation.steps[:_STEPS_AT_MOST]
    phases = [
        part
        for phase, members in outline.parts(steps)
        for part in (
            element("h3", teller.phase(phase)),
            element("ol", *(_rung(teller, step) for step in members), class_="ladder"),
        )
    ]
    left_out = len(conversation.steps) - len(steps) + conversation.steps_dropped
    count = teller.voice.language.count
    rest = count("{number} step is left out", "{number} steps are left out", left_out) if left_out else ""
    seen = teller.seen_at(conversation)
    told = element(
        "details",
        element("summary", element("h2", title)),
        _marks(teller, conversation),
        element(
            "div",
            element("span", teller.endpoint(conversation.client)),
            element("span", teller.endpoint(conversation.server)),
            class_="ends",
        ),
        *([element("p", seen, class_="facts")] if seen else []),
        *phases,
        element("p", rest, class_="rest") if rest else "",
        *_crossings(teller, conversation),
        **({"open": "open"} if unfolded else {}),
    )
    return element("section", told, id=f"conversation-{number}", class_="conversation")


def _crossings(teller: Teller, conversation: Conversation) -> list[Element]:
    """What was lost from one capture to the next one."""
    if not conversation.crossings:
        return []
    told = (element("li", teller.crossing(crossing)) for crossing in conversation.crossings)
    return [element("h3", teller.voice.language.say("Between the captures")), element("ul", *told)]


def _marks(teller: Teller, conversation: Conversation) -> Element:
    """When in the conversation each step was, the client's above, the server's below."""
    length = (conversation.until - conversation.at) or 1.0
    marks = []
    for step in conversation.steps[:_STEPS_AT_MOST]:
        place = min(max((step.at - conversation.at) / length, 0.0), 1.0) * (_TIMELINE - 4)
        title = element("title", f"{step.at:.6f} s  {teller.label(step)}")
        y = 10 if step.side is Side.SERVER else 1
        kind = "trouble" if step.phase is Phase.TROUBLE else _DIRECTIONS[step.side]
        marks.append(element("rect", title, x=f"{place:.1f}", y=y, width=4, height=9, class_=kind))
    return _timeline(marks)


def _rung(teller: Teller, step: Step) -> Element:
    direction = _DIRECTIONS[step.side] if step.kind.arrow else "no-arrow"
    trouble = " trouble" if step.phase is Phase.TROUBLE else ""
    return element(
        "li",
        element("span", element("time", f"{step.at:.6f} s"), " ", numbers(step), class_="when"),
        element("span", element("span", teller.label(step), class_="label"), class_=f"arrow {direction}"),
        element("span", teller.sentence(step), class_="sentence"),
        class_=f"step{trouble}",
    )


# A page is for one screen after the other, a browser for some megabytes.
TOLD_AT_MOST = 200


def page(teller: Teller, flow: int | None) -> str:
    """The whole page. Raises UsageError when there is no such conversation."""
    report, style, script = teller.report, _asset("page.css"), _asset("page.js")
    if flow is not None or report.conversation_count <= outline.FEW:
        told = outline.told_in_full(report, flow)
    else:
        told = tuple(sorted(report.conversations, key=lambda c: not c.odd)[:TOLD_AT_MOST])
    body = element(
        "body",
        _header(teller),
        _findings(teller, outline.findings(report, flow)),
        overview(teller, told),
        *(
            conversation_part(teller, conversation, unfolded=place < outline.FEW)
            for place, conversation in enumerate(told)
        ),
        element("script", script),
    )
    language = {"zh": "zh-Hans"}.get(teller.voice.language.tag, teller.voice.language.tag)
    return document(element("html", _head(teller, style, script), body, lang=language))


def _head(teller: Teller, style: str, script: str) -> Element:
    allowed = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", teller.voice.language.say("What the packets mean")),
        element("style", style),
    )


def _header(teller: Teller) -> Element:
    say, found, captures = teller.voice.language.say, outline.answer(teller), facts(teller)
    rows = [(say("Who"), found.who), (say("What happened"), found.what), (say("What is wrong"), found.wrong)]
    answers = [item for name, told in rows for item in (element("dt", name), element("dd", told))]
    return element(
        "header",
        element("h1", say("What the packets mean")),
        *(element("p", head if len(captures) > 1 else "", told, class_="facts") for head, told in captures),
        element("dl", *answers, class_="answer"),
    )


def _findings(teller: Teller, shown: list[outline.ShownFinding]) -> Element:
    say = teller.voice.language.say
    items = [
        element(
            "li",
            element("span", teller.severity(finding.kind.severity), class_="severity"),
            element("strong", teller.headline(finding)),
            _evidence(teller, finding),
            element("p", say("Next: "), teller.advice(finding)),
            element("p", teller.more_of_a_kind(more), class_="rest") if more else "",
            class_=finding.kind.severity.value,
        )
        for finding, more in shown
    ]
    if not items:
        return element("section", class_="findings")
    return element("section", element("h2", say("Findings")), element("ul", *items), class_="findings")


def _evidence(teller: Teller, finding: Finding) -> "Element | str":
    """Packets and conversations, these as links too."""
    seen = teller.evidence(finding)
    links = [element("a", f"#{n}", href=f"#conversation-{n}") for n in finding.conversations]
    parts = (part for link in links for part in (" ", link))
    return (
        element("p", teller.voice.language.say("Seen in: "), seen, *parts, class_="evidence") if seen else ""
    )


def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
