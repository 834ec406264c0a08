"""Small questions about Kubernetes objects that several controllers ask."""

from __future__ import annotations

from fakecluster.kinds import Kind, Object


def key_of(obj: Object) -> tuple[str, str]:
    """(namespace, name)."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def uid_of(obj: Object) -> str:
    return str(obj["metadata"]["uid"])


def controller_of(obj: Object) -> Object | None:
    """The ownerReference of the controller that manages this object."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def owner_reference(kind: Kind, owner: Object) -> Object:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "name": owner["metadata"]["name"],
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition_of(obj: Object, type_: str) -> Object | None:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == type_), None)


def is_ready(pod: Object) -> bool:
    found = condition_of(pod, "Ready")
    return found is not None and found["status"] == "True"


def is_terminating(obj: Object) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def has_ended(pod: Object) -> bool:
    """Its containers will never run again."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    """Counts as one of its controller's replicas."""
    return not has_ended(pod) and not is_terminating(pod)
