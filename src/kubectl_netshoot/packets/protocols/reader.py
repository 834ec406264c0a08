"""What a protocol's reader is to `Turns`, what readers say, kinds of refusal, and whose name may be shown."""

import base64
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from kubectl_netshoot.packets.messages import service_steps as steps
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.report import Application, Guarded, Side, Value

# From the first that fits; the code stands before the words. Codes: PostgreSQL's SQLSTATE, MySQL's numbers,
# replies of mail servers, AMQP's reply codes. Words are those of the servers' sources.
KINDS: dict[str, tuple[str, ...]] = {
    # How clients feel their way, and go on: scripts not yet loaded, commands of newer servers.
    "routine": (
        r"^(NOSCRIPT|BUSYGROUP)\b",
        r"unknown command.{0,3}(HELLO|CLIENT)\b",
        r"^35 UNSUPPORTED_VERSION",
    ),
    "moved": (r"^(MOVED|ASK|CLUSTERDOWN|TRYAGAIN|CROSSSLOT)\b",),
    "stopping": (r"^(57P01|57P02|1053|320)\b", r"shut ?down", r"shutting down"),
    "starting": (r"^(57P03|LOADING)\b", r"starting up", r"not yet accepting", r"is loading"),
    "full": (
        r"^(53300|1040|1203|1226)\b",
        r"too many (\w+ ){0,3}(connections|clients|users|sessions)",
        r"number of clients",
        r"connection[ -]slots are reserved",
        r"connection limit",
        r"max_\w*connections",
        r"no more connections",
    ),
    "access": (
        r"^(1129|1130|DENIED)\b",
        r"pg_hba\.conf",
        r"is blocked because of many",
        r"is not allowed to connect",
        r"protected mode",
        r"client host rejected",
        r"relay(ing)? (access )?denied",
    ),
    "missing": (
        r"^(3D000|1049)\b",
        r"unknown database",
        r"database .{1,80} does not exist",
        r"vhost .{1,80} not found",
        r"no such (database|vhost)",
        r"^3 UNKNOWN_TOPIC",
    ),
    "tls": (
        r"^3159\b",
        r"STARTTLS",
        r"TLS (is )?(not|un)",
        r"(strongerAuth|confidentiality|tls|ssl).{0,12}required",
    ),
    "login": (
        r"^(28P01|28000|1045|1698|1251|535|WRONGPASS|NOAUTH|AUTHENTICATIONFAILED)\b",
        r"authenticat",
        r"using password",
        r"invalid.?(credentials|password|username)",
        r"login (failed|incorrect|was refused)",
        r"without any password",
        r"no password is set",
        r"not logged in",
        r"SASL_MECHANISM",
    ),
    "read-only": (
        r"^(READONLY|25006|1290|1792|1836|10107|13435)\b",
        r"read[- ]only",
        r"not (primary|master)",
    ),
    "space": (
        r"^(OOM|MISCONF|53200|53100|1021|1037|1038|1041|452|552)\b",
        r"out of memory",
        r"no space left",
        r"disk full",
        r"quota",
    ),
    "rights": (
        r"^(42501|1044|1142|1143|1227|1370|NOPERM|403)\b",
        r"permission denied",
        r"not authorized",
        r"access.refused",
        r"insufficientAccess",
        r"AUTHORIZATION_FAILED",
        r"access to .{1,80} refused",
    ),
}
_FIRST = [(kind, re.compile("|".join(words), re.IGNORECASE)) for kind, words in KINDS.items()]
# The session cannot go on, or not be used, until somebody changes something.
FATAL_KINDS = frozenset(
    {"stopping", "starting", "full", "access", "missing", "login", "read-only", "space", "tls", "unreachable"}
)
# What of an error's words repeats what the client sent: statements, documents, arguments, values.
_REPEATED = re.compile(
    r"(?<=beginning with: ).+|(?<=near ').+(?=')|(?<=near \").+(?=\")|(?<=Duplicate entry ').+(?=' for key)|\{.+|"
    r"(?<=unknown command [`'\"])(?![A-Za-z.|_-]{1,20}[`'\"]).+?(?=[`'\"])|(?<=: \").+(?=\"$)",
    re.IGNORECASE | re.DOTALL,
)
LONGEST = 500


def kind_of(code: str, text: str) -> str:
    """One of KINDS, or `other`."""
    whole = f"{code} {text}".strip()[:LONGEST]
    return next((kind for kind, words in _FIRST if words.search(whole)), "other")


def guarded_error(text: str) -> Guarded:
    """An error's words, in which what the client had sent is secret."""
    text = text.strip()[:LONGEST]
    return Guarded(text, tuple(match.span() for match in _REPEATED.finditer(text)))


