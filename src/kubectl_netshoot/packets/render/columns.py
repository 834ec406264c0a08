"""Hides that a Chinese character takes two columns of a terminal: widths, padding, cutting and wrapping by columns."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

# A line may break at a blank and around a wide character, but not before what closes or behind what opens.
_WIDE, _OPENS, _CLOSES = (
    "\u2e80-\uffef",
    "\uff08\u300a\u3010",
    "\u3001\u3002\u300b\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f",
)
_PIECE = re.compile(rf"\s+|[^\s{_WIDE}]+[{_CLOSES}]*|[{_OPENS}]*[{_WIDE}][{_CLOSES}]*")


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
