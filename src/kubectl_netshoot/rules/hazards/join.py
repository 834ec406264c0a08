"""From the source and its surroundings to a plan: Services, labels, and every hazard, judged before any change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.hazards import controllers, services, source, topology
from kubectl_netshoot.rules.hazards import services as hazards_services
from kubectl_netshoot.rules.hazards import source as hazards_source
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings, Unread, refused
from kubectl_netshoot.rules.hazards.second_instance import second_instance
from kubectl_netshoot.rules.hazards.source import preemption
from kubectl_netshoot.rules.hazards.topology import NOWHERE, Place, Share, place_of
from kubectl_netshoot.rules.request import SETTLE

# What a refusal is called that `--allow` lifts; the last two are the guard's own, on the way out.
ALLOWABLE = frozenset(
    {
        "identity",
        "shared-volume",
        "host-port",
        "readiness-gate",
        "other-service",
        "sole-endpoint",
        "alone-there",
        "source-unhealthy",
        "starting",
        "not-as-planned",
        "fewer-endpoints",
        "undrained",
    }
)
JUDGED_BY = {
    "poddisruptionbudgets": "pdb",
    "horizontalpodautoscalers": "hpa",
    "networkpolicies": "network-policy",
    "statefulsets": "hpa",
    "deployments": "unknown-owner and second-instance",
    "cronjobs": "unknown-owner",
}


@dataclass(frozen=True)
class Staying:
    """Where the copy is put, and how long it stays after it has left its Services."""

    place: Place
    settle: timedelta


@dataclass(frozen=True)
class JoinPlan:
    """`labels` are what the copy would get, `ports` and `uncounted` the pods' ports behind whatever Service then
    selects it, `ready_before` the ready endpoints of each Service now, the source among them; `selecting_before` and
    `selecting` what selects the copy by label before the join and after it. `place` is where the copy is to be put,
    `shares` what it takes of each Service's new connections there, `settle` the time for proxies and clients to hear
    that it has left.
    """

    source: Pod
    services: tuple[Service, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()
    uncounted: tuple[str, ...] = ()
    ready_before: tuple[tuple[str, int], ...] = ()
    hazards: tuple[Hazard, ...] = ()
    selecting_before: tuple[str, ...] = ()
    selecting: tuple[str, ...] = ()
    place: Place = NOWHERE
    shares: tuple[tuple[str, tuple[Share, ...]], ...] = ()
    settle: timedelta = SETTLE

    def refused(self, allow: Collection[str]) -> tuple[Hazard, ...]:
        """The hazards that stand in the way once those in `allow` are lifted."""
        return refused(self.hazards, allow)

    def turned(self, again: "JoinPlan", allow: Collection[str]) -> str:
        """What stands in the way of the same plan made later, and did not in this one; empty where nothing does."""
        own = {hazard.what for hazard in self.hazards}
        return "; ".join(f"{h.id}: {h.what}" for h in again.refused(allow) if h.what not in own)

    @property
    def warnings(self) -> tuple[Hazard, ...]:
        """What is asked about before a session."""
        return tuple(h for h in self.hazards if h.severity is Severity.WARN)


def plan_join(
    pod: Pod,
    around: Surroundings,
    joining: bool,
    names: Sequence[str] = (),
    beside: Pod | None = None,
    settle: timedelta | None = None,
) -> JoinPlan:
    """The plan for this source: every Service that selects it, or those named; a plain copy where not `joining`.

    `beside` is a pod on the copy's node: the source where it is asked for, or the copy itself. Where clients are kept
    near an endpoint the copy is put beside the source, which is one. `settle` is what the person asks for.
    Raises UsageError for a named Service that does not exist or does not select the source, NetshootError
    where nothing selects it.
    """
    if not joining:
        of_copy = (*_of_copy(pod, around, Severity.WARN, beside is not None), *_of_birth(around))
        return JoinPlan(pod, hazards=of_copy, settle=hazards_services.settle_time((), settle))
    chosen = _chosen(pod, around, names)
    labels = {key: value for service in chosen for key, value in service.selector.items()}
    if beside is None and topology.bound(chosen) and not (pod.host_network or pod.host_ports):
        beside = pod
    stay = Staying(topology.place_of(beside, around.endpoints), hazards_services.settle_time(chosen, settle))
    of_copy = _of_copy(pod, around, Severity.REFUSE, beside is not None)
    hazards = _of_join(pod, around, chosen, labels, stay, of_copy)
    return planned(pod, around, chosen, labels, hazards, stay)


def planned(
    pod: Pod,
    around: Surroundings,
    chosen: tuple[Service, ...],
    labels: Mapping[str, str],
    hazards: tuple[Hazard, ...],
    stay: Staying,
) -> JoinPlan:
    """The plan of a pod that comes into these Services by these labels, with what there is to say against it."""
    endpoints, carried = endpoints_of(around, chosen), {**around.born, **copy_labels(labels)}
    entered = endpoints_of(around, [s for s in around.services if s.selects(carried)])
    return JoinPlan(
        pod,
        chosen,
        tuple(sorted(labels.items())),
        tuple(sorted({port for e in entered for port in e.ports})),
        tuple(sorted({port for e in entered for port in e.uncounted})),
        tuple((e.service, e.ready_others("")) for e in endpoints),
        hazards,
        _selecting(around, {**around.born, **copy_labels({})}),
        _selecting(around, carried),
        stay.place,
        tuple((s.name, topology.shares(s, e, stay.place)) for s, e in zip(chosen, endpoints, strict=True)),
        stay.settle,
    )


def of_clients(around: Surroundings, chosen: Sequence[Service], stay: Staying) -> tuple[Hazard, ...]:
    """What the join and the leave mean for those who call these Services."""
    endpoints = endpoints_of(around, chosen)
    return (
        *hazards_services.sole_endpoint(endpoints),
        *topology.alone_there(chosen, endpoints, stay.place),
        *hazards_services.not_ready_published(chosen),
        *hazards_services.exposed(chosen),
        *hazards_services.no_traffic(chosen),
        *hazards_services.udp(endpoints),
        *hazards_services.cached_address(chosen, stay.settle),
    )


def endpoints_of(around: Surroundings, chosen: Sequence[Service]) -> list[ServiceEndpoints]:
    """The endpoints of each of these Services; none where it has no slice."""
    known = {e.service: e for e in around.endpoints}
    return [known.get(service.name, ServiceEndpoints(service.name)) for service in chosen]


def copy_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """All labels that a joined copy carries: the Services', and ours."""
    return {**labels, MANAGED_BY_LABEL: MANAGED_BY}


