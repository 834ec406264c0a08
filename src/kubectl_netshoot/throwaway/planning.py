"""A pod of our own before it is made: its manifest, what its labels would bring it into, and its node."""

import secrets
import string
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from kubectl_netshoot.cluster import Reads, demand, parse, quotas_of, survey, try_create, with_claims
from kubectl_netshoot.config import Pinned, Target
from kubectl_netshoot.errors import ApiError, UsageError
from kubectl_netshoot.join import Hazard, JoinPlan, Surroundings, bound, copy_labels, plan_labels, quota
from kubectl_netshoot.marks import NODE, Mark
from kubectl_netshoot.model import Pod, Quota
from kubectl_netshoot.profiles import Choice
from kubectl_netshoot.rights import Review
from kubectl_netshoot.run_rights import rights_of_run
from kubectl_netshoot.session.accepting import Accepted, Candidate
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.identity import whoami
from kubectl_netshoot.session.planning import FRESH_SECONDS
from kubectl_netshoot.session.rights import Wanted, reviewed

from .judging import judge_node
from .manifest import build, image_of, profiles_for
from .request import PodRequest

Json = dict[str, Any]
LETTERS = 5
WAY_OUT = (
    "a pod with the namespaces of its node needs a namespace that enforces no PodSecurity level (-n NAMESPACE); "
    "--profile baseline or restricted gives one that is only on the node"
)


@dataclass(frozen=True)
class PodPlan:
    """What would be done, in full; an undertaking for a session. Nothing has been changed."""

    request: PodRequest
    target: Target
    join: JoinPlan
    mark: Mark
    profile: Choice
    manifest: Json
    notes: tuple[str, ...]
    rights: Review
    made: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """The pod's name."""
        return self.join.source.name

    @property
    def image(self) -> str:
        """The image of its container with the tools."""
        return image_of(self.manifest)

    @property
    def where(self) -> str:
        """What kind of pod it is."""
        is_on_node = self.request.kind == NODE
        return f"{self.name} on {self.mark.source}" if is_on_node else f"throwaway pod {self.name}"

    @property
    def wanted(self) -> Wanted:
        """The rights that the session uses."""
        return _wanted(bool(self.mark.labels))

    @property
    def kubectl_command(self) -> tuple[str, ...]:
        """None: the pod is made by us."""
        return ()

    def make(self, edges: Edges) -> Pod | None:
        """Create the pod. Raises ApiError with the server's reason."""
        return edges.changes.create(self.manifest)

    def inspect(self, *_: object) -> tuple[Hazard, ...]:
        """Nothing: it is made by us, as it was planned."""
        return ()

    def reconsider(self, reads: Reads, copy: Pod, allow: frozenset[str]) -> str:
        """Why the labels, judged again on what is there now, must not be put on; empty where they still may."""
        is_there = copy.node == self.join.place.node or not bound(self.join.services)
        if is_there and time.monotonic() - self.made < FRESH_SECONDS:
            return ""
        pod = replace(self.join.source, node=copy.node)
        around = replace(_around(reads, self.request, pod), born=dict(copy.labels))
        again = plan_labels(pod, around, self.mark.labels, self.mark.settle)
        if {service.name for service in again.services} - set(self.mark.services):
            return "other Services select these labels than when the plan was made"
        return self.join.turned(again, allow)

    def may_begin(self, allow: frozenset[str]) -> bool:
        """Whether a session would go beyond the plan: no right is missing, and no hazard stands in the way."""
        return not self.rights.missing and not self.join.refused(allow)


def make_plan(request: PodRequest, pinned: Pinned, edges: Edges) -> PodPlan:
    """Read what is needed and plan.

    Raises NetshootError for a node that does not exist or a name that is taken, UsageError for overrides that make no
    pod.
    """
    reads, used = edges.reads, _wanted(bool(request.labels))
    name = request.pod_name("".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS)))
    draft = _Draft(request, _mark(request), name, pinned.target.namespace)
    with ThreadPoolExecutor(2) as pool, reviewed(reads, used, pinned.target, request.name) as asked:
        of_node = pool.submit(judge_node, request.node, reads.fetch)
        accepting, quotas = pool.submit(draft.accepted, reads), pool.submit(quotas_of, reads)
        join = draft.judged(reads)
        accepted, (hazards, notes), review = accepting.result(), of_node.result(), asked.result()
        charged = draft.charged(accepted.choice, quotas.result())
    draft = replace(draft, mark=_joining(draft.mark, join))
    return PodPlan(
        request,
        pinned.target,
        replace(join, hazards=(*accepted.refusals, *hazards, *join.hazards, *charged)),
        draft.mark,
        accepted.choice,
        draft.manifest(accepted.choice),
        (*accepted.choice.notes, *accepted.notes, *notes, *review.notes),
        review,
    )


@dataclass(frozen=True)
class _Draft:
    """The pod before its profile is known."""

    request: PodRequest
    mark: Mark
    name: str
    namespace: str

    def manifest(self, choice: Choice) -> Json:
        return build(self.request, self.mark, choice, self.name, self.namespace)

    def accepted(self, reads: Reads) -> Accepted:
        """What the API server says of it in a dry run."""
        found = profiles_for(self.request, reads.enforced_level())
        candidate = Candidate(
            "pod", "NAME", lambda choice: try_create(reads.fetch, self.manifest(choice)).warnings
        )
        accepted = candidate.first_accepted(found)
        if self.request.kind != NODE:
            return accepted
        return replace(accepted, refusals=tuple(replace(h, instead=WAY_OUT) for h in accepted.refusals))

    def charged(self, choice: Choice, quotas: Sequence[Quota]) -> tuple[Hazard, ...]:
        """What it takes of the quotas; what is wrong with its overrides is the dry run's to say."""
        try:
            return quota(demand(self.manifest(choice)), quotas, noun="pod")
        except ApiError:
            return ()

    def judged(self, reads: Reads) -> JoinPlan:
        """What its labels would bring it into, and what its overrides mount."""
        try:
            pod = parse.pod(self.manifest(profiles_for(self.request, "")[0]))
        except ApiError as error:
            raise UsageError("--overrides: what comes of it is no Pod of v1") from error
        around = _around(reads, self.request, pod)
        return plan_labels(with_claims(reads, pod), around, self.request.labels, self.request.settle)


def _joining(mark: Mark, join: JoinPlan) -> Mark:
    services = tuple(service.name for service in join.services)
    ready = dict(join.ready_before)
    return replace(
        mark,
        services=services,
        ports=join.ports,
        uncounted=join.uncounted,
        ready_before=ready,
        settle=join.settle,
    )


def _wanted(labelled: bool) -> Wanted:
    return Wanted(rights_of_run(labelled), " --run --join" if labelled else " --run")


def _mark(request: PodRequest) -> Mark:
    return Mark(
        session=secrets.token_hex(8),
        kind=request.kind,
        owner=whoami(),
        source=request.source,
        labels=request.labels,
        deadline=datetime.now(timezone.utc) + request.ttl,
        ttl=request.ttl,
        drain=request.drain,
    )


def _around(reads: Reads, request: PodRequest, pod: Pod) -> Surroundings:
    """What labels could bring the pod into; nothing is read where it gets none."""
    return (
        survey(reads, replace(pod, labels=copy_labels(request.labels))) if request.labels else Surroundings()
    )
