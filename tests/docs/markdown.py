"""The little of Markdown that our documents use: sections, tables, fenced commands, links to files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HEADING = re.compile(r"^(#+) (.+)$")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Document:
    """One file, by its path in the repository."""

    path: str

    @property
    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    def headings(self) -> list[str]:
        """Every heading, in order."""
        return [title for title, _ in self._sections() if title]

    def section(self, heading: str) -> str:
        """What stands below this heading, up to the next one of any level. Raises KeyError."""
        return dict(self._sections())[heading]

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the section's table, without its head."""
        rows = [line for line in self.section(heading).splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]

    def commands(self) -> list[str]:
        """Every line of every block that is fenced as sh, in order."""
        blocks = re.findall(r"^```sh\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [line for block in blocks for line in block.splitlines() if line]

    def links(self) -> list[str]:
        """The targets of links and pictures."""
        return _LINK.findall(self.text)

    def anchors(self) -> set[str]:
        """What a link to a heading may be, as GitHub makes it."""
        return {_NOT_IN_ANCHOR.sub("", title.lower()).replace(" ", "-") for title, _ in self._sections()}

    def _sections(self) -> Iterator[tuple[str, str]]:
        title, lines = "", list[str]()
        for line in self.text.splitlines():
            if found := _HEADING.match(line):
                yield title, "\n".join(lines)
                title, lines = found[2], []
            else:
                lines.append(line)
        yield title, "\n".join(lines)


def code(cell: str) -> list[str]:
    """What stands between backquotes."""
    return _CODE.findall(cell)


README = Document("README.md")
