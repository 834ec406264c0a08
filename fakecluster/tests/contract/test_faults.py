"""Faults on request: each strikes whom it should, as often as it should, and only them."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from fakecluster.client import Api, eventually
from fakecluster.handle import ClusterProcess, ControlError
from fakecluster.kubectl import Kubectl
from fakecluster.tests.contract.objects import MERGE, pod, pods


@pytest.fixture
def path(api: Api, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    api.create(path, {"metadata": {"name": "c"}})
    return path


@pytest.mark.parametrize("code", [401, 403, 404, 409, 410, 429, 500, 503])
def test_a_status_comes_as_often_as_asked(api: Api, path: str, cluster: ClusterProcess, code: int) -> None:
    cluster.fault("status", path=path, code=code, count=1, after=1, retry_after=7)
    answers = [api("GET", path) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, code, 200]
    assert answers[1].body["kind"] == "Status"
    assert answers[1].headers["retry-after"] == "7"


def test_a_fault_can_be_meant_for_one_program_and_one_verb(
    api: Api, path: str, cluster: ClusterProcess, kubectl: Kubectl
) -> None:
    cluster.fault("status", path=path, agent="^kubectl", verb="get", code=503)
    assert api("GET", f"{path}/c").status == 200
    assert "configmap" in kubectl("get", "configmaps", "-o", "name")
    assert "503" in kubectl.fails("get", "configmap/c", "-v=6")


@pytest.mark.parametrize("kind", ["refused", "reset", "half-open", "status"])
def test_a_fault_can_be_meant_for_one_user(
    api: Api, path: str, cluster: ClusterProcess, namespace: str, kind: str
) -> None:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    one, other = (Api(cluster.user(f"{namespace}-{n}", namespace=namespace, rules=rules)) for n in (1, 11))
    cluster.fault(kind, user=f"{namespace}-1", path=path, code=503)
    assert other("GET", f"{path}/c").status == 200
    assert api("GET", f"{path}/c").status == 200
    with suppress(OSError, http.client.HTTPException):
        assert one.raw("GET", f"{path}/c", timeout=0.5).status == 503
    asked = cluster.requests(namespace, user=f"{namespace}-1")
    assert [(r["path"], r["verb"]) for r in asked] == [(f"{path}/c", "get")]


@pytest.mark.parametrize("kind", ["refused", "reset"])
def test_a_broken_connection(api: Api, path: str, cluster: ClusterProcess, kind: str) -> None:
    cluster.fault(kind, path=path, count=1)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        api("GET", path)
    assert api("GET", path).status == 200


def test_an_answer_can_be_lost_after_the_deed(api: Api, path: str, cluster: ClusterProcess) -> None:
    cluster.fault("refused", path=path, verb="patch", count=1, handled=True)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        api("PATCH", f"{path}/c", {"data": {"x": "y"}}, MERGE)
    assert api.get(f"{path}/c")["data"] == {"x": "y"}


def test_a_half_open_connection_says_nothing(api: Api, path: str, cluster: ClusterProcess) -> None:
    cluster.fault("half-open", path=path, count=1)
    with pytest.raises(TimeoutError):
        api.raw("GET", path, timeout=0.5)
    assert api("GET", path).status == 200


def test_latency_delays(api: Api, path: str, cluster: ClusterProcess) -> None:
    cluster.fault("latency", path=path, seconds=0.3)
    started = time.monotonic()
    assert api("GET", path).status == 200
    assert time.monotonic() - started >= 0.3


def test_a_redirect_points_elsewhere(api: Api, path: str, cluster: ClusterProcess) -> None:
    cluster.fault("redirect", path=path, location="https://example.invalid")
    answer = api("GET", path)
    assert (answer.status, answer.headers["location"]) == (307, f"https://example.invalid{path}")


def test_a_watch_can_fall_silent(api: Api, path: str, cluster: ClusterProcess) -> None:
    cluster.fault("silent-watch", path=path)
    with pytest.raises(TimeoutError):
        api.raw("GET", f"{path}?watch=1&timeoutSeconds=1", timeout=2)


def test_the_port_can_be_closed_for_a_while(api: Api, path: str, cluster: ClusterProcess) -> None:
    cluster.control("POST", "listener", {"closed_seconds": 0.5})
    with pytest.raises(ConnectionRefusedError):
        api("GET", path)
    assert eventually(lambda: _answers(api, path))


def _answers(api: Api, path: str) -> bool:
    with suppress(ConnectionRefusedError):
        return api("GET", path).status == 200
    return False


def test_a_stream_can_be_cut(api: Api, namespace: str, cluster: ClusterProcess, kubectl: Kubectl) -> None:
    api.create(
        pods(namespace),
        pod(containers=[{"name": "netshoot", "image": "netshoot:1", "command": ["sleep", "60"]}]),
    )
    kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=20s")
    cluster.fault("cut-stream", path="/exec", bytes=5, count=1)
    assert kubectl.run("exec", "web", "--", "seq", "10000").returncode != 0
    assert kubectl("exec", "web", "--", "echo", "whole") == "whole\n"


def test_an_unknown_fault_is_refused(cluster: ClusterProcess) -> None:
    with pytest.raises(ControlError, match="kind of a fault"):
        cluster.fault("flood")
    with pytest.raises(ControlError, match="no such field"):
        cluster.fault("status", colour="red")


def test_requests_and_history_tell_what_happened(
    api: Api, path: str, cluster: ClusterProcess, kubectl: Kubectl
) -> None:
    kubectl("label", "configmap", "c", "x=y")
    asked = [r for r in cluster.requests() if r["path"].startswith(f"{path}/c") and r["verb"] == "patch"]
    assert [(r["user"], r["status"], r["command"]) for r in asked] == [("admin", 200, "kubectl label")]
    changes = [c for c in cluster.history("configmaps") if c["namespace"] == kubectl.namespace]
    labels = [c["object"]["metadata"].get("labels") for c in changes if c["name"] == "c"]
    assert labels == [None, {"x": "y"}]
    assert json.dumps(api.get(f"{path}/c")["metadata"]["labels"]) == '{"x": "y"}'


@pytest.mark.parametrize("handled", [False, True], ids=["before", "after"])
def test_a_request_can_be_held(api: Api, path: str, cluster: ClusterProcess, *, handled: bool) -> None:
    """And what it meets when it is let go is what there is by then."""
    fault = cluster.fault("hold", path=path, verb="patch", count=1, handled=handled)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(api, "PATCH", f"{path}/c", {"data": {"x": "held"}}, MERGE)
        while not cluster.has_struck(fault):
            assert not answer.done()
        cluster.fault("status", path=path, verb="patch", count=1, code=503)
        cluster.no_fault(fault)
        assert answer.result().status == 503
    assert (api.get(f"{path}/c").get("data") == {"x": "held"}) is handled


def test_what_a_dead_client_asked_is_not_carried_out(api: Api, path: str, cluster: ClusterProcess) -> None:
    fault = cluster.fault("hold", path=path, verb="patch", count=1)
    with pytest.raises(TimeoutError):
        api.raw("PATCH", f"{path}/c", b'{"data": {"x": "dead"}}', {"Content-Type": MERGE}, timeout=0.5)
    assert cluster.has_struck(fault)
    cluster.no_fault(fault)
    assert "data" not in api.get(f"{path}/c")
