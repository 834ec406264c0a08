"""Everything that is decided before the first change: the plan, the copy to ask for, and the marks it will carry."""

import secrets
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from kubectl_netshoot.cluster import Reads, demand, survey, with_claims
from kubectl_netshoot.config import Pinned, Target
from kubectl_netshoot.copyspec import Copy, copied_pod
from kubectl_netshoot.errors import ApiError, UsageError
from kubectl_netshoot.guard import is_ours
from kubectl_netshoot.join import (
    OF_NODE,
    Expected,
    Hazard,
    JoinPlan,
    Surroundings,
    bound,
    copy_labels,
    plan_join,
    quota,
    surprises,
    unexpected_labels,
)
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.marks import COPY, Mark, mark_of
from kubectl_netshoot.model import Pod
from kubectl_netshoot.profiles import Choice
from kubectl_netshoot.request import SessionRequest, check_time_to_leave
from kubectl_netshoot.resources import container_resources
from kubectl_netshoot.rights import Review

from .choosing import Chosen, choose
from .driver import Edges
from .identity import whoami
from .picking import asker
from .proposal import Proposing
from .rights import Wanted, of_session, reviewed

FRESH_SECONDS = 5.0


@dataclass(frozen=True)
class Plan:
    """What would be done, in full; `command` is the kubectl call that makes the copy. Nothing has been changed."""

    target: Target
    chosen: Chosen
    join: JoinPlan
    copy: Copy
    mark: Mark
    command: tuple[str, ...]
    profile: Choice
    notes: tuple[str, ...] = ()
    rights: Review = field(default_factory=Review)
    expected: Expected | None = None
    made: float = field(default_factory=time.monotonic)
    born: Mapping[str, str] = field(default_factory=dict)

    def may_begin(self, allow: frozenset[str]) -> bool:
        """Whether a session would go beyond the plan: no right is missing, and no hazard stands in the way."""
        return not self.rights.missing and not self.join.refused(allow)

    @property
    def name(self) -> str:
        """The copy's name."""
        return self.copy.name

    @property
    def where(self) -> str:
        """Whose copy it is."""
        return f"pod {self.chosen.described}"

    @property
    def wanted(self) -> Wanted:
        """The rights that the session uses."""
        return of_session(bool(self.join.services), self.chosen.target)

    @property
    def kubectl_command(self) -> tuple[str, ...]:
        """The kubectl call that makes the copy."""
        return self.command

    def make(self, edges: Edges) -> Pod | None:
        """Make the copy; kubectl does not tell its uid. Raises NetshootError with kubectl's reason."""
        birth = replace(self.copy.birth, made=edges.reads.server_seconds())
        edges.kubectl.make_copy(replace(self.copy, birth=birth))
        return None

    def inspect(self, reads: Reads, copy: Pod) -> tuple[Hazard, ...]:
        """What kubectl did that was not planned. Raises ApiError."""
        expected = self.expected
        if expected is None:
            return ()
        around = None
        if unexpected_labels(expected, copy):
            try:
                around = survey(reads, expected.source)
            except ApiError as error:
                if error.transient:
                    raise
        return surprises(expected, copy, reads.pod(expected.source.name), around)

    def reconsider(self, reads: Reads, copy: Pod, allow: frozenset[str]) -> str:
        """Why the join, judged again on what is there now, must not be; empty where it still may.

        A plan of a moment ago is not judged again: no look can close the last moment before a change. But the scheduler
        may have put the copy where the plan did not see it, and others labels onto it.
        Only what the others are counts: the source may well have been rolled over while its copy was started.
        """
        is_there = copy.node == self.join.place.node or not bound(self.join.services)
        foreseen = {**self.born, **copy_labels({})}
        is_there = is_there and all(foreseen.get(key) == value for key, value in copy.labels.items())
        if is_there and time.monotonic() - self.made < FRESH_SECONDS:
            return ""
        source = self.join.source
        try:
            around = replace(survey(reads, source), born=dict(copy.labels))
            again = plan_join(source, around, True, self.mark.services, copy, self.mark.settle)
        except UsageError as error:
            return error.message
        if again.labels != self.join.labels:
            return "the Services' selectors were changed since the plan was made"
        return self.join.turned(again, allow)

    @property
    def requests(self) -> dict[str, tuple[str, ...]]:
        """What the copy asks of a node and a quota: the source's containers' requests, and the debug container's."""
        added = container_resources(self.copy.requests)["requests"] if self.copy.custom else {}
        asked = dict(self.join.source.requests)
        return {
            name: asked.get(name, ()) + ((added[name],) if name in added else ())
            for name in {**asked, **added}
        }

    @property
    def node(self) -> str:
        """The node that the copy is put on; empty where the scheduler chooses."""
        return self.join.source.node if self.copy.same_node else ""


