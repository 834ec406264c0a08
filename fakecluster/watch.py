"""Watches: events from a resource version on, filtered by selectors, with bookmarks, until the time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from fakecluster import representations
from fakecluster.changes import Change, Subscription
from fakecluster.kinds import Kind, Object
from fakecluster.negotiation import Form
from fakecluster.selectors import FieldSelector, Selector
from fakecluster.statuses import ApiError
from fakecluster.store import Entry, Store, dumps, loads
from fakecluster.targets import is_true

DEFAULT_TIMEOUT = 1800.0
_WATCH_LIST_OFF = (
    "a watch stream was requested by the client but the required storage feature "
    "RequestWatchProgress is disabled"
)
_LOOK_AGAIN = 0.5


@dataclass(frozen=True)
class Filter:
    """Which objects a watch (or a list) is about."""

    kind: Kind
    namespace: str
    labels: Selector
    fields: FieldSelector

    def matches(self, obj: Object | None) -> bool:
        if obj is None:
            return False
        metadata = obj["metadata"]
        here = not self.namespace or metadata.get("namespace", "") == self.namespace
        return here and self.labels.matches(metadata.get("labels")) and self.fields.matches(obj)

    def concerns(self, change: Change) -> bool:
        """Whether it may have something to say about a change."""
        return change.kind is self.kind and self.namespace in ("", change.namespace)

    def event(self, change: Change) -> tuple[str, Entry] | None:
        """What this watch says about a change: an object that stops matching is DELETED here."""
        if not self.concerns(change):
            return None
        before, now = self.matches(change.old), self.matches(change.obj)
        if change.type == "DELETED":
            return ("DELETED", Entry(change.obj, change.json)) if before else None
        if now:
            return ("MODIFIED" if before else "ADDED"), Entry(change.obj, change.json)
        return ("DELETED", _left(change)) if before else None


def _left(change: Change) -> Entry:
    """The last matching state with the version at which it stopped matching, as the watch cache sends it."""
    old = change.old or {}
    metadata = {**old["metadata"], "resourceVersion": str(change.resource_version)}
    gone = {**old, "metadata": metadata}
    return Entry(gone, dumps(gone))


class Watch:
    """One client's watch.

    `bookmark_seconds` is the time between bookmarks; while `silent` says so, nothing is sent and nothing ends.
    """

    def __init__(
        self,
        store: Store,
        filter_: Filter,
        query: Mapping[str, str],
        form: Form,
        *,
        bookmark_seconds: float = 60.0,
        watch_list: bool = False,
        silent: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._filter = filter_
        self._query = query
        self._form = form
        self._include = query.get("includeObject", "")
        self._bookmarks = is_true(query.get("allowWatchBookmarks"))
        self._bookmark_seconds = bookmark_seconds
        self._watch_list = watch_list
        self._silent = silent
        self._said_columns = False
        self._at = store.resource_version

    async def serve(self, response: web.StreamResponse) -> None:
        """Writes events until timeoutSeconds have passed. Raises ConnectionError when the client is gone."""
        subscription = self._store.subscribe(self._filter.concerns)
        try:
            backlog = list(self._start())
            for line in backlog:
                await self._write(response, line)
            if not backlog or not backlog[-1].startswith(b'{"type":"ERROR"'):
                await self._follow(response, subscription)
        finally:
            subscription.close()

    async def _follow(self, response: web.StreamResponse, subscription: Subscription) -> None:
        timeout = float(self._query.get("timeoutSeconds") or 0) or DEFAULT_TIMEOUT
        deadline = time.monotonic() + timeout
        bookmark_at = time.monotonic() + self._bookmark_seconds
        while self._silent() or time.monotonic() < deadline:
            change = await _next(subscription, min(deadline, bookmark_at))
            if change is not None:
                self._at = change.resource_version
                if said := self._filter.event(change):
                    await self._write(response, self._line(*said))
            elif time.monotonic() >= min(deadline, bookmark_at):
                bookmark_at = time.monotonic() + self._bookmark_seconds
                self._at = self._at if subscription.pending else self._store.resource_version
                if self._bookmarks:
                    await self._write(response, self._bookmark())

    async def _write(self, response: web.StreamResponse, line: bytes) -> None:
        if not self._silent():
            await response.write(line)

    def _start(self) -> Iterator[bytes]:
        version = self._query.get("resourceVersion", "")
        initial = is_true(self._query["sendInitialEvents"]) if "sendInitialEvents" in self._query else None
        try:
            if initial and not self._watch_list:
                raise ApiError.internal(_WATCH_LIST_OFF)
            if initial or (initial is None and version in ("", "0")):
                yield from self._existing()
                if initial:
                    yield self._bookmark({"annotations": {"k8s.io/initial-events-end": "true"}})
                return
            for change in self._store.log.since(int(version or self._at)):
                if said := self._filter.event(change):
                    yield self._line(*said)
        except ApiError as error:
            status = {key: value for key, value in error.status().items() if key != "details"}
            yield f'{{"type":"ERROR","object":{dumps(status)}}}\n'.encode()

    def _existing(self) -> Iterator[bytes]:
        filter_ = self._filter
        for entry in self._store.entries(filter_.kind, filter_.namespace, filter_.labels, filter_.fields):
            yield self._line("ADDED", entry)

    def _line(self, type_: str, entry: Entry) -> bytes:
        text = representations.one(entry, self._filter.kind, self._form, self._include)
        if self._form is Form.TABLE and self._said_columns:
            text = dumps({**loads(text), "columnDefinitions": None})
        self._said_columns = True
        return f'{{"type":"{type_}","object":{text}}}\n'.encode()

    def _bookmark(self, metadata: Object | None = None) -> bytes:
        kind = self._filter.kind
        body: Object = {"kind": kind.kind, "apiVersion": kind.api_version}
        if self._form is Form.TABLE:
            body = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}
        elif self._form is not Form.OBJECT:
            body = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        body["metadata"] = {"resourceVersion": str(self._at), **(metadata or {})}
        return f'{{"type":"BOOKMARK","object":{dumps(body)}}}\n'.encode()


async def _next(subscription: Subscription, until: float) -> Change | None:
    """The next change; None when there was none for a moment, at the latest at `until` (time.monotonic)."""
    left = until - time.monotonic()
    try:
        # A silent watch goes on when its time is over.
        return await subscription.next(left if 0 < left < _LOOK_AGAIN else _LOOK_AGAIN)
    except asyncio.TimeoutError:
        return None
