"""Which value holds, and where it is from."""

from collections.abc import Mapping
from dataclasses import dataclass

from .document import Document
from .keys import KEYS, Key

DEFAULT = "default"
FILE = "file"
VARIABLE = "variable"
NO_COLOR = "NO_COLOR"


@dataclass(frozen=True)
class Origin:
    """`kind` is DEFAULT, FILE or VARIABLE; `where` a FILE:LINE or the variable's name; `context` the file's section."""

    kind: str = DEFAULT
    where: str = ""
    context: str = ""

    @property
    def is_default(self) -> bool:
        return self.kind == DEFAULT

    def __str__(self) -> str:
        section = f" (contexts.{self.context})" if self.context else ""
        return f"{self.where}{section}" if self.where else self.kind


@dataclass(frozen=True)
class Setting:
    """A key with the value that holds, as its flag would take it."""

    key: Key
    text: str
    origin: Origin

    def checked(self) -> str:
        """The text. Raises UsageError, naming the variable, where a variable holds what is no value of this key."""
        if self.origin.kind == VARIABLE:
            self.key.check(self.text, self.origin.where)
        return self.text


def in_force(
    document: Document | None,
    context: str,
    environ: Mapping[str, str],
    keys: frozenset[str] = frozenset(KEYS),
) -> tuple[Setting, ...]:
    """Every one of these keys with what holds for it where this context is in use; no flags are known here.

    An empty variable counts as none.
    """
    return tuple(_setting(key, document, context, environ) for key in KEYS.values() if key.name in keys)


def _setting(key: Key, document: Document | None, context: str, environ: Mapping[str, str]) -> Setting:
    if text := environ.get(key.variable):
        return Setting(key, text, Origin(VARIABLE, key.variable))
    if key.name == "colour" and environ.get(NO_COLOR):
        return Setting(key, "never", Origin(VARIABLE, NO_COLOR))
    sections = ((document.contexts.get(context, {}), context), (document.general, "")) if document else ()
    for section, named in sections:
        if entry := section.get(key.name):
            assert document is not None
            return Setting(key, entry.text, Origin(FILE, f"{document.path}:{entry.line}", named))
    return Setting(key, key.default, Origin())
