"""What is read out of what the real tools print."""

import itertools
import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.output import Connected, Link, ListeningSocket
from tests.unit.commands.check.recorded import FOLDER, said


def test_a_name_that_is_known() -> None:
    (reply,) = output.read_dig(said("name")).replies
    assert (reply.status, reply.name, reply.addresses) == (
        "NOERROR",
        "web.shop.svc.cluster.local.",
        ("10.96.4.20",),
    )
    assert reply.server == "10.96.0.10"
    assert 0 < reply.seconds < 0.1


@pytest.mark.parametrize(
    ("recording", "status", "addresses", "alias"),
    [
        ("name-nxdomain", "NXDOMAIN", (), ""),
        ("name-nodata", "NOERROR", (), ""),
        ("name-headless", "NOERROR", ("10.244.2.9", "10.244.2.10"), ""),
        ("name-ipv6", "NOERROR", ("fd00:10:96::20",), ""),
        ("name-alias", "NOERROR", (), "api.example.com."),
    ],
)
def test_other_replies(recording: str, status: str, addresses: tuple[str, ...], alias: str) -> None:
    (reply,) = output.read_dig(said(recording)).replies
    assert (reply.status, reply.addresses, reply.alias) == (status, addresses, alias)


@pytest.mark.parametrize(
    ("recording", "error"),
    [
        ("name-refused", "10.96.0.11 connection refused"),
        ("name-silent", "10.244.1.99 timed out"),
        ("search-silent", "10.244.1.99 timed out"),
    ],
)
def test_servers_that_do_not_reply(recording: str, error: str) -> None:
    asked = output.read_dig(said(recording))
    assert (asked.replies, asked.errors) == ((), (error,))


def test_every_name_of_the_search_list_that_was_tried() -> None:
    asked = output.read_dig(said("search-external"))
    suffixes = (".shop.svc.cluster.local.", ".svc.cluster.local.", ".cluster.local.", ".")
    assert [reply.name for reply in asked.replies] == [f"api.example.com{suffix}" for suffix in suffixes]
    assert [reply.found for reply in asked.replies] == [False, False, False, True]
    assert [reply.name for reply in output.read_dig(said("search")).replies] == [
        "web.shop.svc.cluster.local."
    ]


def test_several_questions_in_a_row() -> None:
    assert len(output.read_dig(said("latency")).replies) == 5
    lossy = output.read_dig(said("latency-loss"))
    assert lossy.errors
    assert len(lossy.replies) + len(lossy.errors) == 5


def test_resolv_conf() -> None:
    found = output.read_resolver(said("resolver"))
    assert (found.servers, found.ndots) == (("10.96.0.10",), 5)
    assert found.cluster_domain("shop") == "cluster.local"
    assert found.cluster_domain("elsewhere") == ""
    assert found.tried("web")[0] == "web.shop.svc.cluster.local."
    assert found.tried("web")[-1] == "web."
    assert found.tried("web.") == ("web.",)
    assert found.tried("a.b.c.d.e.f")[0] == "a.b.c.d.e.f."


def test_the_last_search_line_counts_and_comments_do_not() -> None:
    text = "# nameserver 1.1.1.1\ndomain one\nsearch two three\n; options ndots:9\noptions timeout:1 ndots:2\nx\n"
    assert output.read_resolver(text) == output.Resolver((), ("two", "three"), 2)


@pytest.mark.parametrize(
    ("recording", "status", "connected", "something_else"),
    [
        ("http", 200, True, False),
        ("http-502", 502, True, False),
        ("http-404", 404, True, False),
        ("http-redis", 0, True, True),
        ("http-empty", 0, True, True),
        ("http-to-tls", 0, True, True),
        ("http-to-tls-nginx", 400, True, False),
        ("http-mute", 0, True, False),
        ("http-refused", 0, False, False),
        ("http-silent", 0, False, False),
        ("https", 200, True, False),
    ],
)
def test_curl(recording: str, status: int, connected: bool, something_else: bool) -> None:
    got = output.read_curl(said(recording))
    assert got
    assert (got.status, got.connected, got.speaks_something_else) == (status, connected, something_else)


def test_curl_that_waited_in_vain() -> None:
    got = output.read_curl(said("http-mute"))
    assert got
    assert got.timed_out
    assert got.total > 4


@pytest.mark.parametrize(
    ("recording", "state"),
    [
        ("tcp", Connected.YES),
        ("tcp-refused", Connected.REFUSED),
        ("tcp-silent", Connected.SILENT),
        ("tcp-unreachable", Connected.UNREACHABLE),
        ("tcp-no-name", Connected.UNKNOWN),
    ],
)
def test_nc(recording: str, state: Connected) -> None:
    assert output.read_nc(said(recording)) is state


