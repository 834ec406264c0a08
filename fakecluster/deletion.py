"""Deleting on request: preconditions, dry run, propagation to dependents, and what the client is told."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError
from fakecluster.store import Store

#: These answer a delete with the object even when it is gone at once; others with a Status.
_RETURN_OBJECT = ("Pod", "Service", "PersistentVolumeClaim", "ServiceAccount", "ResourceQuota", "Namespace")


def delete(
    store: Store, kind: Kind, namespace: str, name: str, options: Object, dry_run: bool = False
) -> Object:
    """The object as it is afterwards. Raises ApiError 404, 409, 422."""
    old = store.get(kind, namespace, name)
    _check_preconditions(kind, old, options.get("preconditions") or {})
    policy = options.get("propagationPolicy", "Background")
    if policy not in ("Orphan", "Background", "Foreground"):
        raise ApiError(
            422, "Invalid", f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: {policy}'
        )
    if dry_run:
        return old
    for child_kind, child in _dependents(store, old) if policy != "Background" else ():
        _release(store, child_kind, child, old["metadata"]["uid"], policy)
    return store.begin_delete(kind, namespace, name, options.get("gracePeriodSeconds"))


def reply(kind: Kind, obj: Object) -> Object:
    """The body of the answer to a delete."""
    if kind.kind in _RETURN_OBJECT or obj["metadata"].get("deletionTimestamp"):
        return obj
    details: Object = {"name": obj["metadata"]["name"]}
    if kind.group:
        details["group"] = kind.group
    details |= {"kind": kind.plural, "uid": obj["metadata"]["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _check_preconditions(kind: Kind, obj: Object, wanted: Object) -> None:
    metadata = obj["metadata"]
    for field, said in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if wanted.get(field) is not None and wanted[field] != metadata[field]:
            raise ApiError.precondition(kind, metadata["name"], said, wanted[field], metadata[field])


def _dependents(store: Store, owner: Object) -> list[tuple[Kind, Object]]:
    """Every other object with an ownerReference to this one; a pod may name itself, so that nobody adopts it."""
    uid = owner["metadata"]["uid"]
    return [
        (kind, obj)
        for kind in kinds.KINDS.values()
        for obj in store.list(kind, owner["metadata"].get("namespace"))[0]
        if obj["metadata"]["uid"] != uid
        and any(ref["uid"] == uid for ref in obj["metadata"].get("ownerReferences") or ())
    ]


def _release(store: Store, kind: Kind, child: Object, owner_uid: str, policy: str) -> None:
    """Orphan: cut the reference. Foreground: the dependents go first, theirs before them."""
    metadata = child["metadata"]
    if policy == "Foreground":
        delete(store, kind, metadata.get("namespace", ""), metadata["name"], {"propagationPolicy": policy})
        return

    def cut(obj: Object) -> None:
        references = obj["metadata"]["ownerReferences"]
        obj["metadata"]["ownerReferences"] = [ref for ref in references if ref["uid"] != owner_uid]

    store.mutate(kind, metadata.get("namespace", ""), metadata["name"], cut)
