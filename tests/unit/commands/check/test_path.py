"""The way: its largest packet, its losses, its hops; what keeps silent or may not be asked is not called well."""

from typing import Any

import pytest

from kubectl_netshoot.commands.check import path
from kubectl_netshoot.commands.check.scene import CheckTarget, Scene
from kubectl_netshoot.commands.check.verdict import Check, CheckState
from kubectl_netshoot.session.tools.probes import Probe, ToolOutput
from tests.unit.commands.check.recorded import answer, answers
from tests.unit.commands.check.scenes import endpoint, facts, scene, service

PEER = "10.244.2.2"
PING, UNSPLIT = Probe("ping", PEER), Probe("unsplit", PEER, "1422")
WELL: dict[Probe, ToolOutput | str] = {PING: "ping", UNSPLIT: "unsplit"}
NO_RIGHT = "needs a right (NET_RAW) that the container does not have"
GOAL = CheckTarget("203.0.113.9", 80)
KNOCK = Probe("knock", "203.0.113.9", "80")
ROUTE, UDP = Probe("route", "203.0.113.9", "80"), Probe("routeudp", "203.0.113.9")


def judged(found: dict[Probe, ToolOutput | str], seen: Scene | None = None, **known: Any) -> list[Check]:
    return list(path.judge(seen or scene(), facts(**known), answers(found)))


def test_an_endpoint_on_another_node_is_asked() -> None:
    assert list(path.probes(scene(), facts())) == [PING, UNSPLIT]
    six = scene(service(endpoints=(endpoint(2, address="fd00::2"),)))
    assert list(path.probes(six, facts()))[1] == Probe("unsplit", "fd00::2", "1402")
    goal = list(path.probes(scene(to=GOAL), facts()))
    assert goal == [ROUTE, UDP, KNOCK, Probe("ping", "203.0.113.9"), Probe("unsplit", "203.0.113.9", "1422")]


def test_all_is_well() -> None:
    interface, loss, size = judged(WELL)
    assert interface.sentence == "interface eth0 has MTU 1450"
    assert loss.what.startswith("lost 0 of 10 packets, average 0.0")
    assert size.what == "takes packets of 1450 bytes, as large as the interface sends, in one piece"
    assert {interface.state, loss.state, size.state} == {CheckState.OK}


def test_no_other_node() -> None:
    last = judged({}, scene(service(endpoints=(endpoint(1),))))[-1]
    assert (last.state, last.what) == (
        CheckState.UNKNOWN,
        "was not checked: no endpoint is on another node",
    )


@pytest.mark.parametrize(
    ("recording", "state", "words"),
    [
        ("ping-loss", CheckState.BAD, "lost 3 of 10 packets, "),
        ("ping-silent", CheckState.UNKNOWN, "is not answered: whether packets are lost is not known"),
        ("ping-no-right", CheckState.UNKNOWN, "was not checked: ping needs a right (NET_RAW)"),
        ("missing", CheckState.UNKNOWN, "was not checked: the image has no ping"),
    ],
)
def test_loss(recording: str, state: CheckState, words: str) -> None:
    check = judged({**WELL, PING: recording})[1]
    assert (check.state, check.what.startswith(words)) == (state, True), check.what


@pytest.mark.parametrize(
    ("ping", "unsplit", "state", "words"),
    [
        (
            "ping",
            "unsplit-told",
            CheckState.NOTE,
            "takes packets of 1400 bytes, less than the interface's 1450",
        ),
        ("ping", "unsplit-swallowed", CheckState.BAD, "swallows packets of 1450 bytes silently"),
        ("ping-silent", "unsplit-swallowed", CheckState.UNKNOWN, "it answers no ping"),
        ("ping", "missing", CheckState.UNKNOWN, "the image has no ping"),
    ],
)
def test_the_largest_packet(ping: str, unsplit: str, state: CheckState, words: str) -> None:
    check = judged({PING: ping, UNSPLIT: unsplit})[2]
    assert (check.state, words in check.what) == (state, True), check.what


def test_no_interface_is_known() -> None:
    checks = judged(WELL, links=None, trouble="the image has no ip")
    assert checks[0].sentence == "interfaces were not checked: the image has no ip"
    assert len(checks) == 2


@pytest.mark.parametrize(
    ("tcp", "udp", "state", "words"),
    [
        ("route-closed", "missing", CheckState.OK, "are 2, by TCP: 10.244.1.1 > 203.0.113.9"),
        ("route-no-right", "routeudp", CheckState.OK, "are 2, by UDP: 10.244.1.1 > 203.0.113.9"),
        ("route-silent", "missing", CheckState.NOTE, "are known up to none: the rest keeps silent"),
        (
            "route-no-right",
            "missing",
            CheckState.UNKNOWN,
            f"are not known: traceroute {NO_RIGHT}; the image has no tracepath",
        ),
    ],
)
def test_the_hops(tcp: str, udp: str, state: CheckState, words: str) -> None:
    check = judged({**WELL, ROUTE: tcp, UDP: udp}, scene(to=GOAL))[-1]
    assert (check.state, check.what) == (state, words)


def test_the_path_mtu_is_evidence() -> None:
    check = judged({**WELL, ROUTE: "route-closed", UDP: "routeudp"}, scene(to=GOAL))[-1]
    assert check.evidence[1] == "by UDP: 10.244.1.1 > 203.0.113.9, path MTU 1400"


@pytest.mark.parametrize(
    ("ping", "lines", "state", "words"),
    [
        ("ping-silent", ("tcp",) * 5, CheckState.OK, "came about at once 5 of 5 times"),
        ("ping-no-right", ("tcp",) * 5, CheckState.OK, "came about at once 5 of 5 times"),
        ("ping-silent", ("tcp", "tcp-silent", "tcp"), CheckState.BAD, "came about at once 2 of 3 times"),
    ],
)
def test_where_ping_tells_nothing_connections_do(
    ping: str, lines: tuple[str, ...], state: CheckState, words: str
) -> None:
    knocked = ToolOutput(0, [line for name in lines for line in answer(name).lines])
    checks = judged({**WELL, Probe("ping", "203.0.113.9"): ping, KNOCK: knocked}, scene(to=GOAL))
    assert (checks[1].state, checks[2].state, checks[2].what) == (CheckState.UNKNOWN, state, words)


@pytest.mark.parametrize(("ping", "knocked"), [("ping", "tcp"), ("ping-silent", "tcp-refused")])
def test_connections_are_counted_only_where_they_tell_more(ping: str, knocked: str) -> None:
    found: dict[Probe, ToolOutput | str] = {Probe("ping", "203.0.113.9"): ping, KNOCK: knocked}
    assert not [c for c in judged(found, scene(to=GOAL)) if c.subject.startswith("connections")]
