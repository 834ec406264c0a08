"""What the kubelet says of a pod's containers, where a pod that takes no connection may owe it to them."""

from collections.abc import Iterable, Iterator

from kubectl_netshoot.model import Container, Pod
from kubectl_netshoot.rules.listing import number

_MOST = 2


def failing(pods: Iterable[Pod]) -> tuple[str, ...]:
    """`container db of pod db-0: CrashLoopBackOff, 4 restarts, ended last with Error, status 3`."""
    return tuple(_told(pod, container) for pod, container in _failing(pods))[:_MOST]


def next_of(pods: Iterable[Pod], namespace: str) -> str:
    """The command that shows why the first of them fails; empty where none does."""
    for pod, container in _failing(pods):
        if container.last_end:
            # One that runs again has said nothing yet.
            previous = "" if container.exit_code is not None else " --previous"
            return f"kubectl -n {namespace} logs {pod.name} -c {container.name}{previous}"
        return f"kubectl -n {namespace} describe pod {pod.name}"
    return ""


def _failing(pods: Iterable[Pod]) -> Iterator[tuple[Pod, Container]]:
    for pod in pods:
        for container in pod.containers:
            has_fallen = container.restarts > 0 and not container.ready
            if container.waiting or container.exit_code is not None or has_fallen:
                yield pod, container


def _told(pod: Pod, container: Container) -> str:
    state = container.waiting or ("not running" if container.exit_code is not None else "not ready")
    restarts = f", {number(container.restarts, 'restart')}" if container.restarts else ""
    ended = f", ended last with {container.last_end}" if container.last_end else ""
    return f"container {container.name} of pod {pod.name}: {state}{restarts}{ended}"
