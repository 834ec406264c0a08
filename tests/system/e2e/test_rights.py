"""Somebody who may look but not change: nothing is changed, and it is said what was not allowed."""

from typing import Any

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery

READER = "e2e-reader"
RBAC = "rbac.authorization.k8s.io"
Json = dict[str, Any]


def role(*rules: tuple[str, list[str], list[str]]) -> tuple[Json, Json]:
    """A Role with (group, resources, verbs) and its binding to the reader."""
    kinds = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": READER}}
    entries = [{"apiGroups": [group], "resources": names, "verbs": verbs} for group, names, verbs in rules]
    binding = {
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": READER},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": READER}],
    }
    return {**kinds, "kind": "Role", "rules": entries}, {**kinds, "kind": "RoleBinding", **binding}


@pytest.fixture
def reader(scenery: Scenery) -> str:
    """The flag to be a user who may read what a plan needs, and no more."""
    read = ["get", "list", "watch"]
    scenery.add(
        *role(
            ("", ["pods", "services", "replicationcontrollers", "events", "persistentvolumeclaims"], read),
            ("apps", ["replicasets", "daemonsets", "statefulsets", "deployments"], read),
            ("batch", ["jobs"], read),
            ("discovery.k8s.io", ["endpointslices"], read),
            ("policy", ["poddisruptionbudgets"], read),
            ("autoscaling", ["horizontalpodautoscalers"], read),
            ("networking.k8s.io", ["networkpolicies"], read),
        )
    )
    return f"--as={READER}"


def test_nothing_is_changed_without_the_right_to(plugin: Plugin, api: Api, source: str, reader: str) -> None:
    before = {pod["metadata"]["uid"] for pod in api.objects("Pod")}
    done = plugin.run(source, "--join-service", "--yes", reader, "--", "true")
    assert done.status == 1, done.stderr
    assert "  patch pods   " in done.stderr
    assert "  delete pods   " in done.stderr
    assert {pod["metadata"]["uid"] for pod in api.objects("Pod")} == before


def test_a_stranger_is_told_what_is_forbidden(plugin: Plugin, source: str) -> None:
    done = plugin.run(source, "--join-service", f"--as={READER}", "--", "true")
    assert done.status == 1
    assert "  get pods   " in done.stderr


def test_a_reader_may_list(plugin: Plugin, reader: str) -> None:
    done = plugin.run("list", "-o", "json", reader)
    assert (done.status, done.text.strip()) == (0, "[]"), done.stderr
