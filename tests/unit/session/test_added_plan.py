"""Which container is asked for: the best that the API server lets in, and no pod that nothing can be added to."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError, RefusedError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.kubeconfig import Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.profiles import KUBECTL
from kubectl_netshoot.rules.targets import POD, TargetName
from kubectl_netshoot.session.added_plan import Candidate, NoRawSocketsError, Proposal, Wish, check_addable
from kubectl_netshoot.session.choice import Chosen
from tests.unit.builders import pod as a_pod
from tests.unit.kube.apiserver import Answer, Asked, failure
from tests.unit.session.conftest import Scene, pod

PLACE = Target("here", "here", "me", "shop", "http://server")
REFUSES_CAPABILITIES = 'violates PodSecurity "baseline:latest": non-default capabilities'
Json = dict[str, Any]


class Propose:
    """What is proposed for pod web, and what the API server was asked about."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self._scene, self._folder = scene, folder
        self.asked: list[Json] = []
        self.refused: tuple[str, ...] = ()
        scene.server.decide = self._judge

    def __call__(self, profile: str = "auto", level: str = "", raw_sockets: bool = False) -> Candidate:
        wish = Wish("netshoot", profile, "", timedelta(hours=1), raw_sockets)
        pinned = Pinned(PLACE, {}, self._folder)
        debug = DebugHelp(frozenset({"--custom"}), frozenset(KUBECTL))
        chosen = Chosen(parse.pod(pod(None)), pod(None), TargetName(POD, "web"))
        return Proposal(wish, self._scene.edges, debug, pinned).candidate(chosen, level, "app")

    def _judge(self, asked: Asked) -> Answer:
        assert asked.path == "/api/v1/namespaces/shop/pods/web/ephemeralcontainers?dryRun=All"
        (container,) = json.loads(asked.body)["spec"]["ephemeralContainers"]
        self.asked.append(container)
        added = (container.get("securityContext") or {}).get("capabilities", {}).get("add", [])
        if set(added) & set(self.refused):
            return failure(403, "Forbidden", REFUSES_CAPABILITIES)
        return Answer({}, headers=(("Warning", '299 - "mind the gap"'),))


@pytest.fixture
def propose(scene: Scene, tmp_path: Path) -> Propose:
    return Propose(scene, tmp_path)


def test_the_best_goes_first_and_shares_what_was_asked_for(propose: Propose) -> None:
    found = propose()
    assert found.container.profile == "netadmin"
    assert [container["targetContainerName"] for container in propose.asked] == ["app"]
    assert found.container.target == "app"
    assert found.notes == ("the API server warns: mind the gap",)
    assert f"--container={found.container.name}" in found.command


def test_what_the_server_refuses_is_the_reason_for_less(propose: Propose) -> None:
    propose.refused = ("NET_ADMIN",)
    found = propose()
    assert found.container.profile == "baseline"
    assert found.choice.reason == f"the API server refuses more: {REFUSES_CAPABILITIES}"


def test_what_was_asked_for_alone_is_refused(propose: Propose) -> None:
    propose.refused = ("NET_ADMIN",)
    with pytest.raises(RefusedError, match="the API server would refuse the container: violates"):
        propose("netadmin")


def test_no_raw_sockets_where_they_are_wanted(propose: Propose) -> None:
    with pytest.raises(NoRawSocketsError, match="no raw sockets"):
        propose(level="restricted", raw_sockets=True)
    assert propose.asked == []


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (a_pod("web", phase="Succeeded"), "pod web has ended, Succeeded"),
        (a_pod("web", phase="Failed", reason="Evicted"), r"pod web has ended, Failed \(Evicted\)"),
        (a_pod("web", terminating=True), "pod web is being deleted"),
        (a_pod("web", phase="Pending", node=""), "pod web is not on a node yet"),
    ],
)
def test_pods_that_nothing_can_be_added_to(found: Pod, why: str) -> None:
    with pytest.raises(NetshootError, match=why):
        check_addable(found, PLACE)


def test_a_static_pod_is_refused_and_its_node_named() -> None:
    static = a_pod("web", annotations={"kubernetes.io/config.mirror": "0"})
    with pytest.raises(RefusedError, match="static pod") as raised:
        check_addable(static, PLACE)
    assert "debug node/node-1 -n shop --context here" in raised.value.hint


@pytest.mark.parametrize("found", [a_pod("web"), a_pod("web", phase="Pending")])
def test_a_pod_on_a_node_will_do(found: Pod) -> None:
    check_addable(found, PLACE)
