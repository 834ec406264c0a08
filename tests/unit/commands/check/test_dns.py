"""Names: found, not found, wrong, slow, lost; the search list is explained, and no server is said as such."""

import re
from dataclasses import replace

import pytest

from kubectl_netshoot.commands.check import dns
from kubectl_netshoot.commands.check.scene import CheckTarget
from kubectl_netshoot.commands.check.verdict import Check, CheckState
from kubectl_netshoot.model import ServiceWithEndpoints
from kubectl_netshoot.session.tools.output import Resolver
from kubectl_netshoot.session.tools.probes import Probe, ToolOutput
from tests.unit.commands.check import scenes
from tests.unit.commands.check.recorded import answer, answers, said
from tests.unit.commands.check.scenes import NAME, facts, scene, service

LONG, SHORT, SPEED = Probe("name", NAME, "A"), Probe("search", "web", "A"), Probe("latency", NAME, "A")
WELL: dict[Probe, ToolOutput | str] = {LONG: "name", SHORT: "search", SPEED: "latency"}


def judged(
    found: dict[Probe, ToolOutput | str], *services: ServiceWithEndpoints, **changes: object
) -> list[Check]:
    return list(dns.judge(scene(*services, **changes), facts(), answers(found)))


def test_what_is_asked() -> None:
    assert set(dns.probes(scene(), facts())) == {LONG, SHORT, SPEED}


def test_all_is_well() -> None:
    long, short, speed = judged(WELL)
    assert {long.state, short.state, speed.state} == {CheckState.OK}
    assert long.what.startswith("is 10.96.4.20, as Service web says")
    assert short.what == (
        f"is {NAME}: name 1 of 4 to try "
        "(search shop.svc.cluster.local svc.cluster.local cluster.local, ndots 5)"
    )
    assert speed.what.startswith("answered 5 of 5 questions: median ")


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ("name-nxdomain", "does not exist for 10.96.0.10 (NXDOMAIN), but Service web does"),
        ("name-headless", "is 10.244.2.9, 10.244.2.10, but Service web has 10.96.4.20"),
        ("name-silent", "got no answer: 10.244.1.99 timed out"),
        ("name-refused", "got no answer: 10.96.0.11 connection refused"),
    ],
)
def test_a_name_that_is_not_as_the_cluster_says(recording: str, words: str) -> None:
    long = judged({**WELL, LONG: recording})[0]
    assert (long.state, long.what) == (CheckState.BAD, words)


@pytest.mark.parametrize(("changes", "says_why"), [({}, True), ({"place": scenes.POD}, False)])
def test_no_server_answers(changes: dict[str, object], says_why: bool) -> None:
    refused = ToolOutput(0, said("name-refused").splitlines() * 5)
    long, _, speed = judged({**WELL, LONG: refused, SPEED: refused}, **changes)
    assert ("the copy lacks the pod's labels" in long.next_step) is says_why
    assert speed.sentence == f"the question for {NAME} got no answer: 10.96.0.11 connection refused"
    assert speed.evidence == ("10.96.0.11 connection refused",)


def test_a_server_that_fails() -> None:
    failed = ToolOutput(0, said("name").replace("NOERROR", "SERVFAIL").splitlines())
    long = judged({**WELL, LONG: failed})[0]
    assert (long.state, long.what) == (CheckState.BAD, "is not resolved: 10.96.0.10 says SERVFAIL")


def test_a_headless_service_stands_for_its_pods() -> None:
    pods = (scenes.endpoint(9), scenes.endpoint(10), scenes.endpoint(11, ready=False))
    db = service("db", headless=True, addresses=(), endpoints=pods)
    probe = Probe("name", "db.shop.svc.cluster.local.", "A")
    assert judged({probe: "name-headless"}, db)[0].state is CheckState.OK
    # Endpoints change, and an answer may be some seconds old.
    fewer = service("db", headless=True, addresses=(), endpoints=pods[:1])
    assert judged({probe: "name-headless"}, fewer)[0].state is CheckState.NOTE


def test_a_service_without_any_address() -> None:
    none = service(headless=True, addresses=(), endpoints=())
    long, short, _ = judged({**WELL, LONG: "name-nxdomain", SHORT: "search-typo"}, none)
    assert (long.state, short.state) == (CheckState.NOTE, CheckState.NOTE)


def test_an_endpoint_that_is_a_name_is_no_address() -> None:
    by_hand = service(
        "db", headless=True, addresses=(), endpoints=(scenes.endpoint(address="db.example.com"),)
    )
    assert (
        judged({Probe("name", "db.shop.svc.cluster.local.", "A"): "name-nodata"}, by_hand)[0].state
        is CheckState.NOTE
    )


