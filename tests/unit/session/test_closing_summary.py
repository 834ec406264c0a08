"""The summary of a session: its keys are frozen, and what it says is what was seen."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubectl_netshoot.rules.guard import refuse
from kubectl_netshoot.rules.hazards.services import Share
from kubectl_netshoot.rules.open_connections import Count, Counters
from kubectl_netshoot.rules.pod_state import LogCount, PodState
from kubectl_netshoot.rules.steps import Done, Goal, Intent, Stop
from kubectl_netshoot.session.closing import summary, write
from kubectl_netshoot.session.comparison import LastLook
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.edges import now
from kubectl_netshoot.terminal import Terminal
from tests.unit.builders import NOW, around, copy, endpoints
from tests.unit.jsonshape import shape
from tests.unit.session.plans import throwaway_plan

KEYS = {
    "schema": str,
    "context": str,
    "namespace": str,
    "kind": str,
    "source": str,
    "set": [],
    "pod": {"name": str, "uid": str, "node": str},
    "services": [{"name": str, "share": float, "readyBefore": int, "readyAfter": int}],
    "secondsInService": float,
    "connections": {"accepted": int, "orMore": bool, "probes": int},
    "lastLook": {
        "restarts": int,
        "errorLines": int,
        "errorLinesPerMinute": float,
        "others": {
            "endpoints": int,
            "lookedAt": int,
            "restarted": int,
            "errorLines": int,
            "errorLinesPerMinute": float,
        },
    },
    "warnings": [{"id": str, "what": str}],
    "notes": [str],
    "ended": {"status": int, "message": str, "pod": str},
}


LOOK = LastLook(
    PodState("tmp", "u", True, 0, log=LogCount(9)), (PodState("a", "a", True, 0, log=LogCount()),), 1, NOW
)


def driver(made: bool = True) -> Driver:
    edges: Any = SimpleNamespace(reads=SimpleNamespace(now=lambda: NOW))
    found = Driver(edges, "tmp", Intent(Goal.GONE, now()))
    if made:
        started = NOW - timedelta(seconds=20)
        found.copy = copy(node="node-1", started=started, probe_periods=(10,))
        found.endpoints = (endpoints(ready=("a", "b")),)
        found._joined_since = now()
        found._quiet, found._quiet_since = Count(0, counters=Counters(7, 0, 0)), found._joined_since
        found._served_until = found._joined_since + timedelta(seconds=12.34)
    return found


def plan() -> Any:
    made = throwaway_plan(around())
    join = replace(made.join, shares=(("web", (Share(3),)),), ready_before=(("web", 3),))
    return replace(made, join=join, notes=("one",))


def test_the_keys_are_frozen() -> None:
    found = summary(plan(), driver(), Done(exists=False), 0, "", LOOK)
    found["warnings"] = found["warnings"] or [{"id": "pdb", "what": "counts it"}]
    assert shape(found) == KEYS
    assert summary(plan(), driver(), Done(exists=False), 0, "")["lastLook"] is None


def test_what_it_took_and_for_how_long() -> None:
    found = summary(plan(), driver(), Done(exists=False), 0, "")
    assert found["services"] == [{"name": "web", "share": 0.25, "readyBefore": 3, "readyAfter": 2}]
    assert found["secondsInService"] == 12.3
    # By the clock a moment has gone by since the count.
    assert found["connections"] in ({"accepted": 7, "orMore": False, "probes": many} for many in (2, 3))
    never = summary(plan(), driver(made=False), Done(exists=False), 1, "no image")
    assert never["secondsInService"] is None
    assert never["connections"] is None
    assert never["services"][0]["readyAfter"] is None


UNKNOWN: dict[str, dict[str, Any]] = {
    "never counted": {"_quiet": None, "_quiet_since": None},
    "counted by the whole node": {"copy": copy(started=NOW, host_network=True)},
    "not started": {"copy": copy(started=None)},
    "never joined": {"_joined_since": None},
}


@pytest.mark.parametrize("changes", UNKNOWN.values(), ids=UNKNOWN)
def test_connections_that_are_not_known_are_null(changes: dict[str, Any]) -> None:
    found = driver()
    vars(found).update(changes)
    assert summary(plan(), found, Done(exists=False), 0, "")["connections"] is None


ENDINGS = [
    (Done(exists=False), True, "deleted"),
    (Done(exists=True, deleting=True), True, "deleting"),
    (Done(exists=True), True, "kept"),
    (Done(exists=False), False, "never made"),
    (Stop(refuse("no")), True, "left"),
    (None, True, "left"),
    (None, False, "unknown"),
]


@pytest.mark.parametrize(("ending", "made", "pod"), ENDINGS)
def test_how_it_ended(ending: object, made: bool, pod: str) -> None:
    found = summary(plan(), driver(made), ending, 4, "it was\nleft")
    assert found["ended"] == {"status": 4, "message": "it was left", "pod": pod}


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    stderr = io.StringIO()
    terminal = Terminal(io.StringIO(), io.StringIO(), stderr)
    write(str(tmp_path / "file"), {"a": 1}, terminal)
    assert json.loads((tmp_path / "file").read_text()) == {"a": 1}
    write(str(tmp_path), {}, terminal)
    assert "the summary cannot be written into" in stderr.getvalue()
