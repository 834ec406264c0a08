"""The runtime on a store of its own, in the test's event loop: no server between a test and what it looks at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fakecluster import kinds
from fakecluster.kinds import Kind, Object
from fakecluster.runtime import Runtime
from fakecluster.settings import Settings
from fakecluster.store import Store

NAMESPACE = "acc"
_PATIENCE = 20
T = TypeVar("T")


class World:
    """Made and ended by `in_world`."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store()
        self.settings = settings
        self.runtime = Runtime(self.store, settings)
        self.store.create(kinds.NAMESPACES, "", {"metadata": {"name": NAMESPACE}, "spec": {}})

    def create(self, kind: Kind, obj: Object) -> Object:
        return self.store.create(kind, NAMESPACE, obj)

    def find(self, kind: Kind, name: str) -> Object | None:
        return self.store.find(kind, NAMESPACE, name)

    def objects(self, kind: Kind) -> list[Object]:
        return self.store.list(kind, NAMESPACE)[0]

    def pod_names(self) -> set[str]:
        return {pod["metadata"]["name"] for pod in self.objects(kinds.PODS)}

    def label(self, pod: str, **labels: str) -> None:
        def change(obj: Object) -> None:
            obj["metadata"]["labels"] = {**(obj["metadata"].get("labels") or {}), **labels}

        self.store.mutate(kinds.PODS, NAMESPACE, pod, change)

    def versions(self, kind: Kind, name: str) -> list[tuple[str, Object]]:
        """(type, object) of everything that a watch of it would have shown."""
        return [(c.type, c.obj) for c in self.store.history if c.kind is kind and c.name == name]

    async def until(self, check: Callable[[], T]) -> T:
        """Wait, change by change, until `check` gives something true; give that."""
        changes = self.store.subscribe()
        try:
            while not (value := check()):
                await changes.next(_PATIENCE)
            return value
        finally:
            changes.close()

    async def until_ready(self, *pods: str) -> None:
        await self.until(lambda: all(self.condition(pod, "Ready") == "True" for pod in pods))

    async def until_gone(self, kind: Kind, name: str) -> None:
        await self.until(lambda: self.find(kind, name) is None)

    def condition(self, pod: str, type_: str) -> str:
        found = self.find(kinds.PODS, pod) or {}
        conditions = found.get("status", {}).get("conditions") or ()
        return next((str(c["status"]) for c in conditions if c["type"] == type_), "")


def in_world(**settings: Any) -> Callable[[Callable[[World], Awaitable[None]]], Callable[[], None]]:
    """A test that gets a running world, with these settings."""

    def decorate(test: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
        async def run() -> None:
            world = World(Settings(**settings))
            await world.runtime.start()
            try:
                await test(world)
            finally:
                await world.runtime.stop()

        def test_in_world() -> None:
            asyncio.run(run())

        test_in_world.__name__ = getattr(test, "__name__", "test")
        test_in_world.__doc__ = test.__doc__
        return test_in_world

    return decorate
