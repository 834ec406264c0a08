"""The controllers of ReplicaSets and ReplicationControllers: as many pods as asked for, and not one more.

An orphan with the right labels is adopted first; the one too many that there then is may be any of them.
"""

from __future__ import annotations

from datetime import datetime, timezone

from fakecluster import kinds, victims
from fakecluster.kinds import Object
from fakecluster.objects import controller_of, is_active, is_ready, is_terminating, uid_of
from fakecluster.podcontrol import PodController
from fakecluster.selectors import Selector


class ReplicaSetController(PodController):
    """The status that it writes counts the pods as they were before it acted, as the real one does."""

    kind = kinds.REPLICASETS

    def reconcile(self, owner: Object, pods: list[Object]) -> None:
        active = [pod for pod in pods if is_active(pod)]
        try:
            self._manage(owner, active)
        finally:
            self.write_status(owner, _status(owner, pods, active))

    def _manage(self, owner: Object, active: list[Object]) -> None:
        surplus = len(active) - owner["spec"].get("replicas", 1)
        too_many = f"surplus {uid_of(owner)}"
        if surplus <= 0:
            self.patience.forget(too_many)
            for _ in range(-surplus):
                self.create_pod(owner, owner["spec"]["template"])
        elif self.due(owner, too_many, self.settings.victim_delay):
            now = datetime.now(timezone.utc)
            for pod in victims.choose(active, surplus, self._related(owner, active), now):
                self.delete_pod(owner, pod)

    def _related(self, owner: Object, active: list[Object]) -> list[Object]:
        """Pods of all ReplicaSets of the same Deployment."""
        above = controller_of(owner)
        if above is None:
            return active
        namespace = owner["metadata"]["namespace"]
        siblings = {
            uid_of(rs)
            for rs in self.store.list(self.kind, namespace)[0]
            if (controller_of(rs) or {}).get("uid") == above["uid"]
        }
        pods = self.store.list(kinds.PODS, namespace)[0]
        return [pod for pod in pods if (controller_of(pod) or {}).get("uid") in siblings]


class ReplicationControllerController(ReplicaSetController):
    """The same, with a plain map as its selector."""

    kind = kinds.REPLICATIONCONTROLLERS

    def selector(self, owner: Object) -> Selector:
        return Selector.of_map(owner["spec"].get("selector") or {})


def _status(owner: Object, pods: list[Object], active: list[Object]) -> Object:
    ready = sum(map(is_ready, active))
    template_labels = Selector.of_map(owner["spec"]["template"].get("metadata", {}).get("labels") or {})
    labelled = sum(template_labels.matches(pod["metadata"].get("labels")) for pod in active)
    counts = {
        "fullyLabeledReplicas": labelled,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    return {
        "replicas": len(active),
        **{name: count for name, count in counts.items() if count},
        "terminatingReplicas": sum(map(is_terminating, pods)),
        "observedGeneration": owner["metadata"]["generation"],
    }
