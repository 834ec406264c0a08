"""A pod of our own that is to carry labels: judged as a join is, though nobody named a Service.

The sentences of the other modules speak of copies; here they are said of the pod, with what to do about its labels.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from kubectl_netshoot.join import controllers, services, source
from kubectl_netshoot.join.hazard import Hazard, Severity, Surroundings
from kubectl_netshoot.join.plan import JoinPlan, Staying, copy_labels, of_clients, planned, unjudged
from kubectl_netshoot.join.topology import place_of
from kubectl_netshoot.model import Pod, Service

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
