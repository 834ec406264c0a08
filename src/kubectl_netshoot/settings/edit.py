"""One setting set or unset in the text of the file; every other line of it stays as it is, comments too. And the file
as text, read and written.
"""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.settings.keys import CONTEXTS, KEYS, Form, hint
from kubectl_netshoot.settings.positions import read_document

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
        raise UsageError(f'unknown key "{name}"; {hint(name, [*KEYS])}')
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
                f"{path}:{node.start_mark.line + 1}: this is written on one line: edit the file by hand"
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
