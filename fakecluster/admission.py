"""Admission: what is completed or refused before an object is stored, whoever creates it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fakecluster import (
    binding,
    defaults,
    kinds,
    podsecurity,
    priority,
    quota,
    serviceaccount,
    serviceip,
    validation,
)
from fakecluster.admission_policies import Policy, check, mutate
from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError
from fakecluster.store import Store

_NOT_READY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def install(store: Store, policies: Callable[[], Sequence[Policy]] = tuple) -> None:
    """Every create of that store goes through here from now on; `policies` tells those that hold."""
    store.create_hooks.append(lambda kind, obj: admit(store, kind, obj, policies()))


def admit(store: Store, kind: Kind, obj: Object, policies: Sequence[Policy]) -> None:
    """Completes a new object in place. Raises ApiError 403, 404, 422 and what policies say."""
    _namespace_is_active(store, kind, obj)
    mutate(policies, kind, "CREATE", obj, None)
    validation.check_metadata(kind, obj)
    validation.check_required(kind, obj)
    defaults.apply(kind, obj)
    if kind is kinds.PODS:
        serviceaccount.admit(obj)
        _default_tolerations(obj["spec"])
        priority.resolve(store, obj)
        binding.label(store, obj)
        podsecurity.check(store, obj)
    if kind is kinds.PRIORITYCLASSES:
        priority.check_class(store, obj)
    if kind is kinds.SERVICES:
        serviceip.allocate(store, obj)
    validation.check_create(kind, obj)
    check(policies, kind, "CREATE", obj, None)
    if kind is kinds.PODS:
        quota.check(store, obj)


def check_update(store: Store, kind: Kind, obj: Object) -> None:
    """What admission refuses in an update. Raises ApiError 403."""
    if kind is kinds.PODS:
        podsecurity.check(store, obj)


def _namespace_is_active(store: Store, kind: Kind, obj: Object) -> None:
    if not kind.namespaced:
        return
    name = obj["metadata"]["namespace"]
    namespace = store.find(kinds.NAMESPACES, name, name)
    if namespace is None:
        raise ApiError.not_found(kinds.NAMESPACES, name)
    if namespace.get("status", {}).get("phase") != "Terminating":
        return
    why = f"unable to create new content in namespace {name} because it is being terminated"
    error = ApiError.forbidden(kind, obj["metadata"]["name"], why)
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {name} is being terminated",
        "field": "metadata.namespace",
    }
    error.details = {**(error.details or {}), "causes": [cause]}
    raise error


def _default_tolerations(spec: Object) -> None:
    tolerations = spec.setdefault("tolerations", [])
    for key in _NOT_READY:
        if not any(_tolerates(toleration, key) for toleration in tolerations):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            )


def _tolerates(toleration: Object, key: str) -> bool:
    return bool(toleration.get("key", key) == key and toleration.get("effect", "NoExecute") == "NoExecute")
