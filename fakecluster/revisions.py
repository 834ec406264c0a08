"""Which version of its template a pod was made from: the hashes that Deployments and other workloads put in
labels.
"""

from __future__ import annotations

from fakecluster.kinds import Object
from fakecluster.podcontrol import copy_of
from fakecluster.store import dumps

POD_TEMPLATE_HASH = "pod-template-hash"
CONTROLLER_REVISION_HASH = "controller-revision-hash"
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619


def template_hash(template: Object) -> str:
    """A short name for a template; not the very one that a real cluster would give it."""
    value = _FNV_OFFSET
    for byte in dumps(template).encode():
        value = (value * _FNV_PRIME & 0xFFFFFFFF) ^ byte
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(value))


def labelled(template: Object, labels: dict[str, str]) -> Object:
    """A copy of the template with more labels."""
    new = copy_of(template)
    metadata = new.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    return new


def has_label(obj: Object, name: str, value: str) -> bool:
    return (obj["metadata"].get("labels") or {}).get(name) == value
