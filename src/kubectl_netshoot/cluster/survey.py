"""What stands around a source pod: all that a plan is judged by, read side by side; what cannot be read is named."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from kubectl_netshoot.cluster import parse
from kubectl_netshoot.cluster.fetch import Fetch, Json
from kubectl_netshoot.cluster.reads import Reads
from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.join import Surroundings, Unread
from kubectl_netshoot.model import Autoscaler, Controller, Pod, Selector

T = TypeVar("T")
PARALLEL = 8
CONTROLLERS = (
    ("ReplicaSet", "apis/apps/v1", "replicasets"),
    ("DaemonSet", "apis/apps/v1", "daemonsets"),
    ("StatefulSet", "apis/apps/v1", "statefulsets"),
    ("Job", "apis/batch/v1", "jobs"),
    ("ReplicationController", "api/v1", "replicationcontrollers"),
)
SCALABLE = {
    "Deployment": ("apis/apps/v1", "deployments"),
    "ReplicaSet": ("apis/apps/v1", "replicasets"),
    "StatefulSet": ("apis/apps/v1", "statefulsets"),
    "ReplicationController": ("api/v1", "replicationcontrollers"),
}
# Refused by RBAC, or an API that this cluster does not serve.
UNREADABLE = (403, 404)


def survey(reads: Reads, source: Pod) -> Surroundings:
    """Everything of the namespace that the plan of a join depends on; endpoints only of Services that select it.

    Raises ApiError where Services or EndpointSlices cannot be read: without them there is nothing to plan.
    """
    return _Survey(reads).run(source)


def with_claims(reads: Reads, source: Pod) -> Pod:
    """The source, its claims with what their access modes say; one that cannot be read is taken to be writable."""
    return replace(source, claims=tuple(reads.claim(claim) for claim in source.claims))


class _Survey:
    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._fetch: Fetch = reads.fetch
        self._unread: list[Unread] = []

    def run(self, source: Pod) -> Surroundings:
        with ThreadPoolExecutor(PARALLEL) as pool:
            services = pool.submit(self._reads.services)
            controllers = [pool.submit(self._controllers, *kind) for kind in CONTROLLERS]
            budgets = self._ask(pool, "apis/policy/v1", "poddisruptionbudgets", parse.budget)
            scalers = self._ask(pool, "apis/autoscaling/v2", "horizontalpodautoscalers", self._autoscaler)
            policies = self._ask(pool, "apis/networking.k8s.io/v1", "networkpolicies", parse.network_policy)
            names = [service.name for service in services.result() if service.selects(source.labels)]
            return Surroundings(
                services.result(),
                tuple(controller for listing in controllers for controller in listing.result()),
                self._reads.endpoints(names),
                tuple(budgets.result()),
                tuple(scalers.result()),
                tuple(policies.result()),
                tuple(sorted(self._unread, key=lambda unread: unread.plural)),
            )

    def _controllers(self, kind: str, group: str, plural: str) -> Sequence[Controller]:
        return self._all(group, plural, lambda item: parse.controller(kind, item))

    def _ask(
        self, pool: ThreadPoolExecutor, group: str, plural: str, read: Callable[[Json], T]
    ) -> "Future[Sequence[T]]":
        return pool.submit(self._all, group, plural, read)

    def _all(self, group: str, plural: str, read: Callable[[Json], T]) -> Sequence[T]:
        def parsed() -> Iterator[T]:
            for item in self._fetch.items(self._fetch.path(group, plural)):
                yield read(item)

        try:
            return list(parsed())
        except ApiError as error:
            if error.code not in UNREADABLE:
                raise
            self._unread.append(Unread(plural, error.reason or error.message))
            return []

    def _autoscaler(self, item: Json) -> Autoscaler:
        kind, name = parse.scale_target(item)
        return parse.autoscaler(item, self._selector_of(kind, name))

    def _selector_of(self, kind: str, name: str) -> Selector | None:
        if kind not in SCALABLE:
            return None
        try:
            found = self._fetch.find(self._fetch.path(*SCALABLE[kind], name))
        except ApiError:
            return None
        return parse.controller(kind, found).selector if found else None
