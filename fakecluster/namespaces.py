"""The namespace controller: puts what every namespace has into new ones, empties those that are deleted."""

from __future__ import annotations

from fakecluster import bootstrap, kinds
from fakecluster.background import BackgroundController
from fakecluster.changes import Change
from fakecluster.kinds import Object
from fakecluster.statuses import ApiError


class NamespaceController(BackgroundController):
    """Runs beside the other controllers, on its own subscription."""

    def _follow(self, change: Change) -> None:
        if change.kind is kinds.NAMESPACES and change.type != "DELETED":
            self._reconcile(change.obj)
        elif change.type == "DELETED" and change.kind.namespaced:
            self._finish(change)

    def _reconcile(self, namespace: Object) -> None:
        name = namespace["metadata"]["name"]
        if not _terminating(namespace):
            bootstrap.namespace_content(self._store, name)
            return
        for kind in kinds.KINDS.values():
            for obj in self._store.list(kind, name)[0] if kind.namespaced else ():
                self._store.begin_delete(kind, name, obj["metadata"]["name"])
        self._release_if_empty(name)

    def _finish(self, change: Change) -> None:
        namespace = self._store.find(kinds.NAMESPACES, "", change.namespace)
        if namespace is not None and _terminating(namespace):
            self._release_if_empty(change.namespace)

    def _release_if_empty(self, name: str) -> None:
        if any(self._store.list(kind, name)[0] for kind in kinds.KINDS.values() if kind.namespaced):
            return

        def release(namespace: Object) -> None:
            namespace["spec"]["finalizers"] = []

        try:
            self._store.mutate(kinds.NAMESPACES, "", name, release)
        except ApiError as error:
            if error.reason != "NotFound":
                raise


def _terminating(namespace: Object) -> bool:
    return "deletionTimestamp" in namespace["metadata"]
