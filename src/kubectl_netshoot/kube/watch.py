"""Watches that only wake us: whatever they say, the next decision is made on a fresh read.

So a watch that is silent, stale or cut can make us slower, never wrong; who waits also looks every few seconds.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.api import Api

# The server ends a watch after this many seconds; a connection that died silently is noticed soon after.
SERVER_SECONDS = 60
GRACE_SECONDS = 10
AGAIN_SECONDS = 1.0
BOOKMARK = "BOOKMARK"
CHUNK = 65536
# What is longer is no bookmark, and not worth parsing.
MAX_BOOKMARK = 65536


@dataclass
class Watcher:
    """Calls `wake()` after every change of the watched pod and EndpointSlices, from daemon threads."""

    api: Api
    namespace: str
    wake: Callable[[], None]
    _stop: threading.Event = field(default_factory=threading.Event)

    def watch_pod(self, name: str) -> None:
        self._start(f"/api/v1/namespaces/{self.namespace}/pods", {"fieldSelector": f"metadata.name={name}"})

    def watch_endpoints(self, services: tuple[str, ...]) -> None:
        if services:
            path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
            self._start(path, {"labelSelector": f"kubernetes.io/service-name in ({','.join(services)})"})

    def stop(self) -> None:
        self._stop.set()

    @contextmanager
    def watching(self, pod: str, services: tuple[str, ...] = ()) -> Iterator[None]:
        """Watch this pod, and the EndpointSlices of these Services, for as long as the context lasts."""
        self.watch_pod(pod)
        self.watch_endpoints(services)
        try:
            yield
        finally:
            self.stop()

    def _start(self, path: str, query: dict[str, object]) -> None:
        threading.Thread(target=self._run, args=(path, query), name="watch", daemon=True).start()

    def _run(self, path: str, query: dict[str, object]) -> None:
        while not self._stop.is_set():
            try:
                self._follow(path, query)
            except NetshootError as error:
                # Refused for good: the regular looks are all there is.
                if isinstance(error, ApiError) and error.code in (403, 404):
                    return
            self._stop.wait(AGAIN_SECONDS)

    def _follow(self, path: str, query: dict[str, object]) -> None:
        # Without a resourceVersion the watch begins with the present state: nothing that happened before is missed,
        # and there is no version that could be too old.
        asked = {**query, "watch": "true", "timeoutSeconds": SERVER_SECONDS, "allowWatchBookmarks": "true"}
        with self.api.open("GET", path, asked, timeout=SERVER_SECONDS + GRACE_SECONDS) as response:
            buffer = b""
            while not self._stop.is_set() and (chunk := response.read1(CHUNK)):
                *lines, rest = (buffer + chunk).split(b"\n")
                # Of a line that never ends, no more is kept than tells that it is no bookmark.
                buffer = rest[: MAX_BOOKMARK + 1]
                if any(_is_change(line) for line in lines):
                    self.wake()


def _is_change(line: bytes) -> bool:
    if not line.strip():
        return False
    if len(line) > MAX_BOOKMARK:
        return True
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return True
    return not isinstance(event, dict) or event.get("type") != BOOKMARK
