"""Answers of the API server: how much of one is taken, and that it is a Kubernetes object."""

import contextlib
import http.client
import io
import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from kubectl_netshoot.errors import ApiError

MAX_ANSWER = 16 * 1024 * 1024
# An answer may come in pieces; all of them together may take so many times what one silence may.
PATIENCE = 4
SILENCE_SECONDS = 15.0


class OversizeError(ApiError):
    """The answer is longer than we read. The same request would get the same answer, a smaller page may not."""

    def __init__(self) -> None:
        super().__init__(f"the API server's answer is larger than {MAX_ANSWER // 1024 // 1024} MB")

    @property
    def transient(self) -> bool:
        return False


class _Counted(io.RawIOBase):
    """The bytes of one answer, out of a socket whose timeout is the longest silence."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._raw, self._sock = raw, sock
        self._silence = sock.gettimeout() or SILENCE_SECONDS
        self._end = time.monotonic() + PATIENCE * self._silence
        self._left = MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError(f"no whole answer in {PATIENCE * self._silence:.0f} seconds")
        self._sock.settimeout(min(self._silence, seconds))
        count: int | None = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OversizeError
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundResponse(http.client.HTTPResponse):
    """An answer that ends. Reads raise OversizeError or TimeoutError."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_Counted(self.fp.detach(), sock))


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
