"""The DaemonSet controller: one pod on each node that takes it.

On a node with two of its pods, an adopted copy among them, the older one stays.
"""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.changes import Change
from fakecluster.kinds import Object
from fakecluster.objects import is_active, is_ready, is_terminating, key_of, uid_of
from fakecluster.placement import pin, pinned_node
from fakecluster.podcontrol import PodController
from fakecluster.revisions import CONTROLLER_REVISION_HASH, has_label, labelled, template_hash


class DaemonSetController(PodController):
    """A new template replaces the pods one by one."""

    kind = kinds.DAEMONSETS

    def observe(self, change: Change) -> None:
        super().observe(change)
        if change.kind is kinds.NODES:
            for owner in self.store.list(self.kind)[0]:
                self.queue.add(key_of(owner), self.settings.controller_delay)

    def reconcile(self, owner: Object, pods: list[Object]) -> None:
        nodes = [node for node in self.store.list(kinds.NODES)[0] if _fits(owner, node)]
        names = {node["metadata"]["name"] for node in nodes}
        version = template_hash(owner["spec"]["template"])
        try:
            for name in sorted(names):
                on_it = [pod for pod in pods if _node_of(pod) == name]
                self._manage(owner, name, on_it, version)
            for pod in pods:
                if _node_of(pod) not in names and is_active(pod):
                    self.delete_pod(owner, pod)
            self._roll(owner, [pod for pod in pods if is_active(pod)], version)
        finally:
            self.write_status(owner, _status(owner, names, pods, version))

    def _manage(self, owner: Object, node: str, pods: list[Object], version: str) -> None:
        if not pods:
            template = labelled(owner["spec"]["template"], {CONTROLLER_REVISION_HASH: version})
            pin(template["spec"], node)
            self.create_pod(owner, template)
        for pod in pods:
            if not is_active(pod) and not is_terminating(pod):
                self.delete_pod(owner, pod)
        oldest_first = sorted((pod for pod in pods if is_active(pod)), key=_age)
        surplus = f"surplus {uid_of(owner)} {node}"
        if len(oldest_first) < 2:
            self.patience.forget(surplus)
        elif self.due(owner, surplus, self.settings.victim_delay):
            for pod in oldest_first[1:]:
                self.delete_pod(owner, pod)

    def _roll(self, owner: Object, active: list[Object], version: str) -> None:
        if (owner["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
            return
        outdated = [pod for pod in active if not has_label(pod, CONTROLLER_REVISION_HASH, version)]
        if outdated and all(map(is_ready, active)):
            self.delete_pod(owner, outdated[0])


def _age(pod: Object) -> tuple[str, int]:
    """Bound pods before others, then the older first."""
    created = pod["metadata"]["creationTimestamp"]
    return ("" if pod["spec"].get("nodeName") else "~") + created, int(pod["metadata"]["resourceVersion"])


def _node_of(pod: Object) -> str:
    """Where it is, or where it will be."""
    return str(pod["spec"].get("nodeName") or pinned_node(pod["spec"]) or "")


def _fits(owner: Object, node: Object) -> bool:
    wanted = (owner["spec"]["template"]["spec"].get("nodeSelector") or {}).items()
    return wanted <= (node["metadata"].get("labels") or {}).items()


def _status(owner: Object, nodes: set[str], pods: list[Object], version: str) -> Object:
    placed = [pod for pod in pods if _node_of(pod) in nodes and not is_terminating(pod)]
    ready = {_node_of(pod) for pod in placed if is_ready(pod)}
    updated = {_node_of(pod) for pod in placed if has_label(pod, CONTROLLER_REVISION_HASH, version)}
    unavailable = len(nodes) - len(ready)
    return {
        "currentNumberScheduled": len({_node_of(pod) for pod in placed}),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": len(nodes),
        "numberReady": len(ready),
        "observedGeneration": owner["metadata"]["generation"],
        **({"updatedNumberScheduled": len(updated)} if updated else {}),
        **({"numberAvailable": len(ready)} if ready else {}),
        **({"numberUnavailable": unavailable} if unavailable else {}),
    }
