"""The settings file: read from YAML to a checked document, and one setting set or unset in its text.

Every complaint is one line with file, line, column and what is allowed. Only the tree of nodes is used, which knows its
places; nothing is ever constructed from a tag. A change leaves every other line as it is, comments too.
"""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kubectl_netshoot.errors import NetshootError, UnknownWordError, UsageError
from kubectl_netshoot.settings.keys import CONTEXTS, KEYS, Document, Entry, Form, Key, Section, hint, near_key

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
            raise self._wrong(key, f'unknown key "{name}"; {hint(name, allowed)}')
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


INDENT = "  "


def changed(text: str, path: str, name: str, value: str | None, context: str = "") -> str:
    """The file's text with this key set, or without it where `value` is None; for one context only where it is given.

    Raises UsageError for a key or value that is none, for a file that cannot be read, and for a place that is not
    written in lines.
    """
    check_key(name)
    if value is not None:
        KEYS[name].check(value, name)
    read_document(text.encode(), path)
    lines = text.splitlines()
    place = [CONTEXTS, context, name] if context else [name]
    after = _put(lines, yaml.compose(text, Loader=yaml.SafeLoader), place, _written(name, value), path)
    new = "".join(f"{line}\n" for line in after)
    read_document(new.encode(), path)
    return new


def check_key(name: str) -> str:
    """The name, if a setting is called so. Raises UsageError."""
    if name not in KEYS:
        told, meant = hint(name, [*KEYS]), near_key(name, [*KEYS])
        instead = meant if told == f"did you mean {meant}?" else ""
        raise UnknownWordError(f'unknown key "{name}"; {told}', name, instead=instead)
    return name


def _written(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    form = KEYS[name].form
    if form is Form.LIST:
        return f"[{', '.join(map(_scalar, value.split(',')))}]"
    if form is Form.MAPPING:
        pairs = (item.partition("=") for item in value.split(","))
        return f"{{{', '.join(f'{key}: {_scalar(item)}' for key, _, item in pairs)}}}"
    return _scalar(value)


def _scalar(text: str) -> str:
    """As it is where YAML reads it as this very text."""
    try:
        plain = yaml.safe_load(f"[{text}]") == [text]
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text)


def _put(lines: list[str], root: Any, place: Sequence[str], value: str | None, path: str) -> list[str]:
    """The lines with the value at this place; None takes it away."""
    node, indent, at = root, "", len(lines)
    for depth, name in enumerate(place):
        if node is None or not getattr(node, "value", None):
            return lines if value is None else _inserted(lines, at, indent, place[depth:], value)
        if node.flow_style or not isinstance(node, yaml.MappingNode):
            raise UsageError(
                f"{path}:{node.start_mark.line + 1}: this is written on one line, which only an editor can change"
            )
        first = node.value[0][0].start_mark
        indent = " " * first.column
        found = next(((key, item) for key, item in node.value if key.value == name), None)
        if found is None:
            before = len(lines) if depth == 0 else first.line
            return lines if value is None else _inserted(lines, before, indent, place[depth:], value)
        key, node = found
        at, indent = key.start_mark.line + 1, indent + INDENT
        if depth == len(place) - 1:
            start, end = key.start_mark.line, _last_line(node)
            new = [] if value is None else [f"{' ' * key.start_mark.column}{name}: {value}"]
            return [*lines[:start], *new, *lines[end + 1 :]]
    return lines


def _last_line(node: Any) -> int:
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        # It ends by its mark only where the next thing begins.
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    line, column = int(node.end_mark.line), int(node.end_mark.column)
    return line - 1 if column == 0 and line > node.start_mark.line else line


def _inserted(lines: list[str], at: int, indent: str, names: Sequence[str], value: str) -> list[str]:
    *sections, last = names
    new = [f"{indent}{INDENT * depth}{_scalar(name)}:" for depth, name in enumerate(sections)]
    return [*lines[:at], *new, f"{indent}{INDENT * len(sections)}{last}: {value}", *lines[at:]]


def text_of(path: Path) -> str:
    """What stands in this file, empty where there is none. Raises UsageError for one that is no file or not text."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"settings: {path} is not a file")
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageError(f"settings: {path} cannot be read: {reason}") from None


def write(path: Path, text: str) -> None:
    """Put this text into the file, in one step; its folder is made. Raises NetshootError."""
    # Beside the file that a link leads to: the link stays.
    real = Path(os.path.realpath(path))
    temporary = real.with_name(f".{real.name}.{os.getpid()}")
    try:
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o600
        with open(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8"
        ) as new:
            new.write(text)
        os.replace(temporary, real)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NetshootError(f"settings: {path} cannot be written: {error.strerror}") from None
