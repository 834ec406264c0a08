"""Cleans lines of text of what terminals, web pages, mail and editors put into them."""

import re

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>])")
_ENTITY = re.compile(r"&(gt|lt|amp|nbsp);|\\([<>|_*\[\]#-])")
_ENTITIES = {"gt": ">", "lt": "<", "amp": "&", "nbsp": " "}
# No-break and other wide blanks are blanks; what has no width at all is nothing.
_BLANKS = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2002\u2003\u2007\u2009\u202f\u3000", " ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None)
)


def cleaned(raw: bytes) -> str:
    """A line as it was printed, without its end."""
    line = raw.rstrip(b"\r").decode("utf-8", "replace")
    if not line.isascii():
        line = line.translate(_BLANKS)
    if "\x1b" in line:
        line = _ESCAPE.sub("", line)
    if "&" in line or "\\" in line:
        line = _ENTITY.sub(lambda found: found[2] or _ENTITIES[found[1]], line)
    return line
