"""A plan in a crowded namespace: read by selectors and in pages, never a list of all pods."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from fakecluster.crowd import SOURCE, Size, settle
from fakecluster.handle import ClusterProcess
from tests.system.e2e.plugin import Plugin

PAGE = 500
CROWD = Size(pods=1200, replica_sets=2 * PAGE + 1, services=PAGE + 1, endpoints=700)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """A fake cluster of its own, with no controller at work."""
    with ClusterProcess(tmp_path_factory.mktemp("crowded")) as cluster:
        settle(cluster, "crowd", CROWD)
        yield cluster


@pytest.fixture
def lists(crowded: ClusterProcess, plugin: Plugin) -> list[tuple[str, dict[str, list[str]]]]:
    """Every list that a plan asks for: path and query."""
    crowded.forget_requests()
    done = plugin.run(
        SOURCE,
        "--join-service",
        "--dry-run",
        "--output=json",
        "--namespace=crowd",
        env={"KUBECONFIG": str(crowded.kubeconfig)},
    )
    assert done.status == 0, done.stderr
    plan = json.loads(done.text)
    assert [s["readyEndpoints"] for s in plan["services"]] == [CROWD.endpoints]
    assert plan["hazards"] == []
    urls = [urlsplit(r["path"]) for r in crowded.requests() if r["verb"] == "list"]
    return [(url.path.rpartition("/")[2], parse_qs(url.query)) for url in urls]


def test_no_whole_list_of_pods_is_read(lists: list[tuple[str, dict[str, list[str]]]]) -> None:
    assert lists
    assert [query for plural, query in lists if plural == "pods" and "labelSelector" not in query] == []


def test_every_list_is_paged_and_read_to_its_end(lists: list[tuple[str, dict[str, list[str]]]]) -> None:
    assert {query["limit"][0] for _, query in lists} == {str(PAGE)}
    pages = {plural: sum(p == plural for p, _ in lists) for plural, _ in lists}
    assert (pages["replicasets"], pages["services"], pages["jobs"]) == (3, 2, 1)


def test_endpoints_are_those_of_the_services_alone(lists: list[tuple[str, dict[str, list[str]]]]) -> None:
    selectors = [query["labelSelector"] for plural, query in lists if plural == "endpointslices"]
    assert selectors == [["kubernetes.io/service-name in (web)"]]
