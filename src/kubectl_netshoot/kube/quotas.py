"""Quotas and what a pod is charged by them, out of the API's JSON, as the API server's own pod evaluator counts."""

from collections.abc import Iterator
from fractions import Fraction

from kubectl_netshoot.kube.parse import reading, typed
from kubectl_netshoot.model import Json, Quota, Requirement
from kubectl_netshoot.rules.container import amount
from kubectl_netshoot.rules.hazards.quota import Demand

Amounts = dict[str, Fraction]
NATIVE = ("cpu", "memory", "ephemeral-storage")


@reading("a ResourceQuota")
def quota(item: Json) -> Quota:
    """A v1 ResourceQuota. What is hard in the status is what the controller has counted for; before that nothing is."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    selectors = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    scopes = (
        *(Requirement(name, "Exists") for name in spec.get("scopes") or []),
        *(
            Requirement(s["scopeName"], s.get("operator", "Exists"), tuple(s.get("values") or ()))
            for s in selectors
        ),
    )
    hard, used = status.get("hard") or {}, status.get("used") or {}
    for text in (*hard.values(), *used.values()):
        amount(text)
    return typed(Quota(item["metadata"]["name"], hard, used, scopes))


@reading("a pod")
def demand(pod: Json) -> Demand:
    """What this pod is charged: the larger of its containers and its init containers, and the overhead.

    Source: PodRequests and PodLimits of k8s.io/component-helpers/resource, and podComputeUsageHelper of the quota.
    """
    spec = pod["spec"]
    requests, limits = _total(spec, "requests"), _total(spec, "limits")
    every = [*(spec.get("initContainers") or []), *spec["containers"], {"resources": spec.get("resources")}]
    return Demand(
        {"pods": Fraction(1), "count/pods": Fraction(1), **dict(_charged(requests, limits))},
        best_effort=not any(_of(c, kind).get(name) for c in every for kind in KINDS for name in NATIVE[:2]),
        ends=spec.get("activeDeadlineSeconds") is not None,
        priority_class=spec.get("priorityClassName", ""),
        crosses_namespaces=any(t.get("namespaces") or "namespaceSelector" in t for t in _affinities(spec)),
    )


KINDS = ("requests", "limits")


def _charged(requests: Amounts, limits: Amounts) -> Iterator[tuple[str, Fraction]]:
    for name, value in requests.items():
        yield f"requests.{name}", value
        if name in NATIVE or name.startswith("hugepages-"):
            yield name, value
    for name, value in limits.items():
        if name in NATIVE:
            yield f"limits.{name}", value


def _total(spec: Json, kind: str) -> Amounts:
    """A native sidecar runs beside the containers, and beside the init containers that come after it."""
    running: Amounts = {}
    for container in spec["containers"]:
        running = _sum(running, _of(container, kind))
    sidecars: Amounts = {}
    starting: Amounts = {}
    for container in spec.get("initContainers") or []:
        own = _of(container, kind)
        if container.get("restartPolicy") == "Always":
            running, sidecars = _sum(running, own), _sum(sidecars, own)
            starting = _most(starting, sidecars)
        else:
            starting = _most(starting, _sum(sidecars, own))
    total = {**_most(running, starting), **_of(spec, kind)}
    overhead = {name: amount(text) for name, text in (spec.get("overhead") or {}).items()}
    if kind == "limits":
        overhead = {name: value for name, value in overhead.items() if total.get(name)}
    return _sum(total, overhead)


def _of(container: Json, kind: str) -> Amounts:
    given = (container.get("resources") or {}).get(kind) or {}
    return {name: amount(str(text)) for name, text in given.items()}


def _sum(first: Amounts, second: Amounts) -> Amounts:
    return {
        name: first.get(name, Fraction(0)) + second.get(name, Fraction(0)) for name in {**first, **second}
    }


def _most(first: Amounts, second: Amounts) -> Amounts:
    return {
        name: max(first.get(name, Fraction(0)), second.get(name, Fraction(0))) for name in {**first, **second}
    }


def _affinities(spec: Json) -> Iterator[Json]:
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(kind) or {}
        yield from terms.get("requiredDuringSchedulingIgnoredDuringExecution") or []
        preferred = terms.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        yield from (p["podAffinityTerm"] for p in preferred)
