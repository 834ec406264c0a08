"""Listening: on the port that the Service sends to, on another, on the loopback only, or on a name that nobody gave."""

from dataclasses import replace

import pytest

from kubectl_netshoot.commands.check import ports
from kubectl_netshoot.commands.check.verdict import Check, CheckState
from kubectl_netshoot.model import ContainerPort, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.session.tools.probes import Answers
from tests.unit.commands.check.scenes import COPY, POD, endpoint, facts, only, scene, service, states


def judged(
    *services: ServiceWithEndpoints, declared: tuple[ContainerPort, ...] = (), **changes: object
) -> list[Check]:
    return list(ports.judge(scene(*services, declared=declared, **changes), facts(), Answers()))


def sends_to(target: int | str, protocol: str = "TCP") -> ServiceWithEndpoints:
    return service(ports=(ServicePort(80, target, "http", protocol),))


@pytest.mark.parametrize(
    ("target", "protocol", "state", "words"),
    [
        (8080, "TCP", CheckState.OK, "has targetPort 8080, and the copy's application listens there"),
        (8081, "TCP", CheckState.OK, "has targetPort 8081, and the copy's application listens there"),
        (53, "UDP", CheckState.OK, "has targetPort 53, and the copy's application listens there"),
        (
            9000,
            "TCP",
            CheckState.BAD,
            "has targetPort 9000, where the copy's application listens on 127.0.0.1 only: other pods cannot reach it",
        ),
        (
            8082,
            "TCP",
            CheckState.BAD,
            "has targetPort 8082, where the copy's application listens on [::1] only: other pods cannot reach it",
        ),
        (
            53,
            "TCP",
            CheckState.BAD,
            "has targetPort 53, where the copy's application does not listen: it listens on 8080, 8081, 8083",
        ),
        (
            "web",
            "TCP",
            CheckState.BAD,
            "has targetPort 'web', and no container of the pod gives that name to a port",
        ),
    ],
)
def test_where_the_service_sends_to(target: int | str, protocol: str, state: CheckState, words: str) -> None:
    check = only(judged(sends_to(target, protocol)))
    assert (check.subject, check.state, check.what) == ("service/web port 80 (http)", state, words)


def test_a_named_port() -> None:
    named = ContainerPort("app", 8080, "web")
    assert only(judged(sends_to("web"), declared=(named,))).state is CheckState.OK
    elsewhere = ContainerPort("app", 9999, "web")
    assert only(judged(sends_to("web"), declared=(elsewhere,))).state is CheckState.BAD
    of_udp = ContainerPort("app", 8080, "web", "UDP")
    assert states(judged(sends_to("web"), declared=(of_udp,))) == [CheckState.BAD, CheckState.NOTE]


def test_a_declared_port_that_nobody_opens_is_to_be_known() -> None:
    check = judged(sends_to(8080), declared=(ContainerPort("app", 8080), ContainerPort("side", 9999, "x")))[
        -1
    ]
    assert check.sentence == "port 9999 (x) is declared by container side, and nothing listens on it"
    assert check.state is CheckState.NOTE


def test_a_pod_that_listens_nowhere() -> None:
    known = facts(sockets=())
    check = only(ports.judge(scene(declared=()), known, Answers()))
    assert check.what.endswith("does not listen: it listens nowhere")
    assert ports.missing(scene(), known)
    assert not ports.missing(scene(), facts())


def test_from_the_pod_itself_it_is_the_pod_that_listens() -> None:
    assert only(judged(sends_to(8080), place=POD)).what.endswith("and the pod listens there")
    assert scene(place=COPY).in_copy


def test_a_service_that_does_not_have_the_pod_is_not_compared_with_it() -> None:
    assert judged(service(endpoints=(endpoint(2),))) == []


def test_no_ss() -> None:
    check = only(ports.judge(scene(), facts(sockets=None, trouble="the image has no ss"), Answers()))
    assert (check.state, check.sentence) == (
        CheckState.UNKNOWN,
        "listening ports were not checked: the image has no ss",
    )


def test_in_a_nodes_network_everything_of_the_node_listens() -> None:
    on_node = replace(POD, host_network=True)
    note, port = judged(sends_to(8080), place=on_node)
    assert (note.state, port.state) == (CheckState.NOTE, CheckState.OK)
    assert note.sentence.startswith(f"pod/{POD.name} is in its node's network")
