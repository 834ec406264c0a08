"""What the control endpoint makes happen, as kubectl sees it."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from fakecluster.builders import app, pod, service
from fakecluster.client import eventually
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl

LABELS = {"app": "web"}
PORT = 8080


@pytest.fixture(autouse=True)
def joined(kubectl: Kubectl) -> None:
    """A pod behind a Service."""
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            **pod("web", app(ports=[{"containerPort": PORT}]), labels=LABELS),
        },
        {"apiVersion": "v1", "kind": "Service", **service("web", LABELS)},
    )
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    assert eventually(lambda: endpoint(kubectl).get("ready"))


def endpoint(kubectl: Kubectl) -> dict[str, Any]:
    """The conditions of the Service's one endpoint."""
    slices = kubectl.json("get", "endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
    found = [e["conditions"] for s in slices for e in s["endpoints"] or ()]
    return dict(found[0]) if found else {}


def status(kubectl: Kubectl) -> dict[str, Any]:
    found: dict[str, Any] = kubectl.json("get", "pod", "web")["status"]
    return found


def test_a_container_can_be_killed_for_its_memory(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    cluster.act("kill-container", namespace=kubectl.namespace, pod="web", reason="OOMKilled")

    def last() -> Any:
        return status(kubectl)["containerStatuses"][0]["lastState"].get("terminated")

    ended = eventually(last)
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


def test_a_pod_can_be_evicted(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    cluster.act("evict", namespace=kubectl.namespace, pod="web")
    assert eventually(lambda: status(kubectl)["phase"] == "Failed")
    assert status(kubectl)["reason"] == "Evicted"
    assert eventually(lambda: not endpoint(kubectl).get("ready"))


def test_readiness_can_fail_and_come_back(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    cluster.act("fail-readiness", namespace=kubectl.namespace, pod="web")
    assert eventually(lambda: not endpoint(kubectl)["ready"])
    cluster.act("restore-readiness", namespace=kubectl.namespace, pod="web")
    assert eventually(lambda: endpoint(kubectl)["ready"])


def test_a_node_can_be_lost_and_come_back(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    cluster.act("node-lost", node="k8s-node-1")
    try:
        assert eventually(lambda: not endpoint(kubectl)["ready"])
        node = kubectl.json("get", "node", "k8s-node-1")
        assert {t["key"] for t in node["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
        assert "no route to host" in kubectl.fails("exec", "web", "--", "true")
        kubectl("delete", "pod", "web", "--wait=false")
        assert status(kubectl)["phase"] == "Running"
    finally:
        cluster.act("node-back", node="k8s-node-1")
    kubectl("wait", "--for=delete", "pod/web", "--timeout=20s")


def test_a_lost_node_can_be_silent(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    cluster.act("node-lost", node="k8s-node-1", silent=True)
    try:
        connection = http.client.HTTPConnection(status(kubectl)["podIP"], PORT, timeout=0.5)
        connection.request("GET", "/")
        with pytest.raises(TimeoutError):
            connection.getresponse()
    finally:
        cluster.act("node-back", node="k8s-node-1")
    connection.close()
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"web\n"
    connection.close()


def test_a_node_that_a_client_made_can_be_lost_too(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    own = {"own": kubectl.namespace}
    name = f"node-{kubectl.namespace}"
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": own}},
        {"apiVersion": "v1", "kind": "Pod", **pod("there", labels=LABELS, nodeSelector=own)},
    )
    try:
        kubectl("wait", "--for=condition=Ready", "pod/there", "--timeout=20s")
        assert kubectl.json("get", "pod", "there")["spec"]["nodeName"] == name
        cluster.act("node-lost", node=name)
        kubectl("wait", "--for=condition=Ready=false", "pod/there", "--timeout=20s")
        cluster.act("node-back", node=name)
        kubectl("wait", "--for=condition=Ready", "pod/there", "--timeout=20s")
        assert not kubectl.json("get", "node", name)["spec"]["taints"]
    finally:
        kubectl("delete", "node", name)


def test_an_action_says_what_it_is_about(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    with pytest.raises(Exception, match='pods "nope" not found'):
        cluster.act("evict", namespace=kubectl.namespace, pod="nope")
