"""Discovery says of every resource that is served what the real server says of it."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster.client import Api
from fakecluster.kinds import KINDS, Kind
from fakecluster.tests.contract.recordings import load
from fakecluster.tests.contract.shapes import differences

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


def _recorded_resources() -> dict[tuple[str, str, str], Any]:
    """(group, version, plural) -> the aggregated entry."""
    return {
        (group["metadata"].get("name", ""), version["version"], resource["resource"]): resource
        for exchange in load("1.37-debug-copy")[:2]
        for group in exchange.answer["items"]
        for version in group["versions"]
        for resource in version["resources"]
    }


def _served(resource: Any, kind: Kind) -> Any:
    """A recorded entry with the subresources that are served here."""
    kept = [s for s in resource.get("subresources", ()) if kind.subresource(s["subresource"])]
    plain = {key: value for key, value in resource.items() if key != "subresources"}
    return {**plain, "subresources": kept} if kept else plain


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.qualified)
def test_a_resource_is_announced_as_recorded(api: Api, kind: Kind) -> None:
    path = "/apis" if kind.group else "/api"
    answer = api("GET", path, Accept=_AGGREGATED)
    ours = next(
        resource
        for group in answer.body["items"]
        if group["metadata"].get("name", "") == kind.group
        for version in group["versions"]
        for resource in version["resources"]
        if resource["resource"] == kind.plural
    )
    assert ours == _served(_recorded_resources()[kind.group, kind.version, kind.plural], kind)


def test_the_aggregated_documents_have_the_recorded_type_and_shape(api: Api) -> None:
    for exchange in load("1.37-debug-copy")[:2]:
        answer = api("GET", exchange.path, Accept=exchange.headers["accept"])
        assert answer.headers["content-type"] == exchange.content_type
        assert list(differences(exchange.answer, answer.body)) == []


def test_an_old_kubectl_gets_the_legacy_documents(api: Api) -> None:
    for exchange in load("1.27-debug-copy"):
        if "timeout=32s" not in exchange.path:
            continue
        answer = api("GET", exchange.path, Accept=exchange.headers["accept"])
        group_version = exchange.path.partition("?")[0].rpartition("/apis/")[2]
        if answer.status == 404:
            assert not any(kind.api_version == group_version for kind in KINDS.values())
            continue
        assert answer.headers["content-type"] == exchange.content_type
        assert list(differences(exchange.answer, answer.body)) == []
