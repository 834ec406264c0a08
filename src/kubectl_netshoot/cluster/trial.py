"""A server-side dry run: what quota, PodSecurity and webhooks say of a pod or container beforehand."""

import json
import re
from dataclasses import dataclass

from kubectl_netshoot.cluster.api import read_whole
from kubectl_netshoot.cluster.fetch import Fetch, Json
from kubectl_netshoot.errors import ApiError

STRATEGIC_PATCH = "application/strategic-merge-patch+json"
# RFC 7234 section 5.5; the API server always writes code 299 and agent "-".
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Answer:
    """The server's warnings, and the object as it would be stored, admission included."""

    warnings: tuple[str, ...]
    object: Json


def try_create(fetch: Fetch, pod: Json) -> Answer:
    """Send the pod with dryRun=All, so that nothing is stored.

    Raises ApiError with the server's reason where it would not create it.
    """
    return _try(fetch, "POST", fetch.path("api/v1", "pods"), pod)


def try_ephemeral(fetch: Fetch, pod: str, container: Json) -> Answer:
    """The same for a container that is to be added to a running pod, as kubectl debug adds it."""
    path = f"{fetch.path('api/v1', 'pods', pod)}/ephemeralcontainers"
    return _try(fetch, "PATCH", path, {"spec": {"ephemeralContainers": [container]}}, STRATEGIC_PATCH)


def _try(fetch: Fetch, method: str, path: str, body: Json, content_type: str = "application/json") -> Answer:
    with fetch.api.open(method, path, {"dryRun": "All"}, body, content_type) as response:
        warnings = parse_warnings(", ".join(response.headers.getlist("Warning")))
        return Answer(warnings, json.loads(read_whole(response)))


def parse_warnings(header: str) -> tuple[str, ...]:
    """The texts of a Warning header, or of several joined by commas."""
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header))


def was_not_judged(error: ApiError) -> str:
    """Why an error says nothing of the pod itself; empty where it is a refusal."""
    if error.code == 403 and re.search("cannot (create|patch) resource", error.message):
        return "you may not do that here"
    if "does not support dry run" in error.message or error.transient:
        return error.message
    return ""
