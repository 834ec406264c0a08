"""Lists in pages and by selectors, and watches: where they start, what they say, how they end."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.tests.contract.objects import MERGE

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture
def path(api: Api, namespace: str) -> str:
    """The path of config maps a to e; b and d are labelled."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for name in "abcde":
        labels = {"even": "yes"} if name in "bd" else {"odd": "yes"}
        api.create(path, {"metadata": {"name": name, "labels": labels}})
    return path


def _names(listed: Any) -> list[str]:
    names = [item["metadata"]["name"] for item in listed["items"]]
    return [name for name in names if name != "kube-root-ca.crt"]


def test_pages_follow_each_other(api: Api, path: str) -> None:
    first = api.get(f"{path}?limit=2")
    second = api.get(f"{path}?limit=2&continue={first['metadata']['continue']}")
    last = api.get(f"{path}?limit=2&continue={second['metadata']['continue']}")
    assert [_names(page) for page in (first, second, last)] == [["a", "b"], ["c", "d"], ["e"]]
    assert first["metadata"]["remainingItemCount"] == 4
    assert first["metadata"]["resourceVersion"] == last["metadata"]["resourceVersion"]
    assert "continue" not in last["metadata"]


def test_a_page_that_is_too_old_is_gone(api: Api, path: str, cluster: ClusterProcess) -> None:
    token = api.get(f"{path}?limit=2")["metadata"]["continue"]
    cluster.settings(watch_log_size=1)
    api("PATCH", f"{path}/a", {"data": {"x": "1"}}, MERGE)
    api("PATCH", f"{path}/a", {"data": {"x": "2"}}, MERGE)
    answer = api("GET", f"{path}?limit=2&continue={token}")
    assert (answer.status, answer.body["reason"]) == (410, "Expired")


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("even=yes", "bd"),
        ("even!=yes", "ace"),
        ("even", "bd"),
        ("!even", "ace"),
        ("even in (yes,no)", "bd"),
        ("odd notin (yes)", "bd"),
        ("even,odd", ""),
    ],
)
def test_a_label_selector(api: Api, path: str, selector: str, names: str) -> None:
    encoded = selector.replace(" ", "%20").replace("!", "%21")
    assert _names(api.get(f"{path}?labelSelector={encoded}")) == list(names)


def test_field_selectors_and_those_that_do_not_exist(api: Api, path: str) -> None:
    assert _names(api.get(f"{path}?fieldSelector=metadata.name%3Dc")) == ["c"]
    assert api("GET", f"{path}?fieldSelector=data.x%3Dy").status == 400


def test_a_table_leaves_out_what_is_not_wanted(api: Api, path: str) -> None:
    answer = api("GET", f"{path}?includeObject=None", Accept=_TABLE)
    assert {row["object"] for row in answer.body["rows"]} == {None}


def _watch(api: Api, path: str, query: str) -> list[tuple[str, str]]:
    events = api.get(f"{path}?watch=1&timeoutSeconds=1&{query}")
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def test_a_watch_without_a_version_begins_with_what_there_is(api: Api, path: str) -> None:
    assert _watch(api, path, "labelSelector=even") == [("ADDED", "b"), ("ADDED", "d")]


def test_an_object_that_stops_matching_is_deleted_for_a_watch(api: Api, path: str) -> None:
    version = api.get(path)["metadata"]["resourceVersion"]
    api("PATCH", f"{path}/b", {"metadata": {"labels": {"even": None}}}, MERGE)
    api("PATCH", f"{path}/c", {"metadata": {"labels": {"even": "yes"}}}, MERGE)
    api("PATCH", f"{path}/d", {"data": {"x": "y"}}, MERGE)
    api("DELETE", f"{path}/d")
    said = _watch(api, path, f"labelSelector=even&resourceVersion={version}")
    assert said == [("DELETED", "b"), ("ADDED", "c"), ("MODIFIED", "d"), ("DELETED", "d")]


def test_bookmarks_come_to_those_who_want_them(api: Api, path: str) -> None:
    version = api.get(path)["metadata"]["resourceVersion"]
    assert _watch(api, path, f"resourceVersion={version}&allowWatchBookmarks=true")[-1] == ("BOOKMARK", "")
    assert _watch(api, path, f"resourceVersion={version}") == []


def test_a_watch_list_is_served_when_the_setting_says_so(
    api: Api, path: str, cluster: ClusterProcess
) -> None:
    cluster.settings(watch_list=True)
    query = (
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=even"
    )
    events = api.get(f"{path}?watch=1&timeoutSeconds=1&{query}")
    assert [event["type"] for event in events[:3]] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[2]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_deletecollection_deletes_what_is_selected(api: Api, path: str) -> None:
    answer = api("DELETE", f"{path}?labelSelector=even")
    assert _names(answer.body) == ["b", "d"]
    assert _names(api.get(path)) == ["a", "c", "e"]
