"""Every change that ever was, kept by namespace, so that what is over can be forgotten: and never unnoticed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakecluster import kinds
from fakecluster.statuses import ApiError

if TYPE_CHECKING:
    from fakecluster.changes import Change


class History:
    """Oldest first. A Namespace's own changes are kept with those of its content."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, list[Change]] = {}
        self._forgotten: set[str] = set()

    def append(self, change: Change) -> None:
        home = _home(change)
        if home not in self._forgotten:
            self._by_namespace.setdefault(home, []).append(change)

    def __iter__(self) -> Iterator[Change]:
        """Everything. Raises ApiError 410 when something of it was forgotten."""
        if self._forgotten:
            raise _gone(f"{len(self._forgotten)} namespaces")
        return heapq.merge(*self._by_namespace.values(), key=lambda change: change.resource_version)

    def of(self, namespace: str) -> list[Change]:
        """Those of one namespace; "" is what is in none. Raises ApiError 410 when they were forgotten."""
        if namespace in self._forgotten:
            raise _gone(f"namespace {namespace}")
        return self._by_namespace.get(namespace, [])

    def forget(self, namespace: str) -> None:
        """Also what is still to come there."""
        self._by_namespace.pop(namespace, None)
        self._forgotten.add(namespace)


def _home(change: Change) -> str:
    return change.name if change.kind is kinds.NAMESPACES else change.namespace


def _gone(what: str) -> ApiError:
    return ApiError(410, "Gone", f"the history of {what} has been forgotten", {})
