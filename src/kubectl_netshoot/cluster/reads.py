"""Questions to the API server that change nothing. Lists are read in pages and narrowed by selectors on the server."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.guard import is_ours
from kubectl_netshoot.join import Surroundings
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Controller, Pod, Service, ServiceEndpoints

from . import parse
from .api import Api, retry

Json = dict[str, Any]
PAGE = 500
ATTEMPTS = 3
OWNED = ("pod-template-hash", "controller-revision-hash", "batch.kubernetes.io/job-name", "job-name")
CONTROLLERS = (
    ("ReplicaSet", "apis/apps/v1", "replicasets"),
    ("DaemonSet", "apis/apps/v1", "daemonsets"),
    ("StatefulSet", "apis/apps/v1", "statefulsets"),
    ("Job", "apis/batch/v1", "jobs"),
    ("ReplicationController", "api/v1", "replicationcontrollers"),
)


class Reads:
    """Reads in one namespace; each call asks the server anew and raises ApiError where it does not answer."""

    def __init__(self, api: Api, namespace: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._api = api
        self._namespace = namespace
        self._pause = pause

    def pod(self, name: str) -> Pod | None:
        """The pod as it is now; None only when the server says that there is none."""
        try:
            return parse.pod(self._get(f"/api/v1/namespaces/{self._namespace}/pods/{name}"))
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def copies(self, everywhere: bool = False) -> tuple[Pod, ...]:
        """Every pod that we made, here or in all namespaces: the marked ones, and those killed before their mark.

        An unmarked copy has no label at all, so only pods without a controller's labels are read to find it.
        """
        base = "/api/v1/pods" if everywhere else f"/api/v1/namespaces/{self._namespace}/pods"
        marked = self._list(base, {"labelSelector": f"{MANAGED_BY_LABEL}={MANAGED_BY}"})
        absent = ",".join(f"!{label}" for label in (*OWNED, MANAGED_BY_LABEL))
        bare = self._list(base, {"labelSelector": absent})
        return tuple(found for found in (parse.pod(item) for item in (*marked, *bare)) if is_ours(found))

    def services(self) -> tuple[Service, ...]:
        return tuple(
            parse.service(item) for item in self._list(f"/api/v1/namespaces/{self._namespace}/services")
        )

    def _controllers(self, kind: str, group: str, plural: str) -> tuple[Controller, ...]:
        items = self._list(f"/{group}/namespaces/{self._namespace}/{plural}")
        return tuple(parse.controller(kind, item) for item in items)

    def surroundings(self, source: Pod, joining: bool) -> Surroundings:
        """What a plan is made from; endpoints only of the Services that select the source."""
        if not joining:
            return Surroundings()
        with ThreadPoolExecutor(len(CONTROLLERS) + 1) as pool:
            listing = pool.submit(self.services)
            controllers = pool.map(lambda kind: self._controllers(*kind), CONTROLLERS)
            services = listing.result()
            names = [service.name for service in services if service.selects(source.labels)]
            return Surroundings(services, tuple(chain.from_iterable(controllers)), self.endpoints(names))

    def endpoints(self, names: Sequence[str]) -> tuple[ServiceEndpoints, ...]:
        """The endpoints of these Services."""
        if not names:
            return ()
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self._namespace}/endpointslices"
        selector = f"kubernetes.io/service-name in ({','.join(names)})"
        return parse.service_endpoints(names, self._list(path, {"labelSelector": selector}))

    def holders(self, uid: str) -> tuple[str, ...]:
        """Every Service of the namespace that has this pod in a slice."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self._namespace}/endpointslices"
        return parse.holders(uid, self._list(path))

    def missing_services(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these Services do not exist (any more)."""
        return frozenset(name for name in names if self.service(name) is None)

    def service(self, name: str) -> Service | None:
        try:
            return parse.service(self._get(f"/api/v1/namespaces/{self._namespace}/services/{name}"))
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def events(self, pod: Pod) -> tuple[str, ...]:
        """The pod's warnings, oldest first, as `Reason: message`."""
        path = f"/api/v1/namespaces/{self._namespace}/events"
        items = self._list(path, {"fieldSelector": f"involvedObject.uid={pod.uid}"})
        items.sort(key=lambda item: item.get("lastTimestamp") or item.get("eventTime") or "")
        return tuple(f"{e.get('reason')}: {e.get('message')}" for e in items if e.get("type") == "Warning")

    def last_log_lines(self, pod: str, container: str, lines: int) -> tuple[str, ...]:
        """The last lines of a container's log, at most 64 KiB."""
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}/log"
        query = {"container": container, "tailLines": lines, "limitBytes": 65536}
        with self._api.open("GET", path, query) as response:
            text = response.read(65536).decode(errors="replace")
        return tuple(text.splitlines()[-lines:])

    def server_version(self) -> str:
        return str(self._get("/version").get("gitVersion", ""))

    def _get(self, path: str, query: dict[str, object] | None = None) -> Json:
        return retry(lambda: self._api.request("GET", path, query), ATTEMPTS, self._pause)

    def _list(self, path: str, query: dict[str, object] | None = None) -> list[Json]:
        return list(self._pages(path, query or {}))

    def _pages(self, path: str, query: dict[str, object]) -> Iterator[Json]:
        token = ""
        while True:
            page = self._get(path, {**query, "limit": PAGE, "continue": token})
            yield from page.get("items") or []
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return