def test_an_alias() -> None:
    ext = service("ext", type="ExternalName", external_name="api.example.com", addresses=(), endpoints=())
    probe = Probe("name", "ext.shop.svc.cluster.local.", "A")
    assert judged({probe: "name-alias"}, ext)[0].what == "is an alias of api.example.com."
    gone = judged({probe: "name-nxdomain"}, ext)[0]
    assert (gone.state, gone.what) == (
        CheckState.BAD,
        "is no alias of api.example.com (NXDOMAIN), but Service ext is",
    )


def test_both_families() -> None:
    six = service("six", addresses=("10.96.4.20", "fd00:10:96::20"), families=("IPv4", "IPv6"))
    name = "six.shop.svc.cluster.local."
    four = ToolOutput(0, said("name").replace("web", "six").splitlines())
    found = {Probe("name", name, "A"): four, Probe("name", name, "AAAA"): answer("name-ipv6")}
    assert scenes.states(judged({**found}, six))[:2] == [CheckState.OK, CheckState.OK]


def test_a_short_name_that_leads_elsewhere() -> None:
    short = judged({**WELL, SHORT: "search-typo"})[1]
    assert short.state is CheckState.BAD
    assert "tried wep.shop.svc.cluster.local., wep.svc.cluster.local." in short.what


def test_a_resolver_that_is_the_nodes() -> None:
    known = facts(resolver=Resolver(("192.0.2.1",), ("example.com",), 1))
    short = list(dns.judge(scene(), known, answers(WELL)))[1]
    assert (short.state, "search example.com, ndots 1" in short.what) == (CheckState.NOTE, True)
    assert "dnsPolicy" in short.next_step


def test_a_resolver_that_nobody_could_read() -> None:
    short = list(dns.judge(scene(), facts(resolver=Resolver()), answers(WELL)))[1]
    assert short.state is CheckState.UNKNOWN


def test_lost_questions() -> None:
    speed = judged({**WELL, SPEED: "latency-loss"})[2]
    assert (speed.state, speed.what.startswith("answered 4 of 5 questions")) == (CheckState.BAD, True)
    assert speed.evidence == ("10.96.0.10 timed out",)


@pytest.mark.parametrize(
    ("time", "state"),
    [
        ("99 msec", CheckState.OK),
        ("99000 usec", CheckState.OK),
        ("100 msec", CheckState.NOTE),
        ("1000 msec", CheckState.BAD),
    ],
)
def test_slow_answers(time: str, state: CheckState) -> None:
    slow = ToolOutput(0, re.sub("Query time: .*", f"Query time: {time}", said("latency")).splitlines())
    assert judged({**WELL, SPEED: slow})[2].state is state


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (answer("missing"), "was not checked: the image has no dig"),
        (ToolOutput(), "was not checked: there was no answer in time"),
        (ToolOutput(124), "was not checked: dig took too long"),
        (ToolOutput(143), "was not checked: dig took too long"),
        (ToolOutput(1, ["dig: oops"]), "was not checked: dig said 'dig: oops'"),
    ],
)
def test_what_was_not_checked_is_said(found: ToolOutput, words: str) -> None:
    long = judged({**WELL, LONG: found})[0]
    assert (long.state, long.what) == (CheckState.UNKNOWN, words)


def goal(recording: str, host: str = "api.example.com") -> Check:
    to = CheckTarget(host, 443)
    found = {**WELL, Probe("search", host, "A"): recording}
    return judged(found, to=to)[-1]


def test_a_name_out_there_costs_as_many_tries_as_the_search_list_has() -> None:
    check = goal("search-external")
    assert (check.state, check.about) == (CheckState.OK, "api.example.com:443")
    assert check.what.startswith("is 203.0.113.9 at try 4 (search ")
    assert len(check.evidence) == 4
    assert goal("search", "web").what == "is 10.96.4.20 at the first try"


def test_a_name_that_is_misspelled() -> None:
    check = goal("search-typo", "wep")
    assert check.state is CheckState.BAD
    assert check.what.startswith("does not exist (NXDOMAIN); tried wep.shop.svc.cluster.local., ")


def test_an_address_is_not_looked_up() -> None:
    to = CheckTarget("203.0.113.9", 443)
    assert set(dns.probes(scene(to=to), facts())) == {LONG, SHORT, SPEED}
    assert dns.knows(to, answers({}))


def test_a_pod_without_any_service_has_a_resolver_all_the_same() -> None:
    alone = replace(scene(), services=())
    (probe,) = dns.probes(alone, facts())
    assert probe == Probe("latency", "kubernetes.default.svc.cluster.local.", "A")
    assert scenes.only(dns.judge(alone, facts(), answers({probe: "latency"}))).state is CheckState.OK
