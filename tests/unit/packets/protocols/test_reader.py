"""Databases, brokers, mail, directories and proxies: first words, logins, refusals, and what is carried inside."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages.kinds import Choice
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.protocols.reader import KINDS, guarded_error, guarded_user, kind_of
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import Application, Finding, Guarded, Report, Side, Value
from tests.unit.packets.render.test_phrases_secrets import FORMS
from tests.unit.packets.services import (
    IN_ORDER,
    PASSWORD,
    PG_READY,
    PG_TLS,
    REFUSED,
    Exchange,
    lines,
    mysql_error,
    postgresql,
    proxy2,
    resp,
    tls,
)
from tests.unit.packets.stage import FAMILIES
from tests.unit.packets.told import explained, finding, found
from tests.unit.packets.traffic import Connection, capture, request, response

ALL = {
    **{name: exchange for name, (exchange, _) in IN_ORDER.items()},
    **{f"{name} refused": exchange for name, (exchange, _) in REFUSED.items()},
}
NESTING = [name for name in IN_ORDER if name.startswith(("socks", "proxy", "connect"))]
# What the steps of TCP itself tell stands in every conversation.
SERVICES = ("service-", "proxied", "http-", "tls-client")


def report(exchange: Exchange, *, step: int = 0, whole: int = 0, without: int = -1) -> Report:
    return explained(capture(exchange.play(step=step, whole=whole, without=without).packets))


def told(of: Report) -> list[tuple[str, str]]:
    """The steps that are not of TCP, with all their parameters as one text."""
    (talk,) = of.conversations
    return [
        (step.kind.id, " ".join(plain(value) for value in step.parameters.values()))
        for step in talk.steps
        if step.kind.id.startswith(SERVICES)
    ]


def plain(value: Value) -> str:
    return value.text if isinstance(value, Guarded) else str(value)


def check(told: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    assert [step for step, _ in told] == [step for step, _ in expected]
    for (step, parameters), (_, text) in zip(told, expected, strict=True):
        assert text in parameters, step


def troubles(of: Report) -> list[Finding]:
    return [one for one in of.findings if one.kind.severity.value != "note"]


@pytest.mark.parametrize("name", IN_ORDER)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_in_order_is_told_and_is_no_finding(name: str, family: str) -> None:
    exchange, expected = IN_ORDER[name]
    client, server = FAMILIES[family]
    of = explained(capture(exchange.play(client, server).packets))
    check(told(of), expected)
    assert troubles(of) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_a_finding_in_the_servers_words(name: str) -> None:
    exchange, (kind, reason, words) = REFUSED[name]
    (only,) = troubles(report(exchange))
    assert (only.kind.id, only.parameters["reason"]) == (kind, reason)
    assert words in f"{only.parameters['code']} {plain(only.parameters['text'])}"


@pytest.mark.parametrize("name", [name for name in IN_ORDER if name not in NESTING])
@pytest.mark.parametrize("step", [1, 7])
def test_segments_may_be_cut_anywhere(name: str, step: int) -> None:
    """But for the first, by which the protocol is told; what is carried inside has a first of its own."""
    exchange, expected = IN_ORDER[name]
    of = explained(capture(exchange.play(step=step, whole=1).packets))
    check(told(of), expected)
    assert troubles(of) == []


@pytest.mark.parametrize("name", NESTING)
def test_so_may_those_of_proxies(name: str) -> None:
    exchange, expected = IN_ORDER[name]
    of = report(exchange, step=1, whole=1)
    first = [step for step, _ in expected if step.startswith(("service-t", "service-l", "proxied"))]
    assert [step for step, _ in told(of) if step.startswith(("service-t", "service-l", "proxied"))] == first


@pytest.mark.parametrize("name", ALL)
def test_a_turn_that_was_not_captured_is_no_fault(name: str) -> None:
    exchange = ALL[name]
    allowed = {kind for kind in WORST_FIRST if kind.id.startswith("service-")} | {notes.LOST_IN_CAPTURE}
    for without in range(len(exchange.turns)):
        of = report(exchange, without=without)
        if name in IN_ORDER:
            assert not [one for one in troubles(of) if one.parameters.get("reason") != "login"], without
        assert {one.kind for one in troubles(of)} <= allowed


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("show_secrets", [False, True], ids=["masked", "shown"])
def test_no_form_shows_a_password(name: str, show_secrets: bool) -> None:
    of = report(ALL[name])
    teller = Teller(of, Voice(Language("en"), show_secrets=show_secrets))
    shown = [form for form, tell in FORMS.items() if PASSWORD in tell(teller)]
    # What a server repeats of a command is its own words.
    assert shown == ([] if not show_secrets or name != "mongodb rights refused" else list(FORMS))


def test_a_login_that_fails_and_then_works_is_no_fault() -> None:
    asked = [("C", resp("GET", "a")), ("S", b"-NOAUTH Authentication required.\r\n")]
    of = report(Exchange(6379, [*asked, ("C", resp("AUTH", PASSWORD)), ("S", b"+OK\r\n")]))
    assert troubles(of) == []
    assert [step for step, _ in told(of)] == ["service-error", "service-login", "service-logged-in"]


def test_no_tls_is_a_fault_where_the_client_does_not_go_on_without() -> None:
    of = report(Exchange(5432, [("C", PG_TLS), ("S", b"N")]))
    assert [one.kind for one in troubles(of)] == [faults.SERVICE_NO_TLS]


def test_errors_alike_are_one_finding() -> None:
    turns = [("C", resp("GET", "a")), ("S", b"-NOAUTH Authentication required.\r\n")] * 3
    only = finding(report(Exchange(6379, turns)), faults.SERVICE_REFUSED)
    assert (only.parameters["count"], only.packet_count) == (3, 3)


def test_what_looks_like_an_error_inside_of_data_is_none() -> None:
    data = b"$60000\r\n" + b"x" * 20_000
    more = b"-ERR in the middle of a value\r\n" + b"x" * 20_000
    assert troubles(report(Exchange(6379, [("C", resp("GET", "a")), ("S", data), ("S", more)]))) == []


def test_after_a_long_turn_the_next_one_is_read() -> None:
    rows = b"D\0\0\x10\4" + bytes(0x1000)
    turns = postgresql(
        ("S", PG_READY),
        ("C", b"Q\0\0\0\x0dselect 1\0"),
        *[("S", rows)] * 20,
        ("C", b"Q\0\0\0\x0dselect 2\0"),
        ("S", REFUSED["postgresql later"][0].turns[-1][1]),
    )
    assert [one.kind for one in troubles(report(Exchange(5432, turns)))] == [warnings.SERVICE_ERROR]


def test_other_bytes_are_counted() -> None:
    exchange = IN_ORDER["mysql login"][0]
    (talk,) = report(exchange).conversations
    data = [step for step in talk.steps if step.kind.id == "tcp-data"]
    asked, answered = exchange.turns[-2:]
    assert [(step.side, step.parameters["bytes"]) for step in data] == [
        (Side.CLIENT, len(asked[1])),
        (Side.SERVER, len(answered[1])),
    ]


@pytest.mark.parametrize(
    ("name", "application"),
    [
        ("smtp tls", Application.SMTP),
        ("postgresql tls", Application.POSTGRESQL),
        ("socks5", Application.TLS),
        ("connect", Application.TLS),
        ("proxy 1", Application.HTTP),
        ("socks5 to a server that speaks first", Application.MYSQL),
    ],
)
def test_a_proxy_is_told_as_what_it_carries(name: str, application: Application) -> None:
    (talk,) = report(IN_ORDER[name][0]).conversations
    assert talk.application is application


def test_a_clienthello_is_tls_though_what_agreed_on_it_was_not_captured() -> None:
    turns = [*lines("S: 220 mail.example ESMTP", "C: STARTTLS", "S: 220 go"), *tls()]
    for without in (1, 2):
        steps = dict(told(report(Exchange(25, turns), without=without)))
        assert "shop.example" in steps["tls-client-hello"]


def test_a_refused_connect_can_be_asked_again() -> None:
    asked = b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n"
    turns = [("C", asked), ("S", response("407 Proxy Authentication Required")), ("C", asked)]
    of = report(Exchange(3128, [*turns, ("S", b"HTTP/1.1 200 OK\r\n\r\n"), *tls()]))
    assert [step for step, _ in told(of)][-1] == "tls-client-hello"


def test_a_request_through_connect_is_told() -> None:
    asked = b"CONNECT shop.example:80 HTTP/1.1\r\nHost: shop.example:80\r\n\r\n"
    turns = [
        ("C", asked),
        ("S", b"HTTP/1.1 200 OK\r\n\r\n"),
        ("C", request("/x")),
        ("S", response("502 Bad Gateway")),
    ]
    assert found(report(Exchange(3128, turns))) == {faults.HTTP_SERVER_ERROR}


@pytest.mark.parametrize(
    ("name", "password", "secret"),
    [
        ("shop", None, False),
        ("shop", "shop", True),
        ("cn=admin,dc=example", None, False),
        ("shop-production-readonly-user", None, False),
        ("0f1e2d3c4b5a69788796a5b4c3d2e1f0", None, True),
        ("AKIAIOSFODNN7EXAMPLE", None, True),
    ],
)
def test_a_name_that_is_a_secret_is_masked(name: str, password: str | None, secret: bool) -> None:
    guarded = guarded_user(name, password)
    assert guarded is not None
    assert (guarded.masked("*") == "*") is secret


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("You have an error in your SQL syntax near 'x identified by y' at line 1", "near '*' at line 1"),
        ("Duplicate entry 'a@b.example' for key 'users.email'", "Duplicate entry '*' for key"),
        ("unknown command 'hunter2!', with args beginning with: 'x' ", "'*', with args beginning with: *"),
        ("unknown command 'FOO'", "'FOO'"),
        ('password authentication failed for user "shop"', 'user "shop"'),
        ('invalid input syntax for type integer: "4111"', 'integer: "*"'),
    ],
)
def test_what_an_error_repeats_of_the_client_is_masked(text: str, masked: str) -> None:
    assert masked in guarded_error(text).masked("*")


def test_every_reason_has_its_advice() -> None:
    advice = faults.SERVICE_REFUSED.advice
    assert isinstance(advice, Choice)
    assert {*advice.sentences, "routine"} == {*KINDS, "unreachable"}


@pytest.mark.parametrize("text", ["", "\0", "x" * 10_000, "{" * 600, "near '" * 300])
def test_any_words_have_a_reason(text: str) -> None:
    assert kind_of(text, text) == "other"
    assert guarded_error(text).masked("*") is not None


SOME = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
TURNS = [data for exchange in ALL.values() for _, data in exchange.turns]
BYTES = st.one_of(st.binary(max_size=80), st.sampled_from(TURNS))


@SOME
@given(st.lists(st.tuples(st.booleans(), BYTES, st.binary(max_size=12), st.integers(0, 90)), max_size=8))
def test_any_turns(turns: list[tuple[bool, bytes, bytes, int]]) -> None:
    """Whole turns of every protocol, damaged, in any order."""
    talk = Connection(port=6379).handshake()
    for client, data, other, at in turns:
        damaged = data[:at] + other + data[at + len(other) :]
        if damaged:
            (talk.asks if client else talk.answers)(damaged)
    explained(capture(talk.close().packets))


@SOME
@given(st.sampled_from(sorted(ALL)), st.integers(0, 1 << 20), st.integers(0, 255), st.integers(1, 40))
def test_any_damage(name: str, place: int, value: int, step: int) -> None:
    exchange = ALL[name]
    whole = bytearray(b"".join(data for _, data in exchange.turns))
    whole[place % len(whole)] = value
    turns, at = [], 0
    for who, data in exchange.turns:
        turns.append((who, bytes(whole[at : at + len(data)])))
        at += len(data)
    report(Exchange(exchange.port, turns), step=step)


def test_a_snap_length_hides_what_follows_and_nothing_else() -> None:
    packets = capture(Exchange(3306, [("S", mysql_error(0, 1040, "Too many connections"))]).play().packets)
    whole = explained(packets)
    assert found(whole) == {faults.SERVICE_REFUSED}
    short = bytearray(packets[:24])
    at = 24
    while at < len(packets):
        seconds, micros, kept, wire = struct.unpack_from("<IIII", packets, at)
        less = min(kept, 62)
        short += struct.pack("<IIII", seconds, micros, less, wire) + packets[at + 16 : at + 16 + less]
        at += 16 + kept
    assert not troubles(explained(bytes(short)))


def test_a_proxy_header_names_the_client_behind() -> None:
    of = report(Exchange(80, [("C", proxy2() + request()), ("S", response())]))
    note = finding(of, notes.PROXY_PROTOCOL)
    assert "203.0.113.9" in str(note.parameters["example"])
