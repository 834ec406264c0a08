"""The last look at a set copy: what its three lines say, and that nothing is said which is not known."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.model import Container, Pod
from kubectl_netshoot.rules.manifest import PodRequest
from kubectl_netshoot.rules.marks import JOINED_AT
from kubectl_netshoot.rules.open_connections import Accepted
from kubectl_netshoot.rules.pod_state import LogCount, PodState
from kubectl_netshoot.session import session as sessions
from kubectl_netshoot.session.comparison import (
    LastLook,
    connections_json,
    last_lines,
    last_look_json,
    take_last_look,
)
from kubectl_netshoot.session.edges import now
from kubectl_netshoot.session.session import Session
from tests.unit.builders import NOW, around, copy, debug_container, endpoints, joined_copy, mark, pod
from tests.unit.session.plans import throwaway_plan

COPY = copy(containers=(Container("web", "nginx:1.28"), debug_container()))
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)


def state(name: str = "web-1", **changes: Any) -> PodState:
    return replace(PodState(name, name, True, 0, log=LogCount(9)), **changes)


def look(*others: PodState, **of_copy: Any) -> LastLook:
    return LastLook(state("twin", **of_copy), others, len(others), NOW)


MANY = Accepted(214, probes=24)
CASES: dict[str, tuple[LastLook | None, tuple[str, ...], Accepted | None, list[str]]] = {
    "all well": (
        look(state(), state(), state()),
        ("image web",),
        MANY,
        [
            "with image nginx:1.28: 12m in service, 214 connections since its start, up to 24 of them probes",
            "the copy: no restart, 0 error lines",
            "the others: 3 pods, none restarted, 0 error lines",
        ],
    ),
    "nothing well": (
        look(
            state(restarts=1, restarted=AFTER, log=LogCount(9, 3, 0.25)),
            state(restarts=4, restarted=BEFORE),
            restarts=2,
            restarted=AFTER,
            log=LogCount(9, 1, 0.02, cut=True),
        ),
        ("env web:LOG_LEVEL",),
        Accepted(1, or_more=True),
        [
            "with env web:LOG_LEVEL: 12m in service, at least 1 connection since its start",
            "the copy: 2 restarts, at least 1 error line, fewer than 0.1 a minute",
            "the others: 2 pods, 1 restarted, 3 error lines, 0.1 a minute each",
        ],
    ),
    "what was not read": (
        look(state(log=None), state(), log=None),
        ("image gone",),
        None,
        [
            "with image gone: 12m in service, connections not known",
            "the copy: no restart, error lines not known",
            "the others: 2 pods, none restarted, error lines not known",
        ],
    ),
    "nobody else": (
        look(),
        ("command web", "args web", "env web:A", "env web:B", "env web:C"),
        Accepted(0),
        [
            "with command web, args web, env web:A, 2 more: 12m in service, 0 connections since its start",
            "the copy: no restart, 0 error lines",
            "the others: none",
        ],
    ),
    "some of many": (
        replace(look(state(log=LogCount(9, 12, 1.0))), endpoints=57),
        ("image web",),
        MANY,
        [
            "with image nginx:1.28: 12m in service, 214 connections since its start, up to 24 of them probes",
            "the copy: no restart, 0 error lines",
            "the others: 1 of 57 pods, none restarted, 12 error lines, 1.0 a minute",
        ],
    ),
    "a roll-out": (
        replace(look(), endpoints=3),
        ("image web",),
        MANY,
        [
            "with image nginx:1.28: 12m in service, 214 connections since its start, up to 24 of them probes",
            "the copy: no restart, 0 error lines",
            "the others: none of 3 pods is there any more",
        ],
    ),
}


@pytest.mark.parametrize(("seen", "names", "accepted", "said"), CASES.values(), ids=CASES)
def test_what_is_said(
    seen: LastLook | None, names: tuple[str, ...], accepted: Accepted | None, said: list[str]
) -> None:
    assert list(last_lines(seen, "", names, COPY, timedelta(minutes=12), accepted)) == said


def test_what_was_not_seen_is_not_said_to_be_well() -> None:
    """A copy may have left and not be read, or not be seen to leave: deleted by somebody, or still in service."""
    left = last_lines(None, "no answer", ("image web",), COPY, timedelta(minutes=12), MANY)
    assert list(left) == [
        "with image nginx:1.28: 12m in service, 214 connections since its start, up to 24 of them probes",
        "the copy and the others: not known, no answer",
    ]
    assert list(last_lines(None, "", ("image web",), COPY, timedelta(minutes=12), None)) == [
        "with image nginx:1.28: joined 12m ago, connections not known",
        "the copy and the others: not known, it was not seen to leave its Services",
    ]


def test_what_is_not_known_is_null() -> None:
    found = last_look_json(look(state(log=None), log=None))
    assert found == {
        "restarts": 0,
        "errorLines": None,
        "errorLinesPerMinute": None,
        "others": {
            "endpoints": 1,
            "lookedAt": 1,
            "restarted": 0,
            "errorLines": None,
            "errorLinesPerMinute": None,
        },
    }
    assert last_look_json(None) is None
    nobody = last_look_json(look())
    assert nobody
    assert nobody["others"]["errorLines"] is None
    assert connections_json(None) is None
    assert connections_json(MANY) == {"accepted": 214, "orMore": False, "probes": 24}


def test_the_rate_is_that_of_each_log() -> None:
    found = last_look_json(look(state(log=LogCount(9, 3, 0.5)), state(), log=LogCount(9, 2, 0.2)))
    assert found
    assert (found["errorLinesPerMinute"], found["others"]["errorLinesPerMinute"]) == (0.2, 0.25)


def reads(*gone: str) -> Any:
    """Of pods that are all alike, less those that are gone; each container has logged a line a minute."""

    def as_sent(name: str) -> tuple[Pod, dict[str, Any]] | None:
        return None if name in gone else (pod(name), {})

    def log_count(_: str, __: str, since: Any, until: Any) -> LogCount:
        return LogCount(round((until - since).total_seconds() / 60))

    until = NOW + timedelta(minutes=5)
    return SimpleNamespace(pod_as_sent=as_sent, log_count=log_count, now=lambda: until)


def joined() -> Pod:
    made = joined_copy()
    return replace(made, annotations={**made.annotations, JOINED_AT: "2026-05-04T12:00:00Z"})


def test_the_copy_and_the_others_are_looked_at_since_the_join() -> None:
    ready = tuple(f"{number:02}" for number in range(15))
    found = take_last_look(reads("pod-03"), joined(), (endpoints(ready=(*ready, joined().uid)),))
    assert found is not None
    assert (found.copy.name, found.copy.log) == (joined().name, LogCount(5))
    assert (found.endpoints, len(found.others)) == (15, 9)


@pytest.mark.parametrize(("ended", "cut"), [("2026-05-04T11:59:00Z", False), ("2026-05-04T12:03:00Z", True)])
def test_what_was_logged_before_a_restart_is_not_counted_and_that_is_said(ended: str, cut: bool) -> None:
    status = {"name": "app", "restartCount": 1, "lastState": {"terminated": {"finishedAt": ended}}}
    one = reads()
    one.pod_as_sent = lambda name: (pod(name), {"status": {"containerStatuses": [status]}})
    found = take_last_look(one, joined(), (endpoints(),))
    assert found
    assert found.copy.log == LogCount(5, cut=cut)


def test_a_native_sidecar_has_a_log_too() -> None:
    one = reads()
    one.pod_as_sent = lambda name: (replace(pod(name), sidecars=(Container("mesh"),)), {})
    found = take_last_look(one, joined(), (endpoints(),))
    assert found
    assert found.copy.log == LogCount(10)


def test_there_is_no_last_look_at_what_is_gone_or_was_not_joined() -> None:
    assert take_last_look(reads(joined().name), joined(), (endpoints(),)) is None
    assert take_last_look(reads(), copy(mark(joined=False)), (endpoints(),)) is None


WANTED = {
    "nothing set": ((), False, "", False),
    "set": (("image app",), False, "", True),
    "set, quiet": (("image app",), True, "", False),
    "set, quiet, with a summary": (("image app",), True, "summary.json", True),
}


@pytest.mark.parametrize(("names", "quiet", "summary", "taken"), WANTED.values(), ids=WANTED)
def test_it_is_taken_where_somebody_wants_to_know(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], quiet: bool, summary: str, taken: bool
) -> None:
    looks: list[Pod] = []

    def take(_: Any, copy: Pod, __: Any) -> LastLook:
        looks.append(copy)
        return look(state())

    monkeypatch.setattr(sessions, "take_last_look", take)
    made, said = ending(names, quiet, summary)
    made._look_back(COPY, ())
    made._look_back(COPY, ())
    assert looks == ([COPY] if taken else [])
    made._driver.copy, made._driver._joined_since = COPY, now()
    made._say_last_look()
    assert len(said) == (3 if taken else 0)


def test_a_server_that_does_not_answer_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> LastLook:
        raise ApiError("no answer")

    monkeypatch.setattr(sessions, "take_last_look", fail)
    made, said = ending(("image app",), False, "")
    made._look_back(COPY, ())
    made._driver.copy, made._driver._joined_since = COPY, now()
    made._say_last_look()
    assert said[1:] == ["the copy and the others: not known, no answer"]


def test_nothing_is_said_of_a_copy_that_never_joined() -> None:
    made, said = ending(("image app",), False, "")
    made._driver.copy = COPY
    made._say_last_look()
    assert not said


def ending(names: tuple[str, ...], quiet: bool, summary: str) -> tuple[Session, list[str]]:
    """A session of a copy in which these are set, and what it says."""
    said: list[str] = []
    edges: Any = SimpleNamespace(reads=None, terminal=SimpleNamespace(quiet=quiet, say=said.append))
    plan = throwaway_plan(around(), mark=mark(set_names=names))
    attachment: Any = SimpleNamespace(before_join=None)
    return Session(PodRequest(summary=summary), plan, edges, attachment), said
