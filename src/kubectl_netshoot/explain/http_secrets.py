"""Marks what in HTTP must not be shown unasked: credentials in headers, the values of a query, passwords in URLs."""

import re
from functools import lru_cache

from kubectl_netshoot.explain.report import Guarded, Header

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
