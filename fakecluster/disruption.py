"""PodDisruptionBudgets: what they allow, and evictions that they permit or refuse."""

from __future__ import annotations

import math

from fakecluster import deletion, kinds
from fakecluster.kinds import Object
from fakecluster.objects import controller_of
from fakecluster.selectors import Selector
from fakecluster.statuses import ApiError
from fakecluster.store import Store


def evict(store: Store, namespace: str, name: str, options: Object, dry_run: bool = False) -> None:
    """Deletes a pod as `kubectl drain` asks. Raises ApiError 404, 409, 429, 500."""
    pod = store.get(kinds.PODS, namespace, name)
    budgets = [b for b in store.list(kinds.PODDISRUPTIONBUDGETS, namespace)[0] if selects(b, pod)]
    if len(budgets) > 1:
        message = (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
        raise ApiError.internal(message)
    if budgets and is_healthy(pod) and allowed(store, budgets[0]) < 1:
        raise _too_many(store, budgets[0])
    deletion.delete(store, kinds.PODS, namespace, name, options, dry_run)


def selects(budget: Object, pod: Object) -> bool:
    selector = Selector.of_object(budget["spec"].get("selector") or {})
    return selector.matches(pod["metadata"].get("labels"))


def is_healthy(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def allowed(store: Store, budget: Object) -> int:
    """How many healthy pods of a budget may go now."""
    expected, healthy = counts(store, budget)
    return max(0, healthy - desired(budget, expected)) if expected else 0


def counts(store: Store, budget: Object) -> tuple[int, int]:
    """How many pods a budget expects, and the healthy ones of those that it selects."""
    pods = _selected(store, budget)
    return _expected(store, budget, pods), sum(map(is_healthy, pods))


def unmanaged(store: Store, budget: Object) -> list[Object]:
    """Pods of a budget that counts by controllers and finds none for them."""
    if _counts_pods(budget):
        return []
    return [pod for pod in _selected(store, budget) if controller_of(pod) is None]


def _selected(store: Store, budget: Object) -> list[Object]:
    found = store.list(kinds.PODS, budget["metadata"]["namespace"])[0]
    return [pod for pod in found if selects(budget, pod)]


def _counts_pods(budget: Object) -> bool:
    """With a plain number in minAvailable the pods are counted, else what their controllers want."""
    spec = budget["spec"]
    return spec.get("maxUnavailable") is None and not str(spec.get("minAvailable", 1)).endswith("%")


def _expected(store: Store, budget: Object, pods: list[Object]) -> int:
    if _counts_pods(budget):
        return len(pods)
    found = (_scaled_by(store, pod) for pod in pods)
    wanted = {owner["metadata"]["uid"]: int(owner["spec"].get("replicas", 1)) for owner in found if owner}
    return sum(wanted.values())


def _scaled_by(store: Store, obj: Object) -> Object | None:
    """The topmost controller above a pod that says how many there shall be."""
    reference = controller_of(obj)
    kind = kinds.of(reference["apiVersion"], reference["kind"]) if reference else None
    if reference is None or kind is None or kind.subresource("scale") is None:
        return None
    owner = store.find(kind, obj["metadata"]["namespace"], reference["name"])
    return (_scaled_by(store, owner) or owner) if owner else None


def desired(budget: Object, expected: int) -> int:
    """How many pods must stay healthy."""
    spec = budget["spec"]
    if spec.get("maxUnavailable") is not None:
        return max(0, expected - _scaled(spec["maxUnavailable"], expected))
    return _scaled(spec.get("minAvailable", 1), expected)


def _scaled(value: object, whole: int) -> int:
    text = str(value)
    return math.ceil(int(text[:-1]) * whole / 100) if text.endswith("%") else int(text)


def _too_many(store: Store, budget: Object) -> ApiError:
    expected, healthy = counts(store, budget)
    name = budget["metadata"]["name"]
    needs = f"The disruption budget {name} needs {desired(budget, expected)} healthy pods and has {healthy} currently"
    details = {"causes": [{"reason": "DisruptionBudget", "message": needs}]}
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return ApiError.too_many_requests(message, 0, details)
