"""A server that `why` is asked about, the rules that break the way to it, and what was said and left."""

import json
from collections.abc import Callable
from typing import Any

from tests.system.e2e.api import Api
from tests.system.e2e.dumps import added
from tests.system.e2e.plugin import Done

Json = dict[str, Any]
API: Json = {"app": "api"}
POLICIES = "networking.k8s.io/v1"
# The effect, the pod at the server's end (empty: any), and more of fakecluster/settings.py.
Break = Callable[..., None]


def with_port(made: Json, **port: Any) -> Json:
    """The same Service with another port than the usual one, or without any."""
    made["spec"]["ports"] = [port] if port else []
    return made


def policy(name: str, **spec: Any) -> Json:
    """A NetworkPolicy."""
    return {"apiVersion": POLICIES, "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def verdict_of(done: Done) -> str:
    """The id, where it was said as JSON."""
    return str(json.loads(done.text)["verdict"]["id"])


def records(api: Api, *pods: str) -> int:
    """How many containers have been added to these pods so far."""
    return sum(len(added(api, name)) for name in pods)
