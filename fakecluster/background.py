"""A controller of the API server's own: it follows every change, on a subscription of its own."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from fakecluster.changes import Change, Subscription
from fakecluster.store import Store


class BackgroundController(ABC):
    """Runs beside the other controllers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._subscription = self._store.subscribe()
        self._task = asyncio.create_task(self._run(self._subscription))

    async def stop(self) -> None:
        if self._subscription is not None and self._task is not None:
            self._subscription.close()
            await self._task

    async def _run(self, changes: Subscription) -> None:
        async for change in changes:
            self._follow(change)

    @abstractmethod
    def _follow(self, change: Change) -> None:
        """What one change means here."""
