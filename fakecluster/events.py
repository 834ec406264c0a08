"""v1.Events as the scheduler, the kubelet and the controllers record them."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import suppress

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.objects import uid_of
from fakecluster.statuses import ApiError
from fakecluster.store import Store
from fakecluster.timestamps import rfc3339, rfc3339_micro

#: As many as client-go's correlator.
_REMEMBERED = 4096


class EventRecorder:
    """Records events of one component. The same thing again raises the first event's count."""

    def __init__(self, store: Store, component: str, host: str = "") -> None:
        self._store = store
        self._component = component
        self._host = host
        self._names: OrderedDict[tuple[str, ...], str] = OrderedDict()

    def record(
        self, about: Object, reason: str, message: str, *, warning: bool = False, field: str = ""
    ) -> None:
        """`field` is the part of `about` that is meant, such as spec.containers{nginx}."""
        namespace = about["metadata"].get("namespace", "default")
        key = (uid_of(about), reason, message, field)
        # The namespace may be ending: events are then refused, and nobody minds.
        with suppress(ApiError):
            if key in self._names:
                self._store.mutate(kinds.EVENTS, namespace, self._names[key], _count)
                return
            event = self._event(about, reason, message, "Warning" if warning else "Normal", field)
            self._names[key] = self._store.create(kinds.EVENTS, namespace, event)["metadata"]["name"]
            if len(self._names) > _REMEMBERED:
                self._names.popitem(last=False)

    def record_binding(self, pod: Object, node: str) -> None:
        """A pod has got its node."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self.record_new(pod, "Scheduled", f"Successfully assigned {namespace}/{name} to {node}", "Binding")

    def record_new(
        self, about: Object, reason: str, message: str, action: str, *, warning: bool = False
    ) -> None:
        """The scheduler's events have the newer form: eventTime and action, no count."""
        event = {
            **_skeleton(about),
            "reason": reason,
            "message": message,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": "Warning" if warning else "Normal",
            "eventTime": rfc3339_micro(),
            "action": action,
            "reportingComponent": self._component,
            "reportingInstance": self._component,
        }
        with suppress(ApiError):
            self._store.create(kinds.EVENTS, about["metadata"]["namespace"], event)

    def _event(self, about: Object, reason: str, message: str, type_: str, field: str) -> Object:
        skeleton = _skeleton(about)
        if field:
            skeleton["involvedObject"]["fieldPath"] = field
        now = rfc3339()
        return {
            **skeleton,
            "reason": reason,
            "message": message,
            "source": {"component": self._component, **({"host": self._host} if self._host else {})},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": type_,
            "eventTime": None,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }


def _skeleton(about: Object) -> Object:
    metadata = about["metadata"]
    return {
        "metadata": {"name": f"{metadata['name']}.{time.time_ns():x}"},
        "involvedObject": {
            "kind": about["kind"],
            **({"namespace": metadata["namespace"]} if "namespace" in metadata else {}),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": metadata["resourceVersion"],
        },
    }


def _count(event: Object) -> None:
    event["count"] += 1
    event["lastTimestamp"] = rfc3339()
