"""Reads the head of an HTTP/1 message: plain ones fast, others by h11; marks what must not be shown unasked.

Those are credentials in headers, the values of a query, passwords in URLs.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import h11

from kubectl_netshoot.packets.report import Guarded, Header

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_LINES = rb"((?:" + _TOKEN + rb": [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n"
_REQUEST = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/1\.1\r\n" + _LINES)
# An interim response is h11's.
_RESPONSE = re.compile(rb"HTTP/1\.1 ([2-9][0-9]{2}) ([ -~]*)\r\n" + _LINES)
# int() of more digits may be refused, by Python or by h11.
_DIGITS = 18

Pairs = list[tuple[bytes, bytes]]


def plain_request(raw: bytes) -> tuple[bytes, bytes, Pairs] | None:
    """Method, target and header fields of a head of HTTP/1.1, its empty line included; None where it is not plain."""
    match = _REQUEST.fullmatch(raw)
    if match is None:
        return None
    method, target, block = match.groups()
    pairs = _fields(block)
    return (method, target, pairs) if _decided(pairs) == 1 else None


def plain_response(raw: bytes) -> tuple[int, bytes, Pairs] | None:
    """Status, reason and header fields of a head of HTTP/1.1, its empty line included; None where it is not plain."""
    match = _RESPONSE.fullmatch(raw)
    if match is None:
        return None
    status, reason, block = match.groups()
    pairs = _fields(block)
    return None if _decided(pairs) is None else (int(status), reason, pairs)


def _fields(block: bytes) -> Pairs:
    """Names and values of lines that are known to be plain."""
    return [line.partition(b": ")[::2] for line in block[:-2].split(b"\r\n")]


def _decided(pairs: Pairs) -> int | None:
    """How many of the fields are Host; None where one of them is not plain."""
    hosts = 0
    sized = chunked = False
    for name, value in pairs:
        lower = name.lower()
        if lower == b"host":
            hosts += 1
        elif lower == b"transfer-encoding":
            if chunked or value != b"chunked":
                return None
            chunked = True
        elif lower == b"content-length":
            if sized or len(value) > _DIGITS or not value.isdigit():
                return None
            sized = True
    return hosts


_SECRET_NAME = re.compile(
    r"auth|cookie|token|secret|password|passwd|credential|session|api-?key|signature|assertion", re.I
)
# A challenge is no answer: WWW-Authenticate tells which scheme is wanted.
_NO_SECRET = frozenset({"www-authenticate", "proxy-authenticate", "authentication-info", ":authority"})
_COOKIES = frozenset({"cookie", "set-cookie"})
_URLS = frozenset({"location", "referer", "content-location", "link", "refresh"})
_QUERY_VALUE = re.compile(r"(?:[?&;#])(?:[^=&;#]*=)?([^&;#]*)")
_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://([^/?#@]*)@", re.I)
_COOKIE_VALUE = re.compile(r"(?:^|;)\s*(?:[^=;]*=)?([^;]+)")
_SCHEME = re.compile(r"^(?:Basic|Bearer|Digest|Negotiate|AWS4-HMAC-SHA256)\s+(?=\S)", re.I)


def guarded_target(text: str) -> Guarded:
    """A request target or URL, of which the query's values and the user's password are secret."""
    spans = [match.span(1) for match in _QUERY_VALUE.finditer(text) if match[1]]
    if user := _PASSWORD.match(text):
        spans = [user.span(1), *(span for span in spans if span[0] >= user.end())]
    return Guarded(text, tuple(spans))


@lru_cache(maxsize=512)
def guarded_header(name: str, value: str) -> Header:
    """A header field with its secrets marked."""
    low = name.lower()
    if low in _NO_SECRET:
        return Header(name, Guarded(value))
    if low in _COOKIES:
        found = [match.span(1) for match in _COOKIE_VALUE.finditer(value)]
        spans = tuple(found[:1] if low == "set-cookie" else found)
        return Header(name, Guarded(value, spans))
    if low in _URLS:
        return Header(name, guarded_target(value))
    if _SECRET_NAME.search(low):
        scheme = _SCHEME.match(value)
        return Header(name, Guarded(value, ((scheme.end() if scheme else 0, len(value)),) if value else ()))
    return Header(name, Guarded(value))


# What a person looks at first; the rest of a head is noise at three in the morning.
WORTH_A_WORD = frozenset(
    (
        b"authorization connection content-encoding content-type cookie expect forwarded host location "
        b"origin proxy-authenticate proxy-authorization referer retry-after server set-cookie traceparent "
        b"transfer-encoding upgrade via www-authenticate x-api-key x-forwarded-for x-forwarded-host "
        b"x-forwarded-proto x-real-ip x-request-id"
    ).split()
)
# It proposes to switch protocols, so that an answer may.
_PROPOSAL = [("host", "any"), ("connection", "upgrade"), ("upgrade", "any")]
_ANY_REQUEST = h11.Request(method="GET", target="/", headers=_PROPOSAL)
_PARTIAL_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+)(?: HTTP/(\d\.\d))?")
_PARTIAL_RESPONSE = re.compile(rb"HTTP/(\d\.\d) (\d{3}) ?([^\r\n]*)")


NOTHING = Guarded("")


@dataclass(frozen=True)
class Head:
    """The head of a message: `method` and `target` of a request, `status` and `reason` of a response.

    `length` is Content-Length, None where there is none; `keeps` whether the connection may be used again.
    """

    version: str
    headers: tuple[Header, ...]
    method: str = ""
    target: Guarded = NOTHING
    status: int = 0
    reason: str = ""
    host: str | None = None
    user_agent: str | None = None
    length: int | None = None
    chunked: bool = False
    upgrade: str = ""


@lru_cache(maxsize=512)
def read_head(raw: bytes) -> Head | None:
    """The head in `raw`, its empty line included; None when it is none."""
    if plain := plain_request(raw):
        return _request_head(b"1.1", *plain)
    if told := plain_response(raw):
        return _response_head(b"1.1", *told)
    try:
        return _from_event(_response(raw) if raw.startswith(b"HTTP/") else _request(raw))
    except h11.ProtocolError:
        return partial_head(raw)


def _request(raw: bytes) -> object:
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=len(raw) + 1)
    parser.receive_data(raw)
    return parser.next_event()


def _response(raw: bytes) -> object:
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=len(raw) + 1)
    parser.send(_ANY_REQUEST)
    parser.receive_data(raw)
    return parser.next_event()


def _from_event(event: object) -> Head | None:
    if isinstance(event, h11.Request):
        return _request_head(event.http_version, event.method, event.target, event.headers.raw_items())
    if isinstance(event, h11.Response | h11.InformationalResponse):
        reason = bytes(event.reason)
        return _response_head(event.http_version, event.status_code, reason, event.headers.raw_items())
    return None


def _request_head(version: bytes, method: bytes, target: bytes, pairs: Pairs) -> Head:
    guarded = guarded_target(target.decode("latin-1"))
    return _head(version, pairs, method=method.decode("latin-1"), target=guarded)


def _response_head(version: bytes, status: int, reason: bytes, pairs: Pairs) -> Head:
    return _head(version, pairs, status=status, reason=reason.decode("latin-1"))


def _head(version: bytes, pairs: Pairs, **more: object) -> Head:
    read = [_field(*pair) for pair in pairs]
    fields = {name: value for name, value, _ in read}
    length = fields.get(b"content-length", b"")
    return Head(
        version=version.decode("ascii"),
        headers=tuple(header for _, _, header in read if header is not None),
        host=text(fields.get(b"host")),
        user_agent=text(fields.get(b"user-agent")),
        length=int(length) if length.isdigit() else None,
        chunked=b"chunked" in fields.get(b"transfer-encoding", b"").lower(),
        upgrade=text(fields.get(b"upgrade")) or "",
        **more,  # type: ignore[arg-type]
    )


@lru_cache(maxsize=512)
def _field(name: bytes, value: bytes) -> tuple[bytes, bytes, Header | None]:
    """A field by its name in lower case, and what of it is worth a word."""
    lower = name.lower()
    header = (
        guarded_header(name.decode("latin-1"), value.decode("latin-1")) if lower in WORTH_A_WORD else None
    )
    return lower, value, header


def text(value: bytes | None) -> str | None:
    """A header's value, whatever its bytes are."""
    return None if value is None else value.decode("latin-1")


def partial_head(raw: bytes) -> Head | None:
    """What the first line alone tells, for a head that was not captured whole or that h11 does not accept."""
    if match := _PARTIAL_RESPONSE.match(raw):
        version, status, reason = (part.decode("latin-1") for part in match.groups())
        return Head(version, (), status=int(status), reason=reason.strip())
    if match := _PARTIAL_REQUEST.match(raw):
        method, target, version_or_none = match.groups()
        version = (version_or_none or b"1.1").decode("ascii")
        return Head(
            version, (), method=method.decode("ascii"), target=guarded_target(target.decode("latin-1"))
        )
    return None
