"""Which pods a workload or a Service stands for: by its selector, running, its own, the newest ready one first."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubectl_netshoot.cluster import Api, pods_of
from kubectl_netshoot.cluster.fetch import Fetch
from kubectl_netshoot.cluster.reads import Reads
from kubectl_netshoot.cluster.workloads import WORKLOADS, query
from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.model import CONTAINER, ENV_MARK, Requirement, Selector
from kubectl_netshoot.targets import KINDS, POD, TargetName, parse_any_target
from tests.builders import SESSION

from .apiserver import Answer, ApiServer, Asked, failure

Json = dict[str, Any]
DEPLOYMENT: Json = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}
WEB = TargetName("deploy", "web")


def pod(name: str, day: int, owner: str = "ReplicaSet", ready: bool = True, **more: Any) -> Json:
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": f"2026-01-{day:02}T00:00:00Z",
            "ownerReferences": [{"kind": owner, "name": "web-1", "uid": "o", "controller": True}]
            if owner
            else [],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
        "spec": {"containers": []},
        **more,
    }


@pytest.fixture
def reads(api: Api) -> Reads:
    return Reads(Fetch(api, "shop", lambda _: None))


def serve(server: ApiServer, workload: Json, *pods: Json) -> None:
    def decide(asked: Asked) -> Answer:
        listed = urlsplit(asked.path).path.endswith("/pods")
        return Answer({"kind": "List", "metadata": {}, "items": list(pods)} if listed else workload)

    server.decide = decide


def test_the_newest_ready_pod_is_the_first(reads: Reads, server: ApiServer) -> None:
    serve(
        server, DEPLOYMENT, pod("old", 1), pod("new", 3), pod("newest-ill", 4, ready=False), pod("middle", 2)
    )
    assert [found.name for found in pods_of(reads, WEB)] == ["new", "middle", "old", "newest-ill"]
    (asked,) = parse_qs(urlsplit(server.asked[1].path).query)["labelSelector"]
    assert asked == "app=web"
    assert server.asked[0].path == "/apis/apps/v1/namespaces/shop/deployments/web"


def test_only_pods_of_its_own_that_run(reads: Reads, server: ApiServer) -> None:
    stranger, by_hand = pod("of-a-job", 1, "Job"), pod("by-hand", 2, "")
    ended = pod("ended", 3, status={"phase": "Succeeded"})
    ending = pod("ending", 4)
    ending["metadata"]["deletionTimestamp"] = "2026-01-05T00:00:00Z"
    ours = pod("ours", 5)
    ours["spec"] = {"containers": [{"name": CONTAINER, "env": [{"name": ENV_MARK, "value": SESSION}]}]}
    ours["metadata"]["annotations"] = {"kubectl-netshoot/session": SESSION}
    serve(server, DEPLOYMENT, stranger, by_hand, ended, ending, ours, pod("web-1", 6))
    assert [found.name for found in pods_of(reads, WEB)] == ["web-1"]


def test_a_service_takes_whatever_it_selects(reads: Reads, server: ApiServer) -> None:
    service = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}
    serve(server, service, pod("by-hand", 1, ""), pod("of-a-set", 2, "StatefulSet"))
    assert len(pods_of(reads, TargetName("svc", "web"))) == 2


@pytest.mark.parametrize("spec", [{}, {"type": "ExternalName", "selector": {"app": "web"}}])
def test_a_service_without_pods_of_its_own(reads: Reads, server: ApiServer, spec: Json) -> None:
    serve(server, {"metadata": {"name": "web"}, "spec": spec})
    with pytest.raises(NetshootError, match="svc/web has no selector"):
        pods_of(reads, TargetName("svc", "web"))


def test_none_that_runs(reads: Reads, server: ApiServer) -> None:
    serve(server, DEPLOYMENT)
    with pytest.raises(NetshootError, match="no pod of deploy/web runs"):
        pods_of(reads, WEB)


def test_no_such_workload(reads: Reads, server: ApiServer) -> None:
    server.answers = [failure(404, "NotFound")]
    with pytest.raises(NetshootError, match="there is no deploy/web in namespace shop"):
        pods_of(reads, WEB)


def test_one_that_may_not_be_read(reads: Reads, server: ApiServer) -> None:
    server.answers = [failure(403, "Forbidden")]
    with pytest.raises(ApiError):
        pods_of(reads, WEB)


def test_every_form_of_a_selector() -> None:
    selector = Selector(
        {"app": "web", "tier": "front"},
        (
            Requirement("a", "In", ("1", "2")),
            Requirement("b", "NotIn", ("3",)),
            Requirement("c", "Exists"),
            Requirement("d", "DoesNotExist"),
        ),
    )
    assert query(selector) == "app=web,tier=front,a in (1,2),b notin (3),c,!d"


def test_every_kind_that_can_be_named_is_known() -> None:
    assert set(KINDS.values()) == {*WORKLOADS, POD}
    for spelled, kind in KINDS.items():
        assert parse_any_target(f"{spelled}/web") == TargetName(kind, "web")
    assert parse_any_target("web") == TargetName(POD, "web")


@pytest.mark.parametrize(
    "text", ["", "/web", "deploy/", "deploy/Web", "cronjob/web", "deploy/a/b", "-x", "pod/../b"]
)
def test_what_cannot_be_a_target(text: str) -> None:
    with pytest.raises(UsageError, match="TARGET"):
        parse_any_target(text)
