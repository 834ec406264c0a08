"""Garbage collection: what belonged to an object that is gone goes too, and a namespace goes when it is
empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakecluster import kinds
from fakecluster.changes import Change
from fakecluster.kinds import Kind, Object
from fakecluster.objects import is_terminating, key_of
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.workqueue import WorkQueue


class GarbageCollector:
    """Goes by ownerReferences: an object is deleted when none of its owners is left."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._orphaned = WorkQueue[tuple[Kind, str, str]](self._collect)

    def observe(self, change: Change) -> None:
        delay = self._settings.controller_delay
        if change.type == "DELETED":
            for kind, dependent in self._dependents(change.obj):
                self._orphaned.add((kind, *key_of(dependent)), delay)
        elif change.obj["metadata"].get("ownerReferences"):
            self._orphaned.add((change.kind, *key_of(change.obj)), delay)

    def stop(self) -> None:
        self._orphaned.stop()

    def _dependents(self, owner: Object) -> Iterator[tuple[Kind, Object]]:
        uid = owner["metadata"]["uid"]
        for kind in kinds.KINDS.values():
            for obj in self._store.list(kind, owner["metadata"].get("namespace"))[0]:
                if any(ref["uid"] == uid for ref in obj["metadata"].get("ownerReferences") or ()):
                    yield kind, obj

    def _collect(self, what: tuple[Kind, str, str]) -> None:
        obj = self._store.find(*what)
        if obj is None or is_terminating(obj):
            return
        references = obj["metadata"].get("ownerReferences") or ()
        if references and not any(self._exists(ref, what[1]) for ref in references):
            self._store.begin_delete(*what)

    def _exists(self, reference: Object, namespace: str) -> bool:
        kind = kinds.of(reference["apiVersion"], reference["kind"])
        if kind is None:
            return True
        owner = self._store.find(kind, namespace if kind.namespaced else "", reference["name"])
        return owner is not None and owner["metadata"]["uid"] == reference["uid"]
