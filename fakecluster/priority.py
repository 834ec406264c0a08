"""The admission plugin Priority: a PriorityClass's name becomes a number and a preemption policy in a new pod."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.statuses import ApiError, Cause
from fakecluster.store import Store

_HIGHEST_OF_USERS = 1_000_000_000
_RESERVED = "system-"
#: Every cluster has these from its start on.
SYSTEM_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_WITHOUT_CLASS: Object = {"value": 0, "preemptionPolicy": "PreemptLowerPriority"}


def of(pod: Object) -> int:
    return int(pod["spec"].get("priority") or 0)


def resolve(store: Store, pod: Object) -> None:
    """Completes a new pod in place. Raises ApiError 403 for a class that is not there and for numbers that differ."""
    spec = pod["spec"]
    name = spec.get("priorityClassName")
    found = store.find(kinds.PRIORITYCLASSES, "", name) if name else _default(store)
    if name and found is None:
        raise _forbidden(pod, f"no PriorityClass with name {name} was found")
    if found is not None:
        spec["priorityClassName"] = found["metadata"]["name"]
    wanted = found or _WITHOUT_CLASS
    _settle(pod, "priority", "integer value of priority", wanted["value"])
    _settle(pod, "preemptionPolicy", "string value of PreemptionPolicy", wanted["preemptionPolicy"])


def check_class(store: Store, obj: Object) -> None:
    """A new PriorityClass. Raises ApiError 403, 422."""
    name = obj["metadata"]["name"]
    causes = []
    if name.startswith(_RESERVED) and SYSTEM_CLASSES.get(name) != obj["value"]:
        why = "priority class names with 'system-' prefix are reserved for system use only"
        causes.append(Cause.forbidden("metadata.name", why))
    if not name.startswith(_RESERVED) and obj["value"] > _HIGHEST_OF_USERS:
        why = f"maximum allowed value of a user defined priority is {_HIGHEST_OF_USERS}"
        causes.append(Cause.forbidden("value", why))
    if causes:
        raise ApiError.invalid(kinds.PRIORITYCLASSES, name, causes)
    if obj.get("globalDefault") and (present := _default(store)):
        why = f"PriorityClass {present['metadata']['name']} is already marked as default. Only one default can exist"
        raise ApiError.forbidden(kinds.PRIORITYCLASSES, name, why)


def _default(store: Store) -> Object | None:
    return next((c for c in store.list(kinds.PRIORITYCLASSES)[0] if c.get("globalDefault")), None)


def _settle(pod: Object, field: str, words: str, value: object) -> None:
    """Who copies a pod sends the number that its class gave the source: it may be there when it is the same."""
    given = pod["spec"].get(field)
    if given is not None and given != value:
        computed = f"priority admission controller computed {value} from the given PriorityClass name"
        raise _forbidden(pod, f"the {words} ({given}) must not be provided in pod spec; {computed}")
    pod["spec"][field] = value


def _forbidden(pod: Object, why: str) -> ApiError:
    return ApiError.forbidden(kinds.PODS, pod["metadata"]["name"], why)
