"""Which container a request for exec, attach or log means, and why there is none: the server's words."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.containerrunner import ContainerRunner
from fakecluster.containers import Container
from fakecluster.objects import has_ended
from fakecluster.podworker import PodWorker
from fakecluster.runtime import Runtime
from fakecluster.statuses import ApiError


def find_worker(runtime: Runtime, namespace: str, pod_name: str) -> PodWorker:
    """Raises ApiError 404 without such a pod, 400 before it has a node, 500 when its node is not heard of."""
    pod = runtime.store.get(kinds.PODS, namespace, pod_name)
    worker = runtime.worker(namespace, pod_name)
    if worker is None:
        raise ApiError.bad_request(f"pod {pod_name} does not have a host assigned")
    if worker.suspended:
        host = pod["status"].get("hostIP", "")
        raise ApiError.internal(f"error dialing backend: dial tcp {host}:10250: connect: no route to host")
    return worker


def find_container(worker: PodWorker, name: str) -> ContainerRunner:
    """By its name; the only one when none is named. Raises ApiError 400."""
    pod = worker.pod["metadata"]["name"]
    if name:
        runner = worker.containers.find(name)
        if runner is None:
            raise ApiError.bad_request(f"container {name} is not valid for pod {pod}")
        return runner
    if len(worker.containers.main) == 1:
        return worker.containers.main[0]
    message = (
        f"a container name must be specified for pod {pod}, choose one of: {_names(worker.containers.main)}"
    )
    if worker.containers.init:
        message += f" or one of the init containers: {_names(worker.containers.init)}"
    raise ApiError.bad_request(message)


def _names(runners: list[ContainerRunner]) -> str:
    return f"[{' '.join(r.record.name for r in runners)}]"


def running_container(worker: PodWorker, name: str) -> tuple[ContainerRunner, Container]:
    """For exec and attach. Raises ApiError: 400 when the pod has ended, 404 when it does not run."""
    if has_ended(worker.pod):
        phase = worker.pod["status"]["phase"]
        message = f"cannot exec into a container in a completed pod; current phase is {phase}"
        raise ApiError.bad_request(message)
    runner = find_container(worker, name)
    if runner.container is None:
        message = f'unable to upgrade connection: container not found ("{runner.record.name}")'
        raise ApiError(404, "NotFound", message)
    return runner, runner.container
