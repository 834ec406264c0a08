"""Quotas: what the copy takes of them, and whether a roll-out or an autoscaler still finds room beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from kubectl_netshoot.model import Quota, Requirement
from kubectl_netshoot.rules.container import amount, shown
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity


@dataclass(frozen=True)
class Demand:
    """What a pod is charged by a quota, by resource, and what its scopes are judged by.

    `ends` is whether it has activeDeadlineSeconds from its birth on; every pod of ours gets it with its mark.
    """

    amounts: Mapping[str, Fraction] = field(default_factory=dict)
    best_effort: bool = False
    ends: bool = False
    priority_class: str = ""
    crosses_namespaces: bool = False

    def of(self, resource: str) -> Fraction:
        """How much of this resource of a quota; count/pods and pods are of every pod."""
        return self.amounts.get(resource, Fraction(0))


def quota(demand: Demand, quotas: Sequence[Quota], noun: str = "copy") -> tuple[Hazard, ...]:
    """Quotas that have less left beside this copy, or pod, than another one of its size needs.

    That it does not fit is said by the server's dry run.
    """
    return tuple(
        Hazard(
            "quota",
            Severity.WARN,
            f"quota {one.name}: {'; '.join(found)}",
            "keep the session short, and do not roll out meanwhile; --requests asks for less for the debug container",
        )
        for one in quotas
        if _counts(one, demand) and (found := list(_tight(one, demand, noun)))
    )


def _tight(one: Quota, demand: Demand, noun: str) -> Iterator[str]:
    for resource, text in one.hard.items():
        taken, hard = demand.of(resource), amount(text)
        if not taken or resource not in one.used:
            continue
        used = amount(one.used[resource])
        left = hard - used - taken
        if left < taken:
            rest = f"{shown(resource, left)} is left" if left > 0 else "nothing is left"
            yield (
                f"{resource} {shown(resource, used)} of {shown(resource, hard)} used, the {noun} takes "
                f"{shown(resource, taken)}: {rest} for a roll-out"
            )


def _counts(one: Quota, demand: Demand) -> bool:
    return all(_is_in(scope, demand) for scope in one.scopes)


def _is_in(scope: Requirement, demand: Demand) -> bool:
    """As podMatchesScopeFunc of the quota's pod evaluator; a scope that it does not know matches no pod.

    The copy is in both scopes of the deadline: in NotTerminating when it is made, in Terminating once it is marked.
    """
    if scope.key == "PriorityClass":
        labels = {scope.key: demand.priority_class} if demand.priority_class else {}
        return scope.matches(labels)
    return {
        "Terminating": True,
        "NotTerminating": not demand.ends,
        "BestEffort": demand.best_effort,
        "NotBestEffort": not demand.best_effort,
        "CrossNamespacePodAffinity": demand.crosses_namespaces,
    }.get(scope.key, False)
