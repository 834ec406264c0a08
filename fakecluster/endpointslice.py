"""The EndpointSlice controller: keeps the slices of every Service that has a selector.

It looks at a Service only when the real one does. In particular a pod's phase alone moves nothing: a pod
that reached its deadline stays in its slice, not ready, until something else happens to the Service (see
deadline-watched).
"""

from __future__ import annotations

from itertools import zip_longest

from fakecluster import endpoints, kinds
from fakecluster.changes import Change
from fakecluster.kinds import Object
from fakecluster.nodes import ZONE, topology
from fakecluster.objects import condition_of, is_ready, is_terminating, key_of, owner_reference
from fakecluster.selectors import Selector
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.workqueue import WorkQueue

Key = tuple[str, str]
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
SLICE_DELAY = "fake-cluster/slice-delay"
_TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointSliceController:
    """Works `slice_delay` seconds behind what happens, or as many as the Service's annotation SLICE_DELAY says."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._queue = WorkQueue[Key](self._sync)
        self._triggers: dict[Key, dict[str, tuple[str, str]]] = {}

    def observe(self, change: Change) -> None:
        if change.kind is kinds.SERVICES:
            self._enqueue(key_of(change.obj))
        elif change.kind is kinds.PODS:
            for name in self._services_to_sync(change):
                self._enqueue((change.namespace, name))
        elif change.kind is kinds.ENDPOINTSLICES and change.user != "system:cluster":
            labels = change.obj["metadata"].get("labels") or {}
            if labels.get(MANAGED_BY) == MANAGER:
                self._enqueue((change.namespace, labels.get(SERVICE_NAME, "")))

    def stop(self) -> None:
        self._queue.stop()

    def _enqueue(self, key: Key) -> None:
        service = self._store.find(kinds.SERVICES, *key)
        annotations = (service or {}).get("metadata", {}).get("annotations") or {}
        self._queue.add(key, float(annotations.get(SLICE_DELAY, self._settings.slice_delay)))

    def _services_to_sync(self, change: Change) -> set[str]:
        now = self._selecting(change.obj)
        if change.type == "DELETED" or change.old is None:
            return now
        before = self._selecting(change.old)
        return now | before if _endpoint_changed(change.old, change.obj) else now ^ before

    def _selecting(self, pod: Object) -> set[str]:
        labels = pod["metadata"].get("labels")
        services = self._store.list(kinds.SERVICES, pod["metadata"]["namespace"])[0]
        return {s["metadata"]["name"] for s in services if (found := _selector(s)) and found.matches(labels)}

    def _sync(self, key: Key) -> None:
        namespace, name = key
        service = self._store.find(kinds.SERVICES, namespace, name)
        present = self._slices_of(namespace, name)
        if service is None:
            self._triggers.pop(key, None)
            for slice_ in present:
                self._store.remove(kinds.ENDPOINTSLICES, *key_of(slice_))
            return
        selector = _selector(service)
        if selector is None or is_terminating(service):
            return
        pods = self._store.list(kinds.PODS, namespace, selector)[0]
        wanted = endpoints.grouped(service, pods, self._zones())
        self._reconcile(service, present, wanted, self._trigger_time(service, pods))

    def _zones(self) -> dict[str, str]:
        found = self._store.list(kinds.NODES)[0]
        return {node["metadata"]["name"]: topology(node).get(ZONE, "") for node in found}

    def _slices_of(self, namespace: str, service: str) -> list[Object]:
        ours = Selector.of_map({SERVICE_NAME: service, MANAGED_BY: MANAGER})
        return self._store.list(kinds.ENDPOINTSLICES, namespace, ours)[0]

    def _reconcile(
        self, service: Object, present: list[Object], wanted: endpoints.Groups, trigger_time: str
    ) -> None:
        """A set of slices for each set of ports; a Service without any endpoint has one empty slice."""
        unused = {s["metadata"]["name"]: s for s in present}
        planned: list[tuple[Object | None, list[Object] | None, list[Object] | None]] = []
        for numbers, group in wanted.items():
            ports = endpoints.port_objects(numbers) or None
            mine = [s for s in present if s.get("ports") == ports]
            held = [s.get("endpoints") or [] for s in mine]
            filled = endpoints.placed(held, group, self._settings.endpoints_per_slice)
            for place, content in zip_longest(mine, filled):
                if content:
                    planned.append((unused.pop(place["metadata"]["name"]) if place else None, content, ports))
        for place, content, ports in planned or [(None, None, None)]:
            # A slice that would go is used again for one that would come.
            slice_ = place or (unused.popitem()[1] if unused else None)
            self._write(service, slice_, content, ports, trigger_time)
        for slice_ in unused.values():
            self._store.remove(kinds.ENDPOINTSLICES, *key_of(slice_))

    def _write(
        self,
        service: Object,
        present: Object | None,
        held: list[Object] | None,
        ports: list[Object] | None,
        trigger_time: str,
    ) -> None:
        metadata: Object = {
            "labels": _labels(service),
            **({"annotations": {_TRIGGER_TIME: trigger_time}} if trigger_time else {}),
            "ownerReferences": [owner_reference(kinds.SERVICES, service)],
        }
        body: Object = {"addressType": "IPv4", "endpoints": held, "ports": ports}
        namespace, name = key_of(service)
        if present is None:
            new = {"metadata": {"generateName": f"{name}-", **metadata}, **body}
            self._store.create(kinds.ENDPOINTSLICES, namespace, new)
        elif _differs(present, body, metadata["labels"]):
            kept = {k: v for k, v in present["metadata"].items() if k not in ("annotations", *metadata)}
            self._store.update(kinds.ENDPOINTSLICES, {"metadata": {**kept, **metadata}, **body})

    def _trigger_time(self, service: Object, pods: list[Object]) -> str:
        """When the oldest of the changes happened that were not seen before; empty when none has a time."""
        known = self._triggers.get(key_of(service), {})
        # Times are whole seconds, and pods here are ready within one: the state tells of a change too.
        changes = {"": (service["metadata"]["creationTimestamp"], "")}
        for pod in pods:
            if ready := condition_of(pod, "Ready"):
                changes[pod["metadata"]["name"]] = (ready["lastTransitionTime"], ready["status"])
        self._triggers[key_of(service)] = changes
        return min((change[0] for who, change in changes.items() if change != known.get(who)), default="")


def _selector(service: Object) -> Selector | None:
    """None when it has none: its slices are somebody else's business."""
    labels = service["spec"].get("selector")
    return Selector.of_map(labels) if labels and service["spec"].get("type") != "ExternalName" else None


def _endpoint_changed(old: Object, new: Object) -> bool:
    return (
        is_terminating(new)
        or is_ready(old) != is_ready(new)
        or (old.get("status") or {}).get("podIPs") != (new.get("status") or {}).get("podIPs")
        or old["spec"].get("nodeName") != new["spec"].get("nodeName")
    )


def _labels(service: Object) -> dict[str, str]:
    headless = service["spec"].get("clusterIP") == "None"
    return {
        **(service["metadata"].get("labels") or {}),
        MANAGED_BY: MANAGER,
        SERVICE_NAME: service["metadata"]["name"],
        **({"service.kubernetes.io/headless": ""} if headless else {}),
    }


def _differs(present: Object, body: Object, labels: dict[str, str]) -> bool:
    return present["metadata"].get("labels") != labels or any(present.get(key) != body[key] for key in body)