def _of_join(
    pod: Pod,
    around: Surroundings,
    chosen: Sequence[Service],
    labels: Mapping[str, str],
    stay: Staying,
    of_copy: Sequence[Hazard],
) -> tuple[Hazard, ...]:
    carried = {**around.born, **copy_labels(labels)}
    # As it is made, with what others put on, as it is marked (and left), and as it is joined.
    stages: controllers.Stages = ({}, around.born, {**around.born, **copy_labels({})}, carried)
    return (
        *hazards_services.born_into(around.born, chosen),
        *hazards_services.no_selector(chosen),
        *hazards_services.managed_by(chosen),
        *controllers.adoption(stages, around.controllers),
        *controllers.unjudged_adoption(around.unread),
        *hazards_services.other_service(carried, chosen, around.services),
        *hazards_services.identity(pod, chosen),
        *hazards_source.readiness_gate(pod),
        *of_copy,
        *of_clients(around, chosen, stay),
        *controllers.hpa(stages, around.autoscalers),
        *controllers.pdb(stages, around.budgets),
        *hazards_source.network_policy(pod, carried, around.policies),
        *controllers.unknown_owner((*pod.owners, *around.ancestors)),
        *unjudged(around.unread),
    )


def _of_copy(pod: Pod, around: Surroundings, ill: Severity, placed: bool) -> tuple[Hazard, ...]:
    """What holds for any copy, joined or not; `placed`: it names a node, and the scheduler is not asked."""
    return (
        *hazards_source.shared_volume(pod),
        *(() if placed else hazards_source.one_node_volume(pod)),
        *hazards_source.host_port(pod),
        *hazards_source.unhealthy(pod, ill),
        *hazards_source.mesh(pod),
        *preemption(pod, placed),
        *second_instance(pod, around),
    )


def _of_birth(around: Surroundings) -> tuple[Hazard, ...]:
    """What a copy that joins nothing would be drawn into by labels that others put onto it."""
    labels = {**around.born, **copy_labels({})}
    return (
        *controllers.adoption((around.born, labels), around.controllers if around.born else ()),
        *hazards_services.other_service(labels, (), around.services if around.born else ()),
    )


def unjudged(unread: Sequence[Unread]) -> tuple[Hazard, ...]:
    """Lists that could not be read, and what was therefore not judged; a warning each."""
    return tuple(
        Hazard(
            "unjudged",
            Severity.WARN,
            f"the {u.plural} of the namespace cannot be read ({u.reason}): not judged: {JUDGED_BY[u.plural]}",
            f"ask for the right to read {u.plural}",
        )
        for u in unread
        if u.plural in JUDGED_BY
    )


