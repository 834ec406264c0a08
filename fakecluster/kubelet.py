"""The kubelets of all nodes: one worker for each pod that is bound to a node.

A pod that appears with a phase other than Pending is scenery that a test put there: nothing runs for it,
and it goes at once when it is deleted.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from fakecluster import kinds, nodes
from fakecluster.changes import Change
from fakecluster.environment import install_standins
from fakecluster.kinds import Object
from fakecluster.objects import has_ended, is_terminating, key_of, uid_of
from fakecluster.podnetwork import PodNetwork
from fakecluster.podworker import Node, PodWorker
from fakecluster.settings import Settings
from fakecluster.store import Store


class Kubelet:
    """Keeps the workers by the pod's uid; `services` is where servicenet.py answers."""

    def __init__(self, store: Store, settings: Settings, network: PodNetwork, services: str) -> None:
        self._store = store
        # Resolved, because a process sees its folder that way.
        self._directory = Path(tempfile.mkdtemp(prefix="fake-node-")).resolve()
        standins = install_standins(self._directory / "standins")
        self._machine = Node(store, settings, network, self._directory / "pods", standins, services)
        self._workers: dict[str, PodWorker] = {}
        self._lost: set[str] = set()
        self._own_addresses: set[str] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    def observe(self, change: Change) -> None:
        if change.kind is kinds.NODES:
            self._observe_node(change)
        if change.kind is not kinds.PODS or not change.obj["spec"].get("nodeName"):
            return
        pod = change.obj
        worker = self._workers.get(uid_of(pod))
        if change.type == "DELETED":
            self._forget(uid_of(pod))
        elif worker is not None:
            worker.observe(pod)
        elif (pod.get("status") or {}).get("phase", "Pending") == "Pending":
            self._adopt(pod)
        elif is_terminating(pod):
            self._store.remove(kinds.PODS, *key_of(pod), uid=uid_of(pod))

    def worker(self, namespace: str, name: str) -> PodWorker | None:
        """Of a pod that this machine runs."""
        pod = self._store.find(kinds.PODS, namespace, name)
        return self._workers.get(uid_of(pod)) if pod else None

    def cut_off(self, node: str, *, lost: bool, silent: bool = False) -> None:
        """The node's kubelet is no longer heard of, or is back; `silent`: neither are its pods."""
        (self._lost.add if lost else self._lost.discard)(node)
        for worker in list(self._workers.values()):
            if worker.pod["spec"]["nodeName"] == node:
                worker.containers.hush(silent)
                worker.suspend(lost)

    async def stop(self) -> None:
        """End every process of every pod."""
        await asyncio.gather(*(worker.abandon() for worker in self._workers.values()), *self._leaving)
        self._workers.clear()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _adopt(self, pod: Object) -> None:
        node = self._store.find(kinds.NODES, "", pod["spec"]["nodeName"])
        if node is None or has_ended(pod):
            return
        worker = PodWorker(self._machine, pod, nodes.address_of(node))
        worker.suspended = node["metadata"]["name"] in self._lost
        self._workers[uid_of(pod)] = worker
        if is_terminating(pod):
            worker.observe(pod)

    def _forget(self, uid: str) -> None:
        worker = self._workers.pop(uid, None)
        if worker is not None:
            leaving = asyncio.ensure_future(worker.abandon())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    def _observe_node(self, change: Change) -> None:
        address = nodes.address_of(change.obj)
        if change.type == "ADDED" and not address:
            address = self._machine.network.allocate()
            self._own_addresses.add(address)
            nodes.take_up(self._store, change.name, address)
        elif change.type == "DELETED" and address in self._own_addresses:
            self._own_addresses.remove(address)
            self._machine.network.release(address)
