"""Admission policies on CREATE, UPDATE and DELETE: what they write and refuse, in dry runs too."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster.client import Answer, Api
from fakecluster.handle import ClusterProcess, ControlError
from fakecluster.kubectl import Kubectl
from fakecluster.tests.contract.objects import JSON_PATCH, MERGE, Json, own_labels, pod, pods
from fakecluster.tests.contract.recordings import load
from fakecluster.tests.contract.scene import Scene

DRY = "?dryRun=All"
OURS = "^example.com/"


@pytest.fixture
def impose(cluster: ClusterProcess, namespace: str) -> Any:
    """A policy on the test's namespace."""

    def begin(effect: str, **fields: Any) -> None:
        policy = {"name": "house-rule", "effect": effect, "namespace": namespace, **fields}
        cluster.settings(policies=[policy])

    return begin


def _write(api: Api, namespace: str, query: str = "", **metadata: Json | None) -> Answer:
    return api("PATCH", pods(namespace, "web") + query, {"metadata": metadata}, MERGE)


def test_a_label_on_every_update_as_recorded(api: Api, namespace: str, impose: Any) -> None:
    exchanges, scene = load("policy-labels-every-update"), Scene(api, namespace)
    scene.pod(exchanges[0].answer)
    scene.ready("plain")
    api("PATCH", pods(namespace, "plain"), {"metadata": {"labels": {"team": None}}}, MERGE)
    impose("set", labels={"team": "x"})
    for exchange in exchanges[1:]:
        before = scene.get("plain")["metadata"]["resourceVersion"]
        kind = JSON_PATCH if isinstance(exchange.body, list) else MERGE
        ours = api(exchange.method, pods(namespace, "plain"), exchange.body, kind)
        assert ours.status == exchange.status
        assert ours.body["metadata"]["labels"] == exchange.answer["metadata"]["labels"]
        # A patch whose effect is undone writes nothing: the recorded version stays, too.
        undone = "team" in str(exchange.body)
        assert (ours.body["metadata"]["resourceVersion"] == before) == undone


def test_a_label_on_every_create(api: Api, namespace: str, impose: Any) -> None:
    impose("set", labels={"team": "x"}, annotations={"seen": "yes"})
    for query in (DRY, ""):
        metadata = api.create(pods(namespace) + query, pod())["metadata"]
        assert (metadata["labels"]["team"], metadata["annotations"]) == ("x", {"seen": "yes"})


@pytest.mark.parametrize("query", [DRY, ""])
def test_what_is_written_can_be_taken_out(api: Api, namespace: str, impose: Any, query: str) -> None:
    api.create(pods(namespace), pod())
    impose("strip", keys=OURS)
    ours = {"example.com/mark": "1"}
    written = _write(api, namespace, query, labels={**ours, "other": "2"}, annotations=ours).body
    assert own_labels(written) == {"app": "web", "other": "2"}
    assert "annotations" not in written["metadata"]


def test_what_is_written_can_be_undone(api: Api, namespace: str, impose: Any) -> None:
    marked = pod()
    marked["metadata"]["labels"] |= {"example.com/kept": "1"}
    api.create(pods(namespace), marked)
    impose("undo", keys=OURS)
    changed = {"example.com/kept": None, "example.com/new": "2", "app": "other"}
    assert own_labels(_write(api, namespace, labels=changed).body) == {
        "app": "other",
        "example.com/kept": "1",
    }


@pytest.mark.parametrize("query", [DRY, ""])
@pytest.mark.parametrize(("reason", "code"), [("Invalid", 422), ("Forbidden", 403)])
def test_a_label_that_must_stay(
    api: Api, namespace: str, impose: Any, query: str, reason: str, code: int
) -> None:
    api.create(pods(namespace), pod())
    impose("keep", keys="^app$", message="app stays", reason=reason)
    refused = _write(api, namespace, query, labels={"app": None})
    said = "ValidatingAdmissionPolicy 'house-rule' with binding 'house-rule' denied request: app stays"
    assert (refused.status, refused.body["reason"]) == (code, reason)
    assert refused.body["message"] == f'pods "web" is forbidden: {said}'
    assert refused.body["details"] == {"name": "web", "kind": "pods", "causes": [{"message": said}]}
    assert _write(api, namespace, labels={"more": "1", "app": "other"}).status == 200


def test_a_webhook_has_words_of_its_own(api: Api, namespace: str, impose: Any) -> None:
    api.create(pods(namespace), pod())
    impose("refuse", keys="^app$", message="no", webhook=True)
    refused = _write(api, namespace, labels={"app": "other"})
    assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
    assert refused.body["message"] == 'admission webhook "house-rule" denied the request: no'
    assert _write(api, namespace, labels={"other": "1"}).status == 200


def test_kubectl_shows_a_refused_label_and_deletion(kubectl: Kubectl, impose: Any) -> None:
    kubectl.apply(pod())
    impose("refuse", operations=["UPDATE", "DELETE"], message="hands off")
    assert "denied request: hands off" in kubectl.fails("label", "pod/web", "x=y")
    assert "denied request: hands off" in kubectl.fails("delete", "pod/web", "--wait=false")
    assert own_labels(kubectl.json("get", "pod/web")) == {"app": "web"}


@pytest.mark.parametrize("wrong", [{"effect": "explode"}, {"effect": "set", "colour": "red"}])
def test_a_policy_that_is_none_is_said(cluster: ClusterProcess, wrong: Json) -> None:
    with pytest.raises(ControlError):
        cluster.settings(policies=[{"name": "p", **wrong}])
