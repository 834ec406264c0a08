"""Who comes from the other kubectl-netshoot finds all of its README's examples here, with the same words."""

import json
from typing import Any

import pytest

from tests.system.docs.conftest import Desk
from tests.waiting import until
from tools.markdown import ROOT, Document

Json = dict[str, Any]
EXAMPLES = "tests/system/docs/peer.txt"
PING, BUSYBOX = "run tmp-shell -- ping 8.8.8.8", "--image-name busybox --image-tag 1.36.0"
# Nothing outside the fake cluster can be reached, and that is ping's own status then.
STATUS = {PING: 1}


def examples() -> list[str]:
    lines = (ROOT / EXAMPLES).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.fixture
def place(desk: Desk) -> Desk:
    """What the examples name: two pods and a node."""
    desk.cluster.settings(image_rules=[{"pattern": "^busybox:1.36.0$", "effect": "run"}])
    desk.cluster.act("add-node", node="my-node")
    container = {"name": "app", "image": "nginx:1.27", "ports": [{"containerPort": 8443}]}
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}
        for name in ("my-existing-pod", "mypod")
    ]
    desk.set_up(pods)
    return desk


def pods(desk: Desk) -> list[Json]:
    found: list[Json] = json.loads(desk.type("kubectl get pods -o json").stdout)["items"]
    return found


def added(desk: Desk) -> list[Json]:
    """The states of all containers that were added to a pod."""
    statuses = [pod["status"].get("ephemeralContainerStatuses") or [] for pod in pods(desk)]
    return [status["state"] for of_pod in statuses for status in of_pod]


def test_every_example_runs_with_the_same_words(place: Desk) -> None:
    """Typed without a terminal, a shell reads the end of its input at once."""
    before = {pod["metadata"]["name"] for pod in pods(place)}
    done = {line: place.type(line) for line in examples()}
    expected = {line: next((s for end, s in STATUS.items() if line.endswith(end)), 0) for line in done}
    assert {line: d.returncode for line, d in done.items()} == expected, [d.stderr for d in done.values()]
    assert "PING 8.8.8.8" in next(d.stdout for line, d in done.items() if line.endswith(PING))
    assert next(d.stdout for line, d in done.items() if "curl" in line)
    assert {pod["metadata"]["name"] for pod in pods(place)} == before
    until(lambda: all("terminated" in state for state in added(place)), "the end of the added containers")
    assert len(added(place)) == 3


def test_the_halves_of_an_image_are_put_together(place: Desk) -> None:
    last = place.type(f"kubectl netshoot run tmp-shell {BUSYBOX} --dry-run -o json")
    assert last.returncode == 0, last.stderr
    assert "busybox:1.36.0" in last.stdout
    debug = place.type("kubectl netshoot debug mypod --image-tag v0.5 --dry-run")
    assert "image nicolaka/netshoot:v0.5" in debug.stdout


def test_the_comparison_says_where_the_examples_are() -> None:
    assert f"`{EXAMPLES}`" in Document("docs/comparison.md").text
    assert len(examples()) == 10
