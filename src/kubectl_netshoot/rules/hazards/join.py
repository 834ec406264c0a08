"""From the source and its surroundings to a plan: Services, labels, and every hazard, judged before any change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.hazards import controllers, services, source
from kubectl_netshoot.rules.hazards.hazard import UNCHANGED, Changed, Hazard, Severity, Surroundings, Unread
from kubectl_netshoot.rules.hazards.second_instance import second_instance
from kubectl_netshoot.rules.hazards.services import NOWHERE, Place, Share, place_of
from kubectl_netshoot.rules.request import SETTLE

JUDGED_BY = {
    "poddisruptionbudgets": "pdb",
    "horizontalpodautoscalers": "hpa",
    "networkpolicies": "network-policy",
    "statefulsets": "hpa",
    "deployments": "unknown-owner and second-instance",
    "cronjobs": "unknown-owner",
}


ELSEWHERE = "take labels that it does not select"
# What to do instead where the pod is one of our own: it has no Services to name, only labels.
INSTEAD = {
    "managed-by": ELSEWHERE,
    "other-service": f"{ELSEWHERE}, or accept it (--allow other-service)",
    "identity": f"{ELSEWHERE}, or --allow identity",
    "not-ready-published": ELSEWHERE,
    "exposed": ELSEWHERE,
    "alone-there": "--node with the node of another endpoint, or --allow alone-there",
    "hpa": "keep the session short",
    "shared-volume": "mount a claim that nobody else writes, on its node",
    "one-node-volume": "mount a claim that nobody else writes, on its node",
}


def refused(hazards: Iterable[Hazard], allow: Collection[str]) -> tuple[Hazard, ...]:
    """Those that stand in the way once those in `allow` are lifted."""
    return tuple(
        h
        for h in hazards
        if h.severity is Severity.NEVER or (h.severity is Severity.REFUSE and h.id not in allow)
    )


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
    changed: Changed = UNCHANGED,
) -> JoinPlan:
    """The plan for this source: every Service that selects it, or those named; a plain copy where not `joining`.

    `beside` is a pod on the copy's node: the source where it is asked for, or the copy itself. Where clients are kept
    near an endpoint the copy is put beside the source, which is one. `settle` is what the person asks for,
    `changed` what is another in the copy.
    Raises UsageError for a named Service that does not exist or does not select the source, NetshootError
    where nothing selects it.
    """
    if not joining:
        judged = _of_copy(pod, around, Severity.WARN, beside is not None, changed)
        of_copy = (*judged, *_of_birth(around))
        return JoinPlan(pod, hazards=of_copy, settle=services.settle_time((), settle))
    chosen = _chosen(pod, around, names)
    labels = {key: value for service in chosen for key, value in service.selector.items()}
    if beside is None and services.bound(chosen) and not (pod.host_network or pod.host_ports):
        beside = pod
    entry = _Entry(pod, around, chosen, labels, place_of(beside, around.endpoints), settle, "copy")
    return entry.plan(
        *services.born_into(around.born, chosen),
        *services.no_selector(chosen),
        *entry.of_labels(asked=chosen),
        *_of_copy(pod, around, Severity.REFUSE, beside is not None, changed),
        *entry.of_clients(),
        *source.network_policy(pod, entry.carried, around.policies),
        *controllers.unknown_owner((*pod.owners, *around.ancestors)),
        *unjudged(around.unread),
    )


def plan_labels(
    pod: Pod, around: Surroundings, labels: Mapping[str, str], settle: timedelta | None = None
) -> JoinPlan:
    """The plan for these labels: every Service that they select is joined, and each of them is a refusal.

    `pod` is as it would be created; without labels nothing is joined and only the pod itself is judged.
    """
    carried = {**around.born, **copy_labels(labels)}
    chosen = tuple(s for s in around.services if labels and s.selects(carried))
    entry = _Entry(pod, around, chosen, labels, place_of(pod, around.endpoints), settle, "pod")
    # What --overrides can mount.
    hazards = (*source.shared_volume(pod, "pod"), *source.one_node_volume(pod, "pod"))
    if labels:
        hazards += (
            *entry.of_labels(asked=()),
            *(_ports_of_node(pod) if chosen else ()),
            *entry.of_clients(),
            *unjudged(around.unread),
        )
    return entry.plan(*(replace(h, instead=INSTEAD.get(h.id, h.instead)) for h in hazards))


@dataclass(frozen=True)
class _Entry:
    """A pod, which people call `noun`, that comes into these Services by these labels and is at this place.

    `asked` is the settle time that the person asks for.
    """

    pod: Pod
    around: Surroundings
    chosen: tuple[Service, ...]
    labels: Mapping[str, str]
    place: Place
    asked: timedelta | None
    noun: str

    @property
    def marked(self) -> dict[str, str]:
        """Its labels as it is marked, and left."""
        return {**self.around.born, **copy_labels({})}

    @property
    def carried(self) -> dict[str, str]:
        """Its labels as it is joined."""
        return {**self.around.born, **copy_labels(self.labels)}

    @property
    def stages(self) -> controllers.Stages:
        """Its labels as it is made, with what others put on, as it is marked, and as it is joined."""
        return ({}, self.around.born, self.marked, self.carried)

    @property
    def settle(self) -> timedelta:
        """How long it stays after it has left."""
        return services.settle_time(self.chosen, self.asked)

    def plan(self, *hazards: Hazard) -> JoinPlan:
        """The plan, with what there is to say against it."""
        endpoints = _endpoints_of(self.around, self.chosen)
        entered = _endpoints_of(self.around, [s for s in self.around.services if s.selects(self.carried)])
        return JoinPlan(
            self.pod,
            self.chosen,
            tuple(sorted(self.labels.items())),
            tuple(sorted({port for e in entered for port in e.ports})),
            tuple(sorted({port for e in entered for port in e.uncounted})),
            tuple((e.service, e.ready_others("")) for e in endpoints),
            hazards,
            _selecting(self.around, self.marked),
            _selecting(self.around, self.carried),
            self.place,
            tuple(
                (s.name, services.shares(s, e, self.place))
                for s, e in zip(self.chosen, endpoints, strict=True)
            ),
            self.settle,
        )

    def of_labels(self, asked: Sequence[Service]) -> tuple[Hazard, ...]:
        """What the labels bring it into; `asked` are the Services that were asked for."""
        pod, around, noun = self.pod, self.around, self.noun
        return (
            *services.managed_by(self.chosen),
            *controllers.adoption(self.stages, around.controllers, noun),
            *controllers.unjudged_adoption(around.unread, noun),
            *services.other_service(self.carried, asked, around.services, noun),
            *services.identity(pod, self.chosen, noun),
            *(source.readiness_gate(pod, noun) if self.chosen else ()),
        )

    def of_clients(self) -> tuple[Hazard, ...]:
        """What the join and the leave mean for those who call these Services, and for who counts their pods."""
        endpoints, noun = _endpoints_of(self.around, self.chosen), self.noun
        return (
            *services.sole_endpoint(endpoints, noun),
            *services.alone_there(self.chosen, endpoints, self.place, noun),
            *services.not_ready_published(self.chosen, noun),
            *services.exposed(self.chosen),
            *services.no_traffic(self.chosen, noun),
            *services.udp(endpoints),
            *services.cached_address(self.chosen, self.settle, noun),
            *controllers.hpa(self.stages, self.around.autoscalers, noun),
            *controllers.pdb(self.stages, self.around.budgets, noun),
        )


def copy_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """All labels that a joined pod of ours carries: the Services', and ours."""
    return {**labels, MANAGED_BY_LABEL: MANAGED_BY}


