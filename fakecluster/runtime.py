"""Everything of the cluster that is not the API server: scheduler, kubelets, controllers, on one
subscription.

The server starts it, stops it, and asks it for a pod's worker when somebody wants to exec, attach or read
logs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from fakecluster import kinds, nodes
from fakecluster.changes import Change, Subscription
from fakecluster.daemonset import DaemonSetController
from fakecluster.deployment import DeploymentController
from fakecluster.endpointslice import EndpointSliceController
from fakecluster.faultpoints import StreamCut
from fakecluster.garbage import GarbageCollector
from fakecluster.job import JobController
from fakecluster.kubelet import Kubelet
from fakecluster.podnetwork import PodNetwork
from fakecluster.podworker import PodWorker
from fakecluster.replicaset import ReplicaSetController, ReplicationControllerController
from fakecluster.scheduler import Scheduler
from fakecluster.servicenet import ServiceNetwork
from fakecluster.settings import Settings
from fakecluster.statefulset import StatefulSetController
from fakecluster.store import Store


class Controller(Protocol):
    """Something that acts on what changes in the store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Nothing is done before the first change is observed."""

    def observe(self, change: Change) -> None:
        """Called for every change, in order; must not block."""

    def stop(self) -> None:
        """Nothing more is done."""


_CONTROLLERS: tuple[type[Controller], ...] = (
    Scheduler,
    EndpointSliceController,
    ReplicaSetController,
    ReplicationControllerController,
    DeploymentController,
    DaemonSetController,
    StatefulSetController,
    JobController,
    GarbageCollector,
)


class Runtime:
    """`stream_cut` is asked at the beginning of each stream whether it is to be cut."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.stream_cut: Callable[[web.BaseRequest], StreamCut | None] = lambda _request: None
        self._controllers: list[Controller] = []
        self._subscription: Subscription | None = None
        self._pump: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Register the nodes and take up everything that is in the store."""
        self.network = PodNetwork()
        self._services = ServiceNetwork(self.store, self.settings)
        answering = await self._services.start(self.network.node_address)
        self.kubelet = Kubelet(self.store, self.settings, self.network, answering)
        self._controllers = [controller(self.store, self.settings) for controller in _CONTROLLERS]
        self._subscription = self.store.subscribe()
        for number, name in enumerate(self.settings.nodes):
            address = self.network.allocate() if number else self.network.node_address
            self.add_node(name, address)
        self._take_up_what_is_there()
        self._pump = asyncio.ensure_future(self._follow(self._subscription))

    async def stop(self) -> None:
        """End every controller and every child process; harmless when they have ended."""
        subscription, self._subscription = self._subscription, None
        pump, self._pump = self._pump, None
        if subscription is not None:
            subscription.close()
        if pump is not None:
            await pump
            for controller in self._controllers:
                controller.stop()
            await self.kubelet.stop()
            self._services.stop()
            self.network.close()

    def add_node(self, name: str, address: str, labels: dict[str, str] | None = None) -> None:
        """In the next of the zones, unless its `labels` say otherwise. Raises ApiError 409."""
        zones, number = self.settings.zones, len(self.store.list(kinds.NODES)[0])
        place = nodes.in_zone(zones[number % len(zones)]) if zones else {}
        nodes.register(self.store, name, address, {**place, **(labels or {})})

    def worker(self, namespace: str, pod_name: str) -> PodWorker | None:
        return self.kubelet.worker(namespace, pod_name)

    def _take_up_what_is_there(self) -> None:
        for kind in kinds.KINDS.values():
            for entry in self.store.entries(kind):
                self._observe(Change("ADDED", kind, entry.obj, entry.resource_version, entry.json))

    async def _follow(self, subscription: Subscription) -> None:
        async for change in subscription:
            self._observe(change)

    def _observe(self, change: Change) -> None:
        self.kubelet.observe(change)
        for controller in self._controllers:
            controller.observe(change)
