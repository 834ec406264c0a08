"""Usage: python -m tools.catalogue

Brings the catalogues up to date with the code: a new sentence comes in without a translation, an old one goes.
tests/unit/packets/messages fails until every sentence is translated.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "kubectl_netshoot"
CATALOGUES = PACKAGE / "packets" / "messages"
SPEAKING = (CATALOGUES, PACKAGE / "packets" / "render")
# What says a sentence, and how many of its first arguments are the sentence and its plural.
SPEAKERS = {"say": 1, "count": 2, "Sentence": 2}
# One line each: a change of a sentence is a change of its line.
NO_WRAP = 0
# What says two of them.
TWO_SENTENCES = "one_or_more"


class Spoken(NamedTuple):
    """A sentence of the code; `many` is empty where it has no plural."""

    one: str
    many: str


def spoken() -> dict[Spoken, str]:
    """Every sentence that the code can say, with the first file that does, in the order of the files."""
    found: dict[Spoken, str] = {}
    for path in sorted(path for room in SPEAKING for path in room.rglob("*.py")):
        for sentence in _of_file(path):
            found.setdefault(sentence, str(path.relative_to(PACKAGE)))
    return found


def _of_file(path: Path) -> Iterator[Spoken]:
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = _name(call.func)
        # What is no literal was handed on from a table, and is found in the table.
        literals = [text for text in map(_literal, call.args[: SPEAKERS.get(name, 2)]) if text is not None]
        if name in SPEAKERS and literals:
            yield Spoken(literals[0], "".join(literals[1:]))
        elif name == TWO_SENTENCES:
            yield from (Spoken(text, "") for text in literals)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def update(path: Path) -> None:
    """Write the catalogue anew, in the order of the code, with the translations that it has."""
    catalogue = polib.pofile(str(path), wrapwidth=NO_WRAP)
    known = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue}
    del catalogue[:]
    for sentence, where in spoken().items():
        entry = known.get((sentence.one, sentence.many)) or polib.POEntry(
            msgid=sentence.one, msgid_plural=sentence.many
        )
        if sentence.many and not entry.msgstr_plural:
            entry.msgstr_plural = {0: ""}
        entry.comment = where
        catalogue.append(entry)
    catalogue.save()


if __name__ == "__main__":
    for catalogue in sorted(CATALOGUES.glob("*.po")):
        update(catalogue)
