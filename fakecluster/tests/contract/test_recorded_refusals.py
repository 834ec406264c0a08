"""What the real API server refuses, and how, is refused here in the same words."""

from __future__ import annotations

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.tests.contract.recordings import Exchange, load
from fakecluster.tests.contract.scene import Scene, said
from fakecluster.tests.contract.shapes import differences

EXCHANGES = load("refusals")
#: The patch that sets the deadline; what follows was recorded with it.
DEADLINE = next(i for i, e in enumerate(EXCHANGES) if e.status == 200 and e.method == "PATCH")
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def _name(exchange: Exchange) -> str:
    return f"{exchange.method}-{exchange.status}-{exchange.path.rpartition('/')[2].partition('?')[0]}"


pytestmark = pytest.mark.usefixtures("unzoned")


@pytest.fixture
def scene(api: Api, namespace: str) -> Scene:
    """The pods `nginx-...` and `ref` of the recording, `ref` with the recorded deadline."""
    scene = Scene(api, namespace)
    scene.source()
    ref = next(e.answer for e in EXCHANGES if e.status == 200 and e.method == "PATCH")
    scene.pod({**ref, "spec": {k: v for k, v in ref["spec"].items() if k != "activeDeadlineSeconds"}})
    scene.ready("ref")
    return scene


def _api_of(exchange: Exchange, cluster: ClusterProcess, admin: Api) -> Api:
    """The recording's second user, `nobody`, sends what was refused to nobody."""
    answer = exchange.answer
    is_nobody = 'User "nobody"' in str(answer.get("message")) or answer.get("status") == {"allowed": False}
    return Api(cluster.user("nobody")) if is_nobody else admin


@pytest.mark.parametrize("index", range(len(EXCHANGES)), ids=[_name(e) for e in EXCHANGES])
def test_the_same_request_gets_the_same_answer(
    index: int, scene: Scene, cluster: ClusterProcess, api: Api
) -> None:
    exchange = EXCHANGES[index]
    if exchange.path.startswith("/api/v1/namespaces/rec-"):
        _special_namespaces(api)
    if "watch=1" in exchange.path:
        cluster.settings(watch_log_size=1)
    if index > DEADLINE:
        scene.replay(EXCHANGES[DEADLINE])
    scene.api = _api_of(exchange, cluster, api)
    ours = scene.replay(exchange)
    assert ours.status == exchange.status, ours.body
    assert ours.headers["content-type"] == exchange.content_type
    _same(exchange, ours.body[0] if isinstance(ours.body, list) else ours.body, scene.namespace)


def _same(exchange: Exchange, ours: dict[str, object], namespace: str) -> None:
    recorded = exchange.answer
    if recorded.get("kind") == "Status":
        expected = said(recorded)
        expected["message"] = expected["message"].replace('namespace "acc"', f'namespace "{namespace}"')
        assert said(ours) == expected
    if recorded.get("type") == "ERROR":
        ours, recorded = ours["object"], recorded["object"]  # type: ignore[assignment]
        assert said(ours) == said(recorded)
    assert list(differences(recorded, ours)) == []


def _special_namespaces(api: Api) -> None:
    """The two namespaces of the recording that restrict pods; they may be there already."""
    api("POST", "/api/v1/namespaces", {"metadata": {"name": "rec-restricted", "labels": _RESTRICTED}})
    api("POST", "/api/v1/namespaces", {"metadata": {"name": "rec-quota"}})
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"limits.memory": "1Gi"}}}
    api("POST", "/api/v1/namespaces/rec-quota/resourcequotas", quota)
