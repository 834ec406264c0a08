"""What a protocol's reader is to `Turns`, and the few things that readers say, the same for all of them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from kubectl_netshoot.explain.report import Application, Guarded, Side, Value
from kubectl_netshoot.explain.services.errors import guarded_error, kind_of
from kubectl_netshoot.explain.services.users import guarded_user
from kubectl_netshoot.explain.step_ids import StepId


class NoFrameError(Exception):
    """These bytes begin no frame of the protocol, or of one that nothing is said of."""


class Trouble(NamedTuple):
    """What a server refuses: `kind` of errors.KINDS; `fatal` where it ends the session whatever the kind."""

    kind: str
    fatal: bool


class Said(NamedTuple):
    """A step; `trouble` where the server refuses something, `nests` where what follows is another protocol's."""

    step: StepId
    parameters: dict[str, Value]
    trouble: Trouble | None = None
    nests: bool = False


class Reader(Protocol):
    """Knows the frames of one protocol, for one connection.

    Both methods may raise NoFrameError, or IndexError and ValueError where a frame says what cannot be: then nothing
    more is read before the other side speaks.
    """

    application: Application

    def size(self, side: Side, data: bytes) -> int:
        """How long the frame is that data begins with; 0 where more is needed to tell."""

    def words(self, side: Side, frame: bytes) -> Iterable[Said]:
        """What is worth a word of a whole frame."""


def greeting(protocol: str, text: str | None) -> Said:
    """The server says who it is."""
    return Said(StepId.SERVICE_GREETING, {"protocol": protocol, "text": text})


def login(protocol: str, user: str | None, database: str | None = None, password: str | None = None) -> Said:
    """The client says who it is; the password is looked at only to see whether the name is one too."""
    about: dict[str, Value] = {
        "protocol": protocol,
        "user": guarded_user(user, password),
        "database": database,
    }
    return Said(StepId.SERVICE_LOGIN, about)


def logged_in(protocol: str) -> Said:
    """The server lets the client in."""
    return Said(StepId.SERVICE_LOGGED_IN, {"protocol": protocol})


def asks_tls(protocol: str) -> Said:
    """The client wants TLS from here on."""
    return Said(StepId.SERVICE_TLS_ASKED, {"protocol": protocol})


def agrees_tls(protocol: str) -> Said:
    """The server agrees."""
    return Said(StepId.SERVICE_TLS_AGREED, {"protocol": protocol})


def refuses_tls(protocol: str) -> Said:
    """The server does not."""
    return Said(StepId.SERVICE_TLS_REFUSED, {"protocol": protocol})


def error(
    protocol: str, code: str | None, text: str, *, fatal: bool = False, otherwise: str = "other"
) -> Said:
    """The server refuses, in its own words; `otherwise` is the kind where these tell none.

    An error of the kind "routine" is how clients feel their way.
    """
    guarded: Guarded = guarded_error(text)
    found = kind_of(code or "", text)
    found = otherwise if found == "other" else found
    about: dict[str, Value] = {"protocol": protocol, "code": code, "text": guarded}
    trouble = None if found == "routine" else Trouble(found, fatal)
    return Said(StepId.SERVICE_ERROR, about, trouble)


def line_size(data: bytes, longest: int = 2048) -> int:
    """The size of a line that ends with a line feed; 0 where its end has not come."""
    size = data.find(b"\n", 0, longest) + 1
    if not size and len(data) >= longest:
        raise NoFrameError
    return size


def text_of(data: bytes) -> str:
    """Bytes as text, whatever they are."""
    return data.decode("utf-8", "replace")


def until_nul(data: bytes, start: int) -> tuple[str, int]:
    """A text that ends with a zero byte, and where the next thing begins."""
    end = data.index(0, start)
    return text_of(data[start:end]), end + 1


def nul_texts(data: bytes) -> Iterator[str]:
    """All of them."""
    at = 0
    while at < len(data):
        text, at = until_nul(data, at)
        yield text
