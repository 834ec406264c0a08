"""The page's table of conversations, which its script filters, and each conversation with time line and ladder."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from kubectl_netshoot.explain.report import Conversation, Phase, Side, Step
from kubectl_netshoot.explanation import outline
from kubectl_netshoot.explanation.page.element import element
from kubectl_netshoot.explanation.sentences.labels import WITHOUT_ARROW
from kubectl_netshoot.explanation.telling import Teller
from kubectl_netshoot.explanation.text import numbers

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
        *phases,
        element("p", rest, class_="rest") if rest else "",
        **({"open": "open"} if unfolded else {}),
    )
    return element("section", told, id=f"conversation-{number}", class_="conversation")


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
    direction = "no-arrow" if step.id in WITHOUT_ARROW else _DIRECTIONS[step.side]
    trouble = " trouble" if step.phase is Phase.TROUBLE else ""
    return element(
        "li",
        element("span", element("time", f"{step.at:.6f} s"), " ", numbers(step), class_="when"),
        element("span", element("span", teller.label(step), class_="label"), class_=f"arrow {direction}"),
        element("span", teller.sentence(step), class_="sentence"),
        class_=f"step{trouble}",
    )
