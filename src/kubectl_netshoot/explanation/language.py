"""Hides in which language is spoken: sentences are written in English in the code and looked up as they are said."""

from collections.abc import Mapping
from gettext import NullTranslations
from importlib.resources import files

from kubectl_netshoot.explanation.catalogue import translations

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
