"""What kind of refusal a server's error is, by its code and its words; and what of its words is the client's data."""

import re

from kubectl_netshoot.explain.guarded import Guarded

# From the first that fits; the code stands before the words. Codes: PostgreSQL's SQLSTATE, MySQL's numbers,
# replies of mail servers, AMQP's reply codes. Words are those of the servers' sources.
_KINDS: dict[str, tuple[str, ...]] = {
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
KINDS = (*_KINDS, "unreachable", "other")
_FIRST = [(kind, re.compile("|".join(words), re.IGNORECASE)) for kind, words in _KINDS.items()]
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
    """One of KINDS."""
    whole = f"{code} {text}".strip()[:LONGEST]
    return next((kind for kind, words in _FIRST if words.search(whole)), "other")


def guarded_error(text: str) -> Guarded:
    """An error's words, in which what the client had sent is secret."""
    text = text.strip()[:LONGEST]
    return Guarded(text, tuple(match.span() for match in _REPEATED.finditer(text)))
