"""Whose processes the added container sees: those of the container that was named, else of the application."""

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import Container, Pod

# As kubectl exec and kubectl logs read it.
DEFAULT = "kubectl.kubernetes.io/default-container"
NONE = ("", "none")
NO_SHARING = "--target '' shares none"


def choose_shared(pod: Pod, asked: str | None) -> str:
    """The name of the container to share processes with, empty for none.

    Unasked it is the pod's default container, else its first, of those that run: an application that does not come up
    is no reason to refuse a look. Raises NetshootError for a name that is none, or of one that does not run.
    """
    if asked is None:
        running = [container.name for container in pod.containers if container.running]
        preferred = pod.annotations.get(DEFAULT, "")
        return preferred if preferred in running else next(iter(running), "")
    found = next((container for container in pod.containers if container.name == asked), None)
    if found is None and asked in NONE:
        return ""
    if found is None and asked not in pod.sidecars:
        raise _unknown(pod, asked)
    if found is not None and not found.running:
        raise NetshootError(
            f"--target: container {asked} does not run{_why(found)}, so it has no processes to share",
            NO_SHARING,
        )
    return asked


def _unknown(pod: Pod, asked: str) -> NetshootError:
    there = ", ".join((*(container.name for container in pod.containers), *pod.sidecars))
    kind = "is an init container, and these end" if asked in pod.init_containers else "is not in the pod"
    return NetshootError(f"--target: {asked} {kind}; pod {pod.name} has {there}", NO_SHARING)


def _why(container: Container) -> str:
    return f" ({container.waiting})" if container.waiting else ""
