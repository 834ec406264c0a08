"""What stands around a source pod: all that a plan is judged by, read side by side; what cannot be read is named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import parse, quotas
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.parse import label_selector, reading, sentence, typed
from kubectl_netshoot.kube.policies import network_policy
from kubectl_netshoot.kube.reads import ADOPTERS, Reads
from kubectl_netshoot.model import (
    Autoscaler,
    Controller,
    DisruptionBudget,
    Json,
    Lease,
    Owner,
    Pod,
    Quota,
    Requirement,
    Selector,
    Workload,
)
from kubectl_netshoot.rules.hazards.controllers import scaled_selectors
from kubectl_netshoot.rules.hazards.hazard import Surroundings, Unread

T = TypeVar("T")
PARALLEL = 8
# Owners of controllers that adopt no pods themselves: read one by one, where the chain of owners leads there.
ABOVE = {("apps", "Deployment"): "deployments", ("batch", "CronJob"): "cronjobs"}
SCALABLE = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("", "ReplicationController"),
}
# Refused by RBAC, or an API that this cluster does not serve.
UNREADABLE = (403, 404)


def survey(reads: Reads, source: Pod, joining: bool = True) -> Surroundings:
    """Everything of the namespace that the plan depends on; endpoints only of Services that select it.

    Raises ApiError where Services or EndpointSlices cannot be read: without them there is nothing to plan.
    """
    around = _Survey(reads)
    return around.run(source) if joining else around.beside(source)


def quotas_of(reads: Reads) -> tuple[Quota, ...]:
    """The ResourceQuotas of the namespace; none where they may not be read."""
    return _Survey(reads).quotas()


def with_claims(reads: Reads, source: Pod) -> Pod:
    """The source, its claims with what their access modes say; one that cannot be read is taken to be writable."""
    return replace(source, claims=tuple(reads.claim(claim) for claim in source.claims))


class _Survey:
    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._fetch: Fetch = reads.fetch
        self._unread: list[Unread] = []
        self._known: dict[tuple[str, str, str], Json | None] = {}

    def beside(self, source: Pod) -> Surroundings:
        """What a copy meets that is in no Service."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            limits, leases = pool.submit(self.quotas), pool.submit(self._leases)
            # That it may not be read is said by the review of rights.
            workload = self._workload(source)
            return Surroundings(workload=workload, quotas=limits.result(), leases=leases.result())

    def run(self, source: Pod) -> Surroundings:
        with ThreadPoolExecutor(PARALLEL) as pool:
            services = pool.submit(self._reads.services)
            listings = [pool.submit(self._controllers, kind, *at) for (_, kind), at in ADOPTERS.items()]
            budgets = self._ask(pool, "apis/policy/v1", "poddisruptionbudgets", budget)
            scalers = self._ask(pool, "apis/autoscaling/v2", "horizontalpodautoscalers", autoscaler)
            policies = self._ask(pool, "apis/networking.k8s.io/v1", "networkpolicies", network_policy)
            limits, leases = pool.submit(self.quotas), pool.submit(self._leases)
            names = [service.name for service in services.result() if service.selects(source.labels)]
            endpoints = pool.submit(self._reads.endpoints, names)
            controllers = tuple(controller for listing in listings for controller in listing.result())
            ancestors = pool.submit(self._ancestors, source, controllers)
            return Surroundings(
                services.result(),
                controllers,
                endpoints.result(),
                tuple(budgets.result()),
                tuple(self._with_selectors(scalers.result(), controllers)),
                tuple(policies.result()),
                ancestors.result(),
                self._workload(source),
                limits.result(),
                leases.result(),
                tuple(sorted(set(self._unread), key=lambda unread: unread.plural)),
            )

    def quotas(self) -> tuple[Quota, ...]:
        """All of the namespace, as far as they may be read."""
        return self._optional("api/v1", "resourcequotas", quotas.quota)

    def _leases(self) -> tuple[Lease, ...]:
        return self._optional("apis/coordination.k8s.io/v1", "leases", lease)

    def _optional(self, group: str, plural: str, read: Callable[[Json], T]) -> tuple[T, ...]:
        """A list that only makes the plan say more; the review of rights says where it may not be had."""
        try:
            return tuple(read(item) for item in self._fetch.items(self._fetch.path(group, plural)))
        except ApiError as error:
            if error.code not in UNREADABLE:
                raise
            return ()

    def _workload(self, source: Pod) -> Workload | None:
        """The Deployment of the pod's ReplicaSet, which is named after it: NAME-HASH."""
        suffix = f"-{source.labels.get('pod-template-hash', '')}"
        for owner in source.owners:
            name = owner.name.removesuffix(suffix)
            if (owner.group, owner.kind) == ("apps", "ReplicaSet") and name != owner.name:
                found = self._object(Owner("Deployment", name, True, "apps"), "deployments")
                return workload(found, source.labels) if found else None
        return None

    def _controllers(self, kind: str, group: str, plural: str) -> Sequence[Controller]:
        return self._all(group, plural, lambda item: parse.controller(kind, item))

    def _ask(
        self, pool: ThreadPoolExecutor, group: str, plural: str, read: Callable[[Json], T]
    ) -> "Future[Sequence[T]]":
        return pool.submit(self._all, group, plural, read)

    def _all(self, group: str, plural: str, read: Callable[[Json], T]) -> Sequence[T]:
        try:
            return [read(item) for item in self._fetch.items(self._fetch.path(group, plural))]
        except ApiError as error:
            self._note(plural, error)
            return []

    def _note(self, plural: str, error: ApiError) -> None:
        if error.code not in UNREADABLE:
            raise error
        self._unread.append(Unread(plural, error.reason or error.message))

    def _ancestors(self, source: Pod, controllers: Sequence[Controller]) -> tuple[Owner, ...]:
        """The owners of the pod's owners, and theirs, as far up as the kinds are known."""
        known = {(c.kind, c.name): c.owners for c in controllers}
        found: list[Owner] = []
        below = list(source.owners)
        while below:
            owner = below.pop()
            plural = ABOVE.get((owner.group, owner.kind))
            above = self._owners_of(owner, plural) if plural else known.get((owner.kind, owner.name), ())
            below.extend(new for new in above if new not in found)
            found.extend(new for new in above if new not in found)
        return tuple(found)

    def _owners_of(self, owner: Owner, plural: str) -> tuple[Owner, ...]:
        item = self._object(owner, plural)
        return parse.owners(item) if item else ()

    def _with_selectors(
        self, scalers: Sequence[Autoscaler], controllers: Sequence[Controller]
    ) -> Iterator[Autoscaler]:
        known = scaled_selectors(controllers)
        for scaler in scalers:
            yield replace(scaler, selector=self._selector_of(scaler.target, known))

    def _selector_of(self, target: Owner, known: dict[tuple[str, str], Selector]) -> Selector | None:
        """None for a custom resource: its scale names the pods, and we know neither its path nor may we read it."""
        if (target.group, target.kind) not in SCALABLE:
            return None
        if (target.kind, target.name) not in known and target.kind == "Deployment":
            # It has no ReplicaSet yet.
            item = self._object(target, "deployments")
            return parse.controller(target.kind, item).selector if item else None
        return known.get((target.kind, target.name))

    def _object(self, owner: Owner, plural: str) -> Json | None:
        """Each is read once."""
        key = owner.group, owner.kind, owner.name
        if key not in self._known:
            try:
                path = self._fetch.path(f"apis/{owner.group}/v1", plural, owner.name)
                self._known[key] = self._fetch.find(path)
            except ApiError as error:
                self._note(plural, error)
                self._known[key] = None
        return self._known[key]


