"""Reads the head of a plain message, as nearly every one is, in a fraction of the time that h11 takes.

Plain is what leaves nothing to decide: printable ASCII, one blank where there may be several, one Host in a request,
at most one Content-Length, no encoding but chunks. Of such a head the parts are just cut apart; every other is left to
h11, which tests hold this to.
"""

import re

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
