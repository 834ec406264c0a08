"""All topics at once: whatever the tools say or keep to themselves, checks come of it, and silence is never well."""

from datetime import datetime, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_netshoot.cli.check import report_json, report_lines
from kubectl_netshoot.commands.check import run
from kubectl_netshoot.commands.check.scene import CheckReport, CheckTarget, Scene
from kubectl_netshoot.commands.check.scene import answer as told
from kubectl_netshoot.commands.check.verdict import CheckState, Topic
from kubectl_netshoot.model import EndpointPort, ServicePort
from kubectl_netshoot.session.tools.probes import Answers, Probe
from tests.unit.commands.check.recorded import FOLDER, answer, answers
from tests.unit.commands.check.scenes import endpoint, facts, scene, service

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
PORTS = (
    ServicePort(80, 8080, "http"),
    ServicePort(443, 8443, "https"),
    ServicePort(7777, 7777, "odd"),
    ServicePort(53, 53, "dns", "UDP"),
)
BEHIND = tuple(EndpointPort(int(port.target), port.name, port.protocol) for port in PORTS)
MANY = service(ports=PORTS, endpoints=(endpoint(1, ports=BEHIND), endpoint(2, ports=BEHIND)))
FULL = scene(
    MANY,
    service("db", headless=True, addresses=(), endpoints=(endpoint(3, ready=False),)),
    service("ext", type="ExternalName", external_name="api.example.com", addresses=(), endpoints=()),
    to=CheckTarget("api.example.com", 443),
)
RECORDINGS = sorted(path.stem for path in FOLDER.glob("*.txt"))


def asked(seen: Scene) -> list[Probe]:
    known = facts()
    everything = {probe: "http-to-tls" for probe in run.questions(seen, known) if probe.kind == "http"}
    return [
        *run.FACTS,
        *run.questions(seen, known),
        *run.follow_ups(seen, answers({**everything})),
    ]


@settings(max_examples=30)
@given(st.data())
def test_whatever_is_said_comes_to_checks(data: st.DataObject) -> None:
    probes = asked(FULL)
    chosen = data.draw(
        st.lists(st.sampled_from(["", *RECORDINGS]), min_size=len(probes), max_size=len(probes))
    )
    found = answers({probe: answer(name) for probe, name in zip(probes, chosen, strict=True) if name})
    checks = run.judge(FULL, run.facts(found), found, NOW)
    report = CheckReport(FULL, checks)
    assert 1 <= len(told(FULL, checks)) <= 3
    assert report_json(report)["checks"]
    assert list(report_lines(report))


def test_silence_is_never_well() -> None:
    nothing = Answers()
    checks = run.judge(FULL, run.facts(nothing), nothing, NOW)
    assert not [check for check in checks if check.state is CheckState.OK]
    assert {check.topic for check in checks if check.state is CheckState.UNKNOWN} == set(Topic)
    assert not CheckReport(FULL, checks).healthy


def test_only_what_is_asked_for() -> None:
    for topic in Topic:
        seen = scene(topics=frozenset({topic}))
        kinds = {probe.kind for probe in run.questions(seen, facts())}
        checks = run.judge(seen, facts(), Answers(), NOW)
        assert {check.topic for check in checks} <= {topic}
        assert bool(kinds) is (topic not in (Topic.PORTS, Topic.TLS))


def test_two_services_of_one_pod_are_asked_about_once() -> None:
    probes = run.questions(scene(service(), service("web-b")), facts())
    assert len(probes) == len(set(probes))
    assert sum(probe == Probe("tcp", "10.244.2.1", "8080") for probe in probes) == 1


def test_the_slow_ones_are_asked_first() -> None:
    assert [probe.kind for probe in run.questions(FULL, facts())][:2] == ["route", "routeudp"]


def test_what_the_pod_says_of_itself() -> None:
    found = answers(dict(zip(run.FACTS, ("resolver", "links", "sockets"), strict=True)))
    assert run.facts(found) == facts()
    without = answers({run.RESOLVER: "resolver", run.LINKS: "missing"})
    known = run.facts(without)
    assert (known.links, known.sockets) == (None, None)
    assert known.trouble == "there was no answer in time; the image has no ip"
