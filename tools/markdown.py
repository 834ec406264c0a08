"""The little of Markdown that our documents use: sections, tables, fenced commands, links to files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_HEADING = re.compile(r"^(#+) (.+)$")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")
_CELL_END = re.compile(r"(?<!\\)\|")


class Section(NamedTuple):
    """A heading with its level, and what stands below it, up to the next one of any level."""

    level: int
    title: str
    text: str

    @property
    def anchor(self) -> str:
        """What a link to the heading is, as GitHub makes it."""
        return _NOT_IN_ANCHOR.sub("", self.title.lower()).replace(" ", "-")

    def rows(self) -> list[list[str]]:
        """The cells of its table, row by row, with its head and without the line below that."""
        rows = [line for line in self.text.splitlines() if line.startswith("|")]
        return [
            [cell.strip().replace("\\|", "|") for cell in _CELL_END.split(row.strip("|"))]
            for row in rows[:1] + rows[2:]
        ]


@dataclass(frozen=True)
class Document:
    """One file, by its path in the repository."""

    path: str

    @property
    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    def headings(self) -> list[str]:
        """Every heading, in order."""
        return [section.title for section in self.sections() if section.title]

    def section(self, heading: str) -> str:
        """What stands below this heading, up to the next one of any level. Raises KeyError."""
        return self._below(heading).text

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the section's table, without its head."""
        return self._below(heading).rows()[1:]

    def commands(self) -> list[str]:
        """Every line of every block that is fenced as sh, in order."""
        blocks = re.findall(r"^```sh\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [line for block in blocks for line in block.splitlines() if line]

    def links(self) -> list[str]:
        """The targets of links and pictures."""
        return _LINK.findall(self.text)

    def anchors(self) -> set[str]:
        """What a link to a heading may be."""
        return {section.anchor for section in self.sections()}

    def sections(self) -> Iterator[Section]:
        """All, in order; the first is what stands above every heading."""
        level, title, lines = 0, "", list[str]()
        for line in self.text.splitlines():
            if found := _HEADING.match(line):
                yield Section(level, title, "\n".join(lines))
                level, title, lines = len(found[1]), found[2], []
            else:
                lines.append(line)
        yield Section(level, title, "\n".join(lines))

    def _below(self, heading: str) -> Section:
        found = {section.title: section for section in self.sections()}
        return found[heading]


def code(cell: str) -> list[str]:
    """What stands between backquotes."""
    return _CODE.findall(cell)


README = Document("README.md")
GUIDE = Document("docs/guide.md")
INSTALL = Document("docs/install.md")
RECIPES = Document("docs/recipes.md")
REFERENCE = Document("docs/reference.md")
SAFETY = Document("docs/safety.md")
# The Chinese twin of each document that has one.
TWINS = {
    README: Document("README.zh-CN.md"),
    RECIPES: Document("docs/recipes.zh-CN.md"),
    SAFETY: Document("docs/safety.zh-CN.md"),
}
CHINESE = TWINS[README]
