"""ResourceQuota: how many pods, and how much they may request, in a namespace."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.quantities import quantity, shown, total
from fakecluster.statuses import ApiError
from fakecluster.store import Store

_COUNTS = ("pods", "count/pods")
_COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
RESOURCES = (*_COUNTS, *_COMPUTE)


def check(store: Store, pod: Object) -> None:
    """Raises ApiError 403 when a new pod does not fit, or does not say what it needs."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    for obj in store.list(kinds.RESOURCEQUOTAS, namespace)[0]:
        hard = (obj.get("spec") or {}).get("hard") or {}
        problem = _unspecified(pod, hard) or _exceeded(store, pod, hard)
        if problem:
            quota_name = obj["metadata"]["name"]
            verb = "failed quota" if problem.startswith("must") else "exceeded quota"
            separator = ": " if verb == "failed quota" else ", "
            raise ApiError.forbidden(kinds.PODS, name, f"{verb}: {quota_name}{separator}{problem}")


def live_pods(store: Store, namespace: str) -> list[Object]:
    """The pods that count: those that have not ended."""
    pods = store.list(kinds.PODS, namespace)[0]
    return [pod for pod in pods if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")]


def used(pods: Iterable[Object], resource: str) -> Fraction:
    """How much of a quota's resource these pods use."""
    if resource in _COUNTS:
        return Fraction(sum(1 for _ in pods))
    field, name = _field(resource)
    return sum((total(pod["spec"]["containers"], field, name) for pod in pods), Fraction(0))


def _field(resource: str) -> tuple[str, str]:
    field, _, name = resource.rpartition(".")
    return field or "requests", name


def _unspecified(pod: Object, hard: Object) -> str:
    missing = []
    for resource in sorted(set(hard) & set(_COMPUTE)):
        field, name = _field(resource)
        containers = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
        without = sorted(c["name"] for c in containers if name not in (c["resources"].get(field) or {}))
        if without:
            missing.append(f"{resource} for: {','.join(without)}")
    return f"must specify {'; '.join(missing)}" if missing else ""


def _exceeded(store: Store, pod: Object, hard: Object) -> str:
    live = live_pods(store, pod["metadata"]["namespace"])
    over = []
    for resource in sorted(set(hard) & set(RESOURCES)):
        asked, before = used([pod], resource), used(live, resource)
        if asked and before + asked > quantity(hard[resource]):
            over.append((resource, shown(asked), shown(before), str(hard[resource])))
    if not over:
        return ""
    said = [",".join(f"{row[0]}={row[column]}" for row in over) for column in (1, 2, 3)]
    return f"requested: {said[0]}, used: {said[1]}, limited: {said[2]}"
