"""The EndpointSlices of all namespaces, followed by one list and watch; and the Services' ports."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp

from fakecluster.client import Api

Json = dict[str, Any]
Key = tuple[str, str]
_PATH = "/apis/discovery.k8s.io/v1/endpointslices"
_SERVICE_NAME = "kubernetes.io/service-name"
_AGAIN_SECONDS = 0.2
_WATCH_SECONDS = 300
_LONGEST_LINE = 1 << 22


class Slices:
    """Tells who listens all slices of a Service, each time that one of them changes.

    What is known stays when the API server is not heard, as with a kube-proxy.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._slices: dict[Key, dict[str, Json]] = {}
        self._listeners: dict[Key, list[Callable[[list[Json]], None]]] = {}
        self._listed = asyncio.Event()

    async def listen(
        self, namespace: str, service: str, listener: Callable[[list[Json]], None]
    ) -> list[Json]:
        """The slices that there are; `listener` is called with all of them after each change."""
        await self._listed.wait()
        key = namespace, service
        self._listeners.setdefault(key, []).append(listener)
        return list(self._slices.get(key, {}).values())

    def leave(self, namespace: str, service: str, listener: Callable[[list[Json]], None]) -> None:
        listeners = self._listeners[namespace, service]
        listeners.remove(listener)
        if not listeners:
            del self._listeners[namespace, service]

    async def port_name(self, namespace: str, service: str, port: int) -> str:
        """What the slices call that port of the Service. Raises LookupError when it has none of this number."""
        async with self._session() as session:
            found = await self._get(session, f"/api/v1/namespaces/{namespace}/services/{service}")
        names = [p.get("name", "") for p in found["spec"].get("ports") or () if p["port"] == port]
        if not names:
            raise LookupError(f"service {namespace}/{service} has no port {port}")
        return str(names[0])

    async def follow(self) -> None:
        """Until cancelled."""
        async with self._session() as session:
            while True:
                try:
                    await self._watch(session, await self._list(session))
                except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                    await asyncio.sleep(_AGAIN_SECONDS)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self._api.server,
            headers={"Authorization": f"Bearer {self._api.token}", "User-Agent": "load"},
            connector=aiohttp.TCPConnector(ssl=self._api.tls),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=_WATCH_SECONDS + 5),
            read_bufsize=_LONGEST_LINE,
            raise_for_status=True,
        )

    async def _get(self, session: aiohttp.ClientSession, path: str) -> Json:
        async with session.get(path) as response:
            found: Json = await response.json()
            return found

    async def _list(self, session: aiohttp.ClientSession) -> str:
        """The resource version to watch from."""
        listed = await self._get(session, _PATH)
        before, self._slices = self._slices, {}
        for slice_ in listed["items"]:
            self._slices.setdefault(_key(slice_), {})[slice_["metadata"]["name"]] = slice_
        self._listed.set()
        for key in self._listeners:
            if before.get(key) != self._slices.get(key):
                self._tell(key)
        return str(listed["metadata"]["resourceVersion"])

    async def _watch(self, session: aiohttp.ClientSession, version: str) -> None:
        query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": str(_WATCH_SECONDS)}
        async with session.get(_PATH, params=query) as response:
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                self._apply(event["type"], event["object"])

    def _apply(self, type_: str, slice_: Json) -> None:
        key = _key(slice_)
        if type_ == "DELETED":
            self._slices.get(key, {}).pop(slice_["metadata"]["name"], None)
            if not self._slices.get(key):
                self._slices.pop(key, None)
        else:
            self._slices.setdefault(key, {})[slice_["metadata"]["name"]] = slice_
        self._tell(key)

    def _tell(self, key: Key) -> None:
        for listener in self._listeners.get(key, ()):
            listener(list(self._slices.get(key, {}).values()))


def _key(slice_: Json) -> Key:
    metadata = slice_["metadata"]
    return metadata["namespace"], (metadata.get("labels") or {}).get(_SERVICE_NAME, "")
