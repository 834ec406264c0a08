"""A controller's queue: keys to be looked at again, each once however often it was named meanwhile.

A key whose sync the API refuses comes back later, and later still, as client-go's rate limited queue does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from fakecluster.statuses import ApiError

Key = TypeVar("Key")
_LOG = logging.getLogger(__name__)
_FIRST_RETRY, _LAST_RETRY = 0.05, 5.0


class WorkQueue(Generic[Key]):
    """Calls `sync(key)` on the running loop after the key's delay."""

    def __init__(self, sync: Callable[[Key], None]) -> None:
        self._sync = sync
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}

    def add(self, key: Key, delay: float = 0.0) -> None:
        """Look at `key` in `delay` seconds, or earlier when it already waits."""
        loop = asyncio.get_running_loop()
        waiting = self._timers.get(key)
        if waiting is not None:
            if waiting.when() <= loop.time() + delay:
                return
            waiting.cancel()
        self._timers[key] = loop.call_later(delay, self._process, key)

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _process(self, key: Key) -> None:
        del self._timers[key]
        try:
            self._sync(key)
        except ApiError as refusal:
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            _LOG.info("%s: %s; again later", key, refusal)
            self.add(key, min(_FIRST_RETRY * 2**failures, _LAST_RETRY))
        else:
            self._failures.pop(key, None)
