"""The last look at a set copy: what its two lines say, and that nothing is said which is not known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kubectl_netshoot.model import Container
from kubectl_netshoot.rules.logs import LogCount
from kubectl_netshoot.rules.pod_state import PodState
from kubectl_netshoot.session.last_look import LastLook, last_lines, last_look_json
from tests.unit.builders import NOW, copy, debug_container

COPY = copy(containers=(Container("web", "nginx:1.28"), debug_container()))
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)


def state(name: str = "web-1", **changes: Any) -> PodState:
    return replace(PodState(name, name, True, 0, log=LogCount(9)), **changes)


def look(*others: PodState, **of_copy: Any) -> LastLook:
    return LastLook(state("twin", **of_copy), others, len(others), NOW)


CASES: dict[str, tuple[LastLook, tuple[str, ...], list[str]]] = {
    "all well": (
        look(state(), state(), state()),
        ("image web",),
        [
            "with image nginx:1.28: 12m in service, no restart, 0 error lines in its log",
            "the others: 3 pods, none restarted, 0 error lines in their logs",
        ],
    ),
    "nothing well": (
        look(
            state(restarts=1, restarted=AFTER, log=LogCount(9, 3)),
            state(restarts=4, restarted=BEFORE),
            restarts=2,
            restarted=AFTER,
            log=LogCount(9, 1, cut=True),
        ),
        ("env web:LOG_LEVEL",),
        [
            "with env web:LOG_LEVEL: 12m in service, 2 restarts, at least 1 error line in its log",
            "the others: 2 pods, 1 restarted, 3 error lines in their logs",
        ],
    ),
    "logs that were not read": (
        look(state(log=None), state(), log=None),
        ("image gone",),
        [
            "with image gone: 12m in service, no restart",
            "the others: 2 pods, none restarted",
        ],
    ),
    "nobody else": (
        look(),
        ("command web", "args web", "env web:A", "env web:B", "env web:C"),
        [
            "with command web, args web, env web:A, 2 more: 12m in service, no restart, 0 error lines in its log",
        ],
    ),
    "some of many": (
        replace(look(state()), endpoints=57),
        ("image web",),
        [
            "with image nginx:1.28: 12m in service, no restart, 0 error lines in its log",
            "the others: 1 of 57 pods, none restarted, 0 error lines in their logs",
        ],
    ),
}


@pytest.mark.parametrize(("seen", "names", "said"), CASES.values(), ids=CASES)
def test_what_is_said(seen: LastLook, names: tuple[str, ...], said: list[str]) -> None:
    assert list(last_lines(seen, names, COPY, timedelta(minutes=12))) == said


def test_what_is_not_known_is_null() -> None:
    found = last_look_json(look(state(log=None), log=None))
    assert found == {
        "restarts": 0,
        "errorLines": None,
        "others": {"endpoints": 1, "lookedAt": 1, "restarted": 0, "errorLines": None},
    }
    assert last_look_json(None) is None
