"""Real clients at work: kubectl from the first apply to the last delete, and the Python client."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client, config, watch

from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl
from fakecluster.tests.contract.objects import Json, own_labels, pod


def _deployment(replicas: int, image: str = "nginx:1.27") -> Json:
    labels = {"app": "web"}
    spec = {"containers": [{"name": "web", "image": image}], "terminationGracePeriodSeconds": 0}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


def test_a_deployment_from_apply_to_delete(kubectl: Kubectl) -> None:
    assert "deployment.apps/web created" in kubectl.apply(_deployment(2), _SERVICE)
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/web", "--timeout=20s")
    assert "service/web unchanged" in kubectl.apply(_deployment(3, "nginx:1.28"), _SERVICE)
    kubectl("rollout", "status", "deploy/web", "--timeout=20s")
    pods = [p for p in kubectl.json("get", "pods")["items"] if "deletionTimestamp" not in p["metadata"]]
    assert {p["spec"]["containers"][0]["image"] for p in pods} == {"nginx:1.28"}
    assert kubectl("scale", "deploy/web", "--replicas=1") == "deployment.apps/web scaled\n"
    kubectl("rollout", "status", "deploy/web", "--timeout=20s")
    assert kubectl.json("get", "deploy/web")["status"]["replicas"] == 1
    kubectl("delete", "deploy/web", "service/web", "--timeout=20s")
    kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=20s")


def test_one_pod_in_everyday_commands(kubectl: Kubectl) -> None:
    kubectl.apply(pod())
    assert "condition met" in kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=20s")
    header, line = kubectl("get", "pods", "-o", "wide").splitlines()
    assert header.split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert line.split()[:4] == ["web", "1/1", "Running", "0"]
    assert "pod/web labeled" in kubectl("label", "pod", "web", "x=y")
    assert "pod/web annotated" in kubectl("annotate", "pod", "web", "a=b")
    assert "pod/web patched" in kubectl("patch", "pod", "web", "-p", '{"metadata":{"labels":{"z":"1"}}}')
    described = kubectl("describe", "pod", "web")
    assert "Successfully assigned" in described
    assert "x=y" in described
    assert "pod/web" in kubectl("get", "events")
    assert kubectl("auth", "can-i", "delete", "pods") == "yes\n"
    assert 'pod "web" deleted' in kubectl("delete", "pod", "web", "--timeout=20s")
    assert '"web" not found' in kubectl.fails("get", "pod", "web")


@pytest.mark.parametrize(
    "command",
    [
        ["configmap", "c", "--from-literal=a=b"],
        ["secret", "generic", "s", "--from-literal=a=b"],
        ["serviceaccount", "a"],
        ["deployment", "d", "--image=nginx"],
        ["job", "j", "--image=nginx"],
        ["service", "clusterip", "s", "--tcp=80:8080"],
        ["quota", "q", "--hard=pods=3"],
        ["poddisruptionbudget", "b", "--selector=a=b", "--min-available=1"],
        ["role", "r", "--verb=get", "--resource=pods"],
        ["rolebinding", "r", "--role=r", "--user=u"],
    ],
    ids=lambda command: command[0],
)
def test_what_kubectl_sends_as_protobuf_is_understood(kubectl: Kubectl, command: list[str]) -> None:
    """kubectl from 1.35 on: each `create` generator makes a typed object; a dry run here shows the same one."""
    there = kubectl.json("create", *command)
    wanted = kubectl.json("create", *command, "--dry-run=client")
    assert _contains(there, wanted), (there, wanted)


def _contains(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        absent: tuple[Any, ...] = (None, {}, [])
        return all(_contains(there.get(k), v) for k, v in wanted.items() if v not in absent and k != "status")
    if isinstance(wanted, list):
        return len(there) == len(wanted) and all(map(_contains, there, wanted))
    return bool(there == wanted)


def test_a_copy_is_made_and_exec_reaches_it(kubectl: Kubectl) -> None:
    kubectl.apply(pod())
    kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=20s")
    options = ["--copy-to=copy", "--image=nicolaka/netshoot:v0.16", "--container=netshoot"]
    kubectl("debug", "web", *options, "--profile=netadmin", "--attach=false", "--", "sleep", "60")
    kubectl("wait", "pod/copy", "--for=condition=Ready", "--timeout=20s")
    assert kubectl("exec", "copy", "-c", "netshoot", "--", "echo", "here") == "here\n"
    assert own_labels(kubectl.json("get", "pod", "copy")) == {}


@pytest.fixture
def core(cluster: ClusterProcess) -> Any:
    return client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig)))


def test_the_python_client_reads_patches_and_watches(core: Any, namespace: str) -> None:
    core.create_namespaced_pod(namespace, pod())
    seen = []
    stream = watch.Watch()
    for event in stream.stream(core.list_namespaced_pod, namespace, timeout_seconds=20):
        seen.append(event["type"])
        conditions = {c.type: c.status for c in event["object"].status.conditions or ()}
        if conditions.get("Ready") == "True":
            stream.stop()
    assert seen[0] == "ADDED"
    core.patch_namespaced_pod("web", namespace, {"metadata": {"labels": {"x": "y"}}})
    labels = core.read_namespaced_pod("web", namespace).metadata.labels
    assert own_labels({"metadata": {"labels": labels}}) == {"app": "web", "x": "y"}
    with pytest.raises(client.ApiException) as refused:
        core.delete_namespaced_pod("web", namespace, body=client.V1DeleteOptions(preconditions={"uid": "x"}))
    assert refused.value.status == 409
    core.api_client.close()
