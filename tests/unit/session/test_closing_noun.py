"""A throwaway pod is called a pod, and never a copy: in its hazards, its plan, every step and every closing message."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from kubectl_netshoot.cli import render
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.model import (
    Autoscaler,
    Claim,
    DisruptionBudget,
    Owner,
    Pod,
    Selector,
)
from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.hazards.hazard import Surroundings, Unread
from kubectl_netshoot.rules.hazards.join import JUDGED_BY, JoinPlan, plan_labels
from kubectl_netshoot.rules.marks import PREFIX, RUN, to_annotations
from kubectl_netshoot.rules.next_step import next_step, undone, why_not_ready
from kubectl_netshoot.rules.steps import (
    Abandon,
    Delete,
    Intent,
    Join,
    Leave,
    MarkCopy,
    Step,
    Stop,
    Wait,
    Written,
)
from kubectl_netshoot.session.closing import left_behind
from tests.unit.builders import NOW, WEB, controller, copy, endpoints, mark, pod, service
from tests.unit.rules import actor
from tests.unit.rules.actor import decide
from tests.unit.rules.endings import reachable
from tests.unit.rules.world import FOREIGN_MOVES
from tests.unit.session.plans import throwaway_plan

TARGET = Target("prod", "cluster", "alice", "shop", "https://api")
# Everything that the labels of a pod in its node's network could be warned of.
SERVICES = (
    service(type="LoadBalancer", affinity="ClientIP", publish_not_ready=True, headless=True),
    service("far", external_local=True, internal_local=True, distribution="topology hints"),
    service("own", {"app.kubernetes.io/managed-by": "kubectl-netshoot"}),
    service("member", {"statefulset.kubernetes.io/pod-name": "web-0"}),
)
LABELS = {**WEB, "statefulset.kubernetes.io/pod-name": "web-0"}
AROUND = Surroundings(
    SERVICES,
    (controller(selector=Selector(WEB)),),
    (endpoints(), endpoints("own", ready=[], uncounted=("53/UDP",)), endpoints("far")),
    (
        DisruptionBudget("most", Selector(WEB), "maxUnavailable 1"),
        DisruptionBudget("two", Selector(), "minAvailable 2"),
    ),
    (
        Autoscaler("known", Owner("Deployment", "web"), Selector(WEB)),
        Autoscaler("custom", Owner("Rollout", "web")),
    ),
    unread=tuple(Unread(plural, "Forbidden") for plural in ("jobs", *JUDGED_BY)),
)
POD = pod(
    "tmp",
    labels={},
    host_network=True,
    node="node-1",
    readiness_gates=("gate",),
    claims=(Claim("data"), Claim("alone", exclusive=True), Claim("near", writable=False, one_node=True)),
)
IDS = {
    "adoption",
    "alone-there",
    "cached-address",
    "exposed",
    "host-port",
    "hpa",
    "identity",
    "managed-by",
    "no-traffic",
    "not-ready-published",
    "one-node-volume",
    "other-service",
    "pdb",
    "readiness-gate",
    "shared-volume",
    "sole-endpoint",
    "udp",
    "unjudged",
}


def everything() -> JoinPlan:
    return plan_labels(POD, AROUND, LABELS)


def test_its_hazards() -> None:
    found = everything().hazards
    assert {hazard.id for hazard in found} == IDS
    assert not [hazard for hazard in found if "copy" in hazard.what + hazard.instead]
    placed_by_scheduler = plan_labels(replace(POD, node=""), AROUND, LABELS).hazards
    (alone, *_) = [hazard for hazard in placed_by_scheduler if hazard.id == "alone-there"]
    assert alone.what.startswith("the pod may be the only endpoint")


def test_its_plan() -> None:
    made = throwaway_plan(AROUND, join=everything())
    lines = list(render.plan_lines(made))
    assert len(lines) > len(IDS)
    assert not [line for line in lines if "copy" in line]
    assert "copy" not in str(render.plan_json(made, frozenset()))


def thrown_away(seen: Observed) -> Observed:
    """The same look at a pod that carries the marks of `run`, which it has from birth."""
    found = seen.copy
    if found is None or not found.session:
        return seen
    marked = found.annotations or to_annotations(mark())
    return replace(seen, copy=replace(found, annotations={**marked, f"{PREFIX}kind": RUN}))


def reasons(step: Step) -> Iterator[str]:
    match step:
        case Wait(reason, _) | Abandon(reason, _):
            yield reason
        case Stop(verdict):
            yield verdict.reason


def test_every_step_of_every_history(monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()

    def take(seen: Observed, intent: Intent, now: datetime, last: Written | None = None) -> Step:
        planned = replace(intent.mark, kind=RUN) if intent.mark else None
        step = next_step(thrown_away(seen), replace(intent, mark=planned), now, last)
        said.update(reasons(step))
        return step

    monkeypatch.setattr(actor, "next_step", take)
    # What others may do is said in the same words wherever they do it.
    for world, process in sorted(reachable.__wrapped__(("a",)), key=repr)[::7]:
        for move in FOREIGN_MOVES.values():
            decide(move(world), process)
    assert len(said) > 15
    assert not [text for text in said if "copy" in text]


def test_a_change_that_does_not_stay() -> None:
    steps = (MarkCopy("uid"), Join("uid", (("app", "web"),)), Leave("uid", (("app", "web"),)), Delete("uid"))
    for step in steps:
        assert "copy" not in undone(step, "pod")


def test_why_it_does_not_become_ready() -> None:
    gated = thrown(readiness_gates=("gate",), ready=False)
    assert "nothing will open it for a pod" in why_not_ready(gated, ())


def thrown(**changes: Any) -> Pod:
    return copy(mark(kind=RUN), **changes)


@pytest.mark.parametrize("there", [None, thrown(), thrown(active_deadline=None), thrown(started=None)])
def test_what_is_said_of_one_that_is_left(there: Pod | None) -> None:
    error = left_behind(
        "tmp", TARGET, Stop(guard.may_join(Observed(there))), there, NOW, ("the command had ended",)
    )
    assert "copy" not in f"{error.message} {error.hint}"