def _selecting(around: Surroundings, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Everything of the namespace that would select the copy once it is joined, as kubectl names it."""
    return (
        *(f"service/{s.name}" for s in around.services if s.selects(labels)),
        *(
            f"hpa/{a.name}"
            for a in around.autoscalers
            if a.selector is not None and a.selector.matches(labels)
        ),
        *(f"pdb/{b.name}" for b in around.budgets if b.selector.matches(labels)),
        *(f"networkpolicy/{p.name}" for p in around.policies if p.selector.matches(labels)),
        *(str(c) for c in around.controllers if controllers.adopts(c, [labels])),
    )


def _chosen(pod: Pod, around: Surroundings, names: Sequence[str]) -> tuple[Service, ...]:
    selecting = tuple(s for s in around.services if s.selects(pod.labels))
    if not names:
        if selecting:
            return selecting
        raise NetshootError(
            f"no Service in namespace {pod.namespace} selects pod {pod.name}",
            "without --join-service you get a copy that is in no Service",
        )
    known = {service.name: service for service in around.services}
    for name in names:
        if name not in known:
            raise UsageError(f"there is no Service {name!r} in namespace {pod.namespace}", _which(selecting))
        if known[name].joinable and not known[name].selects(pod.labels):
            raise UsageError(f"Service {name!r} does not select pod {pod.name}", _which(selecting))
    return tuple(known[name] for name in dict.fromkeys(names))


def _which(selecting: Sequence[Service]) -> str:
    names = ", ".join(service.name for service in selecting)
    return f"Services that select it: {names}" if names else "no Service selects it"


ELSEWHERE = "take labels that it does not select"

INSTEAD = {
    "not-ready-published": ELSEWHERE,
    "exposed": ELSEWHERE,
    "alone-there": "--node with the node of another endpoint, or --allow alone-there",
}


def plan_labels(
    pod: Pod, around: Surroundings, labels: Mapping[str, str], settle: timedelta | None = None
) -> JoinPlan:
    """The plan for these labels: every Service that they select is joined, and each of them is a refusal.

    `pod` is as it would be created; without labels nothing is joined and only the pod itself is judged.
    """
    carried = {**around.born, **copy_labels(labels)}
    chosen = tuple(s for s in around.services if labels and s.selects(carried))
    stay = Staying(place_of(pod, around.endpoints), services.settle_time(chosen, settle))
    of_labels = _of_labels(pod, labels, around, chosen, stay) if labels else ()
    return planned(pod, around, chosen, labels, (*_of_pod(pod), *of_labels), stay)


def _of_pod(pod: Pod) -> tuple[Hazard, ...]:
    """What --overrides can mount."""
    volumes = (*source.shared_volume(pod), *source.one_node_volume(pod))
    return tuple(_said(volumes, "mount a claim that nobody else writes, on its node"))


def _of_labels(
    pod: Pod,
    labels: Mapping[str, str],
    around: Surroundings,
    chosen: Sequence[Service],
    stay: Staying,
) -> tuple[Hazard, ...]:
    carried = {**around.born, **copy_labels(labels)}
    stages: controllers.Stages = ({}, around.born, {**around.born, **copy_labels({})}, carried)
    return (
        *_said(services.managed_by(chosen), ELSEWHERE),
        *_said(controllers.adoption(stages, around.controllers), ELSEWHERE),
        *_said(controllers.unjudged_adoption(around.unread)),
        *_said(
            services.other_service(carried, (), around.services),
            f"{ELSEWHERE}, or accept it (--allow other-service)",
        ),
        *_said(services.identity(pod, chosen), f"{ELSEWHERE}, or --allow identity"),
        *(source.readiness_gate(pod) if chosen else ()),
        *(_ports_of_node(pod) if chosen else ()),
        *map(_of_client, of_clients(around, chosen, stay)),
        *_said(controllers.hpa(stages, around.autoscalers), "keep the session short"),
        *_said(controllers.pdb(stages, around.budgets)),
        *unjudged(around.unread),
    )


def _of_client(hazard: Hazard) -> Hazard:
    instead = INSTEAD.get(hazard.id, hazard.instead)
    return next(_said([hazard], instead))


def _ports_of_node(pod: Pod) -> tuple[Hazard, ...]:
    if not pod.host_network:
        return ()
    what = (
        "the pod is in the node's network: whatever listens there on the Service's port would get its clients"
    )
    instead = "take no label of a Service, or --allow host-port"
    return (Hazard("host-port", Severity.REFUSE, what, instead),)


def _said(hazards: Iterable[Hazard], instead: str = "") -> Iterator[Hazard]:
    for hazard in hazards:
        what = hazard.what.replace("the copy", "the pod")
        yield replace(hazard, what=what, instead=instead or hazard.instead.replace("--join", "--run"))
