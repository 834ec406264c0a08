"""Asking what we may do: what is sent, and what becomes of answers that are no answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubectl_netshoot.kube.api import Api, Fetch
from kubectl_netshoot.kube.reads import review
from kubectl_netshoot.rules.rights import Use, rights_of
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WANTED = [right for right in rights_of(Use.JOINED_COPY) if right.asked]
FORBIDDEN = failure(403, "Forbidden", "reviews are forbidden")


@pytest.fixture
def fetch(api: Api) -> Fetch:
    return Fetch(api, "shop", pause=lambda _seconds: None)


def attributes(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked.body)["spec"]["resourceAttributes"]
    return found


def said(allowed: object) -> Answer:
    return Answer({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}}, 201)


def denying(*denied: tuple[str, str]) -> Callable[[Asked], Answer]:
    """Answers no to these verbs and resources."""

    def decide(asked: Asked) -> Answer:
        found = attributes(asked)
        return said((found["verb"], found["resource"]) not in denied)

    return decide


def test_every_right_is_asked_about_once_in_the_namespace(fetch: Fetch, server: ApiServer) -> None:
    server.decide = denying()
    found = review(fetch, Use.JOINED_COPY)
    assert (found.denied, found.unknown) == ((), ())
    assert {(asked.method, asked.path) for asked in server.asked} == {("POST", REVIEWS)}
    sent = [attributes(asked) for asked in server.asked]
    assert {one["namespace"] for one in sent} == {"shop"}
    assert sorted(_name(one) for one in sent) == sorted(str(right) for right in WANTED)


def test_only_what_is_needed_is_asked_where_that_is_enough(fetch: Fetch, server: ApiServer) -> None:
    server.decide = denying()
    review(fetch, Use.WHY_CLIENT, optional=False)
    needed = {str(right) for right in rights_of(Use.WHY_CLIENT) if right.needed}
    assert sorted(_name(attributes(asked)) for asked in server.asked) == sorted(needed)


def _name(sent: dict[str, Any]) -> str:
    resource = "/".join(filter(None, (sent["resource"], sent["subresource"])))
    return f"{sent['verb']} {resource}" + (f".{sent['group']}" if sent["group"] else "")


def test_what_is_used_on_the_copy_alone_is_asked_by_its_name(fetch: Fetch, server: ApiServer) -> None:
    """A Role may grant it for one name only."""
    server.decide = denying()
    review(fetch, Use.JOINED_COPY, name="dbg")
    named = {_name(found) for asked in server.asked if (found := attributes(asked))["name"] == "dbg"}
    assert named == {"get pods", "patch pods", "delete pods", "create pods/exec", "get pods/exec"}


def test_what_is_denied_is_told(fetch: Fetch, server: ApiServer) -> None:
    server.decide = denying(("delete", "pods"), ("list", "events"))
    found = review(fetch, Use.JOINED_COPY)
    assert [str(right) for right in found.denied] == ["delete pods", "list events"]
    assert [str(right) for right in found.missing] == ["delete pods"]


@pytest.mark.parametrize("allowed", [None, False, "", 0])
def test_only_a_yes_is_a_yes(fetch: Fetch, server: ApiServer, allowed: object) -> None:
    server.decide = lambda _: said(allowed)
    assert review(fetch, Use.CAPTURE).denied == rights_of(Use.CAPTURE)


def test_a_review_that_fails_for_a_moment_is_asked_for_again(fetch: Fetch, server: ApiServer) -> None:
    server.answers = [failure(503, "ServiceUnavailable"), said(True)]
    found = review(fetch, Use.CAPTURE)
    assert (found.denied, found.unknown) == ((), ())


def without_reviews(*denied: str) -> Callable[[Asked], Answer]:
    """A server that answers no review, and refuses these methods on pods as RBAC does, else for there is no pod."""

    def decide(asked: Asked) -> Answer:
        if asked.path == REVIEWS:
            return FORBIDDEN
        return failure(403, "Forbidden") if asked.method in denied else failure(404, "NotFound")

    return decide


def test_where_nobody_answers_it_is_not_known(fetch: Fetch, server: ApiServer) -> None:
    server.decide = without_reviews()
    found = review(fetch, Use.JOINED_COPY)
    assert found.missing == ()
    assert found.reason == "reviews are forbidden"
    assert {str(right) for right in WANTED} - {str(right) for right in found.unknown} == {
        "patch pods",
        "delete pods",
    }


@pytest.mark.parametrize(("method", "right"), [("PATCH", "patch pods"), ("DELETE", "delete pods")])
def test_a_copy_that_could_not_be_taken_away_is_never_made(
    fetch: Fetch, server: ApiServer, method: str, right: str
) -> None:
    server.decide = without_reviews(method)
    assert [str(missing) for missing in review(fetch, Use.JOINED_COPY).missing] == [right]


def test_trying_cannot_change_any_pod(fetch: Fetch, server: ApiServer) -> None:
    """Not even one that has the copy's name: each try names a uid that no pod has, and is a dry run."""
    server.decide = without_reviews()
    review(fetch, Use.JOINED_COPY, name="dbg")
    tried = {asked.method: asked for asked in server.asked if asked.path != REVIEWS}
    assert set(tried) == {"PATCH", "DELETE"}
    assert {asked.path for asked in tried.values()} == {"/api/v1/namespaces/shop/pods/dbg?dryRun=All"}
    (operation,) = json.loads(tried["PATCH"].body)
    assert (operation["op"], operation["path"]) == ("test", "/metadata/uid")
    options = json.loads(tried["DELETE"].body)
    assert options["preconditions"]["uid"] == operation["value"]
    assert set(operation["value"]) == {"0", "-"}
    assert options["dryRun"] == ["All"]
