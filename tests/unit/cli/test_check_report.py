"""The report as scripts and terminals get it: its keys are frozen, and nobody else's words control a terminal."""

from kubectl_netshoot.cli.check import report_json, report_lines
from kubectl_netshoot.commands.check.scene import CheckReport, CheckTarget
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from tests.unit.commands.check.scenes import POD, scene
from tests.unit.jsonshape import shape

ILL = Check(
    Topic.TCP, "web", "pod/web-2", CheckState.BAD, "refuses", ("nc: refused",), "look there", endpoint=True
)
WELL = Check(Topic.DNS, "web", "web.", CheckState.OK, "is 10.96.4.20", ("dig web.",))


def test_the_keys_are_frozen() -> None:
    assert shape(report_json(CheckReport(scene(to=CheckTarget("db", 5432)), (ILL,)))) == {
        "schema": str,
        "ok": bool,
        "answer": [str],
        "pod": str,
        "from": {"kind": str, "name": str, "node": str},
        "services": [str],
        "to": str,
        "checks": [
            {
                "topic": str,
                "about": str,
                "subject": str,
                "state": str,
                "what": str,
                "evidence": [str],
                "next": str,
            }
        ],
    }
    assert report_json(CheckReport(scene(), (ILL,)))["to"] is None


def test_the_words_of_states_and_topics_are_frozen() -> None:
    assert [state.value for state in CheckState] == ["ok", "note", "bad", "unknown"]
    assert [topic.value for topic in Topic] == ["dns", "tcp", "tls", "ports", "path"]


def test_where_it_was_asked_from() -> None:
    copied, live = CheckReport(scene(), (WELL,)), CheckReport(scene(place=POD), (WELL,))
    assert report_json(copied)["from"]["kind"] == "copy"
    assert report_json(live)["from"] == {"kind": "pod", "name": POD.name, "node": "node-1"}
    assert f"asked from pod {POD.name}, on node-1" in report_lines(live)


def test_the_answer_stands_first() -> None:
    lines = list(report_lines(CheckReport(scene(), (WELL, ILL))))
    assert lines[:2] == ["Service web: 1 of 1 endpoint failing: pod/web-2 refuses", ""]
    assert lines[3:] == [
        "ok      dns   web. is 10.96.4.20",
        "bad     tcp   pod/web-2 refuses -> look there",
        "                nc: refused",
    ]
    assert "                dig web." in report_lines(CheckReport(scene(), (WELL,)), 1)


def test_nobody_elses_words_control_a_terminal() -> None:
    nasty = "a\x1b]0;x\x07b\nbad     tcp   forged"
    check = Check(Topic.TCP, "web", nasty, CheckState.BAD, nasty, (nasty,), nasty)
    report = CheckReport(scene(), (check,))
    told = [*report_lines(report), str(report_json(report))]
    assert not any(char in line for line in told for char in "\x1b\x07\n")
