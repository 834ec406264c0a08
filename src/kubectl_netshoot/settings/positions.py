"""From YAML to a checked document: every complaint is one line with file, line, column and what is allowed.

Only the tree of nodes is used, which knows its places; nothing is ever constructed from a tag.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.keys import CONTEXTS, KEYS, Document, Entry, Form, Key, Section, hint

TEXT, NOTHING, INTEGER, FRACTION = (f"tag:yaml.org,2002:{name}" for name in ("str", "null", "int", "float"))
KINDS = {
    TEXT: "text",
    NOTHING: "nothing",
    INTEGER: "a number",
    FRACTION: "a number",
    "tag:yaml.org,2002:bool": "yes or no",
    "tag:yaml.org,2002:timestamp": "a date",
}
# A bare 0 is a duration, and what other numbers lack is said by its check.
TAGS = {Form.TEXT: (TEXT,), Form.DURATION: (TEXT, INTEGER, FRACTION)}


def read_document(content: bytes, path: str, warnings: tuple[str, ...] = ()) -> Document:
    """The settings in this content. Raises UsageError for the first thing that is wrong."""
    root = _compose(content, path)
    if root is None:
        return Document(path, warnings=warnings)
    reading = _Reader(path)
    general: dict[str, Entry] = {}
    contexts: dict[str, Section] = {}
    for name, key, value in reading.pairs(root, "the file"):
        if name == CONTEXTS:
            for context, _, section in reading.pairs(value, CONTEXTS):
                contexts[context] = reading.section(section, f"{CONTEXTS}.{context}")
        else:
            general[name] = reading.entry(name, key, value, [*KEYS, CONTEXTS])
    return Document(path, general, contexts, warnings)


def _compose(content: bytes, path: str) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}:{line}:1: this is not text in UTF-8") from None
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = error.position - before.rfind("\n")
        raise UsageError(
            f"{path}:{before.count(chr(10)) + 1}:{column}: YAML does not allow this character"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UsageError(
            f"{path}:{_place(mark)}: this is not YAML: {error.problem or error.context}"
        ) from None
    except RecursionError:
        raise UsageError(f"{path}: this is nested too deeply") from None


def _place(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"


@dataclass(frozen=True)
class _Reader:
    path: str

    def pairs(self, node: Any, what: str) -> Iterator[tuple[str, Any, Any]]:
        """Name, and the nodes of key and value, of a mapping in which every name is text and stands once.

        What is left empty is one with nothing in it.
        """
        if _is_nothing(node):
            return
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, f"{what} must hold `key: value` lines, and is {_kind(node)}")
        seen = set[str]()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._wrong(key, f"a key must be text, and is {_kind(key)}")
            if key.value in seen:
                raise self._wrong(key, f"{key.value!r} is there twice")
            seen.add(key.value)
            yield key.value, key, value

    def section(self, node: Any, what: str) -> Section:
        return {name: self.entry(name, key, value, [*KEYS]) for name, key, value in self.pairs(node, what)}

    def entry(self, name: str, key: Any, value: Any, allowed: list[str]) -> Entry:
        if name not in allowed:
            raise self._wrong(key, f"unknown key {name!r}; {hint(name, allowed)}")
        text = self._text(KEYS[name], value)
        KEYS[name].check(text, f"{self._where(value)}: {name}")
        return Entry(text, key.start_mark.line + 1)

    def _text(self, key: Key, node: Any) -> str:
        if key.form is Form.LIST and isinstance(node, yaml.SequenceNode):
            return ",".join(self._item(key, item) for item in node.value)
        if key.form is Form.MAPPING and isinstance(node, yaml.MappingNode):
            return ",".join(
                f"{name}={self._item(key, value)}" for name, _, value in self.pairs(node, key.name)
            )
        if isinstance(node, yaml.ScalarNode) and node.tag in TAGS.get(key.form, ()):
            return str(node.value)
        quotes = ": put it in quotes" if key.form is Form.TEXT and node.tag in KINDS and node.value else ""
        raise self._wrong(node, f"{key.name} must be {key.form.value}, and is {_kind(node)}{quotes}")

    def _item(self, key: Key, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode) or _is_nothing(node) or "," in node.value:
            raise self._wrong(node, f"{key.name} must be {key.form.value}")
        return str(node.value)

    def _where(self, node: Any) -> str:
        return f"{self.path}:{_place(node.start_mark)}"

    def _wrong(self, node: Any, what: str) -> UsageError:
        return UsageError(f"{self._where(node)}: {what}")


def _is_nothing(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == NOTHING


def _kind(node: Any) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return KINDS.get(node.tag, "something else")
