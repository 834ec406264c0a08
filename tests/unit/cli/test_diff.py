"""What `diff` says: one line where nothing differs, else as diff writes it; the keys of its JSON are a promise."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kubectl_netshoot.cli.diff import diff_json, lines, nothing, show
from kubectl_netshoot.commands.diff import Comparison, Diff, SourceState
from kubectl_netshoot.rules.differences import Difference
from kubectl_netshoot.rules.pod_state import LogCount, PodState
from kubectl_netshoot.session.comparison import LogPeriod
from kubectl_netshoot.terminal import Terminal
from tests.unit.builders import NOW
from tests.unit.jsonshape import shape

IMAGE = Difference("container app: image", "nginx:1.27", "nginx:1.28")
PROBE = Difference("container app: livenessProbe", "tcpSocket: {port: 80}", "", of_every_copy=True)
KEYS = {
    "schema": str,
    "context": str,
    "namespace": str,
    "copy": str,
    "source": {"name": str, "state": str},
    "services": [str],
    "inService": [str],
    "otherEndpoints": int,
    "since": str,
    "seconds": float,
    "comparisons": [
        {
            "beside": [str],
            "template": bool,
            "differences": [{"where": str, "before": str, "after": str, "ofEveryCopy": bool}],
        }
    ],
    "pods": [
        {
            "name": str,
            "uid": str,
            "role": str,
            "ready": bool,
            "restarts": int,
            "restarted": str,
            "logLines": int,
            "errorLines": int,
            "errorLinesPerMinute": float,
            "logCut": bool,
        }
    ],
    "notes": [str],
}


def state(name: str, **changes: Any) -> PodState:
    return replace(PodState(name, f"uid-{name}", True, 0, log=LogCount(10)), **changes)


def found(*comparisons: Comparison, **changes: Any) -> Diff:
    made = Diff(
        "prod",
        "shop",
        "web-1",
        SourceState.HERE,
        state("twin"),
        (state("web-1"), state("web-2")),
        comparisons or (Comparison(("web-1", "web-2"), ()),),
        ("web",),
        ("web",),
        2,
        LogPeriod(NOW, NOW + timedelta(minutes=12)),
    )
    return replace(made, **changes)


def test_the_keys_are_frozen() -> None:
    twin = state("twin", restarts=1, restarted=NOW)
    assert shape(diff_json(found(Comparison(("web-1",), (IMAGE,)), copy=twin, notes=("n",)))) == KEYS
    unknown = diff_json(found(copy=state("twin", log=None)))["pods"][0]
    assert (unknown["restarted"], unknown["errorLines"], unknown["logCut"]) == (None, None, False)


FINE = "; all ready, no restarts, no error lines for 12m"
ONE_LINE = {
    "all alike": (found(), f"its source web-1 and 1 other endpoint (web-2){FINE}"),
    "as every copy": (
        found(Comparison(("web-1",), (PROBE,)), joined=(), in_service=(), others=(state("web-1"),)),
        f"its source web-1; without container app: livenessProbe, as every copy{FINE.replace('for', 'in')}",
    ),
    "no logs": (
        found(copy=state("twin", log=None)),
        "its source web-1 and 1 other endpoint (web-2); all ready, no restarts",
    ),
    "a source that is gone": (
        found(Comparison(("web-2",), ()), source_state=SourceState.GONE),
        f"1 other endpoint (web-2){FINE}; its source web-1 is gone",
    ),
    "a pod in its place": (
        found(Comparison(("web-1",), ()), source_state=SourceState.REPLACED),
        f"web-1{FINE}; its source is gone, and web-1 is another pod",
    ),
    "a template": (
        found(Comparison(("replicaset/web",), (), True), source_state=SourceState.GONE, others=()),
        f"the template of replicaset/web{FINE}; its source web-1 is gone",
    ),
}


@pytest.mark.parametrize(("what", "line"), ONE_LINE.values(), ids=ONE_LINE)
def test_one_line_where_nothing_differs(what: Diff, line: str) -> None:
    assert nothing(what) == f"no difference: twin is like {line}"
    assert printed(what) == f"{nothing(what)}\n"


def printed(what: Diff, preference: str = "never") -> str:
    out = io.StringIO()
    terminal = Terminal(stdout=out, stderr=io.StringIO())
    before, Terminal.preference = Terminal.preference, preference
    try:
        show(what, terminal)
    finally:
        Terminal.preference = before
    return out.getvalue()


def test_what_differs_is_written_as_diff_does_with_a_table() -> None:
    bad = state("web-2", ready=False, restarts=3, restarted=NOW, log=LogCount(120, 6, 0.5, cut=True))
    groups = (Comparison(("web-1",), (IMAGE, PROBE)), Comparison(("web-2",), ()))
    what = found(*groups, others=(state("web-1", log=None), bad), endpoints=57)
    assert printed(what).splitlines() == [
        "twin, in Service web for 12m",
        "unlike its source web-1:",
        "  container app: image",
        "- nginx:1.27",
        "+ nginx:1.28",
        "  without container app: livenessProbe, as every copy",
        "as 1 other endpoint (web-2)",
        "2 of 57 other endpoints were looked at",
        "",
        "NAME    ROLE       READY   RESTARTS      LOG LINES   ERRORS   A MINUTE",
        "twin    copy       yes     0             10          0        0.0",
        "web-1   source     yes     0             ?           ?        ?",
        "web-2   endpoint   no      3 (12m ago)   120+        6        0.5",
    ]
    coloured = printed(what, "always")
    for text in (
        "\x1b[31m-\x1b[0m nginx:1.27",
        "\x1b[32m+\x1b[0m nginx:1.28",
        "\x1b[31mno\x1b[0m",
        "\x1b[33m3 (12m",
    ):
        assert text in coloured


WRONG = {
    "not ready": {"ready": False},
    "restarted": {"restarts": 1},
    "errors": {"log": LogCount(1, 1, 1.0)},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_pods_that_are_not_well_are_shown_though_nothing_else_differs(change: dict[str, Any]) -> None:
    for what in (found(copy=state("twin", **change)), found(others=(state("web-1", **change),))):
        shown = printed(what)
        assert "as its source web-1 and 1 other endpoint (web-2)\n" in shown
        assert "NAME" in shown


def test_where_the_copy_stands() -> None:
    out = found(in_service=())
    assert next(lines(out)) == "twin, not in Service web now, joined 12m ago"
    assert next(lines(replace(out, joined=()))) == "twin, not joined to a Service"


def test_many_others_are_counted() -> None:
    what = found(Comparison(tuple(f"web-{number}" for number in range(1, 8)), (IMAGE,)))
    assert "unlike its source web-1 and 6 other endpoints (web-2, web-3, web-4 ...):" in lines(what)
