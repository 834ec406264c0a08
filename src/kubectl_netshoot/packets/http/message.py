"""Messages of HTTP/1: their heads, and where they begin and end in the bytes of one direction.

Plain heads are read fast, others by h11; what must not be shown unasked is marked: credentials in headers, the values
of a query, passwords in URLs. Hides framing: Content-Length, chunks, bodies that end with the connection; and how the
next message is found when bytes are missing. A stream says what it finds to a Listener.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol

import h11

from kubectl_netshoot.packets.report import Guarded, Header

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_LINES = rb"((?:" + _TOKEN + rb": [!-~][ -~]*(?<! )\r\n)+)\r\n"
_REQUEST = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/1\.1\r\n" + _LINES)
# An interim response is h11's.
_RESPONSE = re.compile(rb"HTTP/1\.1 ([2-9][0-9]{2}) ([ -~]*)\r\n" + _LINES)
# int() of more digits may be refused, by Python or by h11.
_DIGITS = 18

Pairs = list[tuple[bytes, bytes]]


# Those that decide how a message goes on, and who asks.
_DECIDING = re.compile(rb"(?im)^(host|transfer-encoding|content-length|upgrade|user-agent): (.*)\r$")
_ONCE = frozenset({b"host", b"transfer-encoding", b"content-length"})


class Plain(NamedTuple):
    """A plain head of HTTP/1.1: method and target, or status and reason; its lines of fields, and those that decide."""

    first: bytes
    second: bytes
    lines: bytes
    deciding: dict[bytes, bytes]

    @property
    def pairs(self) -> Pairs:
        """Names and values of all fields."""
        return [line.partition(b": ")[::2] for line in self.lines[:-2].split(b"\r\n")]


def plain_request(raw: bytes) -> Plain | None:
    """The head of a request, its empty line included; None where it is not plain."""
    plain = _plain(_REQUEST.fullmatch(raw))
    return plain if plain and b"host" in plain.deciding else None


def plain_response(raw: bytes) -> Plain | None:
    """The head of a response, its empty line included; None where it is not plain."""
    return _plain(_RESPONSE.fullmatch(raw))


def _plain(match: "re.Match[bytes] | None") -> Plain | None:
    deciding = _deciding(match[3]) if match else None
    return Plain(match[1], match[2], match[3], deciding) if match and deciding is not None else None


def _deciding(lines: bytes) -> dict[bytes, bytes] | None:
    """These fields by their names in lower case; None where they are not plain."""
    found: dict[bytes, bytes] = {}
    for name, value in _DECIDING.findall(lines):
        lower = name.lower()
        if lower in found and lower in _ONCE:
            return None
        found[lower] = value
    size = found.get(b"content-length", b"0")
    if len(size) > _DIGITS or not size.isdigit() or found.get(b"transfer-encoding", b"chunked") != b"chunked":
        return None
    return found


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


# A line and the empty one behind it.
FIRST_LINE_ALONE = 2


@lru_cache(maxsize=512)
def read_head(raw: bytes) -> Head | None:
    """The head in `raw`, its empty line included; None when it is none."""
    if plain := plain_request(raw):
        return _request_head(b"1.1", plain.first, plain.second, plain.pairs)
    if plain := plain_response(raw):
        return _response_head(b"1.1", int(plain.first), plain.second, plain.pairs)
    if raw.count(b"\n") == FIRST_LINE_ALONE:
        # Nearly always from a text, and often: h11 would not read more from it.
        return partial_head(raw)
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


LONGEST_HEAD = 65_536
_CHUNK_LINE = 4096
LONGEST_LINE = 2048


class Listener(Protocol):
    """Hears of messages; `at` is packet number and time of the bytes."""

    def head(self, head: Head, at: tuple[int, int], size: int | None) -> int | None:
        """A head of `size` bytes (None: not captured whole). Gives the length of the body: 0 for none, -1 for until
        the connection ends, -2 for chunks, -3 for no HTTP any more, None when there is no telling.
        """

    def body(self, at: tuple[int, int], size: int) -> None:
        """Some bytes of the body."""

    def end(self, at: tuple[int, int]) -> None:
        """The message is complete."""

    def lost(self) -> None:
        """Where the message ends was not captured."""

    def unreadable(self, at: tuple[int, int]) -> None:
        """What comes now is not HTTP."""


class Reading(Enum):
    """What the next bytes belong to."""

    HEAD = 0
    SIZED = 1
    CHUNK_LINE = 2
    CHUNK = 3
    TRAILER = 4
    UNTIL_CLOSE = 5
    LOST = 6
    DONE = 7


UNTIL_CLOSE, CHUNKED, NO_HTTP = -1, -2, -3


class MessageStream:
    """Feed it bytes in order; see the module."""

    __slots__ = ("_buffer", "_listener", "_reading", "left")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._reading = Reading.HEAD
        self._buffer = b""
        self.left = 0

    @property
    def inside(self) -> bool:
        """Whether a message has begun and is not complete."""
        return bool(self._buffer) or self._reading not in (Reading.HEAD, Reading.LOST, Reading.DONE)

    def skip(self, length: int) -> bool:
        """Pass over so many bytes in the middle of a body, or of a chunk; False when that is not where we are."""
        # The last two bytes of a chunk are its line end.
        if length + 2 >= self.left:
            return False
        self.left -= length
        return True

    def feed(self, at: tuple[int, int], data: bytes, start: int, end: int, length: int) -> None:
        """`length` bytes, of which `data[start:end]` are known."""
        if self._reading is Reading.SIZED and length < self.left:
            self.left -= length
            self._listener.body(at, length)
            return
        if self._reading is Reading.LOST and not begins_message(data[start : min(end, start + LONGEST_LINE)]):
            self._listener.body(at, length)
            return
        missing = length - (end - start)
        while start < end and self._reading is not Reading.DONE:
            start = self._step(at, data, start, end)
        if missing > 0:
            self.gap(at, missing)

    def gap(self, at: tuple[int, int], missing: int) -> None:
        """Bytes that nobody captured."""
        if self._reading is Reading.SIZED and missing <= self.left:
            self._body(at, missing)
        elif self._reading is Reading.UNTIL_CLOSE:
            self._listener.body(at, missing)
        elif self._reading is not Reading.DONE:
            whole_lines = self._buffer[: self._buffer.rfind(b"\n") + 1]
            head = read_head(whole_lines + b"\r\n") if self._reading is Reading.HEAD and whole_lines else None
            self._buffer, self._reading, self.left = b"", Reading.LOST, 0
            self._listener.lost()
            if head is not None:
                self._listener.head(head, at, None)

    def closed(self, at: tuple[int, int]) -> None:
        """The connection ended in this direction."""
        if self._reading is Reading.UNTIL_CLOSE:
            self._reading = Reading.DONE
            self._listener.end(at)

    def _step(self, at: tuple[int, int], data: bytes, start: int, end: int) -> int:
        if self._reading is Reading.HEAD:
            return self._head(at, data[start:end], end)
        if self._reading is Reading.SIZED:
            size = min(self.left, end - start)
            self._body(at, size)
            return start + size
        if self._reading is Reading.UNTIL_CLOSE:
            self._listener.body(at, end - start)
            return end
        if self._reading is Reading.LOST:
            self._reading = Reading.HEAD
            return start
        return self._chunked(at, data, start, end)

    def _body(self, at: tuple[int, int], size: int) -> None:
        self.left -= size
        if size:
            self._listener.body(at, size)
        if not self.left:
            self._complete(at)

    def _complete(self, at: tuple[int, int]) -> None:
        self._reading = Reading.HEAD
        self._listener.end(at)

    def _head(self, at: tuple[int, int], piece: bytes, end: int) -> int:
        buffer = self._buffer + piece if self._buffer else piece.lstrip(b"\r\n")
        size = end_of_head(buffer)
        if size < 0:
            self._buffer = buffer
            if len(buffer) > LONGEST_HEAD:
                self._give_up(at)
            return end
        self._buffer = b""
        head = read_head(buffer[:size])
        if head is None:
            self._give_up(at)
            return end
        self._begin(self._listener.head(head, at, size), at)
        return end - (len(buffer) - size)

    def _begin(self, length: int | None, at: tuple[int, int]) -> None:
        if length is None:
            self._reading = Reading.LOST
        elif length == NO_HTTP:
            self._reading = Reading.DONE
        elif length == CHUNKED:
            self._reading = Reading.CHUNK_LINE
        elif length == UNTIL_CLOSE:
            self._reading = Reading.UNTIL_CLOSE
        elif length == 0:
            self._complete(at)
        else:
            self._reading, self.left = Reading.SIZED, length

    def _chunked(self, at: tuple[int, int], data: bytes, start: int, end: int) -> int:
        if self._reading is Reading.CHUNK:
            size = min(self.left, end - start)
            self.left -= size
            # The two last bytes are the chunk's line end.
            self._listener.body(at, size - max(0, min(size, 2 - self.left)))
            if not self.left:
                self._reading = Reading.CHUNK_LINE
            return start + size
        line_end = data.find(b"\n", start, end)
        if line_end < 0:
            self._buffer += data[start:end]
            if len(self._buffer) > _CHUNK_LINE:
                self._give_up(at)
            return end
        line, self._buffer = (self._buffer + data[start:line_end]).strip(), b""
        self._chunk_line(at, line)
        return line_end + 1

    def _chunk_line(self, at: tuple[int, int], line: bytes) -> None:
        if self._reading is Reading.TRAILER:
            if not line:
                self._complete(at)
            return
        try:
            size = int(line.split(b";", 1)[0], 16)
        except ValueError:
            self._give_up(at)
            return
        if size > 0:
            self._reading, self.left = Reading.CHUNK, size + 2
        else:
            self._reading = Reading.TRAILER

    def _give_up(self, at: tuple[int, int]) -> None:
        self._reading, self._buffer, self.left = Reading.DONE, b"", 0
        self._listener.unreadable(at)


def begins_message(piece: bytes) -> bool:
    """Whether a segment begins with a message: after a hole, messages are looked for nowhere else."""
    line = piece.split(b"\r\n", 1)[0]
    return line.startswith(b"HTTP/1.") or line.endswith((b" HTTP/1.1", b" HTTP/1.0"))


def end_of_head(buffer: bytes) -> int:
    """Where a head ends, behind its empty line; -1 when it does not yet."""
    strict = buffer.find(b"\r\n\r\n")
    lax = buffer.find(b"\n\n")
    if strict >= 0 and (lax < 0 or strict < lax):
        return strict + 4
    return lax + 2 if lax >= 0 else -1
