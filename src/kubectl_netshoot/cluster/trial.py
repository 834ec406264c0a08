"""A server-side dry run: what quota, PodSecurity and admission webhooks say of a pod before there is one."""

import re

from kubectl_netshoot.cluster.fetch import Fetch, Json
from kubectl_netshoot.errors import ApiError

# RFC 7234 section 5.5; the API server always writes code 299 and agent "-".
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


def try_create(fetch: Fetch, pod: Json) -> tuple[str, ...]:
    """Send the pod with dryRun=All, so that nothing is stored, and return the server's warnings.

    Raises ApiError with the server's reason where it would not create it.
    """
    path = fetch.path("api/v1", "pods")
    with fetch.api.open("POST", path, {"dryRun": "All"}, pod) as response:
        response.drain_conn()
        return parse_warnings(", ".join(response.headers.getlist("Warning")))


def parse_warnings(header: str) -> tuple[str, ...]:
    """The texts of a Warning header, or of several joined by commas."""
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header))


def was_not_judged(error: ApiError) -> str:
    """Why an error says nothing of the pod itself; empty where it is a refusal."""
    if error.code == 403 and "cannot create resource" in error.message:
        return "you may not create pods here"
    if "does not support dry run" in error.message or error.transient:
        return error.message
    return ""
