"""The page as markup: what it may do, and that nothing of a packet becomes more than text."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from xml.etree.ElementTree import tostring

import pytest

from kubectl_netshoot.packets.messages import http_steps
from kubectl_netshoot.packets.messages.language import LANGUAGES
from kubectl_netshoot.packets.render.page import TOLD_AT_MOST, element, page
from kubectl_netshoot.packets.report import ConversationEnd, Guarded, Header, Report
from tests.unit.packets.render.reports import conversation, everything, report, step, teller

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;</title></style></script>"
LOADING = {
    "src",
    "srcset",
    "data",
    "action",
    "formaction",
    "background",
    "poster",
    "manifest",
    "ping",
    "style",
}


class Elements(HTMLParser):
    """Every element with its attributes, and the text of each script and style."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (the parser's signature)
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def hostile(words: str) -> Report:
    """Everything that can come from a packet comes with these words in it."""
    request = step(http_steps.HTTP_REQUEST)
    values = {"target": Guarded(words), "host": words, "headers": (Header(words, Guarded(words)),)}
    told = step(http_steps.HTTP_REQUEST, parameters={**request.parameters, **values})
    return report(conversation(1, told, client=ConversationEnd(words)))


def policy(elements: Elements) -> dict[str, str]:
    (meta,) = [m for m in elements.attributes("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    return dict(rule.strip().split(" ", 1) for rule in (meta["content"] or "").split(";"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_our_script_and_our_style_are_allowed(language: str) -> None:
    elements = Elements(page(teller(everything(), language), None))
    hashes = {
        tag: "'sha256-" + base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode() + "'"
        for tag, raw in elements.raw.items()
    }
    assert policy(elements) == {
        "default-src": "'none'",
        "style-src": hashes["style"],
        "script-src": hashes["script"],
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_policy_stands_before_what_it_is_for() -> None:
    tags = [tag for tag, _ in Elements(page(teller(everything()), None)).found]
    assert tags.index("meta") < tags.index("style") < tags.index("script")


def test_nothing_is_loaded_from_anywhere() -> None:
    markup = page(teller(everything()), None)
    elements = Elements(markup)
    assert {name for _, attributes in elements.found for name in attributes} & LOADING == set()
    assert not {tag for tag, _ in elements.found} & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
    }
    links = {attributes.get("href") or "" for attributes in elements.attributes("a")}
    assert links
    assert not [link for link in links if not link.startswith("#")]
    assert not re.search(r"url\(|@import|https?:", elements.raw["style"] + elements.raw["script"])


def test_no_element_and_no_attribute_comes_from_a_packet() -> None:
    plain, bad = Elements(page(teller(hostile("x")), None)), Elements(page(teller(hostile(MARKUP)), None))
    assert [tag for tag, _ in bad.found] == [tag for tag, _ in plain.found]
    assert [set(attributes) for _, attributes in bad.found] == [
        set(attributes) for _, attributes in plain.found
    ]
    assert bad.raw == plain.raw


def test_an_element_takes_no_control_character() -> None:
    """The last line of defence: whatever comes to the markup is cleaned there, too."""
    made = element("p", "a\x1b[31m", element("b", "\x9b"), "tail\x07", title="\u202e\x00t")
    assert tostring(made, encoding="unicode") == '<p title="t">a[31m<b />tail</p>'


def test_a_script_is_in_no_attribute() -> None:
    names = {
        name for _, attributes in Elements(page(teller(everything()), None)).found for name in attributes
    }
    assert not [name for name in names if name.startswith("on")]


def test_the_language_is_declared() -> None:
    assert page(teller(everything(), "zh"), None).startswith('<!doctype html>\n<html lang="zh-Hans">')
    assert page(teller(everything(), "en"), None).startswith('<!doctype html>\n<html lang="en">')


def test_every_link_leads_to_a_part_of_the_page() -> None:
    elements = Elements(page(teller(everything()), None))
    parts = {attributes["id"] for _, attributes in elements.found if "id" in attributes}
    assert {(a.get("href") or "").removeprefix("#") for a in elements.attributes("a")} <= parts


def test_a_page_holds_no_more_than_a_browser_likes_and_says_so() -> None:
    of = report(*(conversation(number, odd=number == 777) for number in range(1, 1001)))
    markup = page(teller(of), None)
    rows = Elements(markup).attributes("tr")
    assert len(rows) == TOLD_AT_MOST + 1
    assert 'id="conversation-777"' in markup
    assert f"{1000 - TOLD_AT_MOST} more are counted, but not on this page" in markup