@reading("a PodDisruptionBudget")
def budget(item: Json) -> DisruptionBudget:
    """A policy/v1 PodDisruptionBudget: a selector that is empty selects all, none selects nothing."""
    spec = item.get("spec") or {}
    rules = [f"{key} {spec[key]}" for key in ("minAvailable", "maxUnavailable") if spec.get(key) is not None]
    selector = NOTHING if spec.get("selector") is None else label_selector(spec["selector"])
    return typed(DisruptionBudget(item["metadata"]["name"], selector, " ".join(rules)))


@reading("a HorizontalPodAutoscaler")
def autoscaler(item: Json) -> Autoscaler:
    """An autoscaling HorizontalPodAutoscaler; the selector of what it scales is in another object."""
    target = (item.get("spec") or {}).get("scaleTargetRef") or {}
    owner = Owner(target.get("kind", ""), target.get("name", ""), group=parse.group(target))
    return typed(Autoscaler(item["metadata"]["name"], owner))


@reading("a Deployment")
def workload(item: Json, labels: Mapping[str, str]) -> Workload | None:
    """How many pods an apps/v1 Deployment wants; None where pods with these labels cannot be its own."""
    spec = item.get("spec") or {}
    if not label_selector(spec.get("selector") or {}).matches(labels):
        return None
    owner = Owner("Deployment", item["metadata"]["name"], True, "apps")
    replicas = 1 if spec.get("replicas") is None else spec["replicas"]
    return typed(Workload(owner, replicas, (spec.get("strategy") or {}).get("type") == "Recreate"))


@reading("a Lease")
def lease(item: Json) -> Lease:
    """A coordination.k8s.io/v1 Lease."""
    holder = (item.get("spec") or {}).get("holderIdentity") or ""
    return typed(Lease(item["metadata"]["name"], sentence(holder)))


# No object has both: the selector that selects nothing.
NOTHING = Selector({}, (Requirement("-", "Exists"), Requirement("-", "DoesNotExist")))
