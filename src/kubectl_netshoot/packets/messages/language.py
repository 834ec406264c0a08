"""In which language is spoken: English sentences are looked up in a .po file as they are said, by Python's gettext."""

import io
import json
import re
import struct
from collections.abc import Iterator, Mapping
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

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


LANGUAGES = ("en", "zh")


class Language:
    """One of LANGUAGES, ready to speak. KeyError for a sentence whose placeholder has no value."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._translations = NullTranslations() if tag == LANGUAGES[0] else translations(_catalogue(tag))

    def say(self, english: str, /, **values: object) -> str:
        """The sentence in this language, with the values in its placeholders."""
        return self._translations.gettext(english).format_map(values)

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a sentence that fits the number, which also fills {number}."""
        return self._translations.ngettext(one, many, number).format_map({"number": number, **values})


def preferred(environ: Mapping[str, str]) -> str:
    """The language that a user's locale asks for, by gettext's rules; English where we do not speak it."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "C")
    # LANGUAGE is a list, and means nothing where the locale is the one without a language.
    if locale.partition(".")[0] in ("C", "POSIX"):
        return LANGUAGES[0]
    wanted = [*environ.get("LANGUAGE", "").split(":"), locale]
    spoken = (tag for name in wanted if (tag := name[:2]) in LANGUAGES and not name[2:3].isalpha())
    return next(spoken, LANGUAGES[0])


def _catalogue(tag: str) -> str:
    return (files(__package__) / f"{tag}.po").read_text(encoding="utf-8")
