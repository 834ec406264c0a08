"""What the cluster remembers of a namespace: all of it, who did it, and nothing half when it was told to forget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess, ControlError
from fakecluster.timestamps import parse

_EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]


def _config_maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def done(cluster: ClusterProcess, api: Api, namespace: str) -> ClusterProcess:
    """A user has made config map `mine`, and an admin one in another namespace."""
    user = Api(cluster.user(f"user-{namespace}", namespace=namespace, rules=_EVERYTHING))
    user("POST", _config_maps(namespace), {"metadata": {"name": "mine"}}, User_Agent="test/1")
    api.create(_config_maps("default"), {"metadata": {"name": f"other-{namespace}"}})
    return cluster


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ClusterProcess]:
    """One that may forget."""
    with ClusterProcess(tmp_path) as cluster:
        yield cluster


def test_history_says_who_did_what_with_what_and_when(done: ClusterProcess, namespace: str) -> None:
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    [made] = [c for c in done.history("configmaps", namespace) if c["name"] == "mine"]
    assert (made["type"], made["user"], made["agent"]) == ("ADDED", f"user-{namespace}", "test/1")
    assert before < parse(made["time"]) < datetime.now(timezone.utc)
    assert len(made["time"]) == len("2026-01-31T09:00:00.000000Z")


def test_history_of_a_namespace_begins_with_the_namespace(done: ClusterProcess, namespace: str) -> None:
    changes = done.history(namespace=namespace)
    assert (changes[0]["resource"], changes[0]["name"]) == ("namespaces", namespace)
    assert {c["namespace"] for c in changes[1:]} == {namespace}
    versions = [c["resourceVersion"] for c in changes]
    assert versions == sorted(versions)


def test_history_of_no_namespace_has_the_nodes(cluster: ClusterProcess) -> None:
    assert [c["name"] for c in cluster.history("nodes", "") if c["type"] == "ADDED"] == ["k8s-node-1"]


def test_requests_can_be_narrowed(done: ClusterProcess, api: Api, namespace: str) -> None:
    api.get(_config_maps(namespace))
    user = f"user-{namespace}"
    assert {r["user"] for r in done.requests(namespace)} == {"admin", user}
    assert [(r["verb"], r["agent"]) for r in done.requests(namespace, user)] == [("create", "test/1")]
    done.forget_requests(namespace, user)
    assert {r["user"] for r in done.requests(namespace)} == {"admin"}
    assert done.requests("default")


def test_what_was_forgotten_is_said_to_be(own: ClusterProcess) -> None:
    api = Api(own.kubeconfig)
    for namespace in ("past", "present"):
        api.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    assert {c["name"] for c in own.history("namespaces")} >= {"past", "present"}
    own.forget_history("past")
    api.create(_config_maps("past"), {"metadata": {"name": "late"}})
    assert own.history(namespace="present")
    for question in ("past", None):
        with pytest.raises(ControlError, match="has been forgotten"):
            own.history(namespace=question)


def test_a_removed_user_is_nobody(cluster: ClusterProcess, namespace: str) -> None:
    user = Api(cluster.user(f"user-{namespace}", namespace=namespace, rules=_EVERYTHING))
    user.get(_config_maps(namespace))
    cluster.remove_user(f"user-{namespace}")
    assert user("GET", _config_maps(namespace)).status == 401
