"""An object's metadata as the server writes it: names, uids, times, generations."""

from __future__ import annotations

import random
import uuid

from fakecluster import kinds
from fakecluster.kinds import Kind, Object
from fakecluster.timestamps import rfc3339

_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def random_suffix() -> str:
    """Five letters and digits, as generated names end in."""
    return "".join(random.choices(_SUFFIX_ALPHABET, k=5))


def new(kind: Kind, namespace: str, given: Object) -> Object:
    """Metadata in the server's order; fields that only the server may set are set here."""
    name = given.get("name") or ""
    if not name and given.get("generateName"):
        name = given["generateName"] + random_suffix()
    owned = ("name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp")
    kept = {k: v for k, v in given.items() if k not in (*owned, "deletionTimestamp", "selfLink") and v}
    return {
        "name": name,
        **({"generateName": given["generateName"]} if given.get("generateName") else {}),
        **({"namespace": namespace} if kind.namespaced else {}),
        "uid": str(uuid.uuid4()),
        **({"generation": 1} if kind.has_generation else {}),
        "creationTimestamp": rfc3339(),
        **kept,
    }


def successor(kind: Kind, new: Object, old: Object) -> Object:
    """`new` with what an update may not change taken from `old`, and the next generation."""
    server = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
    metadata = {k: v for k, v in new["metadata"].items() if k not in server and v not in (None, {}, [])}
    metadata.update({k: old["metadata"][k] for k in server if k in old["metadata"]})
    metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
    new = {"kind": kind.kind, "apiVersion": kind.api_version, **new, "metadata": metadata}
    if kind.has_generation and _spec(new) != _spec(old):
        metadata["generation"] = old["metadata"].get("generation", 0) + 1
    return new


def _spec(obj: Object) -> Object:
    """What a generation counts: a pod's binding to a node is not among it."""
    counted = {k: v for k, v in obj.items() if k not in ("metadata", "status", "kind", "apiVersion")}
    if obj.get("kind") == kinds.PODS.kind:
        counted["spec"] = {k: v for k, v in counted["spec"].items() if k != "nodeName"}
    return counted
