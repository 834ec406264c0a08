"""Controllers: who would adopt the copy, who counts it, and owners that nobody here knows."""

import re
from collections.abc import Mapping, Sequence

from kubectl_netshoot.model import Autoscaler, Controller, DisruptionBudget, Owner, Selector
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Unread

# A StatefulSet is none: it takes only pods that are named as its own, <set>-<digits>, and no copy's name ends so.
ADOPTERS = frozenset({"replicasets", "daemonsets", "jobs", "replicationcontrollers"})
KNOWN_OWNERS = frozenset(
    {
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("", "Node"),
        ("", "ReplicationController"),
    }
)
Stages = Sequence[Mapping[str, str]]
# By what people call the pod that we make.
INSTEAD = {
    "copy": "join another Service, or work in a copy without --join-service",
    "pod": "take labels that it does not select",
}
ROLE = {"copy": "--join", "pod": "--run --join"}


def adopts(controller: Controller, stages: Stages) -> bool:
    """Whether its selector matches in any of these stages of a copy's life: one that wants a label to be absent may
    take the copy before the join.
    """
    return controller.kind != "StatefulSet" and any(controller.selector.matches(s) for s in stages)


def adoption(stages: Stages, controllers: Sequence[Controller], noun: str = "copy") -> tuple[Hazard, ...]:
    """Controllers whose selector matches: they set an ownerReference, then delete a pod to keep their count.

    One scaled to 0 adopts too.
    """
    return tuple(
        Hazard(
            "adoption",
            Severity.NEVER,
            f"the selector of {c} matches the labels that the {noun} would have: it would adopt the {noun} and "
            + (
                "delete it" if c.replicas == 0 else "delete a pod to keep its count, perhaps a production pod"
            ),
            INSTEAD[noun],
        )
        for c in controllers
        if adopts(c, stages)
    )


def unjudged_adoption(unread: Sequence[Unread], noun: str = "copy") -> tuple[Hazard, ...]:
    """Controllers that could not be listed: whether one of them would adopt is not known, and that is a no."""
    return tuple(
        Hazard(
            "adoption",
            Severity.NEVER,
            f"the {u.plural} of the namespace cannot be listed ({u.reason}), so whether one of them would adopt "
            f"the {noun} is not known",
            f"ask for the right to list {u.plural}: `kubectl netshoot rbac {ROLE[noun]}` prints the Role",
        )
        for u in unread
        if u.plural in ADOPTERS
    )


def unknown_owner(owners: Sequence[Owner]) -> tuple[Hazard, ...]:
    """A controller of a custom resource: its selector is its own affair, and it may count or adopt by label."""
    return tuple(
        Hazard(
            "unknown-owner",
            Severity.WARN,
            f"the pod belongs to {owner}, a kind of controller that is not known here: "
            "it may count or adopt pods by label",
            f"see what selects pods in `kubectl get {owner} -o yaml`",
        )
        for owner in owners
        if (owner.group, owner.kind) not in KNOWN_OWNERS
    )


def scaled_selectors(controllers: Sequence[Controller]) -> dict[tuple[str, str], Selector]:
    """By kind and name: the selectors of what an HPA can scale. A Deployment's is that of any of its ReplicaSets
    without the hash.
    """
    found: dict[tuple[str, str], Selector] = {}
    for c in controllers:
        found[c.kind, c.name] = c.selector
        for owner in c.owners:
            if (owner.group, owner.kind) == ("apps", "Deployment"):
                found[owner.kind, owner.name] = _without_hash(c.selector)
    return found


def _without_hash(selector: Selector) -> Selector:
    kept = {key: value for key, value in selector.labels.items() if key != "pod-template-hash"}
    return Selector(kept, selector.expressions)


def hpa(stages: Stages, autoscalers: Sequence[Autoscaler], noun: str = "copy") -> tuple[Hazard, ...]:
    """An HPA averages over all pods that its target's selector matches, whoever owns them: the copy's load counts."""
    return tuple(
        Hazard(
            "hpa",
            Severity.WARN,
            f"hpa/{a.name} scales {a.target} by pods of a selector that is not known here: it may count the {noun}"
            if a.selector is None
            else f"hpa/{a.name} counts the {noun} with the pods of {a.target}: an idle {noun} lowers their average",
            "keep the session short, or work without --join-service",
        )
        for a in autoscalers
        if a.selector is None or any(a.selector.matches(labels) for labels in stages)
    )


def _while_joined(rule: str, noun: str) -> str:
    if re.fullmatch(r"minAvailable \d+", rule):
        return (
            f"counts the {noun} as a healthy pod: while it is joined, one more production pod may be evicted"
        )
    return (
        f"cannot compute its limit with the {noun}, which no controller scales: while it is joined, "
        "it allows no eviction"
    )


def pdb(stages: Stages, budgets: Sequence[DisruptionBudget], noun: str = "copy") -> tuple[Hazard, ...]:
    """A PodDisruptionBudget that selects the copy, whose controller (itself) has no scale to count by.

    Only a minAvailable in pods is not reckoned from the controllers' scale; every other budget allows nothing as long
    as it cannot be reckoned (CalculateExpectedPodCountFailed, seen on 1.36).
    """
    return tuple(
        Hazard(
            "pdb",
            Severity.WARN,
            f"pdb/{b.name} ({b.rule}) {_while_joined(b.rule, noun)}",
            "do not drain nodes during the session",
        )
        for b in budgets
        if any(b.selector.matches(labels) for labels in stages)
    )
