"""Which container that runs in a pod already would do as well as a new one."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kubectl_netshoot.rules.pods import Ephemeral, ephemeral_container, runs_alike

Json = dict[str, Any]
WANTED = Ephemeral("web", "netshoot-new", "netshoot:v1", "netadmin", timedelta(minutes=6))
BEGAN = datetime(2026, 11, 30, 8, 0, tzinfo=timezone.utc)
RUNNING: Json = {"running": {"startedAt": "2026-11-30T08:00:00Z"}}


def pod(state: Json | None = RUNNING, **changes: Any) -> Json:
    """With a container as an earlier command has added it, in this state."""
    made = {
        **ephemeral_container(replace(WANTED, name="netshoot-old")),
        "terminationMessagePath": "/x",
        **changes,
    }
    states = [{"name": "netshoot-old", "state": state}] if state else []
    return {"spec": {"ephemeralContainers": [made]}, "status": {"ephemeralContainerStatuses": states}}


def found(pod: Json, seconds: int = 60, wanted: Ephemeral = WANTED) -> str:
    """After so many seconds, where four more minutes are needed."""
    return runs_alike(pod, wanted, BEGAN + timedelta(seconds=seconds), timedelta(minutes=4))


def test_one_that_runs() -> None:
    assert found(pod()) == "netshoot-old"


@pytest.mark.parametrize(("seconds", "name"), [(120, "netshoot-old"), (121, "")])
def test_it_must_last_as_long_as_is_needed(seconds: int, name: str) -> None:
    assert found(pod(), seconds) == name


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"waiting": {"reason": "ContainerCreating"}},
        {"terminated": {"exitCode": 0}},
        {"running": {}},
    ],
)
def test_one_that_does_not_run(state: Json | None) -> None:
    assert found(pod(state)) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"image": "netshoot:v2"},
        {"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}},
        {"securityContext": None},
        {"targetContainerName": "app"},
        {"command": ["sh", "-c", "sleep 3600"]},
        {"command": None},
        {"command": [*WANTED.command[:-1], "long"]},
    ],
)
def test_another_one(changes: Json) -> None:
    assert found(pod(**changes)) == ""


def test_one_of_another_profile() -> None:
    assert found(pod(), wanted=replace(WANTED, profile="restricted")) == ""
    assert found(pod(), wanted=replace(WANTED, user=0)) == ""


def test_a_pod_without_any() -> None:
    assert found({"spec": {}}) == ""
