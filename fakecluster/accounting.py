"""The disruption and resource quota controllers: they keep what budgets allow and quotas count in their statuses."""

from __future__ import annotations

from collections.abc import Callable

from fakecluster import disruption, kinds, quota
from fakecluster.background import BackgroundController
from fakecluster.changes import Change
from fakecluster.events import EventRecorder
from fakecluster.kinds import Kind, Object
from fakecluster.quantities import shown
from fakecluster.store import Store

_UNMANAGED = (
    "Pods selected by this PodDisruptionBudget were found to be unmanaged. As a result, the status of the PDB cannot "
    "be calculated correctly, which may result in undefined behavior. To account for these pods please set "
    '".spec.minAvailable" field of the PDB to an integer value.'
)
_WATCHED = (kinds.PODS, kinds.PODDISRUPTIONBUDGETS, kinds.RESOURCEQUOTAS)


class AccountingController(BackgroundController):
    """Runs beside the other controllers, on its own subscription."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._events = EventRecorder(store, "controllermanager")

    def _follow(self, change: Change) -> None:
        if change.kind in _WATCHED:
            self._account(change)

    def _account(self, change: Change) -> None:
        for kind, status in (
            (kinds.PODDISRUPTIONBUDGETS, self._budget_status),
            (kinds.RESOURCEQUOTAS, self._quota_status),
        ):
            for obj in self._store.list(kind, change.namespace)[0]:
                self._set(kind, obj, status)

    def _set(self, kind: Kind, obj: Object, status: Callable[[Object], Object]) -> None:
        wanted = status(obj)
        metadata = obj["metadata"]
        if obj.get("status") != wanted:
            if kind is kinds.PODDISRUPTIONBUDGETS and disruption.unmanaged(self._store, obj):
                self._events.record(obj, "UnmanagedPods", _UNMANAGED, warning=True)
            self._store.mutate(
                kind, metadata["namespace"], metadata["name"], lambda new: new.update(status=wanted)
            )

    def _budget_status(self, budget: Object) -> Object:
        expected, healthy = disruption.counts(self._store, budget)
        return {
            "observedGeneration": budget["metadata"]["generation"],
            "disruptionsAllowed": disruption.allowed(self._store, budget),
            "currentHealthy": healthy,
            "desiredHealthy": disruption.desired(budget, expected),
            "expectedPods": expected,
        }

    def _quota_status(self, obj: Object) -> Object:
        hard: Object = (obj.get("spec") or {}).get("hard") or {}
        pods = quota.live_pods(self._store, obj["metadata"]["namespace"])
        counted = [resource for resource in hard if resource in quota.RESOURCES]
        return {"hard": hard, "used": {resource: shown(quota.used(pods, resource)) for resource in counted}}
