"""What joining would mean: the labels to add, who else is drawn in, every hazard; judged before any change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from .errors import NetshootError, UsageError
from .model import MANAGED_BY, MANAGED_BY_LABEL, Controller, Pod, Service, ServiceEndpoints


class Severity(Enum):
    """NEVER cannot be lifted; REFUSE can, one id at a time, by `--allow ID`."""

    NEVER = "never"
    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True)
class Hazard:
    """`what` would happen, and what to do `instead`."""

    id: str
    severity: Severity
    what: str
    instead: str


@dataclass(frozen=True)
class Surroundings:
    """What was read around the source pod, all of its namespace."""

    services: tuple[Service, ...] = ()
    controllers: tuple[Controller, ...] = ()
    endpoints: tuple[ServiceEndpoints, ...] = ()


@dataclass(frozen=True)
class JoinPlan:
    """`labels` are what the copy would get, `ports` the pods' ports behind the Services, `ready_before` the ready
    endpoints of each Service now, the source among them.
    """

    source: Pod
    services: tuple[Service, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()
    ready_before: tuple[tuple[str, int], ...] = ()
    hazards: tuple[Hazard, ...] = ()

    def refused(self, allow: Collection[str]) -> tuple[Hazard, ...]:
        """The hazards that stand in the way once those in `allow` are lifted."""
        return tuple(
            h
            for h in self.hazards
            if h.severity is Severity.NEVER or (h.severity is Severity.REFUSE and h.id not in allow)
        )


ALLOWABLE = frozenset(
    {"other-service", "sole-endpoint", "source-unhealthy", "readiness-gate", "fewer-endpoints", "undrained"}
)


def plan_join(source: Pod, around: Surroundings, joining: bool, names: Sequence[str] = ()) -> JoinPlan:
    """The plan for this source: every Service that selects it, or those named; a plain copy where not `joining`.

    Raises UsageError for a named Service that does not exist or does not select the source, NetshootError
    where nothing selects it.
    """
    if not joining:
        return JoinPlan(source, hazards=_of_source(source, Severity.WARN))
    services = _chosen(source, around, names)
    labels = {key: value for service in services for key, value in service.selector.items()}
    endpoints = {e.service: e for e in around.endpoints}
    of_services = [endpoints.get(service.name, ServiceEndpoints(service.name)) for service in services]
    return JoinPlan(
        source,
        services,
        tuple(sorted(labels.items())),
        tuple(sorted({port for e in of_services for port in e.ports})),
        tuple((e.service, e.ready_others("")) for e in of_services),
        (
            *_no_selector(services),
            *_managed_by(services),
            *_adoption(labels, around.controllers),
            *_other_service(labels, services, around.services),
            *_sole_endpoint(of_services),
            *_of_source(source, Severity.REFUSE),
            *_readiness_gate(source),
        ),
    )


def _chosen(source: Pod, around: Surroundings, names: Sequence[str]) -> tuple[Service, ...]:
    selecting = tuple(s for s in around.services if s.selects(source.labels))
    if not names:
        if selecting:
            return selecting
        raise NetshootError(
            f"no Service in namespace {source.namespace} selects pod {source.name}",
            "without --join-service you get a copy that takes no traffic",
        )
    known = {service.name: service for service in around.services}
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no Service {name!r} in namespace {source.namespace}", _which(selecting)
            )
        if known[name].selector and not known[name].selects(source.labels):
            raise UsageError(f"Service {name!r} does not select pod {source.name}", _which(selecting))
    return tuple(known[name] for name in dict.fromkeys(names))


def _which(selecting: Sequence[Service]) -> str:
    names = ", ".join(service.name for service in selecting)
    return f"Services that select it: {names}" if names else "no Service selects it"


def copy_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """All labels that a joined copy carries: the Services', and ours."""
    return {**labels, MANAGED_BY_LABEL: MANAGED_BY}


def _no_selector(services: Sequence[Service]) -> tuple[Hazard, ...]:
    return tuple(
        Hazard(
            "no-selector",
            Severity.NEVER,
            f"Service {s.name} {'is an ExternalName' if s.type == 'ExternalName' else 'has no selector'}: "
            "no label brings a pod into it",
            "name another Service with --service",
        )
        for s in services
        if s.type == "ExternalName" or not s.selector
    )


def _managed_by(services: Sequence[Service]) -> tuple[Hazard, ...]:
    return tuple(
        Hazard(
            "managed-by",
            Severity.NEVER,
            f"Service {s.name} selects by the label {MANAGED_BY_LABEL}, which marks the copy as ours: "
            "it cannot both join and be found again",
            "name another Service with --service",
        )
        for s in services
        if MANAGED_BY_LABEL in s.selector
    )


def _adoption(labels: Mapping[str, str], controllers: Sequence[Controller]) -> tuple[Hazard, ...]:
    # A StatefulSet adopts only pods that are named as its own, <set>-<digits>, and a copy's name never ends so.
    carried = copy_labels(labels)
    return tuple(
        Hazard(
            "adoption",
            Severity.NEVER,
            f"the selector of {c} matches the labels that the copy would have: it would adopt the copy "
            "and delete a pod to keep its count, perhaps a production pod",
            "join another Service, or work in a copy without --join-service",
        )
        for c in controllers
        if c.kind != "StatefulSet" and c.selector.matches(carried)
    )


def _other_service(
    labels: Mapping[str, str], chosen: Sequence[Service], services: Sequence[Service]
) -> tuple[Hazard, ...]:
    carried, asked = copy_labels(labels), {service.name for service in chosen}
    return tuple(
        Hazard(
            "other-service",
            Severity.REFUSE,
            f"the labels would also bring the copy into Service {s.name}, which was not asked for",
            f"join it too (--service {s.name}), or accept it (--allow other-service)",
        )
        for s in services
        if s.name not in asked and s.selects(carried)
    )


def _sole_endpoint(endpoints: Sequence[ServiceEndpoints]) -> tuple[Hazard, ...]:
    return tuple(
        Hazard(
            "sole-endpoint",
            Severity.REFUSE,
            f"Service {e.service} has no ready endpoint: the copy would take all of its traffic, "
            "and leaving would cut it off",
            "wait until a pod of the Service is ready, or --allow sole-endpoint",
        )
        for e in endpoints
        if not e.ready_others("")
    )


def _of_source(source: Pod, severity: Severity) -> tuple[Hazard, ...]:
    if source.ready and not source.terminating and not source.finished:
        return ()
    state = "is terminating" if source.terminating else "has ended" if source.finished else "is not ready"
    return (
        Hazard(
            "source-unhealthy",
            severity,
            f"pod {source.name} {state}: its copy may be just as ill",
            "take a ready pod of the same workload, or --allow source-unhealthy",
        ),
    )


def _readiness_gate(source: Pod) -> tuple[Hazard, ...]:
    if not source.readiness_gates:
        return ()
    return (
        Hazard(
            "readiness-gate",
            Severity.REFUSE,
            f"the copy keeps the readiness gate {source.readiness_gates[0]}, which nobody opens for it: "
            "it will never be Ready and no traffic will come",
            "--allow readiness-gate joins it all the same",
        ),
    )
