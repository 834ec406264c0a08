"""Which connections are made, by which probes, and what is made of what the tools print."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kubectl_netshoot.commands.why.evidence import ConnectResult, Resolution, Server, TlsTrouble, Try
from kubectl_netshoot.commands.why.plan import more_than
from kubectl_netshoot.commands.why.request import WhyRequest, parse_server
from kubectl_netshoot.commands.why.tries import (
    HOSTS,
    ConnectionTarget,
    Dial,
    addresses,
    again,
    dials,
    leads_to,
    must_speak_http,
    name_probes,
    over_tcp,
    places,
    read_resolution,
    read_tries,
)
from kubectl_netshoot.model import Endpoint, EndpointPort, ServicePort
from kubectl_netshoot.session.tools.probes import Answers, Probe, ToolOutput
from tests.unit.commands.check.recorded import answers
from tests.unit.commands.why.scenery import Scenery

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)
SERVICE = ConnectionTarget("10.96.4.7", 80, tries=5)
TWO = Scenery(pods=("api-x7k", "api-9d2"))
SIX = {"api-x7k": "fd00::7", "api-9d2": "fd00::9"}


def asked(server: str, **more: Any) -> WhyRequest:
    return WhyRequest(parse_server(server), **more)


def test_the_service_five_times_and_each_endpoint_once() -> None:
    found = places(TWO.server, (), 5, 5)
    assert [(str(place), place.pod, place.tries) for place in found] == [
        ("10.96.4.7:80", "", 5),
        ("10.244.2.7:8081", "api-x7k", 1),
        ("10.244.3.3:8081", "api-9d2", 1),
    ]
    assert len(places(TWO.server, (), 5, 1)) == 2


def test_a_headless_service_hides_nothing() -> None:
    port = ServicePort(9999, 9999)
    headless = Scenery(pods=("api-x7k", "api-9d2"), service={"headless": True, "addresses": ()})
    found = places(headless.server, (), 5, 5)
    # Nobody translates: a client of db:80 comes to port 80 of the pod, whatever the targetPort is.
    assert [(place.pod, place.port, place.tries) for place in found] == [
        ("api-x7k", 80, 3),
        ("api-9d2", 80, 2),
    ]
    undeclared, bare = replace(headless.server, port=port), headless.server.service
    assert bare
    nameless = replace(undeclared, service=replace(bare, endpoints=(_bare(),)))
    assert [(p.address, p.port) for p in places(nameless, (), 5, 5)] == [("10.244.2.7", 9999)]


def test_a_client_goes_to_no_family_that_it_has_none_of() -> None:
    six = Endpoint("", "api-x7k", address="fd00::7", ports=(EndpointPort(8081),))
    made = Scenery(service={"addresses": ("10.96.4.7", "fd00:1::4")}).server
    assert made.service
    both = replace(made, service=replace(made.service, endpoints=(*made.service.endpoints, six)))

    def dialled(*client: str) -> list[str]:
        return [str(place) for place in places(both, (), 5, 5, client)]

    assert dialled("10.244.1.7") == ["10.96.4.7:80", "10.244.2.7:8081"]
    assert dialled("fd00::1") == ["[fd00:1::4]:80", "[fd00::7]:8081"]
    everything = ["10.96.4.7:80", "[fd00:1::4]:80", "10.244.2.7:8081", "[fd00::7]:8081"]
    # Where the client's own addresses are not known, all of them.
    assert dialled("10.244.1.7", "fd00::1") == dialled() == everything


def test_of_two_families_the_address_that_was_asked_for() -> None:
    made = Scenery(service={"addresses": ("10.96.4.7", "fd00:1::4")}).server
    found = places(replace(made, address="fd00:1:0::4"), (), 5, 5)
    assert [str(place) for place in found] == ["[fd00:1::4]:80", "10.244.2.7:8081"]


def test_a_pod_with_two_addresses_is_one_endpoint() -> None:
    made = TWO.server
    assert made.service
    six = (Endpoint("", n, address=a, ports=(EndpointPort(8081),)) for n, a in SIX.items())
    both = replace(made, service=replace(made.service, endpoints=(*made.service.endpoints, *six)))
    found = [str(place) for place in places(both, (), 5, 1) if place.pod]
    assert found == ["10.244.2.7:8081", "[fd00::7]:8081"]
    assert (more_than(both, 2), more_than(both, 1)) == (0, 2)


def test_an_endpoint_that_is_no_pod_is_no_service() -> None:
    outside = Endpoint("", "", address="203.0.113.9", ports=(EndpointPort(8081),))
    found = places(Scenery(service={"endpoints": (outside,)}).server, (), 5, 5)
    assert [(str(place), place.pod) for place in found] == [
        ("10.96.4.7:80", ""),
        ("203.0.113.9:8081", "203.0.113.9"),
    ]


def test_an_endpoint_without_this_port_gets_none_of_its_connections() -> None:
    made = Scenery(pods=("api-x7k", "api-9d2")).server
    assert made.service
    first, second = made.service.endpoints
    other = replace(second, ports=(EndpointPort(9090, "metrics"),))
    # Slices may have an endpoint twice while it moves from one to the other.
    moved = replace(made, service=replace(made.service, endpoints=(first, other, first)))
    assert [str(place) for place in places(moved, (), 5, 5)] == ["10.96.4.7:80", "10.244.2.7:8081"]


def test_the_pods_own_file_goes_before_dns() -> None:
    found = Answers()
    found.begin([HOSTS, *name_probes("db")]).feed(
        b"0:127.0.0.1 localhost\n0:10.9.8.7  old DB # since 2019\n0=0\n1:;; status: NXDOMAIN\n1=0\n2=0\n"
    )
    resolution = read_resolution("db.", found)
    assert resolution
    assert addresses(resolution) == ("10.9.8.7",)
    assert resolution.replies[0].server == "/etc/hosts"


def test_whether_a_name_leads_to_its_service() -> None:
    made = Scenery()
    assert leads_to(made.server, ("10.96.4.7",))
    assert leads_to(made.server, ("192.0.2.1", "10.244.2.7"))
    assert not leads_to(made.server, ("192.0.2.1",))
    assert not leads_to(Server("db.example.com:5432", "shop"), ("10.96.4.7",))


def _bare() -> Endpoint:
    return Endpoint("", "api-x7k", address="10.244.2.7", ports=(EndpointPort(1, "other"),))


def test_only_what_is_an_address_becomes_an_argument() -> None:
    forged = (Endpoint("", "api-x7k", address="-e", ports=(EndpointPort(8081),)),)
    assert [str(p) for p in places(Scenery(service={"endpoints": forged}).server, (), 5, 5)] == [
        "10.96.4.7:80"
    ]
    outside = Server("db.example.com:5432", "shop", number=5432)
    assert [str(p) for p in places(outside, ("fd00::7", "-w"), 4, 5)] == ["[fd00::7]:5432"]
    assert places(outside, (), 4, 5) == ()


def test_every_connection_has_a_port_of_its_own() -> None:
    made = dials(places(TWO.server, (), 5, 5), TWO.server, asked("api"), 61000)
    assert [dial.source_port for dial in made] == list(range(61000, 61010))
    assert made[0].probes == (Probe("connect", "10.96.4.7", "80", "61000"),)
    assert made[-1].probes == (Probe("http", "http://10.244.3.3:8081/", "61009", "api"),)


@pytest.mark.parametrize(
    ("server", "port", "scheme", "path"),
    [
        ("api", ServicePort(80, 8081), "http", "/"),
        ("https://api/health", ServicePort(80, 8081), "https", "/health"),
        ("api", ServicePort(443, 8443), "https", "/"),
        ("api", ServicePort(5432, 5432), "", ""),
        ("api", ServicePort(80, 8081, "grpc"), "", ""),
    ],
)
def test_a_page_only_where_it_may_be_asked_for(
    server: str, port: ServicePort, scheme: str, path: str
) -> None:
    made = dials((SERVICE,), replace(TWO.server, port=port), asked(server), 61000)
    assert {(dial.scheme, dial.path) for dial in made} == {("", ""), (scheme, path)}


@pytest.mark.parametrize(
    ("server", "number", "host"),
    [("http://api.shop/x", 80, "api.shop"), ("http://api:8081/x", 8081, "api:8081")],
)
def test_a_page_is_asked_for_as_the_application_asks(server: str, number: int, host: str) -> None:
    """By an address a server of many names may answer with an error of its own."""
    direct = ConnectionTarget("10.244.2.7", 8081, "api-x7k")
    made = dials((direct,), replace(TWO.server, number=number), asked(server), 61000)[-1]
    assert made.probes == (Probe("http", "http://10.244.2.7:8081/x", "61001", host),)


def test_tls_by_the_name_that_was_asked_for() -> None:
    made = dials((SERVICE,), TWO.server, asked("https://api.shop./x"), 61000)[-1]
    assert made.probes == (
        Probe("https", "https://api.shop:80/x", "api.shop:80:10.96.4.7", "61005"),
        Probe("tls", "10.96.4.7:80", "api.shop"),
    )


@pytest.mark.parametrize(
    ("recorded", "outcome"),
    [
        ("tcp", ConnectResult.CONNECTED),
        ("tcp-refused", ConnectResult.REFUSED),
        ("tcp-silent", ConnectResult.TIMEOUT),
        ("tcp-unreachable", ConnectResult.UNREACHABLE),
        ("missing", ConnectResult.UNKNOWN),
    ],
)
def test_what_a_connection_came_to(recorded: str, outcome: ConnectResult) -> None:
    dial = Dial(ConnectionTarget("10.244.2.9", 80, "db-0"), 61000)
    (found,) = read_tries([dial], answers({dial.probes[0]: recorded}), False, NOW)
    assert (found.to, found.pod, found.source_port, found.outcome) == (
        "10.244.2.9:80",
        "db-0",
        61000,
        outcome,
    )
    assert bool(found.error) == (outcome is not ConnectResult.CONNECTED)


def test_what_the_kernel_forbids() -> None:
    dial = Dial(SERVICE, 61000)
    text = "nc: connect to 10.96.4.7 port 80 (tcp) failed: Operation not permitted"
    (found,) = read_tries([dial], answers({dial.probes[0]: ToolOutput(1, [text])}), False, NOW)
    assert found.outcome is ConnectResult.NOT_PERMITTED


def page(recorded: str, plain: str = "tcp", is_http: bool = True) -> tuple[Try, ...]:
    """Two connections and a page of the same place."""
    made = dials((replace(SERVICE, tries=2),), TWO.server, asked("http://api/"), 61000)
    told = {dial.probes[0]: recorded if dial.scheme else plain for dial in made}
    return read_tries(made, answers(told), is_http, NOW)


@pytest.mark.parametrize(
    ("recorded", "status", "timed_out", "closed", "works"),
    [
        ("http", 200, False, False, True),
        ("http-404", 404, False, False, True),
        ("http-502", 502, False, False, False),
        ("http-mute", 0, True, False, False),
        ("http-empty", 0, False, True, False),
    ],
)
def test_what_a_page_came_to(recorded: str, status: int, timed_out: bool, closed: bool, works: bool) -> None:
    first, second = page(recorded)
    assert (first.reply, second.reply and second.reply.request) == (None, "GET /")
    reply = second.reply
    assert reply
    assert (reply.status, reply.timed_out, reply.closed, second.works) == (status, timed_out, closed, works)
    assert reply.said


def test_a_page_says_nothing_where_nobody_said_that_the_port_speaks_http() -> None:
    assert [one.reply for one in page("http-redis", is_http=False)] == [None, None]
    assert all(one.works for one in page("http-mute", is_http=False))


NO_CURL = ToolOutput(127, ["curl: not found"])


@pytest.mark.parametrize(
    ("answer", "why"), [(NO_CURL, "the image has no curl"), (ToolOutput(143), "curl took too long")]
)
def test_a_page_that_could_not_be_asked_for(answer: ToolOutput, why: str) -> None:
    def read(server: str) -> tuple[Try, ...]:
        made = dials((SERVICE,), TWO.server, asked(server), 61000)
        return read_tries(
            made, answers({d.probes[0]: answer if d.scheme else "tcp" for d in made}), True, NOW
        )

    *plain, page = read("http://api/x")
    assert len(plain) == 5
    assert (page.was_not_asked, page.error, page.reply and page.reply.request) == (True, why, "GET /x")
    assert not any(one.was_not_asked for one in read("api"))


def test_nc_knows_more_than_curl_of_a_connection_that_fails() -> None:
    assert [one.outcome for one in page("http-refused", "tcp-refused")] == [ConnectResult.REFUSED] * 2
    assert [one.outcome for one in page("http-silent")] == [ConnectResult.CONNECTED, ConnectResult.UNKNOWN]


@pytest.mark.parametrize(
    ("recorded", "host", "now", "trouble"),
    [
        ("tls-expired", "web.shop.svc.cluster.local", NOW, TlsTrouble.DATE),
        ("tls-other-names", "shop.example.com", NOW, None),
        ("tls-other-names", "web.shop.svc", NOW, TlsTrouble.NAME),
        ("tls-self-signed", "web", NOW - timedelta(days=3), None),
        ("tls-self-signed", "web", NOW + timedelta(days=365), TlsTrouble.DATE),
        ("tls-to-http", "web", NOW, TlsTrouble.NONE),
        ("tls-refused", "web", NOW, None),
    ],
)
def test_what_is_wrong_with_tls(recorded: str, host: str, now: datetime, trouble: TlsTrouble | None) -> None:
    dial = dials((SERVICE,), TWO.server, asked(f"https://{host}/"), 61000)[-1]
    told = {dial.probes[0]: "https", dial.probes[1]: recorded}
    (found,) = read_tries([dial], answers(told), True, now)
    assert found.reply
    assert found.reply.tls is trouble


def test_a_service_that_nobody_named_may_be_called_otherwise() -> None:
    dial = dials((SERVICE,), replace(TWO.server, port=ServicePort(443, 8443)), asked("svc/api"), 61000)[-1]
    assert dial.name == "api.shop.svc"
    told = {dial.probes[0]: "https", dial.probes[1]: "tls-other-names"}
    assert read_tries([dial], answers(told), True, NOW)[0].works


def test_who_must_speak_http() -> None:
    unknown = replace(TWO.server, port=ServicePort(7777, 7777))
    assert must_speak_http(TWO.server, asked("api"))
    assert not must_speak_http(unknown, asked("api"))
    assert must_speak_http(unknown, asked("http://api"))
    assert must_speak_http(unknown, asked("api", path="/healthz"))


def resolution(four: str, six: str, over: str = "") -> Resolution | None:
    told: dict[Probe, ToolOutput | str] = dict(zip(name_probes("web"), (four, six), strict=True))
    return read_resolution("web", answers({**told, **({over_tcp("web"): over} if over else {})}))


def test_how_a_name_was_resolved() -> None:
    found = resolution("search", "search-typo")
    assert found
    assert [reply.status for reply in found.replies][-1] == "NOERROR"
    assert addresses(found)
    assert found.silent == ()
    assert found.tcp is None


def test_a_name_that_there_is_not() -> None:
    found = resolution("search-typo", "search-typo")
    assert found
    assert {reply.status for reply in found.replies} == {"NXDOMAIN"}
    assert addresses(found) == ()


def test_a_server_that_keeps_silent() -> None:
    found = resolution("search-silent", "search-silent", "search")
    assert found
    assert (found.replies, found.tcp) == ((), True)
    assert set(found.silent) == {"10.244.1.99"}
    assert found.heard == 0


def test_a_server_that_refuses_is_told_with_the_word() -> None:
    refused = ToolOutput(9, [";; communications error to 10.96.0.10#53: connection refused"])
    found = read_resolution("web", answers(dict.fromkeys(name_probes("web"), refused)))
    assert found
    assert (found.silent, found.reasons) == (("10.96.0.10",) * 2, ("connection refused",))
    assert again(found, resolution("search-silent", "search-silent")).reasons == (
        "connection refused",
        "timed out",
    )


def test_what_was_lost_once_is_asked_again() -> None:
    lost, answered = resolution("search-silent", "search-typo"), resolution("search", "search-typo")
    assert lost
    assert (addresses(lost), lost.heard) == ((), 4)
    found = again(lost, answered)
    assert addresses(found)
    assert (found.silent, found.heard > lost.heard) == (lost.silent, True)
    assert again(lost, None) == lost


def test_where_dig_could_not_ask_nothing_is_known() -> None:
    assert resolution("missing", "search") is None
    assert addresses(None) == ()
