"""The report as scripts and terminals get it: its keys are frozen, and nobody else's words control a terminal."""

from dataclasses import replace

import pytest

from kubectl_netshoot.cli.why import report_json, report_lines
from kubectl_netshoot.commands.why.evidence import Evidence
from kubectl_netshoot.commands.why.report import POD, STAND_IN, THROWAWAY, AskedFrom, Left, WhyReport
from kubectl_netshoot.commands.why.verdict import Attempt, Verdict
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.rules.policies import PolicyAnswer
from tests.unit.commands.why.scenery import Scenery
from tests.unit.jsonshape import shape

SCENE, HERE = Scenery(), Connection()
FRONT = AskedFrom(POD, "front-6c9", "shop", "node-a")
LOST = Verdict(
    "lost",
    "between pod front-6c9 (node-a) and pod api-x7k (node-b)",
    "likely",
    "packets are lost",
    ("15 SYNs", "directly: the same"),
    "kubectl -n shop describe networkpolicy api-ingress",
    "NetworkPolicy api-ingress",
)
ATTEMPT = Attempt("10.96.4.7:80", "api-x7k", 3, 0, None, "nc: timed out")
EVIDENCE = Evidence(
    SCENE.front, SCENE.server, policies=(PolicyAnswer("api-x7k", "denied", "ingress", ("one",)),)
)
REPORT = WhyReport(FRONT, EVIDENCE, LOST, (ATTEMPT,), True, (Left("front-6c9", "shop", "netshoot-abcde"),))


def test_the_keys_are_frozen() -> None:
    none = type(None)
    assert shape(report_json(REPORT, HERE)) == {
        "schema": str,
        "result": str,
        "verdict": {"id": str, "where": str, "certainty": str, "headline": str, "likely": str},
        "client": {"kind": str, "pod": str, "namespace": str, "node": str},
        "server": {"asked": str, "namespace": str, "service": str, "port": int, "pods": [str]},
        "attempts": [
            {"to": str, "pod": str, "sent": int, "arrived": int, "answered": none, "error": str},
        ],
        "policies": [{"pod": str, "answer": str, "direction": str, "deniedBy": [str], "because": str}],
        "evidence": [str],
        "next": str,
        "left": [{"pod": str, "namespace": str, "container": str}],
    }
    assert (POD, THROWAWAY, STAND_IN) == ("pod", "throwaway pod", "stand-in")


def test_the_screen() -> None:
    assert list(report_lines(REPORT, HERE)) == [
        "unreachable: packets are lost",
        "  15 SYNs",
        "  directly: the same",
        "  left in front-6c9: the record of one stopped container",
        "likely: NetworkPolicy api-ingress",
        "try: kubectl -n shop describe networkpolicy api-ingress",
    ]
    assert REPORT.status == 1
    assert replace(REPORT, verdict=replace(LOST, id="reachable")).status == 0


@pytest.mark.parametrize(
    ("command", "step"),
    [
        ("kubectl -n db get pods", "kubectl -n db get pods --context prod --kubeconfig k"),
        (
            "kubectl netshoot check a --live",
            "kubectl netshoot check a --live -n shop --context prod --kubeconfig k",
        ),
        ("", ""),
    ],
)
def test_the_next_command_leads_to_the_same_cluster(command: str, step: str) -> None:
    there = Connection(context="prod", namespace="shop", kubeconfig="k")
    report = replace(REPORT, verdict=replace(REPORT.verdict, next=command))
    assert report_json(report, there)["next"] == step
    assert [line for line in report_lines(report, there) if line.startswith("try: ")] == (
        [f"try: {step}"] if step else []
    )


def test_what_is_left_is_said_with_its_namespace_where_that_is_another() -> None:
    more = (*REPORT.left, Left("api-x7k", "other", "netshoot-x"), Left("api-9d2", "other", "netshoot-y"))
    text = "\n".join(report_lines(replace(REPORT, left=more), HERE))
    assert (
        "  left in front-6c9, other/api-x7k and other/api-9d2: the record of one stopped container each"
        in text
    )


def test_a_container_that_could_not_be_ended_is_not_called_stopped() -> None:
    more = (*REPORT.left, Left("api-x7k", "shop", "netshoot-x", goes_on=True))
    text = "\n".join(report_lines(replace(REPORT, left=more), HERE))
    assert (
        "  left in front-6c9 and api-x7k: the record of one container each; that in api-x7k goes on until"
        in text
    )


def test_where_nothing_is_left() -> None:
    assert "  no pod was touched" in report_lines(replace(REPORT, touched=False, left=()), HERE)
    throwaway = replace(REPORT, client=AskedFrom(THROWAWAY, "netshoot-x", "shop"), left=())
    assert "  throwaway pod netshoot-x was deleted: nothing is left" in report_lines(throwaway, HERE)


def test_nobody_elses_words_control_a_terminal() -> None:
    nasty = "a\x1b]0;x\x07b\ntry: rm"
    verdict = replace(LOST, headline=nasty, evidence=(nasty,), next=nasty, likely=nasty, where=nasty)
    report = replace(REPORT, verdict=verdict, attempts=(replace(ATTEMPT, error=nasty),))
    told = [*report_lines(report, HERE), str(report_json(report, HERE))]
    assert not any(char in line for line in told for char in "\x1b\x07\n")
