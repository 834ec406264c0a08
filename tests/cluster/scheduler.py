"""The scheduler: gives each pod without a node one of the nodes that are there and not cordoned, in turn."""

from __future__ import annotations

import itertools

from tests.cluster import binding, kinds
from tests.cluster.changes import Change
from tests.cluster.events import EventRecorder
from tests.cluster.kinds import Object
from tests.cluster.objects import is_terminating, key_of
from tests.cluster.placement import accepts
from tests.cluster.settings import Settings
from tests.cluster.store import Store
from tests.cluster.workqueue import WorkQueue


class Scheduler:
    """Binds; a pod for which there is no node stays Pending and Unschedulable."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._events = EventRecorder(store, "default-scheduler")
        self._turn = itertools.count()
        self._queue = WorkQueue[tuple[str, str]](self._schedule)

    def observe(self, change: Change) -> None:
        if change.kind is kinds.PODS and change.type != "DELETED" and not change.obj["spec"].get("nodeName"):
            self._queue.add(key_of(change.obj), self._settings.schedule_delay)
        if change.kind is kinds.NODES:
            for pod in self._store.list(kinds.PODS)[0]:
                if not pod["spec"].get("nodeName"):
                    self._queue.add(key_of(pod), self._settings.schedule_delay)

    def stop(self) -> None:
        self._queue.stop()

    def _schedule(self, key: tuple[str, str]) -> None:
        pod = self._store.find(kinds.PODS, *key)
        if pod is None or pod["spec"].get("nodeName") or is_terminating(pod):
            return
        nodes = [node for node in self._store.list(kinds.NODES)[0] if accepts(node, pod)]
        if not nodes:
            self._give_up(pod)
            return
        name = nodes[next(self._turn) % len(nodes)]["metadata"]["name"]
        binding.bind(self._store, *key, name)
        self._events.record_binding(pod, name)

    def _give_up(self, pod: Object) -> None:
        message = f"0/{len(self._store.list(kinds.NODES)[0])} nodes are available."
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        self._store.mutate(
            kinds.PODS, *key_of(pod), lambda changed: binding.set_scheduled(changed, condition)
        )
        self._events.record(pod, "FailedScheduling", message, warning=True)
