"""Ports: which endpoint of many refuses, keeps silent or answers 502; what gets no traffic harms nobody."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.commands.check import endpoints
from kubectl_netshoot.commands.check.scene import MOST_ENDPOINTS, CheckTarget, Door
from kubectl_netshoot.commands.check.scene import doors as doors_of
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from kubectl_netshoot.model import EndpointPort, Pod, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.session.tools.output import ListeningSocket
from kubectl_netshoot.session.tools.probes import Probe, ToolOutput
from tests.unit.commands.check.recorded import answer, answers
from tests.unit.commands.check.scenes import COPY, POD, endpoint, facts, only, scene, service, states


def all_well(web: ServiceWithEndpoints) -> dict[Probe, ToolOutput | str]:
    """Every door of it takes connections and answers 200."""
    found: dict[Probe, ToolOutput | str] = {}
    for door in doors_of(web):
        found |= {endpoints.tcp(door): "tcp", endpoints.http(door, "/"): "http"}
    return found


def judged(web: ServiceWithEndpoints, found: dict[Probe, ToolOutput | str]) -> list[Check]:
    return list(endpoints.judge(scene(web), facts(), answers(found)))


def failing(number: int, **recordings: Any) -> list[Check]:
    """Everything is well but one endpoint."""
    web, found = service(), all_well(service())
    door = doors_of(web)[number]
    if "tcp" in recordings:
        found[endpoints.tcp(door)] = recordings["tcp"]
    if "http" in recordings:
        found[endpoints.http(door, "/")] = recordings["http"]
    return judged(web, found)


def test_every_endpoint_and_the_service_are_asked() -> None:
    asked = list(endpoints.probes(scene()))
    assert {probe.first for probe in asked if probe.kind == "tcp"} == {
        "10.244.2.1",
        "10.244.2.2",
        "10.244.2.3",
        "10.96.4.20",
    }
    assert Probe("http", "http://10.96.4.20:80/") in asked
    assert Probe("http", "http://10.244.2.2:8080/") in asked


def test_all_is_well() -> None:
    checks = judged(service(), all_well(service()))
    assert states(checks) == [CheckState.OK] * 4
    assert checks[1].subject == "pod/web-2 on node-2 (10.244.2.2:8080)"
    assert checks[1].what.startswith("answers 200 OK to GET / in ")
    assert checks[3].subject == "service/web (10.96.4.20:80)"


@pytest.mark.parametrize(
    ("recordings", "words"),
    [
        ({"http": "http-502"}, "answers 502 Bad Gateway to GET / in 77 ms"),
        ({"tcp": "tcp-refused", "http": "http-refused"}, "refuses connections"),
        ({"tcp": "tcp-silent", "http": "http-silent"}, "does not answer (timeout)"),
        ({"tcp": "tcp-unreachable", "http": "http-silent"}, "cannot be reached"),
        ({"http": "http-mute"}, "takes the connection and does not answer GET / within 5 s"),
        (
            {"http": "http-empty"},
            "takes the connection and answers GET / with nothing of HTTP (Empty reply from server)",
        ),
        # Without nc it is curl that tells.
        ({"tcp": "missing", "http": "http-refused"}, "cannot be reached"),
    ],
)
def test_one_of_three_is_ill(recordings: dict[str, str], words: str) -> None:
    checks = failing(1, **recordings)
    assert states(checks) == [CheckState.OK, CheckState.BAD, CheckState.OK, CheckState.OK]
    assert checks[1].sentence == f"pod/web-2 on node-2 (10.244.2.2:8080) {words}"
    assert checks[1].evidence


def test_a_command_to_type_next_is_whole() -> None:
    assert (
        failing(1, http="http-502")[1].next_step
        == "see `kubectl logs web-2 --tail=20 -n shop --context prod`"
    )
    lonely = endpoints.judge(scene(service(endpoints=())), facts(), answers({}))
    assert next(c.next_step for c in lonely if c.next_step) == (
        "see `kubectl describe service web -n shop --context prod`"
    )


OTHER_PORT, LOOPBACK = ListeningSocket("TCP", "0.0.0.0", 9090), ListeningSocket("TCP", "127.0.0.1", 8080)
EITHER = (
    "either nothing listens there, or something on the way rejects it: "
    "`kubectl netshoot why web-1 {} -n shop --context prod` tells"
)


@pytest.mark.parametrize(
    ("sockets", "says"),
    [
        (None, EITHER.format("10.244.2.1:8080")),
        ((), "nothing listens there: compare"),
        ((OTHER_PORT, ListeningSocket("UDP", "0.0.0.0", 8080)), "nothing listens there: compare"),
        ((LOOPBACK,), "it listens on 127.0.0.1 only"),
        (
            (LOOPBACK, ListeningSocket("TCP", "[::]", 8080)),
            "a process listens there: a rule in the pod rejects it",
        ),
    ],
)
def test_that_nothing_listens_is_said_only_of_a_pod_that_was_asked(
    sockets: tuple[ListeningSocket, ...] | None, says: str
) -> None:
    web, found = service(), all_well(service())
    first, second, _, own = doors_of(web)
    for door in (first, second, own):
        found |= {endpoints.tcp(door): "tcp-refused", endpoints.http(door, "/"): "http-refused"}
    alive = scene(web, place=replace(POD, uid="uid-web-1"))
    steps = [c.next_step for c in endpoints.judge(alive, facts(sockets=sockets), answers(found))]
    assert steps[0].startswith(says)
    assert steps[1].startswith(EITHER.format("10.244.2.2:8080"))
    assert steps[3].startswith(EITHER.format("10.96.4.20:80"))
    copied = [c.next_step for c in endpoints.judge(scene(web), facts(sockets=sockets), answers(found))]
    assert copied[0].startswith(EITHER.format("10.244.2.1:8080"))


def test_what_is_not_ready_gets_no_traffic() -> None:
    web = service(endpoints=(endpoint(1), endpoint(2, ready=False)))
    found = all_well(web)
    found[endpoints.tcp(doors_of(web)[1])] = "tcp-refused"
    checks = judged(web, found)
    assert states(checks) == [CheckState.OK, CheckState.NOTE, CheckState.OK]
    assert checks[1].what == "refuses connections (not ready: it gets no traffic)"
    published = service(endpoints=web.endpoints, publish_not_ready=True)
    assert states(judged(published, found)) == [CheckState.OK, CheckState.BAD, CheckState.OK]


def test_what_is_ending_is_not_asked() -> None:
    web = service(endpoints=(endpoint(1), endpoint(2, terminating=True)))
    assert [str(door) for door in doors_of(web)] == [
        "pod/web-1 on node-1 (10.244.2.1:8080)",
        "service/web (10.96.4.20:80)",
    ]


def test_another_status_than_the_others_is_to_be_known() -> None:
    checks = failing(2, http="http-404")
    assert states(checks) == [CheckState.OK, CheckState.OK, CheckState.NOTE, CheckState.OK]
    assert checks[2].what.endswith("answers 404 Not Found to GET / in 9 ms; most of the others answer 200")


def test_the_services_address_answers_what_an_endpoint_does() -> None:
    web, found = service(), all_well(service())
    found[endpoints.http(doors_of(web)[0], "/")] = "http-502"
    found[endpoints.http(doors_of(web)[3], "/")] = "http-502"
    assert states(judged(web, found)) == [CheckState.BAD, CheckState.OK, CheckState.OK, CheckState.NOTE]
    found[endpoints.http(doors_of(web)[0], "/")] = "http"
    assert states(judged(web, found)) == [CheckState.OK, CheckState.OK, CheckState.OK, CheckState.BAD]


def test_an_address_that_does_not_lead_to_its_endpoints() -> None:
    checks = failing(3, tcp="tcp-silent", http="http-silent")
    assert (checks[3].state, checks[3].what) == (CheckState.BAD, "does not answer (timeout)")


@pytest.mark.parametrize(
    ("web", "words"),
    [
        (service(endpoints=()), "has no endpoint: no running pod has its labels"),
        (service(endpoints=(), selector={}), "has no endpoint"),
        (service(endpoints=(endpoint(1, ready=False),)), "has no ready endpoint, so it takes no traffic"),
        (
            service(endpoints=(endpoint(1, terminating=True),)),
            "has no ready endpoint, so it takes no traffic",
        ),
    ],
)
def test_no_endpoint_that_takes_traffic(web: ServiceWithEndpoints, words: str) -> None:
    found = dict.fromkeys(all_well(web), "tcp-refused")
    bad = only(check for check in judged(web, {**found}) if check.state is CheckState.BAD)
    assert (bad.subject, bad.what) == ("service/web", words)


def test_an_alias_has_no_doors() -> None:
    ext = service(type="ExternalName", external_name="api.example.com", addresses=(), endpoints=(), ports=())
    check = only(judged(ext, {}))
    assert (check.state, check.next_step) == (CheckState.UNKNOWN, "check it by --to api.example.com:PORT")


def test_udp_cannot_be_judged_by_a_connection() -> None:
    ports = (ServicePort(53, 53, "dns", "UDP"),)
    web = service(ports=ports, endpoints=(endpoint(ports=(EndpointPort(53, "dns", "UDP"),)),))
    check = only(judged(web, {}))
    assert check.sentence == (
        "service/web port 53 (dns) was not checked: a connection says nothing about UDP"
    )


def test_more_endpoints_than_are_asked() -> None:
    many = tuple(endpoint(number) for number in range(1, MOST_ENDPOINTS + 6))
    web = service(endpoints=(endpoint(99, ready=False), *many))
    assert len([door for door in doors_of(web) if door.endpoint]) == MOST_ENDPOINTS
    assert endpoint(99, ready=False) not in [door.endpoint for door in doors_of(web)]
    last = judged(web, all_well(web))[-1]
    assert (last.state, last.what) == (
        CheckState.UNKNOWN,
        "6 of 26 endpoints were not checked: 20 are the most at once",
    )


REDIS = ServicePort(6379, 6379, "redis")
UNKNOWN = ServicePort(7777, 7777, "")


def with_port(port: ServicePort) -> tuple[ServiceWithEndpoints, Door]:
    endpoints = (endpoint(ports=(EndpointPort(port.number, port.name),)),)
    web = service(ports=(port,), endpoints=endpoints, addresses=())
    return web, doors_of(web)[0]


def test_a_database_is_only_connected_to() -> None:
    web, door = with_port(REDIS)
    assert list(endpoints.probes(scene(web))) == [endpoints.tcp(door)]
    check = only(judged(web, {endpoints.tcp(door): "tcp"}))
    assert (check.state, check.what) == (
        CheckState.OK,
        "takes connections; what it speaks was not looked at, since it is not HTTP",
    )


@pytest.mark.parametrize("recording", ["http-redis", "http-empty", "http-to-tls"])
def test_nobody_knows_what_it_speaks(recording: str) -> None:
    web, door = with_port(UNKNOWN)
    found: dict[Probe, ToolOutput | str] = {endpoints.tcp(door): "tcp", endpoints.http(door, "/"): recording}
    assert list(endpoints.follow_ups(scene(web), answers(found))) == [endpoints.https(door, "/")]
    check = only(judged(web, found))
    assert (check.state, check.what) == (
        CheckState.OK,
        "takes connections and speaks something else than HTTP",
    )
    found[endpoints.https(door, "/")] = "https"
    assert only(judged(web, found)).what.startswith("answers 200 OK to GET / in ")


def test_a_plain_request_that_a_port_of_tls_complains_about() -> None:
    web, door = with_port(UNKNOWN)
    found: dict[Probe, ToolOutput | str] = {
        endpoints.tcp(door): "tcp",
        endpoints.http(door, "/"): "http-to-tls-nginx",
    }
    assert list(endpoints.follow_ups(scene(web), answers(found))) == [endpoints.https(door, "/")]
    assert list(endpoints.follow_ups(scene(web), answers({endpoints.http(door, "/"): "http"}))) == []


def test_a_port_of_tls_is_asked_under_the_services_name() -> None:
    web, door = with_port(ServicePort(443, 8443, "https"))
    door = Door(web, web.ports[0], "fd00::7", 8443, web.endpoints[0])
    assert endpoints.https(door, "/x") == Probe(
        "https", "https://web.shop.svc:8443/x", "web.shop.svc:8443:[fd00::7]"
    )


def test_a_slow_answer_is_to_be_known() -> None:
    slow = ToolOutput(0, ["code=200 connect=0.001 total=3.210"])
    checks = failing(0, http=slow)
    assert (checks[0].state, checks[0].what) == (CheckState.NOTE, "answers 200 OK to GET / in 3210 ms")


def test_no_tool_at_all_is_not_well() -> None:
    checks = failing(0, tcp="missing", http=ToolOutput(127, ["curl: not found"]))
    assert (checks[0].state, checks[0].what) == (CheckState.UNKNOWN, "was not checked: the image has no nc")


@pytest.mark.parametrize(
    ("recording", "topics", "state", "words"),
    [
        ("tcp", Topic, CheckState.OK, "takes connections"),
        ("tcp-refused", Topic, CheckState.BAD, "refuses connections"),
        ("tcp-no-name", (Topic.TCP,), CheckState.BAD, "has a name that does not resolve"),
        ("tcp-no-name", Topic, CheckState.UNKNOWN, "was not checked: its name does not resolve"),
        ("missing", Topic, CheckState.UNKNOWN, "was not checked: the image has no nc"),
    ],
)
def test_the_goal(recording: str, topics: Any, state: CheckState, words: str) -> None:
    seen = scene(to=CheckTarget("db", 5432), topics=frozenset(topics))
    found: dict[Probe, ToolOutput | str] = {Probe("tcp", "db", "5432"): answer(recording)}
    check = only(endpoints.judge_goal(seen, facts(), answers(found)))
    assert (check.about, check.state, check.what) == ("db:5432", state, words)


def test_a_pod_without_any_service() -> None:
    alone = replace(scene(), services=())
    check = only(endpoints.judge(alone, facts(), answers({})))
    assert (check.state, check.what) == (CheckState.NOTE, "is in no Service")


@pytest.mark.parametrize(
    ("recording", "place", "hinted"),
    [("tcp-silent", COPY, True), ("tcp-silent", POD, False), ("tcp-refused", COPY, False)],
)
def test_a_copy_has_no_labels_for_a_policy_to_go_by(recording: str, place: Pod, hinted: bool) -> None:
    seen = scene(to=CheckTarget("db", 5432), place=place)
    found: dict[Probe, ToolOutput | str] = {Probe("tcp", "db", "5432"): recording}
    check = only(endpoints.judge_goal(seen, facts(), answers(found)))
    assert ("--live asks from the pod itself" in check.next_step) is hinted


@pytest.mark.parametrize(
    ("port", "state"), [(ServicePort(80, 8080), CheckState.UNKNOWN), (ServicePort(7777, 7777), CheckState.OK)]
)
def test_a_page_that_was_not_asked_for_is_not_called_well(port: ServicePort, state: CheckState) -> None:
    web, door = with_port(port)
    found: dict[Probe, ToolOutput | str] = {endpoints.tcp(door): "tcp", endpoints.http(door, "/"): "missing"}
    check = only(judged(web, found))
    assert (check.state, check.what) == (
        state,
        "takes connections; HTTP was not checked: the image has no curl",
    )


@pytest.mark.parametrize("address", ["db.example.com", "-e/bin/sh", "", "10.0.0.1 -x"])
def test_only_addresses_become_arguments(address: str) -> None:
    web = service(endpoints=(endpoint(1, address=address),), addresses=(address,))
    assert doors_of(web) == ()
    check = only(judged(web, {}))
    assert (check.state, check.what) == (CheckState.UNKNOWN, "was not checked: it is a name, and no address")


@pytest.mark.parametrize("number", [-1, 0, 65536])
def test_only_ports_become_arguments(number: int) -> None:
    web = service(endpoints=(endpoint(1, ports=(EndpointPort(number),)),), addresses=())
    assert doors_of(web) == ()