@pytest.mark.parametrize(
    ("recording", "names", "verdict"),
    [
        ("tls", ("web.shop.svc", "web.shop.svc.cluster.local"), 21),
        ("tls-expired", ("web.shop.svc.cluster.local",), 10),
        ("tls-self-signed", ("web",), 18),
        ("tls-other-names", ("*.example.com", "shop.example.com"), 21),
    ],
)
def test_certificates(recording: str, names: tuple[str, ...], verdict: int) -> None:
    shown = output.read_openssl(said(recording))
    assert shown.certificate
    assert (shown.certificate.names, shown.certificate.verdict) == (names, verdict)


def test_dates_of_a_certificate() -> None:
    shown = output.read_openssl(said("tls-expired"))
    assert shown.certificate
    assert shown.certificate.begins == datetime(2026, 8, 25, 4, 38, 2, tzinfo=timezone.utc)
    assert shown.certificate.ends == datetime(2026, 11, 20, 4, 38, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("shop.example.com", True),
        ("a.example.com", True),
        ("A.Example.com.", True),
        ("a.b.example.com", False),
        ("example.com", False),
        ("com", False),
    ],
)
def test_a_star_stands_for_one_label(name: str, covered: bool) -> None:
    shown = output.read_openssl(said("tls-other-names"))
    assert shown.certificate
    assert shown.certificate.is_for(name) is covered


def test_no_certificate() -> None:
    assert output.read_openssl(said("tls-to-http")) == output.TlsHandshake(
        None, "wrong version number", connected=True
    )
    assert output.read_openssl(said("tls-refused")) == output.TlsHandshake(
        None, "Connection refused", connected=False
    )


def test_sockets() -> None:
    found = {(s.protocol, s.address, s.port): s.loopback_only for s in output.sockets(said("sockets"))}
    assert found == {
        ("UDP", "0.0.0.0", 53): False,
        ("TCP", "10.244.1.7", 8083): False,
        ("TCP", "0.0.0.0", 8080): False,
        ("TCP", "127.0.0.1", 9000): True,
        ("TCP", "[::1]", 8082): True,
        ("TCP", "*", 8081): False,
    }
    assert output.sockets("Netid State\nnonsense\ntcp LISTEN 0 1 0.0.0.0:* x") == ()
    assert ListeningSocket("TCP", "127.0.0.53%lo", 53).loopback_only


def test_links() -> None:
    assert output.links(said("links")) == (Link("eth0", 1450),)
    down = said("links").replace("BROADCAST,MULTICAST,UP", "BROADCAST,MULTICAST")
    assert output.links(down) == ()


@pytest.mark.parametrize(
    ("recording", "sent", "received", "largest"),
    [
        ("ping", 10, 10, 0),
        ("ping-silent", 10, 0, 0),
        ("unsplit", 2, 2, 0),
        ("unsplit-told", 2, 0, 1400),
        ("unsplit-swallowed", 2, 0, 0),
    ],
)
def test_ping(recording: str, sent: int, received: int, largest: int) -> None:
    pinged = output.read_ping(said(recording))
    assert pinged
    assert (pinged.sent, pinged.received, pinged.largest) == (sent, received, largest)


def test_ping_that_lost_some() -> None:
    pinged = output.read_ping(said("ping-loss"))
    assert pinged
    assert 0 < pinged.lost < pinged.sent
    assert pinged.average > 0


@pytest.mark.parametrize(
    ("recording", "host", "hops", "reached", "mtu"),
    [
        ("route", "10.244.2.9", "10.244.2.9", True, 0),
        ("route-closed", "203.0.113.9", "10.244.1.1 > 203.0.113.9", True, 0),
        ("route-silent", "10.244.1.99", "* > * > * > * > * > * > *", False, 0),
        ("routeudp", "203.0.113.9", "10.244.1.1 > 203.0.113.9", True, 1400),
        ("route-no-right", "10.244.2.9", "", False, 0),
    ],
)
def test_routes(recording: str, host: str, hops: str, reached: bool, mtu: int) -> None:
    found = output.read_route(said(recording), host)
    assert (str(found), found.reached, found.mtu) == (hops, reached, mtu)


NUMBERS = ("0", "7", "1.5", "1.2.3", "99999999999999999999", "-1", "x", "", "\u0661")
LINES = tuple(sorted({line for path in FOLDER.glob("*.txt") for line in said(path.stem).splitlines()}))


@given(st.lists(st.sampled_from(LINES), max_size=8), st.lists(st.sampled_from(NUMBERS), min_size=1))
def test_no_reader_stumbles_over_what_it_does_not_know(lines: list[str], numbers: list[str]) -> None:
    """An image is anybody's: lines of all tools mixed, and other numbers in them."""
    chosen = itertools.cycle(numbers)
    text = "\n".join(re.sub(r"[0-9.]+", lambda _: next(chosen), line) for line in lines)
    for mixed in ("\n".join(lines), text):
        output.read_dig(mixed)
        output.read_resolver(mixed)
        output.read_curl(mixed)
        output.read_nc(mixed)
        output.read_openssl(mixed)
        output.sockets(mixed)
        output.links(mixed)
        output.read_ping(mixed)
        output.read_route(mixed, "10.244.2.9")