def make_plan(request: SessionRequest, pinned: Pinned, edges: Edges, asking: "Future[DebugHelp]") -> Plan:
    """Read what is needed and plan. Raises NetshootError where there is nothing to plan for.

    `asking` is kubectl's help, asked for since the start: its answer takes longer than all the reads.
    """
    session, reads, joining = secrets.token_hex(8), edges.reads, request.joining
    wanted, ask = of_session(joining, request.target), asker(request.pick, edges.terminal, edges.inbox)
    with ThreadPoolExecutor(2) as pool, reviewed(reads, wanted, pinned.target, request.name) as asked:
        level = pool.submit(reads.enforced_level)
        chosen = choose(request.target, reads, pinned.target, ask)
        if is_ours(chosen.pod):
            raise _is_a_copy(chosen.pod, pinned.target)
        proposing = pool.submit(
            lambda: Proposing(request, session, asking.result(), reads.fetch, pinned.folder).propose(
                chosen.sent, level.result()
            )
        )
        source = with_claims(reads, chosen.pod)
        around = survey(reads, source, joining)
        beside = source if request.same_node else None
        proposal, rights = proposing.result(), asked.result()
        admitted = proposal.expected.copy.labels if proposal.expected else {}
        around = _with_labels(around, reads, source, admitted, joining)
        join = plan_join(source, around, joining, request.named_services, beside, request.settle)
    mark = _mark(request, session, join)
    if joining:
        check_time_to_leave(mark.ttl, mark.settle, mark.drain)
    # Where there is no quota, nobody reads what the pod requests.
    charged = quota(demand(copied_pod(chosen.sent, proposal.copy)), around.quotas) if around.quotas else ()
    join = replace(join, hazards=(*proposal.refusals, *join.hazards, *charged))
    copy, notes = proposal.copy, (*chosen.notes, *proposal.notes, *rights.notes)
    if join.place.node and not copy.same_node:
        copy = replace(copy, same_node=True)
        notes = (*notes, f"the copy is put on the pod's own node: {bound(join.services)}")
    command = edges.kubectl.copy_argv(copy)
    return Plan(
        pinned.target,
        chosen,
        join,
        copy,
        mark,
        command,
        proposal.choice,
        notes,
        rights,
        proposal.expected,
        born=around.born,
    )


def _is_a_copy(pod: Pod, target: Target) -> UsageError:
    mark = mark_of(pod)
    what = f"a copy of pod {mark.source}" if mark.kind == COPY and mark.source else "one of our own pods"
    return UsageError(
        f"pod {pod.name} is {what}, and gets no copy",
        f"try: kubectl netshoot attach {pod.name} {target.words}",
    )


def _with_labels(
    around: Surroundings, reads: Reads, source: Pod, admitted: Mapping[str, str], joining: bool
) -> Surroundings:
    """With the labels that the copy will have without our doing: of admission, as the dry run says, and of its node.

    A source that has its node's zone and region tells that the cluster copies them onto pods (1.35 does).
    """
    if admitted and not joining:
        try:
            seen = survey(reads, source, joining=True)
        except ApiError as error:
            if error.code != 403:
                raise
        else:
            around = replace(around, services=seen.services, controllers=seen.controllers)
    of_node = {key: source.labels[key] for key in OF_NODE if key in source.labels}
    return replace(around, born={**of_node, **admitted})


def _mark(request: SessionRequest, session: str, join: JoinPlan) -> Mark:
    return Mark(
        session=session,
        owner=whoami(),
        source=join.source.name,
        source_uid=join.source.uid,
        services=tuple(service.name for service in join.services),
        labels=dict(join.labels),
        ports=join.ports,
        uncounted=join.uncounted,
        ready_before=dict(join.ready_before),
        ttl=request.ttl,
        settle=join.settle,
        drain=request.drain,
    )
