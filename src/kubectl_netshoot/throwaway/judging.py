"""The node that a pod is to be put on: whether it is there, ready, and one for the image."""

from collections.abc import Iterator

from kubectl_netshoot.cluster import Fetch, Node, find_node
from kubectl_netshoot.cluster.nodes import LINUX
from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.join import Hazard, Severity


def judge_node(name: str, fetch: Fetch) -> tuple[tuple[Hazard, ...], tuple[str, ...]]:
    """Hazards and notes of this node; none where none was named. Raises NetshootError where it does not exist."""
    if not name:
        return (), ()
    try:
        node = find_node(fetch, name)
    except ApiError as error:
        if error.code != 403:
            raise
        return (), (f"whether node {name} exists and is ready is not known: {error.message}",)
    if node is None:
        raise NetshootError(f"there is no node {name}", "see `kubectl get nodes`")
    return tuple(_not_ready(node)), tuple(_strange(node))


def _not_ready(node: Node) -> Iterator[Hazard]:
    if not node.ready:
        yield Hazard(
            "node-not-ready",
            Severity.WARN,
            f"node {node.name} is not ready ({node.reason}): the pod may never start there",
            f"see `kubectl describe node {node.name}`",
        )


def _strange(node: Node) -> Iterator[str]:
    if node.system != LINUX:
        yield f"node {node.name} runs {node.system}, and the tools are programs of Linux"
