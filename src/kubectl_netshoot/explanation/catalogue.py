"""Hides the form of translations: a .po file, as translators edit it, becomes what Python's gettext reads.

gettext wants a compiled file. A compiled file in the tree would be a second copy that can be forgotten, so the few
hundred entries are compiled in memory, at the moment somebody wants the language.
"""

import io
import json
import re
import struct
from collections.abc import Iterator
from gettext import GNUTranslations

_FIELD = re.compile(r'(msgid|msgid_plural|msgstr(?:\[\d+\])?) (".*")')
_MAGIC = 0x950412DE
_HEADER_BYTES = 28


def translations(text: str) -> GNUTranslations:
    """The translations that the text of a .po file holds."""
    return GNUTranslations(io.BytesIO(_compiled(dict(map(_pair, _entries(text))))))


def _entries(text: str) -> Iterator[dict[str, str]]:
    """Each entry's fields by keyword; comments, and with them entries that are out of use (#~), are passed over."""
    entry: dict[str, str] = {}
    keyword = ""
    for line in text.splitlines():
        if field := _FIELD.fullmatch(line):
            keyword = field[1]
            if keyword == "msgid" and entry:
                yield entry
                entry = {}
            entry[keyword] = json.loads(field[2])
        elif line.startswith('"'):
            entry[keyword] += json.loads(line)
    if entry:
        yield entry


def _pair(entry: dict[str, str]) -> tuple[bytes, bytes]:
    """Original and translation as a compiled file holds them: the forms of a plural follow a NUL."""
    originals = [entry[keyword] for keyword in ("msgid", "msgid_plural") if keyword in entry]
    translated = [form for keyword, form in sorted(entry.items()) if keyword.startswith("msgstr")]
    return "\0".join(originals).encode(), "\0".join(translated).encode()


def _compiled(pairs: dict[bytes, bytes]) -> bytes:
    """The bytes of a .mo file: a header, two tables of lengths and offsets, and the strings, originals sorted."""
    originals = sorted(pairs)
    strings = [*originals, *(pairs[original] for original in originals)]
    tables_bytes = 8 * len(strings)
    header = (_MAGIC, 0, len(pairs), _HEADER_BYTES, _HEADER_BYTES + tables_bytes // 2, 0, 0)
    places, offset = b"", _HEADER_BYTES + tables_bytes
    for string in strings:
        places += struct.pack("<2I", len(string), offset)
        offset += len(string) + 1
    return struct.pack("<7I", *header) + places + b"".join(string + b"\0" for string in strings)
