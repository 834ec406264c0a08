"""Hides roff: what must be escaped, how bold is said, and the little of Markdown that our prose uses.

What comes out is ASCII, so that no reader's locale decides how it looks.
"""

import re
import textwrap

# Tools that read roff complain of longer lines.
WIDTH = 78
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")


def plain(text: str) -> str:
    """Words as they are."""
    escaped = text.replace("\\", "\\e")
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)


def literal(text: str) -> str:
    """What is typed, in bold."""
    return f"\\fB{_typed(text)}\\fR"


def emphasis(text: str) -> str:
    """What stands for a value."""
    return f"\\fI{_typed(text)}\\fR"


def _typed(text: str) -> str:
    # A bare hyphen may be shown as another character, which no shell would take when it is copied.
    return plain(text).replace("-", "\\-")


def prose(markdown: str) -> str:
    """A paragraph or cell of Markdown, in lines of roff."""
    return wrapped(inline(markdown))


def inline(markdown: str) -> str:
    """A cell of Markdown in one line."""
    text = " ".join(_LINK.sub(r"\1", _STRONG.sub(r"\1", markdown)).split())
    pieces = _CODE.split(text)
    return "".join(literal(p) if i % 2 else plain(p) for i, p in enumerate(pieces))


def wrapped(text: str) -> str:
    """Escaped text in lines that are short enough."""
    lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(line, lines))


def line(text: str) -> str:
    """A line that roff takes for text, whatever it begins with."""
    return f"\\&{text}" if text.startswith((".", "'")) else text


def quoted(text: str) -> str:
    """One argument of a macro."""
    return '"' + plain(text).replace('"', "\\(dq") + '"'


def item(term: str, text: str) -> list[str]:
    """A term with what it means below it, indented."""
    return [".TP", line(term), text]
