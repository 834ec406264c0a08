"""`why` that is killed: whatever it was at, nothing that it leaves lives longer than the time that it was given."""

import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fakecluster.manifests import pod
from tests.system.e2e.api import Api
from tests.system.e2e.dumps import added
from tests.system.e2e.network import Break
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.system.e2e.witness import is_marked
from tests.waiting import until

Json = dict[str, Any]
FRONT = "front"
# Of whatever was added or made.
BOUND = timedelta(minutes=6)


@pytest.fixture
def front(scenery: Scenery) -> str:
    """A client of our own: what is left in it ends with it, and not before its time."""
    scenery.add_ready(1, pod(FRONT, {"app": FRONT}), app=FRONT)
    return FRONT


def killed(running: Running) -> None:
    running.send(signal.SIGKILL)
    assert running.wait().status == -signal.SIGKILL


def bounds(api: Api, *pods: str) -> list[timedelta]:
    """The time of each container that was added to these pods: the last word of its command."""
    found = [c for name in pods for c in (api.pod(name) or {})["spec"].get("ephemeralContainers") or []]
    return [timedelta(seconds=int(container["command"][-1])) for container in found]


def ours(api: Api) -> list[Json]:
    """The pods that were made for it."""
    return [found for found in api.objects("Pod") if is_marked(found)]


@pytest.mark.usefixtures("behind")
def test_while_it_reads(
    plugin: Plugin, api: Api, front: str, turnstile: Callable[[Hold | None], Turnstile]
) -> None:
    gate = turnstile(Hold("GET", "/services/api"))
    running = plugin.start("why", front, "api")
    until(gate.reached.is_set, "the question for the Service")
    killed(running)
    gate.open()
    assert bounds(api, front, "api-x7k") == []
    assert ours(api) == []
    # Its private kubeconfig is swept by whoever comes next.
    assert plugin.run("list").status == 0


def test_while_the_container_is_added(
    plugin: Plugin, api: Api, behind: str, front: str, turnstile: Callable[[Hold | None], Turnstile]
) -> None:
    gate = turnstile(Hold("PATCH", r"/ephemeralcontainers(?!\S*dryRun)", answer=True))
    running = plugin.start("why", front, "api")
    until(gate.reached.is_set, "the answer that it was added")
    killed(running)
    gate.open()
    assert bounds(api, front, behind) == [BOUND]
    assert plugin.run("list").status == 0


def test_at_the_clients_end(plugin: Plugin, api: Api, breaks: Break, behind: str, front: str) -> None:
    breaks("drop", behind)
    running = plugin.start("why", front, "api", "--timeout=8s")
    until(lambda: any("running" in state for state in added(api, front)), "the added container")
    killed(running)
    assert bounds(api, front, behind) == [BOUND]
    assert plugin.run("list").status == 0


def test_at_both_ends(plugin: Plugin, api: Api, breaks: Break, behind: str, front: str) -> None:
    breaks("drop", behind)
    running = plugin.start("why", front, "api", "--timeout=8s")
    until(
        lambda: any("running" in state for state in added(api, behind)), "the container in the server's pod"
    )
    killed(running)
    assert bounds(api, front, behind) == [BOUND, BOUND]
    assert plugin.run("list").status == 0


@pytest.mark.parametrize("stand_in", [True, False], ids=["stand-in", "throwaway"])
def test_in_a_pod_of_its_own(
    plugin: Plugin, api: Api, breaks: Break, behind: str, front: str, stand_in: bool
) -> None:
    breaks("drop", behind)
    words = (front, "api", "--stand-in") if stand_in else ("api",)
    running = plugin.start("why", *words, "--yes", "--timeout=8s")
    until(lambda: bounds(api, behind), "the container in the server's pod")
    (made,) = ours(api)
    killed(running)
    assert timedelta(seconds=made["spec"]["activeDeadlineSeconds"]) <= BOUND
    assert bounds(api, behind) == [BOUND]
    assert bounds(api, front) == []
    assert plugin.run("cleanup", "--mine", "--yes").status == 0
    until(lambda: not ours(api), "the end of the pod")
