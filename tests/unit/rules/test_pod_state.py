"""How a pod stands: its restarts with the last one's time, and nothing of our own container."""

from typing import Any

from kubectl_netshoot.model import Container
from kubectl_netshoot.rules.pod_state import pod_state
from tests.unit.builders import NOW, copy, pod


def status(name: str, restarts: int, ended: str = "") -> dict[str, Any]:
    last = {"lastState": {"terminated": {"finishedAt": ended}}} if ended else {}
    return {"name": name, "restartCount": restarts, **last}


ITEM = {
    "status": {
        "initContainerStatuses": [status("sidecar", 1, "2026-05-04T11:00:00Z")],
        "containerStatuses": [status("app", 2, "2026-05-04T12:00:00Z"), status("netshoot", 9)],
    }
}


def test_restarts_are_those_of_the_application() -> None:
    found = pod_state(copy(), ITEM, None)
    assert (found.restarts, found.restarted, found.ready) == (3, NOW, True)


def test_a_container_that_is_only_called_as_ours_is_the_applications() -> None:
    assert pod_state(pod(containers=(Container("netshoot"),)), ITEM, None).restarts == 12


def test_a_pod_that_was_never_started_again() -> None:
    found = pod_state(pod(ready=False), {}, None)
    assert (found.restarts, found.restarted, found.ready) == (0, None, False)
