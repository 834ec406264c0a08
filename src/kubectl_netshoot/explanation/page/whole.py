"""The page from its head to its script: what it may do, and the order of its parts."""

import base64
import hashlib
from importlib.resources import files
from xml.etree.ElementTree import Element

from kubectl_netshoot.explain.report import Finding
from kubectl_netshoot.explanation import outline
from kubectl_netshoot.explanation.answer import answer
from kubectl_netshoot.explanation.page.conversations import conversation_part, overview
from kubectl_netshoot.explanation.page.element import document, element
from kubectl_netshoot.explanation.telling import Teller
from kubectl_netshoot.explanation.text import facts

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
    say, found = teller.voice.language.say, answer(teller)
    rows = [(say("Who"), found.who), (say("What happened"), found.what), (say("What is wrong"), found.wrong)]
    answers = [item for name, told in rows for item in (element("dt", name), element("dd", told))]
    return element(
        "header",
        element("h1", say("What the packets mean")),
        element("p", facts(teller), class_="facts"),
        element("dl", *answers, class_="answer"),
    )


def _findings(teller: Teller, shown: list[outline.Shown]) -> Element:
    say = teller.voice.language.say
    items = [
        element(
            "li",
            element("span", teller.severity(finding.severity), class_="severity"),
            element("strong", teller.headline(finding)),
            _evidence(teller, finding),
            element("p", say("Next: "), teller.advice(finding)),
            element("p", teller.more_of_a_kind(more), class_="rest") if more else "",
            class_=finding.severity.value,
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
