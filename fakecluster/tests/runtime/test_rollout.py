"""What kubectl does to a Deployment, all the way to the endpoints of its Service."""

from __future__ import annotations

import pytest

from fakecluster.builders import app, service, workload
from fakecluster.client import eventually
from fakecluster.kubectl import Kubectl

LABELS = {"app": "web"}


@pytest.fixture(autouse=True)
def serving(kubectl: Kubectl) -> None:
    kubectl.apply(
        {"apiVersion": "apps/v1", "kind": "Deployment", **workload("web", 3, app())},
        {"apiVersion": "v1", "kind": "Service", **service("web", LABELS)},
    )
    kubectl("rollout", "status", "deployment/web", "--timeout=20s")
    assert eventually(lambda: len(ready(kubectl)) == 3)


def ready(kubectl: Kubectl) -> set[str]:
    """The names of the ready endpoints."""
    slices = kubectl.json("get", "endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
    return {e["targetRef"]["name"] for s in slices for e in s["endpoints"] or () if e["conditions"]["ready"]}


def test_a_changed_template_replaces_every_pod(kubectl: Kubectl) -> None:
    before = ready(kubectl)
    kubectl(
        "patch",
        "deployment",
        "web",
        "-p",
        '{"spec":{"template":{"metadata":{"annotations":{"rolled":"over"}}}}}',
    )
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert eventually(lambda: len(ready(kubectl)) == 3 and not ready(kubectl) & before)


def test_scaled_to_nothing_and_back(kubectl: Kubectl) -> None:
    kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":0}}')
    assert eventually(lambda: ready(kubectl) == set())
    assert eventually(lambda: kubectl("get", "pods", "-o", "name") == "")
    kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":2}}')
    assert eventually(lambda: len(ready(kubectl)) == 2)


def test_a_pod_ends_at_a_deadline_that_was_patched_onto_it(kubectl: Kubectl) -> None:
    name = min(ready(kubectl))
    kubectl("patch", "pod", name, "--type=merge", "-p", '{"spec":{"activeDeadlineSeconds":1}}')
    assert eventually(lambda: name not in ready(kubectl) and len(ready(kubectl)) == 3)
    ended = kubectl.json("get", "pod", name)["status"]
    assert (ended["phase"], ended["reason"]) == ("Failed", "DeadlineExceeded")
