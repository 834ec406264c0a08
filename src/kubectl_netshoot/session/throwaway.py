"""A pod of our own before it is made: its manifest, what its labels would bring it into, and its node."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial

from kubectl_netshoot.errors import ApiError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned, Target
from kubectl_netshoot.kube.missing import no_node
from kubectl_netshoot.kube.reads import Reads, reviewed
from kubectl_netshoot.kube.survey import quotas_of, survey, with_claims
from kubectl_netshoot.kube.workloads import LINUX, Node, find_node
from kubectl_netshoot.model import Json, Pod, Quota
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import JoinPlan, copy_labels, plan_labels
from kubectl_netshoot.rules.hazards.quota import Demand
from kubectl_netshoot.rules.manifest import PodRequest, build, image_of, profiles_for
from kubectl_netshoot.rules.marks import NODE, Mark
from kubectl_netshoot.rules.profiles import ProfileChoice
from kubectl_netshoot.rules.rights import Use
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Accepted, Draft, Parts, PodPlan, make_plan, suffix, whoami
from kubectl_netshoot.session.session import carry_out, plan_only, run_planned
from kubectl_netshoot.session.shell import Attachment
from kubectl_netshoot.terminal import Terminal

WITH_NAMESPACES = (
    "a pod with the namespaces of its node needs a namespace that enforces no PodSecurity level (-n NAMESPACE); "
    "--profile baseline or restricted gives one that is only on the node"
)


@dataclass(frozen=True, kw_only=True)
class ThrowawayPlan(PodPlan):
    """The plan of a pod of our own: that of `run`, or one on a node; `details` are more to say, each with its word."""

    request: PodRequest
    manifest: Json
    details: tuple[tuple[str, str], ...] = ()

    @property
    def image(self) -> str:
        """The image of its container with the tools."""
        return image_of(self.manifest)

    def make(self, edges: Edges) -> Pod | None:
        """Create the pod. Raises ApiError with the server's reason."""
        return edges.changes.create(self.manifest)

    def again(self, reads: Reads, pod: Pod) -> JoinPlan | str:
        there = replace(self.join.source, node=pod.node)
        around = replace(_around(reads, self.request, there), born=dict(pod.labels))
        again = plan_labels(there, around, self.mark.labels, self.mark.settle)
        if {service.name for service in again.services} - set(self.mark.services):
            return "other Services select these labels than when the plan was made"
        return again


def plan_throwaway(request: PodRequest, target: Target, edges: Edges) -> ThrowawayPlan:
    """The plan of `run`, or of a look at a node. Raises what `make_plan` raises."""
    use = Use.LABELED_POD if request.labels else Use.POD
    rights = reviewed(edges.reads.fetch, use, name=request.name)
    return make_plan(lambda: ThrowawayDraft(request, target.namespace), rights, target, edges)


class ThrowawayDraft(Draft[ThrowawayPlan]):
    """A pod made from a manifest of ours."""

    noun, rename = "pod", "NAME"

    def __init__(self, request: PodRequest, namespace: str) -> None:
        self.request: PodRequest = request
        if request.kind == NODE:
            self.instead = WITH_NAMESPACES
        self._name, self._namespace = request.pod_name(suffix()), namespace
        self.mark = Mark(
            session=secrets.token_hex(8),
            kind=request.kind,
            owner=whoami(),
            source=request.source,
            labels=request.labels,
            deadline=datetime.now(timezone.utc) + request.ttl,
            ttl=request.ttl,
            drain=request.drain,
        )

    def choices(self, level: str) -> Sequence[ProfileChoice]:
        return profiles_for(self.request, level)

    def manifest(self, choice: ProfileChoice) -> Json:
        return self._marked(choice, self.mark)

    def _marked(self, choice: ProfileChoice, mark: Mark) -> Json:
        return build(self.request, mark, choice, self._name, self._namespace)

    def aside(self, reads: Reads) -> tuple[tuple[Hazard, ...], tuple[str, ...]]:
        return judge_node(self.request.node, reads.fetch)

    def judged(self, reads: Reads, _: Callable[[], Accepted]) -> tuple[JoinPlan, Sequence[Quota]]:
        """What its labels would bring it into, and what its overrides mount."""
        try:
            pod = parse.pod(self.manifest(self.choices("")[0]))
        except ApiError as error:
            raise UsageError("--overrides: the result is not a Pod of v1") from error
        around = _around(reads, self.request, pod)
        join = plan_labels(with_claims(reads, pod), around, self.request.labels, self.request.settle)
        return join, around.quotas

    def demand(self, choice: ProfileChoice) -> Demand:
        """What is wrong with its overrides is the dry run's to say."""
        try:
            return super().demand(choice)
        except ApiError:
            return Demand()

    def plan(self, edges: Edges, accepted: Accepted, parts: Parts) -> ThrowawayPlan:  # noqa: ARG002
        is_on_node = self.request.kind == NODE
        return ThrowawayPlan(
            **parts,
            name=self._name,
            where=f"{self._name} on {self.mark.source}" if is_on_node else f"throwaway pod {self._name}",
            request=self.request,
            manifest=self._marked(accepted.choice, parts["mark"]),
        )


def _around(reads: Reads, request: PodRequest, pod: Pod) -> Surroundings:
    """What labels could bring the pod into; nothing but quotas is read where it gets none."""
    if not request.labels:
        return Surroundings(quotas=quotas_of(reads))
    return survey(reads, replace(pod, labels=copy_labels(request.labels)))


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
        raise no_node(fetch, name)
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


def plan_pod(request: PodRequest, connection: Connection, terminal: Terminal) -> ThrowawayPlan:
    """The plan alone of a session with a pod of our own."""
    return plan_only(partial(_plan, request), connection, terminal)


def run_pod(
    request: PodRequest,
    connection: Connection,
    terminal: Terminal,
    show: Callable[[ThrowawayPlan], None],
    attachment: Callable[[Edges, ThrowawayPlan], Attachment] | None = None,
) -> int:
    """The whole session, as `carry_out` has it."""
    return run_planned(
        partial(_plan, request),
        connection,
        terminal,
        lambda plan, edges: carry_out(request, edges, plan, show, attachment),
    )


def _plan(request: PodRequest, pinned: Pinned, edges: Edges, _: object) -> ThrowawayPlan:
    return plan_throwaway(request, pinned.target, edges)