def _endpoints_of(around: Surroundings, chosen: Sequence[Service]) -> list[ServiceEndpoints]:
    """The endpoints of each of these Services; none where it has no slice."""
    known = {e.service: e for e in around.endpoints}
    return [known.get(service.name, ServiceEndpoints(service.name)) for service in chosen]


def _of_copy(
    pod: Pod, around: Surroundings, unhealthy: Severity, placed: bool, changed: Changed
) -> tuple[Hazard, ...]:
    """What holds for any copy, joined or not; `placed`: it names a node, and the scheduler is not asked."""
    return (
        *source.shared_volume(pod),
        *(() if placed else source.one_node_volume(pod)),
        *source.host_port(pod),
        *source.unhealthy(pod, unhealthy, changed),
        *source.mesh(pod),
        *source.preemption(pod, placed),
        *source.anti_affinity(pod, placed),
        *second_instance(pod, around, changed),
    )


def _of_birth(around: Surroundings) -> tuple[Hazard, ...]:
    """What a copy that joins nothing would be drawn into by labels that others put onto it."""
    labels = {**around.born, **copy_labels({})}
    return (
        *controllers.adoption((around.born, labels), around.controllers if around.born else ()),
        *services.other_service(labels, (), around.services if around.born else ()),
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
            "run it without --join-service for a copy that is in no Service",
        )
    known = {service.name: service for service in around.services}
    for name in names:
        if name not in known:
            raise UsageError(f'no Service "{name}" in namespace {pod.namespace}', _which(selecting))
        if known[name].joinable and not known[name].selects(pod.labels):
            raise UsageError(f'Service "{name}" does not select pod {pod.name}', _which(selecting))
    return tuple(known[name] for name in dict.fromkeys(names))


def _which(selecting: Sequence[Service]) -> str:
    names = ", ".join(service.name for service in selecting)
    return f"Services that select it: {names}" if names else "no Service selects it"


def _ports_of_node(pod: Pod) -> tuple[Hazard, ...]:
    if not pod.host_network:
        return ()
    what = (
        "the pod is in the node's network: whatever listens there on the Service's port would get its clients"
    )
    instead = "take no label of a Service, or --allow host-port"
    return (Hazard("host-port", Severity.REFUSE, what, instead),)
