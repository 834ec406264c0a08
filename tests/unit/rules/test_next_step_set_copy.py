"""A copy in which something is set, on its way in: what fails is told at once, and only what stays ready joins."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kubectl_netshoot.model import Container
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.next_step import HOPELESS, STEADY, next_step
from kubectl_netshoot.rules.steps import Abandon, Attach, Goal, Join, Wait
from tests.unit.builders import NOW, copy, debug_container, intent, joined_copy, mark

PLAIN, SET = mark(), mark(set_names=("image app", "env mesh:LOG"))
SERVING = intent(Goal.SERVING, mark=SET)
FAILING = (
    {"waiting": "ErrImagePull", "waiting_message": "no such image"},
    {"waiting": "ImagePullBackOff"},
    {"waiting": "CreateContainerConfigError"},
    {"waiting": "RunContainerError"},
    {"waiting": "CrashLoopBackOff", "restarts": 2, "last_end": "Error, status 3"},
    {"exit_code": 0, "last_end": "Completed, status 0"},
    {"restarts": 1, "running": True, "ready": True, "last_end": "Error, status 3"},
)


def unready(app: Container, **more: Any) -> Observed:
    traits = {"ready": False, "containers_ready": False, "containers": (app, debug_container()), **more}
    return Observed(copy(SET, **traits))


@pytest.mark.parametrize("state", FAILING, ids=str)
def test_a_changed_container_that_does_not_come_up_ends_it_at_once(state: dict[str, Any]) -> None:
    step = next_step(unready(Container("app", **state)), SERVING, NOW)
    assert isinstance(step, Abandon)
    assert "container app" in step.reason
    assert state.get("last_end") or state["waiting"] in step.reason
    assert state.get("waiting_message", "") in step.reason


@pytest.mark.parametrize("state", FAILING, ids=str)
def test_one_that_is_not_changed_is_waited_for_as_ever(state: dict[str, Any]) -> None:
    hopeless = state.get("waiting") in HOPELESS
    for of, carried in ((SET, mark(set_names=("image other",))), (PLAIN, PLAIN)):
        seen = unready(Container("app", **{**state, "ready": False}))
        seen = replace(seen, copy=replace(seen.copy, annotations=copy(carried).annotations))  # type: ignore[type-var]
        step = next_step(seen, replace(SERVING, mark=carried), NOW)
        assert isinstance(step, Abandon if hopeless else Wait), of


def test_a_native_sidecar_that_was_changed() -> None:
    seen = unready(
        Container("app", waiting="PodInitializing"), sidecars=(Container("mesh", waiting="ErrImagePull"),)
    )
    step = next_step(seen, SERVING, NOW)
    assert isinstance(step, Abandon)
    assert "container mesh" in step.reason


def test_without_a_service_the_shell_opens_to_look_at_it() -> None:
    goal = replace(SERVING, goal=Goal.READY)
    assert next_step(unready(Container("app", waiting="ErrImagePull")), goal, NOW) == Attach()


@pytest.mark.parametrize(
    ("since", "joins"),
    [(None, False), (timedelta(), False), (STEADY - timedelta(seconds=1), False), (STEADY, True)],
)
def test_it_joins_once_it_has_stayed_ready(since: timedelta | None, joins: bool) -> None:
    seen = Observed(copy(SET), ready_since=None if since is None else NOW - since)
    step = next_step(seen, SERVING, NOW)
    assert isinstance(step, Join if joins else Wait)
    if isinstance(step, Wait):
        assert step.over == step.until == NOW - (since or timedelta()) + STEADY
    assert isinstance(next_step(Observed(copy(PLAIN)), replace(SERVING, mark=PLAIN), NOW), Join)


def test_what_ends_after_the_labels_are_on_ends_it_too() -> None:
    gone = joined_copy(SET, containers=(Container("app", restarts=1, ready=True), debug_container()))
    assert isinstance(next_step(Observed(gone), SERVING, NOW), Abandon)
