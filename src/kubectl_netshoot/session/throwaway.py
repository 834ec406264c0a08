"""A pod of our own before it is made: its manifest, what its labels would bring it into, and its node."""

import secrets
import string
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.changes import try_create
from kubectl_netshoot.kube.connection import Pinned, Target
from kubectl_netshoot.kube.fetch import Fetch
from kubectl_netshoot.kube.quotas import demand
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.survey import quotas_of, survey, with_claims
from kubectl_netshoot.kube.workloads import LINUX, Node, find_node
from kubectl_netshoot.model import Pod, Quota
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import JoinPlan, copy_labels, plan_labels
from kubectl_netshoot.rules.hazards.quota import quota
from kubectl_netshoot.rules.hazards.topology import bound
from kubectl_netshoot.rules.marks import NODE, Mark
from kubectl_netshoot.rules.profiles import Choice
from kubectl_netshoot.rules.rights import Review, rights_of_run
from kubectl_netshoot.session.access import Wanted, reviewed
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.identity import whoami
from kubectl_netshoot.session.manifest import PodRequest, build, image_of, profiles_for
from kubectl_netshoot.session.plan import FRESH_SECONDS, Accepted, Candidate


def judge_node(name: str, fetch: Fetch) -> tuple[tuple[Hazard, ...], tuple[str, ...]]:
    """Hazards and notes of this node; none where none was named. Raises NetshootError where it does not exist."""
    if not name:
        return (), ()
    try:
        node = find_node(fetch, name)
    except ApiError as error:
        if error.code != 403:
            raise
        return (), (f"whether node {name} exists and is ready is not known: {error.message}",)
    if node is None:
        raise NetshootError(f"there is no node {name}", "see `kubectl get nodes`")
    return tuple(_not_ready(node)), tuple(_strange(node))


def _not_ready(node: Node) -> Iterator[Hazard]:
    if not node.ready:
        yield Hazard(
            "node-not-ready",
            Severity.WARN,
            f"node {node.name} is not ready ({node.reason}): the pod may never start there",
            f"see `kubectl describe node {node.name}`",
        )


def _strange(node: Node) -> Iterator[str]:
    if node.system != LINUX:
        yield f"node {node.name} runs {node.system}, and the tools are programs of Linux"


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
            return quota(lambda: demand(self.manifest(choice)), quotas, noun="pod")
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
