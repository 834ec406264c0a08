"""The pods that a workload or a Service stands for, as its selector says; the newest ready one goes first."""

from collections.abc import Iterator
from datetime import datetime, timezone

from kubectl_netshoot.cluster import parse, selectors
from kubectl_netshoot.cluster.fetch import Json
from kubectl_netshoot.cluster.reads import POD, Reads
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.guard import is_ours
from kubectl_netshoot.model import Pod, Selector
from kubectl_netshoot.targets import TargetName

# Kind -> its API group and plural, and the kind of its pods' owner; a Service owns none.
WORKLOADS = {
    "deploy": ("apis/apps/v1", "deployments", "ReplicaSet"),
    "rs": ("apis/apps/v1", "replicasets", "ReplicaSet"),
    "sts": ("apis/apps/v1", "statefulsets", "StatefulSet"),
    "ds": ("apis/apps/v1", "daemonsets", "DaemonSet"),
    "job": ("apis/batch/v1", "jobs", "Job"),
    "svc": ("api/v1", "services", ""),
}
EVER = datetime.min.replace(tzinfo=timezone.utc)


def pods_of(reads: Reads, target: TargetName) -> tuple[Pod, ...]:
    """Its pods that run and are not ours, ready ones first, of these the newest first.

    Raises NetshootError where there is no such object or none of its pods runs, ApiError where it cannot be read.
    """
    group, plural, owner = WORKLOADS[target.kind]
    found = reads.fetch.find(reads.fetch.path(group, plural, target.name))
    if found is None:
        raise NetshootError(
            f"there is no {target} in namespace {reads.fetch.namespace}",
            f"see `kubectl get {plural} -n {reads.fetch.namespace}`",
        )
    selector = _selector(target, found)
    pods = reads.fetch.items(reads.fetch.path(*POD), {"labelSelector": query(selector)})
    running = [pod for pod in map(parse.pod, pods) if _counts(pod, owner)]
    if not running:
        raise NetshootError(f"no pod of {target} runs", f"see `kubectl describe {target}`")
    return tuple(sorted(running, key=lambda pod: (pod.ready, pod.created or EVER), reverse=True))


def query(selector: Selector) -> str:
    """The selector as a labelSelector of a list."""
    return ",".join(_terms(selector))


def _terms(selector: Selector) -> Iterator[str]:
    yield from (f"{key}={value}" for key, value in selector.labels.items())
    for expression in selector.expressions:
        if expression.operator in ("In", "NotIn"):
            yield f"{expression.key} {expression.operator.lower()} ({','.join(expression.values)})"
        else:
            yield expression.key if expression.operator == "Exists" else f"!{expression.key}"


def _selector(target: TargetName, item: Json) -> Selector:
    if target.kind == "svc":
        service = parse.service(item)
        if not service.joinable:
            raise NetshootError(f"{target} has no selector: it stands for no pods")
        return Selector(service.selector)
    return selectors.controller(target.kind, item).selector


def _counts(pod: Pod, owner: str) -> bool:
    owned = not owner or any(o.controller and o.kind == owner for o in pod.owners)
    return owned and pod.phase == "Running" and not pod.terminating and not is_ours(pod)
