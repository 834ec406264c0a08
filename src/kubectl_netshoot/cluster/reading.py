"""An answer that is no Kubernetes object is a failed request: said as one, and never a bug of ours further down."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from kubectl_netshoot.errors import ApiError

T = TypeVar("T")
# RFC 1123 subdomains: what the API server itself demands of pods and Services.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Raises ApiError for what goes wrong in the middle of JSON that is not what it should be; also a decorator."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        raise unreadable(what) from error


def unreadable(what: str) -> ApiError:
    """The error for an answer in which `what` makes no sense."""
    return ApiError(f"the API server's answer cannot be read: {what}")


def named(name: str, what: str) -> str:
    """A name that is safe in a path, an argument list and a command to paste. Raises ApiError for any other."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise unreadable(f"a {what} called {str(name)[:80]!r}")
    return name


def sentence(said: object, most: int = 2000) -> Any:
    """A server's own words as one printable line, cut; what is no text stays as it is, for `typed` to find."""
    if not isinstance(said, str):
        return said
    return " ".join("".join(char if char.isprintable() else " " for char in said[:most]).split())


def typed(value: T) -> T:
    """The model value itself, all of its fields of the declared types, and what names something printable.

    Values of labels, annotations and variables are data, and may be any text. Raises TypeError.
    """
    if not _is_a(value, type(value)):
        raise TypeError(type(value).__name__)
    return value


def _is_a(value: object, wanted: Any) -> bool:
    if is_dataclass(wanted):
        return type(value) is wanted and all(
            _is_a(getattr(value, name), kind) for name, kind in _fields(wanted)
        )
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        return type(value) is tuple and all(_is_a(item, arguments[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(
            _is_a(key, str) and (type(item) is str or _is_a(item, arguments[1]))
            for key, item in value.items()
        )
    if arguments:
        return any(_is_a(value, one) for one in arguments)
    return type(value) is wanted and (wanted is not str or str(value).isprintable())


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))
