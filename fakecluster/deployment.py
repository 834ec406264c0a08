"""The Deployment controller: a ReplicaSet for each template, and the way from one to the next.

Rolling updates are simplified: available means ready, and maxSurge and maxUnavailable are kept in every step.
"""

from __future__ import annotations

import math

from fakecluster import kinds
from fakecluster.changes import Change
from fakecluster.events import EventRecorder
from fakecluster.kinds import Object
from fakecluster.objects import condition_of, controller_of, is_terminating, key_of, owner_reference, uid_of
from fakecluster.revisions import POD_TEMPLATE_HASH, has_label, labelled, template_hash
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.timestamps import rfc3339
from fakecluster.workqueue import WorkQueue

_REVISION = "deployment.kubernetes.io/revision"


class DeploymentController:
    """Works on ReplicaSets only; pods are theirs."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._events = EventRecorder(store, "deployment-controller")
        self._queue = WorkQueue[tuple[str, str]](self._sync)

    def observe(self, change: Change) -> None:
        if change.kind is kinds.DEPLOYMENTS:
            self._queue.add(key_of(change.obj), self._settings.controller_delay)
        elif change.kind is kinds.REPLICASETS and (owner := controller_of(change.obj)):
            self._queue.add((change.namespace, owner["name"]), self._settings.controller_delay)

    def stop(self) -> None:
        self._queue.stop()

    def _sync(self, key: tuple[str, str]) -> None:
        deployment = self._store.find(kinds.DEPLOYMENTS, *key)
        if deployment is None or is_terminating(deployment):
            return
        name = template_hash(deployment["spec"]["template"])
        owned = self._replica_sets(deployment)
        new = next((rs for rs in owned if has_label(rs, POD_TEMPLATE_HASH, name)), None)
        if new is None:
            new = self._create(deployment, name, len(owned) + 1)
        old = [rs for rs in owned if uid_of(rs) != uid_of(new)]
        for replica_set, replicas in _next_step(deployment, new, old):
            self._scale(deployment, replica_set, replicas)
        self._write_status(deployment, new, old)

    def _replica_sets(self, deployment: Object) -> list[Object]:
        found = self._store.list(kinds.REPLICASETS, deployment["metadata"]["namespace"])[0]
        return [rs for rs in found if (controller_of(rs) or {}).get("uid") == uid_of(deployment)]

    def _create(self, deployment: Object, name: str, revision: int) -> Object:
        namespace, own_name = key_of(deployment)
        spec, labels = deployment["spec"], {POD_TEMPLATE_HASH: name}
        template = labelled(spec["template"], labels)
        selector = spec["selector"]
        matched = {**(selector.get("matchLabels") or {}), **labels}
        replica_set = {
            "metadata": {
                "name": f"{own_name}-{name}",
                "labels": template["metadata"]["labels"],
                "annotations": {_REVISION: str(revision)},
                "ownerReferences": [owner_reference(kinds.DEPLOYMENTS, deployment)],
            },
            "spec": {"replicas": 0, "selector": {**selector, "matchLabels": matched}, "template": template},
        }
        created = self._store.create(kinds.REPLICASETS, namespace, replica_set)
        self._store.mutate(kinds.DEPLOYMENTS, namespace, own_name, lambda d: _annotate(d, str(revision)))
        return created

    def _scale(self, deployment: Object, replica_set: Object, replicas: int) -> None:
        present = replica_set["spec"]["replicas"]
        if replicas == present:
            return
        self._store.mutate(
            kinds.REPLICASETS, *key_of(replica_set), lambda rs: rs["spec"].update(replicas=replicas)
        )
        way = "up" if replicas > present else "down"
        name = replica_set["metadata"]["name"]
        message = f"Scaled {way} replica set {name} from {present} to {replicas}"
        self._events.record(deployment, "ScalingReplicaSet", message)

    def _write_status(self, deployment: Object, new: Object, old: list[Object]) -> None:
        current = self._store.find(kinds.DEPLOYMENTS, *key_of(deployment))
        if current is None:
            return
        status = _status(current, new, old)
        if current.get("status") != status:
            self._store.mutate(kinds.DEPLOYMENTS, *key_of(current), lambda d: d.update(status=status))


def _annotate(deployment: Object, revision: str) -> None:
    annotations = deployment["metadata"].get("annotations") or {}
    deployment["metadata"]["annotations"] = {**annotations, _REVISION: revision}


def _next_step(deployment: Object, new: Object, old: list[Object]) -> list[tuple[Object, int]]:
    """(ReplicaSet, its next number of replicas)."""
    wanted = deployment["spec"].get("replicas", 1)
    if deployment["spec"].get("paused"):
        return []
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        gone = not any((rs.get("status") or {}).get("replicas") for rs in old)
        return [*((rs, 0) for rs in old), *([(new, wanted)] if gone else [])]
    surge, unavailable = _allowances(deployment, wanted)
    others = sum(rs["spec"]["replicas"] for rs in old)
    present = new["spec"]["replicas"]
    grown = wanted if present > wanted else max(present, min(wanted, wanted + surge - others))
    steps = [(new, grown)]
    available = _count("availableReplicas", [new, *old])
    spare = max(0, available - (wanted - unavailable))
    for replica_set in old:
        replicas = replica_set["spec"]["replicas"]
        unhealthy = replicas - _count("availableReplicas", [replica_set])
        fewer = min(replicas, max(0, unhealthy) + spare)
        spare -= max(0, fewer - max(0, unhealthy))
        steps.append((replica_set, replicas - fewer))
    return steps


def _allowances(deployment: Object, wanted: int) -> tuple[int, int]:
    """maxSurge rounded up, maxUnavailable rounded down, not both 0."""
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge = math.ceil(_share(rolling.get("maxSurge", "25%"), wanted))
    unavailable = math.floor(_share(rolling.get("maxUnavailable", "25%"), wanted))
    return surge, unavailable if surge or unavailable else 1


def _share(value: int | str, whole: int) -> float:
    text = str(value)
    return int(text[:-1]) * whole / 100 if text.endswith("%") else float(text)


def _count(field: str, replica_sets: list[Object]) -> int:
    return sum((rs.get("status") or {}).get(field, 0) for rs in replica_sets)


def _status(deployment: Object, new: Object, old: list[Object]) -> Object:
    wanted = deployment["spec"].get("replicas", 1)
    everything = [new, *old]
    total, available = _count("replicas", everything), _count("availableReplicas", everything)
    updated = _count("replicas", [new])
    counts = {
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": _count("readyReplicas", everything),
        "availableReplicas": available,
        "unavailableReplicas": max(0, max(total, wanted) - available),
    }
    enough = available >= wanted - _allowances(deployment, wanted)[1]
    complete = updated == total == available == wanted
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        **{name: count for name, count in counts.items() if count},
        "conditions": [
            _available(deployment, enough=enough),
            _progressing(deployment, new["metadata"]["name"], complete=complete),
        ],
    }


def _available(deployment: Object, *, enough: bool) -> Object:
    if enough:
        message = "Deployment has minimum availability."
        return _condition(deployment, "Available", "True", "MinimumReplicasAvailable", message)
    message = "Deployment does not have minimum availability."
    return _condition(deployment, "Available", "False", "MinimumReplicasUnavailable", message)


def _progressing(deployment: Object, replica_set: str, *, complete: bool) -> Object:
    if complete:
        message = f'ReplicaSet "{replica_set}" has successfully progressed.'
        return _condition(deployment, "Progressing", "True", "NewReplicaSetAvailable", message)
    message = f'ReplicaSet "{replica_set}" is progressing.'
    return _condition(deployment, "Progressing", "True", "ReplicaSetUpdated", message)


def _condition(deployment: Object, type_: str, truth: str, reason: str, message: str) -> Object:
    old = condition_of(deployment, type_) or {}
    now = rfc3339()
    return {
        "type": type_,
        "status": truth,
        "lastUpdateTime": old["lastUpdateTime"] if old.get("reason") == reason else now,
        "lastTransitionTime": old["lastTransitionTime"] if old.get("status") == truth else now,
        "reason": reason,
        "message": message,
    }
