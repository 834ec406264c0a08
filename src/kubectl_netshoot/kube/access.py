"""Asking the API server what we may do: a SelfSubjectAccessReview a right, side by side; nothing is changed.

Where no review can be had, the rights that take a copy away again are tried on a pod that cannot match: who could
make a copy and neither change nor delete it would leave it behind.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import JSON_PATCH
from kubectl_netshoot.kube.fetch import Fetch, Json
from kubectl_netshoot.rules.rights import NAME, Review, Right

PARALLEL = 4
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
NO_UID = "00000000-0000-0000-0000-000000000000"
# Refused whatever pod there is: each names a uid that no pod has, and a dry run besides.
HARMLESS: dict[str, tuple[str, Any, str]] = {
    "patch": ("PATCH", [{"op": "test", "path": "/metadata/uid", "value": NO_UID}], JSON_PATCH),
    "delete": ("DELETE", {"preconditions": {"uid": NO_UID}, "dryRun": ["All"]}, "application/json"),
}


def review(fetch: Fetch, wanted: Sequence[Right], copy: str = "") -> Review:
    """What of the wanted may be done; `copy` is the copy's name where it is known, for Roles with resourceNames."""
    asked = [right for right in wanted if right.asked]
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda right: _allowed(fetch, right, copy), asked))
    unsaid = [
        (right, answer) for right, answer in zip(asked, answers, strict=True) if isinstance(answer, ApiError)
    ]
    denied = [right for right, answer in zip(asked, answers, strict=True) if answer is False]
    tried = [right for right, _ in unsaid if right.resource == "pods" and right.verb in HARMLESS]
    denied += [right for right in tried if not _passes(fetch, right, copy or NAME)]
    unknown = tuple(right for right, _ in unsaid if right not in tried)
    return Review(tuple(denied), unknown, unsaid[0][1].message if unsaid else "")


def _allowed(fetch: Fetch, right: Right, copy: str) -> bool | ApiError:
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "namespace": fetch.namespace,
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": copy if right.of_copy else "",
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        answer = fetch.review(REVIEWS, body)
    except ApiError as error:
        return error
    return _said_yes(answer)


def _said_yes(answer: Json) -> bool:
    """Whether a review allows it; anything but a plain yes is a no."""
    status = answer.get("status")
    return isinstance(status, dict) and status.get("allowed") is True


def _passes(fetch: Fetch, right: Right, name: str) -> bool:
    """Whether a request that cannot succeed fails for another reason than the right to make it."""
    method, body, content_type = HARMLESS[right.verb]
    try:
        fetch.api.request(method, fetch.path("api/v1", "pods", name), {"dryRun": "All"}, body, content_type)
    except ApiError as error:
        return error.code != 403
    return True
