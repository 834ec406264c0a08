"""The StatefulSet controller: pods db-0, db-1 ... each with its name for good, one after the other.

Only a pod whose name is `<set>-<digits>` is ever adopted; with an ordinal beyond the replicas it is deleted.
"""

from __future__ import annotations

import re

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.objects import has_ended, is_active, is_ready, is_terminating
from fakecluster.podcontrol import PodController
from fakecluster.revisions import CONTROLLER_REVISION_HASH, has_label, labelled, template_hash


class StatefulSetController(PodController):
    """A new template replaces the pods from the highest ordinal down."""

    kind = kinds.STATEFULSETS

    def may_adopt(self, owner: Object, pod: Object) -> bool:
        return _ordinal(owner, pod) is not None

    def reconcile(self, owner: Object, pods: list[Object]) -> None:
        version = template_hash(owner["spec"]["template"])
        by_ordinal = {o: pod for pod in pods if (o := _ordinal(owner, pod)) is not None}
        try:
            self._act(owner, by_ordinal, version)
        finally:
            self.write_status(owner, _status(owner, pods, version))

    def _act(self, owner: Object, pods: dict[int, Object], version: str) -> None:
        """One step at a time, unless podManagementPolicy is Parallel."""
        spec = owner["spec"]
        parallel = spec.get("podManagementPolicy") == "Parallel"
        for ordinal in range(spec.get("replicas", 1)):
            pod = pods.get(ordinal)
            if pod is None:
                self._create(owner, ordinal, version)
            elif has_ended(pod) and not is_terminating(pod):
                self.delete_pod(owner, pod)
            elif is_ready(pod) and not is_terminating(pod):
                continue
            if not parallel:
                return
        for ordinal in sorted(pods, reverse=True):
            pod = pods[ordinal]
            outdated = not has_label(pod, CONTROLLER_REVISION_HASH, version)
            if ordinal >= spec.get("replicas", 1) or (outdated and _rolls(owner, ordinal)):
                if not is_terminating(pod):
                    self.delete_pod(owner, pod)
                return

    def _create(self, owner: Object, ordinal: int, version: str) -> None:
        name = f"{owner['metadata']['name']}-{ordinal}"
        labels = {
            "apps.kubernetes.io/pod-index": str(ordinal),
            CONTROLLER_REVISION_HASH: version,
            "statefulset.kubernetes.io/pod-name": name,
        }
        template = labelled(owner["spec"]["template"], labels)
        template["spec"]["hostname"] = name
        if service := owner["spec"].get("serviceName"):
            template["spec"]["subdomain"] = service
        claims = [_volume(claim, name) for claim in owner["spec"].get("volumeClaimTemplates") or ()]
        if claims:
            template["spec"]["volumes"] = [*claims, *(template["spec"].get("volumes") or ())]
        self.create_pod(owner, template, name)


def _volume(claim: Object, pod_name: str) -> Object:
    """The pod's own claim; that there is one is taken for granted."""
    name = claim["metadata"]["name"]
    return {"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{pod_name}"}}


def _ordinal(owner: Object, pod: Object) -> int | None:
    found = re.fullmatch(r"(.*)-([0-9]+)", pod["metadata"]["name"])
    return int(found[2]) if found and found[1] == owner["metadata"]["name"] else None


def _rolls(owner: Object, ordinal: int) -> bool:
    strategy = owner["spec"].get("updateStrategy") or {}
    partition: int = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    return strategy.get("type", "RollingUpdate") == "RollingUpdate" and ordinal >= partition


def _status(owner: Object, pods: list[Object], version: str) -> Object:
    active = [pod for pod in pods if is_active(pod)]
    ready = sum(map(is_ready, active))
    updated = [pod for pod in active if has_label(pod, CONTROLLER_REVISION_HASH, version)]
    revision = f"{owner['metadata']['name']}-{version}"
    complete = len(updated) == len(active)
    before = (owner.get("status") or {}).get("currentRevision", revision)
    return {
        "observedGeneration": owner["metadata"]["generation"],
        "replicas": len(active),
        **({"readyReplicas": ready} if ready else {}),
        **({"currentReplicas": len(updated)} if updated else {}),
        **({"updatedReplicas": len(updated)} if updated else {}),
        "currentRevision": revision if complete else before,
        "updateRevision": revision,
        "collisionCount": 0,
        "availableReplicas": ready,
    }
