"""Questions to a real server: every page is read, and only the server's own word makes a thing absent."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Api, Fetch
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import CONTAINER, ENV_MARK, MANAGED_BY, MANAGED_BY_LABEL, Owner
from kubectl_netshoot.rules.marks import to_annotations
from kubectl_netshoot.rules.pod_state import LogCount
from tests.unit.builders import SESSION, mark
from tests.unit.builders import copy as copy_of
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

Json = dict[str, Any]
Labels = Mapping[str, str]
POD: Json = {"kind": "Pod", "metadata": {"name": "web-1", "uid": "u"}}


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def reads(api: Api, pauses: list[float]) -> Reads:
    return Reads(Fetch(api, "shop", pauses.append))


def query(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(urlsplit(asked.path).query)


def paged(*items: Json) -> Callable[[Asked], Answer]:
    """A list of which each page holds one item."""

    def decide(asked: Asked) -> Answer:
        at = int(query(asked).get("continue", ["0"])[0])
        more = str(at + 1) if at + 1 < len(items) else ""
        return Answer({"kind": "List", "metadata": {"continue": more}, "items": [items[at]]})

    return decide


def test_a_pod(reads: Reads, server: ApiServer) -> None:
    server.answers = [Answer(POD)]
    found = reads.pod("web-1")
    assert found is not None
    assert found.uid == "u"
    assert server.asked[0].path == "/api/v1/namespaces/shop/pods/web-1"


def test_only_the_servers_own_404_means_that_there_is_none(reads: Reads, server: ApiServer) -> None:
    server.answers = [failure(404, "NotFound")]
    assert reads.pod("web-1") is None


NO_WORD = [
    Answer(b""),
    Answer(b"{}"),
    Answer(b"null"),
    Answer(b"<html>404</html>"),
    Answer(b"<html>default backend - 404</html>", 404),
    Answer(b"404 page not found\n", 404),
    Answer({"error": "no route", "code": 404}, 404),
    Answer(POD, cut=True),
    failure(401, "Unauthorized"),
    failure(403, "Forbidden"),
    failure(410, "Expired"),
    failure(500, "InternalError"),
    failure(503, "ServiceUnavailable"),
    Answer(b"", 307, (("Location", "/elsewhere"),)),
]


@pytest.mark.parametrize("answer", NO_WORD)
def test_anything_else_is_not_known(reads: Reads, server: ApiServer, answer: Answer) -> None:
    server.answers = [answer]
    with pytest.raises(ApiError):
        reads.pod("web-1")
    with pytest.raises(ApiError):
        reads.missing_services(["web"])
    with pytest.raises(ApiError):
        reads.endpoints(["web"])
    with pytest.raises(ApiError):
        reads.holders("u")


@pytest.mark.parametrize("answer", [{"status": "ok"}, {"kind": "EndpointSliceList", "metadata": {}}])
def test_what_is_no_list_is_not_an_empty_one(reads: Reads, server: ApiServer, answer: Json) -> None:
    server.answers = [Answer(answer)]
    with pytest.raises(ApiError, match="a list without items"):
        reads.all_endpoints(["web"], "u")


@pytest.mark.parametrize("items", [[], None])
def test_an_empty_list(reads: Reads, server: ApiServer, items: list[Json] | None) -> None:
    server.answers = [Answer({"kind": "EndpointSliceList", "metadata": {}, "items": items})]
    assert reads.all_endpoints(["web"], "u")[1] == ()


def test_what_failed_in_passing_is_read_again(reads: Reads, server: ApiServer, pauses: list[float]) -> None:
    server.answers = [failure(429, "TooManyRequests", "no", ("Retry-After", "2")), Answer(b""), Answer(POD)]
    assert reads.pod("web-1") is not None
    assert pauses == [2.0, 0.4]


def test_every_page_of_a_list_is_read(reads: Reads, server: ApiServer) -> None:
    server.decide = paged(*({"metadata": {"name": name}} for name in "abc"))
    assert [service.name for service in reads.services()] == ["a", "b", "c"]
    assert [query(asked).get("continue") for asked in server.asked] == [None, ["1"], ["2"]]


def test_a_list_that_breaks_off_is_no_list(reads: Reads, server: ApiServer) -> None:
    first = Answer({"metadata": {"continue": "1"}, "items": [{"metadata": {"name": "a"}}]})
    server.answers = [first, failure(410, "Expired")]
    with pytest.raises(ApiError):
        reads.services()


def slice_of(name: str, *uids: str) -> Json:
    endpoints = [{"addresses": ["10.0.0.1"], "targetRef": {"uid": uid, "name": uid}} for uid in uids]
    return {
        "metadata": {"name": f"{name}-x", "labels": {"kubernetes.io/service-name": name}},
        "endpoints": endpoints,
    }


def test_a_holder_on_the_last_page_is_a_holder(reads: Reads, server: ApiServer) -> None:
    server.decide = paged(slice_of("a", "x"), slice_of("b", "x"), slice_of("c", "x", "copy"))
    assert reads.holders(["copy"]) == {"copy": ("c",)}
    assert "labelSelector" not in query(server.asked[0])


def test_endpoints_of_some_services(reads: Reads, server: ApiServer) -> None:
    server.decide = paged(slice_of("web", "a"), slice_of("web", "b"))
    (web,) = reads.endpoints(["web"])
    assert web.ready_others("") == 2
    assert query(server.asked[0])["labelSelector"] == ["kubernetes.io/service-name in (web)"]


def test_the_ports_of_every_slice_that_holds_it(reads: Reads, server: ApiServer) -> None:
    own = {"ports": [{"port": 8080}, {"port": 53, "protocol": "UDP"}, {"name": "none"}]}
    later, other = {"ports": [{"port": 9090}]}, {"ports": [{"port": 1}]}
    slices = [slice_of("web", "u") | own, slice_of("later", "a", "u") | later, slice_of("other", "a") | other]
    server.decide = paged(*slices)
    assert reads.ports_in_service("u") == ((8080, 9090), ("53/UDP",))


def test_no_services_no_question(reads: Reads, server: ApiServer) -> None:
    assert reads.endpoints([]) == ()
    assert reads.missing_services([]) == frozenset()
    assert server.asked == []


def raw(
    name: str, labels: Labels | None = None, annotations: Labels | None = None, session: str = SESSION
) -> Json:
    container = {"name": CONTAINER, "env": [{"name": ENV_MARK, "value": session}]}
    return {
        "metadata": {"name": name, "uid": name, "labels": labels, "annotations": annotations},
        "spec": {"containers": [container]},
    }


def test_copies_are_found_marked_or_not_and_nothing_else_is(reads: Reads, server: ApiServer) -> None:
    ours = {MANAGED_BY_LABEL: MANAGED_BY}
    marked = [raw("marked", ours, to_annotations(mark())), raw("impostor", ours, session="")]
    bare = [raw("bare"), raw("labelled", {"cost-center": "shop"}), raw("plain", session="")]

    def decide(asked: Asked) -> Answer:
        by_label = query(asked)["labelSelector"][0].startswith(f"{MANAGED_BY_LABEL}=")
        return Answer({"items": marked if by_label else bare})

    server.decide = decide
    assert [pod.name for pod in reads.copies()] == ["marked", "bare", "labelled"]
    assert all(asked.path.startswith("/api/v1/namespaces/shop/pods?") for asked in server.asked)
    reads.copies(everywhere=True)
    assert server.asked[-1].path.startswith("/api/v1/pods?")


def test_warnings_oldest_first(reads: Reads, server: ApiServer) -> None:
    event = {"type": "Warning", "reason": "Failed", "message": "b", "lastTimestamp": "2026-01-02T00:00:00Z"}
    older = {**event, "message": "a", "lastTimestamp": None, "eventTime": "2026-01-01T00:00:00Z"}
    server.decide = paged(event, older, {**event, "type": "Normal"})
    assert reads.events(copy_of()) == ("Failed: a", "Failed: b")


@pytest.mark.parametrize(
    ("container", "second", "told"),
    [
        ("app", 2, ("Pulling: an image",)),
        ("netshoot", 2, ()),
        ("netshoot", 1, ()),
        ("netshoot", 0, ("Pulling: an image",)),
    ],
    ids=["another container's", "pulled", "pulled at once", "pulled again"],
)
def test_an_image_that_is_still_being_pulled(
    reads: Reads, server: ApiServer, container: str, second: int, told: tuple[str, ...]
) -> None:
    def event(reason: str, container: str, second: int) -> dict[str, object]:
        field = {"fieldPath": f"spec.containers{{{container}}}"}
        stamp = f"2026-01-01T00:00:0{second}Z"
        message = "an image"
        return {
            "type": "Normal",
            "reason": reason,
            "message": message,
            "involvedObject": field,
            "lastTimestamp": stamp,
        }

    server.decide = paged(event("Pulled", container, second), event("Pulling", "netshoot", 1))
    assert reads.events(copy_of()) == told


def test_a_log_since_a_moment(reads: Reads, server: ApiServer) -> None:
    server.answers = [Answer(b"one\ntwo\xff\nthree\n")]
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert reads.log_since("web-1", "app", since) == ("one", "two\ufffd", "three")
    assert "container=app" in server.asked[0].path
    assert "sinceTime=2026-01-02T03%3A04%3A05Z" in server.asked[0].path


def test_the_last_lines_of_a_container_that_was_started_again_are_those_of_the_one_before(
    reads: Reads, server: ApiServer
) -> None:
    server.answers = [Answer(b""), Answer(b"one\ntwo\nthree\n")]
    assert reads.last_lines("web-1", "app", 2) == ("two", "three")
    assert [query(asked)["previous"] for asked in server.asked] == [["false"], ["true"]]
    server.answers = [Answer(b"now\n")]
    assert reads.last_lines("web-1", "app", 2) == ("now",)
    assert query(server.asked[-1])["tailLines"] == ["2"]


def test_the_lines_of_a_log_are_counted(reads: Reads, server: ApiServer) -> None:
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    server.answers = [Answer(b"2026-01-02T03:04:06.5Z ERROR\n2026-01-02T03:04:07Z fine\xff\n")]
    found = reads.log_count("web-1", "app", since, since + timedelta(minutes=2))
    assert found == LogCount(2, 1, 0.5)
    asked = query(server.asked[0])
    assert (asked["sinceTime"], asked["timestamps"], asked["container"]) == (
        ["2026-01-02T03:04:05Z"],
        ["true"],
        ["app"],
    )
    server.answers = [Answer(b"2026-01-02T03:04:06Z ERROR\n" * 50_000)]
    assert reads.log_count("web-1", "app", since, since + timedelta(minutes=2)).cut


TEMPLATE: Json = {"spec": {"containers": []}}


def test_the_template_of_what_has_made_a_pod(reads: Reads, server: ApiServer) -> None:
    """Of the kinds that make pods, as far as they may be read; by the pod's name, since the pod itself is gone."""

    def decide(asked: Asked) -> Answer:
        if "replicasets" in asked.path:
            return failure(403, "Forbidden")
        is_it = "daemonsets" in asked.path and query(asked)["fieldSelector"] == ["metadata.name=web-1"]
        return Answer({"items": [{"spec": {"template": TEMPLATE}}] if is_it else []})

    server.decide = decide
    assert reads.template_of("web-1-x2x4z") == (Owner("DaemonSet", "web-1", True, "apps"), TEMPLATE)
    assert reads.template_of("web-2-x2x4z") is None


def test_endpoints_of_copies_are_told_apart(reads: Reads, server: ApiServer) -> None:
    ready = [{"addresses": [name], "targetRef": {"uid": name, "name": name}} for name in ("marked", "web-1")]
    piece = {
        "metadata": {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": ready,
    }
    copies = [raw("marked", {MANAGED_BY_LABEL: MANAGED_BY}, to_annotations(mark()))]
    allowed = True

    def decide(asked: Asked) -> Answer:
        if "endpointslices" in asked.path:
            return Answer({"items": [piece]})
        return Answer({"items": copies}) if allowed else failure(403, "Forbidden", "no")

    server.decide = decide
    assert [e.made_by_us for e in reads.endpoints(["web"])[0].endpoints] == [True, False]
    assert reads.all_endpoints(["web"], "other")[0][0].ready_others("other") == 1
    allowed = False
    assert reads.endpoints(["web"])[0].ready_others("other") == 2
