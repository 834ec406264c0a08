"""The three patch types and conflicts, as the API server applies them."""

from __future__ import annotations

import pytest

from fakecluster import patch
from fakecluster.client import Api
from fakecluster.statuses import ApiError
from fakecluster.tests.contract.objects import JSON_PATCH, MERGE, STRATEGIC, own_labels, pod, pods

_CONTAINERS = {"spec": {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}}


@pytest.fixture
def path(api: Api, namespace: str) -> str:
    api.create(pods(namespace), pod())
    return pods(namespace, "web")


def test_a_merge_patch_sets_and_removes(api: Api, path: str) -> None:
    changed = api("PATCH", path, {"metadata": {"labels": {"app": None, "x": "y"}}}, MERGE).body
    assert own_labels(changed) == {"x": "y"}


def test_a_json_patch_applies_whole_or_not_at_all(api: Api, path: str) -> None:
    operations = [
        {"op": "add", "path": "/metadata/labels/x", "value": "y"},
        {"op": "test", "path": "/metadata/labels/app", "value": "other"},
    ]
    assert api("PATCH", path, operations, JSON_PATCH).status == 422
    assert own_labels(api.get(path)) == {"app": "web"}


def test_a_patch_with_a_stale_version_is_a_conflict(api: Api, path: str) -> None:
    stale = api.get(path)["metadata"]["resourceVersion"]
    api("PATCH", path, {"metadata": {"labels": {"x": "y"}}}, MERGE)
    answer = api("PATCH", path, {"metadata": {"resourceVersion": stale, "labels": {"x": "z"}}}, MERGE)
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")


def test_a_patch_that_changes_nothing_makes_no_version(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    made = api.create(path, {"metadata": {"name": "c"}, "data": {"a": "b"}})
    same = api("PATCH", f"{path}/c", {"data": {"a": "b"}}, MERGE).body
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_dry_run_changes_nothing(api: Api, path: str) -> None:
    change = {"metadata": {"labels": {"x": "y"}}}
    assert api("PATCH", f"{path}?dryRun=All", change, MERGE).body["metadata"]["labels"]["x"] == "y"
    assert "x" not in api.get(path)["metadata"]["labels"]
    assert api("DELETE", f"{path}?dryRun=All").status == 200
    assert "deletionTimestamp" not in api.get(path)["metadata"]


def test_server_side_apply_is_refused(api: Api, path: str) -> None:
    assert api("PATCH", path, {}, "application/apply-patch+yaml").status == 415


def test_a_patch_cannot_write_the_status(api: Api, path: str) -> None:
    before = api.get(path)["status"]["qosClass"]
    changed = api("PATCH", path, {"status": {"qosClass": "Guaranteed"}}, STRATEGIC).body
    assert changed["status"]["qosClass"] == before


def test_strategic_lists_are_merged_by_their_key() -> None:
    change = {"spec": {"containers": [{"name": "a", "image": "i", "env": [{"name": "Y", "value": "2"}]}]}}
    merged = patch.apply(STRATEGIC, _CONTAINERS, change)["spec"]["containers"]
    assert merged == [
        {"name": "a", "image": "i", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
        {"name": "b"},
    ]


def test_strategic_directives_delete_replace_and_order() -> None:
    gone = {"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}
    assert patch.apply(STRATEGIC, _CONTAINERS, gone)["spec"]["containers"] == [{"name": "b"}]
    new = {"spec": {"containers": [{"name": "c"}, {"$patch": "replace"}]}}
    assert patch.apply(STRATEGIC, _CONTAINERS, new)["spec"]["containers"] == [{"name": "c"}]
    order = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}
    names = [c["name"] for c in patch.apply(STRATEGIC, _CONTAINERS, order)["spec"]["containers"]]
    assert names == ["b", "a"]


def test_a_plain_list_is_replaced() -> None:
    merged = patch.apply(STRATEGIC, {"spec": {"args": ["a", "b"]}}, {"spec": {"args": ["c"]}})
    assert merged == {"spec": {"args": ["c"]}}


def test_a_patch_of_the_wrong_kind_is_a_bad_request() -> None:
    with pytest.raises(ApiError) as refused:
        patch.apply(MERGE, {}, [])
    assert refused.value.code == 400
