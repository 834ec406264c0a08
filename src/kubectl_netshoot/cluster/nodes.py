"""Whether a node can take a pod: it exists, and its kubelet says that it is ready."""

from dataclasses import dataclass
from typing import Any

from kubectl_netshoot.cluster.fetch import Fetch
from kubectl_netshoot.cluster.reading import named, reading, sentence, typed

Json = dict[str, Any]
LINUX = "linux"


@dataclass(frozen=True)
class Node:
    """A node; `reason` is why it is not ready, `system` its operating system."""

    name: str
    ready: bool
    reason: str = ""
    system: str = LINUX


def find_node(fetch: Fetch, name: str) -> Node | None:
    """The node, or None where the API server says that there is none. Raises ApiError where it may not be read."""
    found = fetch.find(f"/api/v1/nodes/{name}")
    return node(found) if found else None


@reading("a node")
def node(item: Json) -> Node:
    """A v1 Node."""
    status, labels = item.get("status") or {}, item["metadata"].get("labels") or {}
    ready: Json = next((c for c in status.get("conditions") or [] if c["type"] == "Ready"), {})
    said = ready.get("message") or ready.get("reason") or "its kubelet has said nothing yet"
    return typed(
        Node(
            named(item["metadata"]["name"], "node"),
            ready.get("status") == "True",
            sentence(said),
            labels.get("kubernetes.io/os", LINUX),
        )
    )
