"""README.zh-CN.md against README.md: the same sections, and in each the same of all that is no matter of language.

That is commands, words in backquotes, links, numbers, and the shape of every table. Whoever changes README has to
change its Chinese twin with it; whether a sentence says the same, no test can tell.
"""

import re
from itertools import chain, zip_longest
from typing import NamedTuple

import pytest

from tests.system.docs.test_flags import COMMANDS
from tools.markdown import CHINESE, README, Document, Section, code

TWINS = {README.path, CHINESE.path}
PAIRS = list(zip_longest(README.sections(), CHINESE.sections(), fillvalue=Section(0, "", "")))
# Of the table of hazards: words of the program, that stay as they are.
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
    verdict = text if text in VERDICTS else ""
    # A word in backquotes may be broken at the end of a line.
    spans = [" ".join(span.split()) for span in code(text)]
    return Facts(sorted(spans), sorted(links), sorted(_NUMBER.findall(words)), items, verdict)


def place(link: str, document: Document) -> str:
    """A link to a heading as the heading's number, since its anchor is made of translated words."""
    if link.startswith("#"):
        anchors = [section.anchor for section in document.sections()]
        return f"heading {anchors.index(link.removeprefix('#'))}"
    return "the twin" if link in TWINS else link


def paragraphs(section: Section) -> list[str]:
    """Everything but tables and fenced blocks; a list is one paragraph."""
    text = _FENCED.sub("", section.text)
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    return [part.strip() for part in re.split(r"\n\s*\n", prose) if part.strip()]


def blocks(document: Document) -> list[tuple[str, list[str]]]:
    """Each fenced block: its language, and its lines but for comments; of plain text, the language alone."""
    return [
        (language, [line for line in body.splitlines() if language != "text" and not line.startswith("#")])
        for language, body in _FENCED.findall(document.text)
    ]


def test_headings() -> None:
    levels = [[section.level for section in document.sections()] for document in (README, CHINESE)]
    assert levels[0] == levels[1]
    # README's own name, and commands, are called the same everywhere.
    names = {"kubectl-netshoot", *COMMANDS}
    assert [pair for pair in PAIRS if pair[0].title in names and pair[0].title != pair[1].title] == []


def test_fenced_blocks() -> None:
    assert blocks(CHINESE) == blocks(README)
    assert len(blocks(README)) > 20


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda section: section.title)
def test_paragraphs(english: Section, chinese: Section) -> None:
    translated = [facts(text, CHINESE) for text in paragraphs(chinese)]
    assert translated == [facts(text, README) for text in paragraphs(english)]


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda section: section.title)
def test_tables(english: Section, chinese: Section) -> None:
    """Row by row and cell by cell; an empty cell is empty in both."""
    shapes = [
        [[(bool(cell), facts(cell, document)) for cell in row] for row in section.rows()]
        for section, document in ((chinese, CHINESE), (english, README))
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda section: section.title)
def test_sentences_are_translated(english: Section, chinese: Section) -> None:
    texts = [*paragraphs(english), *chain(*english.rows())]
    translations = [*paragraphs(chinese), *chain(*chinese.rows())]
    pairs = zip(texts, translations, strict=True)
    assert [there for here, there in pairs if _SENTENCE.search(here) and not _CHINESE.search(there)] == []
