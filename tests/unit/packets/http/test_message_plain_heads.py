"""A plain message's head read without h11 is what h11 reads; what h11 refuses is never plain."""

from collections import Counter

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_netshoot.packets.http.message import Pairs, Plain, plain_request, plain_response, read_head

NAMES = ["Content-Length", "Transfer-Encoding", "X-Request-Id", "Accept", "hOST", "a b", "", "X:", "\xe9"]
VALUES = ["0", "12", "-1", "1,1", "9" * 19, "chunked", "a  b", " a", "a ", "", "\xff", "\t", "a\rb", "a\x00"]


def parts(plain: Plain) -> tuple[bytes, bytes, Pairs]:
    return plain.first, plain.second, plain.pairs


def by_h11(raw: bytes) -> tuple[bytes, bytes, Pairs] | None:
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(raw)
    try:
        event = parser.next_event()
    except h11.ProtocolError:
        return None
    if not isinstance(event, h11.Request) or event.http_version != b"1.1":
        return None
    return event.method, event.target, event.headers.raw_items()


def answer_by_h11(raw: bytes) -> tuple[int, bytes, Pairs] | None:
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "any")]))
    parser.receive_data(raw)
    try:
        event = parser.next_event()
    except h11.ProtocolError:
        return None
    if not isinstance(event, h11.Response) or event.http_version != b"1.1":
        return None
    return event.status_code, bytes(event.reason), event.headers.raw_items()


def mostly(usual: str, *odd: str) -> st.SearchStrategy[str]:
    """Odd ones now and then: a head with many of them is never plain, and shows little."""
    return st.sampled_from([usual] * 9 + list(odd))


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


values = st.sampled_from(VALUES) | st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=5)
fields = joined(st.sampled_from(NAMES), mostly(": ", ":", ":  ", " : "), values, mostly("\r\n", "\n"))
heads = joined(
    mostly("GET", "M-SEARCH", "get", "", "G T", "GET\xe9"),
    mostly(" ", "  ", "\t"),
    mostly("/a?b=c", "*", "host:443", "", "/\xe9", "/\x7f", "/a b"),
    mostly(" HTTP/1.1", " HTTP/1.0", " HTTP/2", ""),
    mostly("\r\n", "\n"),
    mostly("Host: a\r\n", "", "Host: a\r\nhost: a\r\n", "Host:a\r\n"),
    st.lists(fields, max_size=2).map("".join),
    mostly("\r\n", "\n", "", "\r\nmore"),
).map(lambda head: head.encode("latin-1"))


answers = joined(
    mostly("HTTP/1.1", "HTTP/1.0", "http/1.1", "HTTP/1.1 "),
    mostly(" ", "  ", "\t"),
    mostly("200", "404", "101", "099", "20", "2000", "\xb2\xb2\xb2"),
    mostly(" OK", " ", "", " Not  Found ", " \xe9", "\tOK"),
    mostly("\r\n", "\n"),
    mostly("Server: a\r\n", "", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: Chunked\r\n"),
    st.lists(fields, max_size=2).map("".join),
    mostly("\r\n", "\n", "", "\r\nmore"),
).map(lambda head: head.encode("latin-1"))


def many_of_both(seen: Counter[bool]) -> bool:
    """Else the comparison would have said little."""
    return min(seen[True], seen[False]) > 100


def test_what_is_plain_is_what_h11_reads() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=2000)
    @given(heads)
    def compare(raw: bytes) -> None:
        plain = plain_request(raw)
        seen[plain is not None] += 1
        assert plain is None or parts(plain) == by_h11(raw)

    compare()
    assert many_of_both(seen)


def test_what_is_plain_of_a_response_is_what_h11_reads() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=2000)
    @given(answers)
    def compare(raw: bytes) -> None:
        plain = plain_response(raw)
        seen[plain is not None] += 1
        assert plain is None or (int(plain.first), *parts(plain)[1:]) == answer_by_h11(raw)

    compare()
    assert many_of_both(seen)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /a?b=c HTTP/1.1\r\nhost: shop.example\r\nContent-Length: 12\r\nX-Two: two  words\r\n\r\n",
    ],
)
def test_the_usual_request_is_plain(raw: bytes) -> None:
    plain = plain_request(raw)
    assert plain is not None
    assert parts(plain) == by_h11(raw)
    known = {name.lower(): value for name, value in plain.pairs}
    assert plain.deciding.items() <= known.items()


@pytest.mark.parametrize(
    "lines",
    [
        b"Accept: */*\r\n",
        b"Host: a\r\nHost: a\r\n",
        b"Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
        b"Host: a\r\nContent-Length: 0x1\r\n",
        b"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        b"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Host: a\r\nX: y\r\n folded\r\n",
    ],
)
def test_what_has_to_be_decided_is_left_to_h11(lines: bytes) -> None:
    assert plain_request(b"GET / HTTP/1.1\r\n" + lines + b"\r\n") is None


def test_the_first_line_alone_is_read_as_h11_reads_it() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=1000)
    @given(answers)
    def compare(raw: bytes) -> None:
        line = raw.partition(b"\n")[0].rstrip(b"\r") + b"\r\n\r\n"
        head, told = read_head(line), answer_by_h11(line)
        seen[told is not None] += 1
        assert told is None or head
        if told and head:
            read = head.status, head.reason, head.version
            assert read == (told[0], told[1].decode("latin-1").strip(), "1.1")

    compare()
    assert many_of_both(seen)
