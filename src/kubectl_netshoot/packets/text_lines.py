"""Cleans text of what terminals, web pages, mail and editors put into its lines."""

import re

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>])")
_ENTITY = re.compile(r"&(gt|lt|amp|nbsp);|\\([<>|_*\[\]#-])")
_ENTITIES = {"gt": ">", "lt": "<", "amp": "&", "nbsp": " "}
# No-break and other wide blanks are blanks; what has no width at all is nothing.
_BLANKS = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2002\u2003\u2007\u2009\u202f\u3000", " ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None)
)


_ODD = re.compile(r"[\x1b&\\\r]")


def cleaned(raw: bytes) -> list[str]:
    """Lines as they were printed, of bytes that end with a line's end."""
    text = raw.decode("utf-8", "replace")
    if not text.isascii():
        text = text.translate(_BLANKS)
    if _ODD.search(text):
        text = _ESCAPE.sub("", re.sub(r"\r+\n", "\n", text))
        text = _ENTITY.sub(lambda found: found[2] or _ENTITIES[found[1]], text)
    return text.split("\n")[:-1]
