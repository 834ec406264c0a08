"""The end of a namespace: nothing new comes in, all of it ends as it would alone, and nothing is held afterwards."""

from __future__ import annotations

import dataclasses

import pytest

from fakecluster.builders import app, netshoot, pod, service, workload
from fakecluster.client import eventually
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl
from fakecluster.processes import runs

LABELS = {"app": "web"}
# The kubelet makes one `$` of two in a container's command.
_STUBBORN = ("sh", "-c", "trap 'echo told' TERM; echo $$$$; while :; do sleep 0.1; done")


@pytest.fixture
def doomed(kubectl: Kubectl) -> Kubectl:
    """kubectl in a namespace with a Deployment, its Service, and a pod that does not end by itself."""
    there = dataclasses.replace(kubectl, namespace=f"{kubectl.namespace}-doomed")
    there("create", "namespace", there.namespace)
    assert eventually(lambda: there.run("get", "serviceaccount", "default").returncode == 0)
    stubborn = pod("stubborn", netshoot(*_STUBBORN), terminationGracePeriodSeconds=600)
    there.apply(
        {"apiVersion": "apps/v1", "kind": "Deployment", **workload("web", 2, app())},
        {"apiVersion": "v1", "kind": "Service", **service("web", LABELS)},
        {"apiVersion": "v1", "kind": "Pod", **stubborn},
    )
    there("wait", "--for=condition=Available", "deployment/web", "--timeout=20s")
    there("wait", "--for=condition=Ready", "pod/stubborn", "--timeout=20s")
    assert eventually(lambda: there("logs", "stubborn"))
    there("delete", "namespace", there.namespace, "--wait=false")
    return there


def test_while_it_ends_nothing_new_is_taken(doomed: Kubectl) -> None:
    said = doomed.fails("create", "configmap", "late")
    assert (
        f'configmaps "late" is forbidden: unable to create new content in namespace {doomed.namespace}'
        in said
    )
    assert "because it is being terminated" in said
    assert doomed.json("get", "namespace", doomed.namespace)["status"]["phase"] == "Terminating"


def test_its_pods_end_gracefully_and_nothing_replaces_them(doomed: Kubectl, cluster: ClusterProcess) -> None:
    assert eventually(lambda: doomed("get", "pods", "-o", "name") == "pod/stubborn\n")
    assert eventually(lambda: "told" in doomed("logs", "stubborn"))
    pid = doomed("logs", "stubborn").split()[0]
    assert runs(pid)
    doomed("delete", "pod", "stubborn", "--grace-period=1", "--wait=false")
    assert eventually(lambda: doomed.run("get", "namespace", doomed.namespace).returncode != 0)
    assert not runs(pid)
    changes = cluster.history(namespace=doomed.namespace)
    begun = next(
        n
        for n, change in enumerate(changes)
        if change["object"].get("status", {}).get("phase") == "Terminating"
    )
    assert [c["name"] for c in changes[begun:] if c["type"] == "ADDED" and c["resource"] == "pods"] == []
    assert (changes[-1]["type"], changes[-1]["resource"]) == ("DELETED", "namespaces")
