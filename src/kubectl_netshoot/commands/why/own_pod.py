"""A pod of our own that is asked from: a throwaway pod, or one that stands in for the client with its labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kubectl_netshoot.commands.why.plan import LIFE
from kubectl_netshoot.commands.why.request import WhyRequest
from kubectl_netshoot.errors import ExitStatus, RefusedError
from kubectl_netshoot.kube.kubeconfig import Pinned
from kubectl_netshoot.kube.reads import OWNED
from kubectl_netshoot.model import MANAGED_BY_LABEL, Pod
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE
from kubectl_netshoot.rules.manifest import PodRequest
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.session.throwaway import ThrowawayPlan, plan_throwaway

# A pod with it is never ready, since nobody opens it: so it is in no Service, whatever selects its labels.
GATE = "kubectl-netshoot/stand-in"
# What a pod that is never ready may still do by its labels and its mere existence.
TELLING = (
    "adoption",
    "managed-by",
    "admission",
    "node-not-ready",
    "preemption",
    "quota",
    "hpa",
    "pdb",
    "unread",
)
PUBLISHED = "not-ready-published"


def wanted_pod(request: WhyRequest, client: Pod | None) -> PodRequest:
    """The pod to make; with a `client` it gets its labels, on its node."""
    plain = PodRequest(
        image=request.image,
        pull_policy=request.pull_policy,
        profile=request.profile,
        ttl=LIFE + 2 * request.start_timeout,
        timeout=request.start_timeout,
        dry_run=request.dry_run,
    )
    if client is None:
        return plain
    labels = {key: value for key, value in client.labels.items() if key not in (*OWNED, MANAGED_BY_LABEL)}
    gates = {"spec": {"readinessGates": [{"conditionType": GATE}]}}
    return replace(plain, labels=labels, node=client.node, overrides=gates, allow=ALLOWABLE)


def plan_own_pod(request: PodRequest, pinned: Pinned, edges: Edges) -> ThrowawayPlan:
    """The plan for it. Raises RefusedError where even a pod that is never ready would get traffic."""
    plan = plan_throwaway(request, pinned.target, edges)
    if not request.labels:
        return plan
    taking = [hazard for hazard in plan.join.hazards if hazard.id == PUBLISHED]
    if taking:
        raise RefusedError(
            f"a stand-in with CLIENT's labels would take traffic: {taking[0].what}",
            "ask from CLIENT itself, without --stand-in; nothing was changed",
        )
    hazards = tuple(hazard for hazard in plan.join.hazards if hazard.id in TELLING)
    # It is never ready, and so in none of the Services that select its labels.
    return replace(plan, join=replace(plan.join, hazards=hazards, services=()))


@dataclass(frozen=True)
class Inquiring:
    """What is done in the pod, in the place of a shell; `ask` is given the pod as it runs."""

    ask: Callable[[Pod], None]

    def before_join(self, copy: Pod) -> None:
        """It is as good with labels as without."""

    def run(self, copy: Pod) -> Ended:
        """Ask."""
        self.ask(copy)
        return Ended(ExitStatus.DONE)