# Nobody's name: twenty or more letters and digits without a break, both among them.
_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")
_SCRAM = re.compile(rb"[npy][^,]{0,255},(?:a=[^,]{0,255})?,n=([^,]{1,255}),r=")
LONGEST_NAME = 255


def guarded_user(name: str | None, password: str | None = None) -> Guarded | None:
    """A user's name, all of it secret where it is a token, or the password too; None where none was given."""
    if not name:
        return None
    name = name[:LONGEST_NAME]
    secret = bool(password and name == password[:LONGEST_NAME]) or bool(_TOKEN.fullmatch(name))
    return Guarded(name, ((0, len(name)),) if secret else ())


def plain(message: bytes) -> tuple[str, str] | None:
    """User and password of SASL's PLAIN (RFC 4616): whom for, a zero byte, who, a zero byte, the password."""
    parts = message.split(b"\0")
    return (_text(parts[1]), _text(parts[2])) if len(parts) == 3 and parts[1] else None


def plain_in_base64(message: bytes) -> tuple[str, str] | None:
    """The same as mail carries it."""
    decoded = from_base64(message)
    return plain(decoded) if decoded is not None else None


def from_base64(message: bytes) -> bytes | None:
    """What it stands for; None where it is none."""
    try:
        return base64.b64decode(message.strip(), validate=True)
    except ValueError:
        return None


def scram(message: bytes) -> str | None:
    """The user in the first message of SCRAM (RFC 5802), wherever it begins."""
    match = _SCRAM.search(message)
    return _text(match[1]).replace("=2C", ",").replace("=3D", "=") if match else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


class NoFrameError(Exception):
    """These bytes begin no frame of the protocol, or of one that nothing is said of."""


class Trouble(NamedTuple):
    """What a server refuses: `kind` of KINDS, `other`, or a proxy's `unreachable`; `fatal` where it ends the session
    whatever the kind.
    """

    kind: str
    fatal: bool


class ServiceStep(NamedTuple):
    """A step; `trouble` where the server refuses something, `nests` where what follows is another protocol's."""

    step: StepKind
    parameters: dict[str, Value]
    trouble: Trouble | None = None
    nests: bool = False


class ProtocolReader(Protocol):
    """Knows the frames of one protocol, for one connection.

    Both methods may raise NoFrameError, or IndexError and ValueError where a frame says what cannot be: then nothing
    more is read before the other side speaks.
    """

    application: Application

    def size(self, side: Side, data: bytes) -> int:
        """How long the frame is that data begins with; 0 where more is needed to tell."""

    def words(self, side: Side, frame: bytes) -> Iterable[ServiceStep]:
        """What is worth a word of a whole frame."""


def greeting(protocol: str, text: str | None) -> ServiceStep:
    """The server says who it is."""
    return ServiceStep(steps.SERVICE_GREETING, {"protocol": protocol, "text": text})


def login(
    protocol: str, user: str | None, database: str | None = None, password: str | None = None
) -> ServiceStep:
    """The client says who it is; the password is looked at only to see whether the name is one too."""
    about: dict[str, Value] = {
        "protocol": protocol,
        "user": guarded_user(user, password),
        "database": database,
    }
    return ServiceStep(steps.SERVICE_LOGIN, about)


def logged_in(protocol: str) -> ServiceStep:
    """The server lets the client in."""
    return ServiceStep(steps.SERVICE_LOGGED_IN, {"protocol": protocol})


def asks_tls(protocol: str) -> ServiceStep:
    """The client wants TLS from here on."""
    return ServiceStep(steps.SERVICE_TLS_ASKED, {"protocol": protocol})


def agrees_tls(protocol: str) -> ServiceStep:
    """The server agrees."""
    return ServiceStep(steps.SERVICE_TLS_AGREED, {"protocol": protocol})


def refuses_tls(protocol: str) -> ServiceStep:
    """The server does not."""
    return ServiceStep(steps.SERVICE_TLS_REFUSED, {"protocol": protocol})


def error(
    protocol: str, code: str | None, text: str, *, fatal: bool = False, otherwise: str = "other"
) -> ServiceStep:
    """The server refuses, in its own words; `otherwise` is the kind where these tell none.

    An error of the kind "routine" is how clients feel their way.
    """
    guarded: Guarded = guarded_error(text)
    found = kind_of(code or "", text)
    found = otherwise if found == "other" else found
    about: dict[str, Value] = {"protocol": protocol, "code": code, "text": guarded}
    trouble = None if found == "routine" else Trouble(found, fatal)
    return ServiceStep(steps.SERVICE_ERROR, about, trouble)


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
