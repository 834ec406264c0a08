"""What a test can make happen to the cluster that no client of the API can: POST /_control/actions/NAME.

Each takes the runtime and a JSON object, and raises ApiError when what it is about is not there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fakecluster import kinds, nodes, snapshot
from fakecluster.containers import KILLED, Exit
from fakecluster.kinds import Object
from fakecluster.objects import key_of
from fakecluster.podworker import PodWorker
from fakecluster.runtime import Runtime
from fakecluster.selectors import FieldSelector
from fakecluster.statuses import ApiError
from fakecluster.streamtargets import find_worker, running_container


async def kill_container(runtime: Runtime, body: Object) -> Object:
    """{namespace, pod, container, exit_code=137, reason}: PID 1 is killed and seems to have ended so.

    `reason` is OOMKilled, or by default what the exit code means.
    """
    _, container = running_container(_worker(runtime, body), body.get("container", ""))
    code = int(body.get("exit_code", KILLED.code))
    container.kill(Exit(code, body["reason"]) if body.get("reason") else Exit.of_code(code))
    return {}


async def evict(runtime: Runtime, body: Object) -> Object:
    """{namespace, pod, message}: the node is short of something; the pod ends, Failed and Evicted."""
    message = body.get("message", "The node was low on resource: memory.")
    _worker(runtime, body).evict(message)
    return {}


async def delete(runtime: Runtime, body: Object) -> Object:
    """{namespace, pod, grace_seconds}: deleted through the API by somebody else."""
    grace = body.get("grace_seconds")
    runtime.store.begin_delete(kinds.PODS, body["namespace"], body["pod"], grace)
    return {}


async def fail_readiness(runtime: Runtime, body: Object) -> Object:
    """{namespace, pod, container}: its probe (of all containers by default) fails from now on."""
    return _force_unready(runtime, body, unready=True)


async def restore_readiness(runtime: Runtime, body: Object) -> Object:
    """{namespace, pod, container}: the end of fail-readiness."""
    return _force_unready(runtime, body, unready=False)


async def add_node(runtime: Runtime, body: Object) -> Object:
    """{node, labels}: one more machine joins."""
    runtime.add_node(body["node"], runtime.network.allocate(), body.get("labels"))
    return {}


async def node_lost(runtime: Runtime, body: Object) -> Object:
    """{node, silent=false}: its kubelet falls silent. It is tainted, its pods are not Ready, nothing else changes.

    Their processes and sockets live on, as they do on a node that is only cut off from the API server; `silent`:
    clients can connect, but hear nothing any more. Its pods are never evicted, which would take 300 seconds.
    """
    name = body["node"]
    nodes.mark_lost(runtime.store, name)
    runtime.kubelet.cut_off(name, lost=True, silent=bool(body.get("silent")))
    on_it = FieldSelector((("spec.nodeName", name, True),))
    for pod in runtime.store.list(kinds.PODS, fields=on_it)[0]:
        runtime.store.mutate(kinds.PODS, *key_of(pod), nodes.mark_pod_unready)
    return {}


async def node_back(runtime: Runtime, body: Object) -> Object:
    """{node}: the end of node-lost; the kubelet then does what it missed."""
    nodes.mark_back(runtime.store, body["node"])
    runtime.kubelet.cut_off(body["node"], lost=False)
    return {}


def _worker(runtime: Runtime, body: Object) -> PodWorker:
    return find_worker(runtime, body["namespace"], body["pod"])


def _force_unready(runtime: Runtime, body: Object, *, unready: bool) -> Object:
    worker = _worker(runtime, body)
    named = body.get("container")
    if named and worker.containers.find(named) is None:
        raise ApiError.bad_request(f"container {named} is not valid for pod {body['pod']}")
    for runner in worker.containers.main:
        if named in (None, runner.record.name):
            runner.prober.force_unready(unready)
    return {}


ACTIONS: dict[str, Callable[[Runtime, Object], Awaitable[Object]]] = {
    "kill-container": kill_container,
    "evict": evict,
    "delete": delete,
    "fail-readiness": fail_readiness,
    "restore-readiness": restore_readiness,
    "add-node": add_node,
    "node-lost": node_lost,
    "node-back": node_back,
    "restore": snapshot.restore,
}
