"""Each Chinese document against its English twin: the same sections, and in each the same of what is no language.

That is commands, words in backquotes, links, numbers, and the shape of every table. Whoever changes the one has to
change the other with it; whether a sentence says the same, no test can tell.
"""

import re
from itertools import chain, zip_longest
from posixpath import dirname, join, normpath
from typing import NamedTuple

import pytest

from tests.system.docs.steps import command
from tests.system.docs.test_reference import COMMANDS
from tools.markdown import SAFETY, TWINS, Document, Section, code

ENGLISH = {twin.path: document for document, twin in TWINS.items()}
PAIRS = [
    pytest.param(document, twin, english, chinese, id=f"{document.path}-{english.title}")
    for document, twin in TWINS.items()
    for english, chinese in zip_longest(document.sections(), twin.sections(), fillvalue=Section(0, "", ""))
]
OF_EACH = pytest.mark.parametrize(("document", "twin", "english", "chinese"), PAIRS)
# In the table of hazards they are words of the program, and stay as they are.
VERDICTS = {"never", "refuse", "warn", "yes", "no"}
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
# Two words or more in a row, and a full stop at the end.
_SENTENCE = re.compile(r"[A-Za-z]+,? [A-Za-z].*\.$", re.DOTALL)
_CHINESE = re.compile("[\u4e00-\u9fff]")


class Facts(NamedTuple):
    """What a piece of text says in every language, in no order: a sentence turns its words around."""

    code: list[str]
    links: list[str]
    numbers: list[str]
    items: int
    verdict: str


def facts(text: str, document: Document) -> Facts:
    """Of a cell or a paragraph."""
    links = [place(link, document) for _, link in _LINK.findall(text)]
    words = re.sub(r"`[^`]+`", "", _LINK.sub(r"\1", text))
    items = len(re.findall(r"^- ", text, re.MULTILINE))
    verdict = text if document in (SAFETY, TWINS[SAFETY]) and text in VERDICTS else ""
    # A word in backquotes may be broken at the end of a line.
    spans = [" ".join(span.split()) for span in code(text)]
    return Facts(sorted(spans), sorted(links), sorted(_NUMBER.findall(words)), items, verdict)


def place(link: str, document: Document) -> str:
    """A link as the English document has it; one to a heading as the heading's number, since anchors are translated."""
    path, _, anchor = link.partition("#")
    if path.startswith("https:"):
        return link
    leads = normpath(join(dirname(document.path), path)) if path else document.path
    # Each names the other in its first lines.
    original = ENGLISH.get(leads, Document(leads))
    if {leads, document.path} in [{english.path, twin.path} for english, twin in TWINS.items()]:
        return "the twin"
    if not anchor:
        return original.path
    anchors = [section.anchor for section in Document(leads).sections()]
    return f"{original.path} heading {anchors.index(anchor)}"


def paragraphs(section: Section) -> list[str]:
    """Everything but tables and fenced blocks; a list is one paragraph."""
    text = _FENCED.sub("", section.text)
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    return [part.strip() for part in re.split(r"\n\s*\n", prose) if part.strip()]


def blocks(document: Document) -> list[tuple[str, list[str]]]:
    """Each fenced block: its language, and its lines without remarks; of plain text, the language alone."""
    return [
        (language, [command(line) for line in body.splitlines() if language != "text"])
        for language, body in _FENCED.findall(document.text)
    ]


@pytest.mark.parametrize(("document", "twin"), TWINS.items(), ids=[document.path for document in TWINS])
def test_headings(document: Document, twin: Document) -> None:
    levels = [[section.level for section in one.sections()] for one in (document, twin)]
    assert levels[0] == levels[1]
    # README's own name, and commands, are called the same everywhere.
    names = {"kubectl-netshoot", *COMMANDS}
    pairs = zip(document.headings(), twin.headings(), strict=True)
    assert [(here, there) for here, there in pairs if here in names and here != there] == []


@pytest.mark.parametrize(("document", "twin"), TWINS.items(), ids=[document.path for document in TWINS])
def test_fenced_blocks(document: Document, twin: Document) -> None:
    assert blocks(twin) == blocks(document)
    assert blocks(document)


@OF_EACH
def test_paragraphs(document: Document, twin: Document, english: Section, chinese: Section) -> None:
    translated = [facts(text, twin) for text in paragraphs(chinese)]
    assert translated == [facts(text, document) for text in paragraphs(english)]


@OF_EACH
def test_tables(document: Document, twin: Document, english: Section, chinese: Section) -> None:
    """Row by row and cell by cell; an empty cell is empty in both."""
    shapes = [
        [[(bool(cell), facts(cell, of)) for cell in row] for row in section.rows()]
        for section, of in ((chinese, twin), (english, document))
    ]
    assert shapes[0] == shapes[1]


@OF_EACH
def test_sentences_are_translated(
    document: Document, twin: Document, english: Section, chinese: Section
) -> None:
    assert document.path != twin.path
    texts = [*paragraphs(english), *chain(*english.rows())]
    translations = [*paragraphs(chinese), *chain(*chinese.rows())]
    pairs = zip(texts, translations, strict=True)
    assert [there for here, there in pairs if _SENTENCE.search(here) and not _CHINESE.search(there)] == []


def test_words_are_those_that_people_use() -> None:
    """Of two words for a thing, the one that a Chinese engineer says."""
    unusual = ("标志", "名字空间", "选择算符", "收养", "边车", "申领")
    found = {twin.path: [word for word in unusual if word in twin.text] for twin in TWINS.values()}
    assert found == {path: [] for path in found}
