"""The file's content as values that are known to be good, each with its line."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """A value as its flag would take it, and its line, counted from 1."""

    text: str
    line: int


Section = Mapping[str, Entry]


@dataclass(frozen=True)
class Document:
    """`general` by key, `contexts` by the context's name and key; `warnings` are about the file as a whole."""

    path: str
    general: Section = field(default_factory=dict)
    contexts: Mapping[str, Section] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def depends_on_context(self, keys: frozenset[str]) -> bool:
        """Whether some context has a say in one of these keys, so that its name must be known."""
        return any(keys & set(section) for section in self.contexts.values())
