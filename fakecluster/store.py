"""The objects of the fake cluster, as etcd and the generic registry keep them.

It hides resource versions, uids, generations, optimistic locking, graceful deletion and finalizers.
Objects that go in are copied. `get`, `create`, `update` and `mutate` give copies; what `list` and
subscriptions give is shared and must not be changed, so that ten thousand pods stay cheap.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fakecluster import kinds, objectmeta
from fakecluster.changes import Change, ChangeLog, Subscription
from fakecluster.history import History
from fakecluster.kinds import Kind, Object
from fakecluster.selectors import FieldSelector, Selector
from fakecluster.statuses import ApiError
from fakecluster.timestamps import from_now

_ENDED = ("Succeeded", "Failed")

#: Completes or refuses an object before it is created: (kind, object with name and namespace).
CreateHook = Callable[[Kind, Object], None]


@dataclass(frozen=True)
class Entry:
    """A stored object and its text, made once for everybody who reads it."""

    obj: Object
    json: str

    def copy(self) -> Object:
        return loads(self.json)

    @property
    def resource_version(self) -> int:
        return int(self.obj["metadata"]["resourceVersion"])


class Store:
    """All objects. Belongs to one event loop: no call blocks, none is interrupted."""

    def __init__(self, watch_log_size: int = 10_000) -> None:
        self.log = ChangeLog(watch_log_size)
        self.create_hooks: list[CreateHook] = []
        self.resource_version = 1
        self._objects: dict[Kind, dict[str, dict[str, Entry]]] = {kind: {} for kind in kinds.KINDS.values()}

    @property
    def history(self) -> History:
        return self.log.history

    def subscribe(self, wanted: Callable[[Change], bool] = lambda _: True) -> Subscription:
        return self.log.subscribe(wanted)

    def entry(self, kind: Kind, namespace: str, name: str) -> Entry:
        """Raises ApiError 404."""
        found = self._objects[kind].get(namespace if kind.namespaced else "", {}).get(name)
        if found is None:
            raise ApiError.not_found(kind, name)
        return found

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """A copy. Raises ApiError 404."""
        return self.entry(kind, namespace, name).copy()

    def find(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """The shared object, or None."""
        found = self._objects[kind].get(namespace if kind.namespaced else "", {}).get(name)
        return found.obj if found else None

    def entries(
        self,
        kind: Kind,
        namespace: str | None = None,
        labels: Selector | None = None,
        fields: FieldSelector | None = None,
    ) -> list[Entry]:
        """Ordered by namespace and name, as etcd does. `namespace` None (or empty) means all."""
        return [
            entry
            for entry in self._candidates(kind, namespace, fields)
            if (labels is None or labels.matches(entry.obj["metadata"].get("labels")))
            and (fields is None or fields.matches(entry.obj))
        ]

    def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        labels: Selector | None = None,
        fields: FieldSelector | None = None,
    ) -> tuple[list[Object], int]:
        """Shared objects (do not change them) and the resource version of the whole."""
        return [e.obj for e in self.entries(kind, namespace, labels, fields)], self.resource_version

    def _candidates(self, kind: Kind, namespace: str | None, fields: FieldSelector | None) -> Iterator[Entry]:
        by_namespace = self._objects[kind]
        only = fields.exact("metadata.name") if fields else None
        for key in [namespace] if namespace else sorted(by_namespace):
            entries = by_namespace.get(key, {})
            for name in [only] if only is not None else sorted(entries):
                if name in entries:
                    yield entries[name]

    def create(self, kind: Kind, namespace: str, obj: Object, *, dry_run: bool = False) -> Object:
        """Stores a new object after the hooks agreed. Raises ApiError 409 and what the hooks raise."""
        new = {"kind": kind.kind, "apiVersion": kind.api_version, **loads(dumps(obj))}
        metadata = new["metadata"] = objectmeta.new(kind, namespace, new.get("metadata") or {})
        for hook in self.create_hooks:
            hook(kind, new)
        if self.find(kind, namespace, metadata["name"]) is not None:
            raise ApiError.already_exists(kind, metadata["name"])
        if dry_run:
            return new
        return self._put("ADDED", kind, new, None).copy()

    def update(self, kind: Kind, obj: Object, *, dry_run: bool = False) -> Object:
        """Replaces an object; with metadata.resourceVersion only that version. Raises ApiError 404, 409."""
        metadata = obj["metadata"]
        old = self.entry(kind, metadata.get("namespace", ""), metadata["name"])
        wanted = metadata.get("resourceVersion")
        if wanted and str(wanted) != str(old.resource_version):
            raise ApiError.conflict(kind, metadata["name"])
        new = objectmeta.successor(kind, loads(dumps(obj)), old.obj)
        if new == old.obj or dry_run:
            return new
        entry = self._put("MODIFIED", kind, new, old.obj)
        if _nothing_holds_it(kind, new):
            self._drop(kind, entry)
        return entry.copy()

    def mutate(self, kind: Kind, namespace: str, name: str, change: Callable[[Object], object]) -> Object:
        """Changes a copy in place and stores it. Raises ApiError 404."""
        obj = self.get(kind, namespace, name)
        change(obj)
        return self.update(kind, obj)

    def begin_delete(self, kind: Kind, namespace: str, name: str, grace_seconds: int | None = None) -> Object:
        """Deletes as the API does; the object as it then is.

        A pod that runs on a node is only marked (the kubelet ends it and calls `remove`); so is a namespace
        (whoever empties it clears spec.finalizers) and what has finalizers. Everything else is gone at once.
        """
        entry = self.entry(kind, namespace, name)
        grace = _grace(kind, entry.obj, grace_seconds)
        new = entry.copy()
        if not _must_wait(kind, new, grace):
            return self._drop(kind, entry)
        metadata = new["metadata"]
        if "deletionTimestamp" in metadata and grace >= metadata.get("deletionGracePeriodSeconds", 0):
            return new
        metadata["deletionTimestamp"] = from_now(grace)
        metadata["deletionGracePeriodSeconds"] = grace
        if kind.has_generation:
            metadata["generation"] = metadata.get("generation", 0) + 1
        if kind is kinds.NAMESPACES:
            new["status"] = {**new.get("status", {}), "phase": "Terminating"}
        return self._put("MODIFIED", kind, new, entry.obj).copy()

    def remove(self, kind: Kind, namespace: str, name: str, uid: str | None = None) -> None:
        """The end of a deletion: the kubelet's last word on a pod. Nothing happens when it (that uid) is gone."""
        obj = self.find(kind, namespace, name)
        if obj is None or uid not in (None, obj["metadata"]["uid"]):
            return
        entry = self.entry(kind, namespace, name)
        if obj["metadata"].get("deletionGracePeriodSeconds"):
            new = entry.copy()
            new["metadata"]["deletionGracePeriodSeconds"] = 0
            entry = self._put("MODIFIED", kind, new, obj)
        if not entry.obj["metadata"].get("finalizers"):
            self._drop(kind, entry)

    def _put(self, type_: str, kind: Kind, obj: Object, old: Object | None) -> Entry:
        self.resource_version += 1
        obj["metadata"]["resourceVersion"] = str(self.resource_version)
        entry = Entry(obj, dumps(obj))
        metadata = obj["metadata"]
        self._objects[kind].setdefault(metadata.get("namespace", ""), {})[metadata["name"]] = entry
        self.log.append(Change(type_, kind, obj, self.resource_version, entry.json, old))
        return Entry(obj, entry.json)

    def _drop(self, kind: Kind, entry: Entry) -> Object:
        metadata = entry.obj["metadata"]
        siblings = self._objects[kind][metadata.get("namespace", "")]
        del siblings[metadata["name"]]
        if not siblings:
            del self._objects[kind][metadata.get("namespace", "")]
        self.resource_version += 1
        gone = entry.copy()
        gone["metadata"]["resourceVersion"] = str(self.resource_version)
        self.log.append(Change("DELETED", kind, gone, self.resource_version, dumps(gone), entry.obj))
        return gone


def dumps(obj: object) -> str:
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False)


def loads(text: str) -> Object:
    """A JSON object."""
    loaded: Object = json.loads(text)
    return loaded


def _grace(kind: Kind, obj: Object, asked: int | None) -> int:
    if kind is not kinds.PODS or not obj["spec"].get("nodeName") or obj["status"].get("phase") in _ENDED:
        return 0
    own: int = obj["spec"].get("terminationGracePeriodSeconds", 30)
    return own if asked is None else asked


def _must_wait(kind: Kind, obj: Object, grace: int) -> bool:
    held = bool(obj["metadata"].get("finalizers"))
    return held or grace > 0 or (kind is kinds.NAMESPACES and bool(obj["spec"].get("finalizers")))


def _nothing_holds_it(kind: Kind, obj: Object) -> bool:
    metadata = obj["metadata"]
    return (
        "deletionTimestamp" in metadata
        and not metadata.get("deletionGracePeriodSeconds")
        and not metadata.get("finalizers")
        and not _must_wait(kind, obj, 0)
    )
