"""What happened to the objects, in order: the log that watches start from, and live subscriptions to it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from fakecluster.history import History
from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError
from fakecluster.timestamps import rfc3339_micro

#: Who is writing: the API server sets it for each request, everything else is the cluster itself.
actor: ContextVar[str] = ContextVar("actor", default="system:cluster")
#: With which program: its User-Agent.
agent: ContextVar[str] = ContextVar("agent", default="")


@dataclass(frozen=True)
class Change:
    """One event. `obj` and `old` are shared: never change them. `json` is `obj` as text; `old` is None for ADDED."""

    type: str
    kind: Kind
    obj: Object
    resource_version: int
    json: str
    old: Object | None = None
    time: str = field(default_factory=rfc3339_micro)
    user: str = field(default_factory=actor.get)
    agent: str = field(default_factory=agent.get)

    @property
    def namespace(self) -> str:
        return str(self.obj["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        return str(self.obj["metadata"]["name"])


class Subscription:
    """Every change from now on that is `wanted`, unbounded. Iterate it; `close` ends the iteration."""

    def __init__(self, log: ChangeLog, wanted: Callable[[Change], bool]) -> None:
        self.wanted = wanted
        self._log = log
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def put(self, change: Change | None) -> None:
        self._queue.put_nowait(change)

    async def next(self, timeout: float | None = None) -> Change | None:
        """The next change; None when closed. Raises TimeoutError of asyncio after `timeout` seconds."""
        if self.pending:
            return self._queue.get_nowait()
        # Not wait_for: up to Python 3.11 it may take its caller's cancellation for a timeout.
        getter = asyncio.ensure_future(self._queue.get())
        try:
            await asyncio.wait({getter}, timeout=timeout)
            if getter.done():
                return getter.result()
            raise asyncio.TimeoutError
        finally:
            getter.cancel()

    @property
    def pending(self) -> bool:
        """Whether there is a change that nobody has taken yet."""
        return not self._queue.empty()

    def close(self) -> None:
        self._log.unsubscribe(self)
        self.put(None)

    async def __aiter__(self) -> AsyncIterator[Change]:
        while (change := await self._queue.get()) is not None:
            yield change


class ChangeLog:
    """The last `size` changes for watches, all of them for tests."""

    def __init__(self, size: int = 10_000) -> None:
        self._recent: deque[Change] = deque(maxlen=size)
        self._subscriptions: set[Subscription] = set()
        #: Changes up to and including this resource version are gone: a watch from before it gets 410.
        self.compacted = 0
        self.history = History()

    def append(self, change: Change) -> None:
        if len(self._recent) == self._recent.maxlen:
            self.compacted = self._recent[0].resource_version
        self._recent.append(change)
        self.history.append(change)
        for subscription in self._subscriptions:
            if subscription.wanted(change):
                subscription.put(change)

    def resize(self, size: int) -> None:
        """Keep only the last `size` changes, now and later."""
        dropped = list(self._recent)[: max(0, len(self._recent) - size)]
        if dropped:
            self.compacted = dropped[-1].resource_version
        self._recent = deque(self._recent, maxlen=size)

    def since(self, resource_version: int) -> list[Change]:
        """The changes after that version. Raises ApiError 410."""
        if resource_version < self.compacted:
            raise ApiError.expired(resource_version, self.compacted)
        return [change for change in self._recent if change.resource_version > resource_version]

    def subscribe(self, wanted: Callable[[Change], bool] = lambda _: True) -> Subscription:
        subscription = Subscription(self, wanted)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
