"""A copy of a pod before it is made: of which pod, what kubectl is asked for, what is expected of it.

`kubectl debug` makes it. One with something set in it is the pod that it would make, created by us: the very request
that the API server took in its dry run, marked and with its deadline from birth.
"""

import contextlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.changes import Changes
from kubectl_netshoot.kube.kubeconfig import Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.private_files import private_file
from kubectl_netshoot.kube.reads import Reads, reviewed
from kubectl_netshoot.kube.survey import survey, with_claims
from kubectl_netshoot.model import Birth, Json, Pod, Quota, container_name
from kubectl_netshoot.rules.container import container_resources
from kubectl_netshoot.rules.differences import Difference, differences, unlike
from kubectl_netshoot.rules.hazards.hazard import UNCHANGED, Changed, Hazard, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from kubectl_netshoot.rules.hazards.not_as_planned import (
    INSTEAD,
    Expected,
    added_labels,
    surprises,
    unexpected_labels,
    unlike_its_source,
)
from kubectl_netshoot.rules.hazards.services import bound
from kubectl_netshoot.rules.hazards.source import starting
from kubectl_netshoot.rules.marks import COPY, Mark, is_ours, mark_of
from kubectl_netshoot.rules.pods import Copy, copied_pod, custom_container, marked_pod, unstarted
from kubectl_netshoot.rules.profiles import KUBECTL, ProfileChoice, choices, run_as
from kubectl_netshoot.rules.request import SessionRequest, default_copy_name
from kubectl_netshoot.rules.rights import Use
from kubectl_netshoot.rules.set_fields import fitted, undone
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Accepted, Draft, Parts, PodPlan, make_plan, suffix, whoami

# What a pod that we create ourselves can have, whatever kubectl there is.
OURS = DebugHelp(frozenset({"--custom", "--keep-readiness", "--keep-startup"}), frozenset(KUBECTL))


@dataclass(frozen=True, kw_only=True)
class CopyPlan(PodPlan):
    """The plan of a copy of the `chosen` pod; `expected` is what the copy is held against, `planned` the same as the
    API would have it, and `differences` in what it then differs from its source because something is set in it.
    """

    chosen: Chosen
    copy: Copy
    expected: Expected
    planned: Json = field(default_factory=dict, repr=False)
    differences: tuple[Difference, ...] = ()

    def make(self, edges: Edges) -> Pod | None:
        """Make the copy; kubectl does not tell its uid. Raises NetshootError with kubectl's or the server's reason."""
        copy = replace(self.copy, birth=replace(self.copy.birth, made=edges.reads.server_seconds()))
        if not copy.set_fields:
            edges.kubectl.make_copy(copy)
            return None
        mark = replace(self.mark, deadline=edges.reads.now() + self.mark.ttl)
        return edges.changes.create(marked_pod(self.chosen.sent, copy, mark))

    @property
    def changed(self) -> Changed:
        """What is set in it."""
        return _changed(self.copy, self.expected)

    def inspect(self, reads: Reads, pod: Pod) -> tuple[Hazard, ...]:
        """What was done that was not planned, by kubectl or by admission. Raises ApiError."""
        expected, around = self.expected, None
        if added_labels(expected, pod):
            try:
                around = survey(reads, expected.source)
            except ApiError as error:
                if error.transient:
                    raise
        differing = (
            self._unlike(_as_it_is(reads, pod))
            if self.copy.set_fields
            else tuple(unlike_its_source(expected, pod))
        )
        found = surprises(expected, pod, reads.pod(expected.source.name), around, differing)
        return tuple(map(self._beyond_allowed, found) if self._is_otherwise else found)

    @property
    def _is_otherwise(self) -> bool:
        """Whether the plan shows another copy than was asked for: what may be allowed is that one, and no other."""
        return any(hazard.id == "not-as-planned" for hazard in self.join.hazards)

    @staticmethod
    def _beyond_allowed(found: Hazard) -> Hazard:
        return (
            replace(found, severity=Severity.NEVER, instead=INSTEAD)
            if found.id == "not-as-planned"
            else found
        )

    @parse.reading("a pod")
    def _unlike(self, sent: Json | None) -> tuple[str, ...]:
        """In what the copy, `sent` as the API has it, is another than the plan shows."""
        return unlike(self.planned, sent) if sent else ()

    def _as_joined(self, reads: Reads, pod: Pod) -> Json | None:
        """The copy as its join would make it: admission may act on the labels of its Services. Raises ApiError."""
        changes = Changes(reads.fetch.api, reads.fetch.namespace)
        return changes.try_joining(pod, self.mark.labels.items(), reads.now()) or _as_it_is(reads, pod)

    def reconsider(self, reads: Reads, pod: Pod, allow: frozenset[str]) -> str:
        is_allowed = "not-as-planned" in allow and not self._is_otherwise
        is_compared = self.copy.set_fields and not is_allowed
        if is_compared and (differing := self._unlike(self._as_joined(reads, pod))):
            return f"not-as-planned: the copy was changed after it was made: {', '.join(differing)}"
        return super().reconsider(reads, pod, allow)

    def is_as_planned(self, pod: Pod) -> bool:
        return super().is_as_planned(pod) and not unexpected_labels(self.expected, pod)

    def again(self, reads: Reads, pod: Pod) -> JoinPlan | str:
        source = self.join.source
        try:
            around = replace(survey(reads, source), born=dict(pod.labels))
            again = plan_join(source, around, True, self.mark.services, pod, self.mark.settle, self.changed)
        except UsageError as error:
            return error.message
        if again.labels != self.join.labels:
            return "the Services' selectors were changed since the plan was made"
        return again

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


def _as_it_is(reads: Reads, pod: Pod) -> Json | None:
    found = reads.pod_as_sent(pod.name)
    return found[1] if found else None


def plan_copy(
    request: SessionRequest, pinned: Pinned, edges: Edges, debug: Callable[[], DebugHelp]
) -> CopyPlan:
    """The plan of a session. Raises what `make_plan` raises.

    `debug` waits for kubectl's help, asked for since the start: its answer takes longer than all the reads.
    """
    use = Use.JOINED_COPY if request.joining else Use.COPY

    def begin() -> CopyDraft:
        ask = asker(request.pick, edges.terminal, edges.inbox)
        chosen = choose(request.target, edges.reads, ask, failing=bool(request.set_fields))
        if is_ours(chosen.pod):
            raise _is_a_copy(chosen.pod, pinned.target)
        return CopyDraft(request, chosen, secrets.token_hex(8), debug, pinned.folder)

    rights = reviewed(edges.reads.fetch, use, target=request.target, name=request.name)
    return make_plan(begin, rights, pinned.target, edges)


def _is_a_copy(pod: Pod, target: Target) -> UsageError:
    mark = mark_of(pod)
    what = f"a copy of pod {mark.source}" if mark.kind == COPY and mark.source else "one of our own pods"
    return UsageError(
        f"pod {pod.name} is {what}, and is not copied",
        f"try: kubectl netshoot attach {pod.name} {target.words}",
    )


def _ours() -> DebugHelp:
    return OURS


def _changed(copy: Copy, expected: Expected) -> Changed:
    if not copy.set_fields:
        return UNCHANGED
    containers = (c for c in expected.copy.containers if c.name != copy.container)
    return Changed(copy.set_fields.names, tuple(containers))


class CopyDraft(Draft[CopyPlan]):
    """A copy of this pod. `folder` is private: the --custom file goes there. Raises UsageError for a container that is
    to be changed and is not there.
    """

    noun, rename = "copy", "--name"

    def __init__(
        self,
        request: SessionRequest,
        chosen: Chosen,
        session: str,
        debug: Callable[[], DebugHelp],
        folder: Path,
    ) -> None:
        fields = fitted(request.set_fields, chosen.sent) if request.set_fields else request.set_fields
        self.request: SessionRequest = replace(request, set_fields=fields)
        self._chosen, self._folder = chosen, folder
        self._debug = _ours if fields else debug
        source = chosen.pod
        self.mark = Mark(
            session=session,
            owner=whoami(),
            source=source.name,
            source_uid=source.uid,
            ttl=request.ttl,
            drain=request.drain,
            set_names=fields.names,
        )
        self.name = request.name or default_copy_name(source.name, suffix())

    def choices(self, level: str) -> Sequence[ProfileChoice]:
        debug = self._debug()
        source = run_as(self._chosen.sent["spec"])
        return choices(self.request.profile, level, source, debug.profiles, "--custom" in debug.flags)

    def manifest(self, choice: ProfileChoice) -> Json:
        sent, copy = self._chosen.sent, self.copy(choice)
        return marked_pod(sent, copy, self.mark) if copy.set_fields else copied_pod(sent, copy)

    def copy(self, choice: ProfileChoice) -> Copy:
        """What kubectl would be asked for."""
        request, flags, spec = self.request, self._debug().flags, self._chosen.sent["spec"]
        return Copy(
            source=self.mark.source,
            name=self.name,
            image=request.image,
            profile=choice.profile,
            birth=Birth(self.mark.session, self.name, self.mark.source_uid, owner=self.mark.owner),
            pull_policy=request.pull_policy,
            share_processes=request.share_processes,
            same_node=request.same_node,
            keep_readiness="--keep-readiness" in flags,
            keep_startup=request.joining and "--keep-startup" in flags,
            # kubectl changes a container, and an init container too, that has the name which it is given.
            container=container_name(
                {c["name"] for kind in ("containers", "initContainers") for c in spec.get(kind) or ()}
            ),
            custom=self._folder / "container.json" if "--custom" in flags else None,
            user=choice.user,
            requests=request.requests,
            set_fields=request.set_fields,
        )

    def judged(self, reads: Reads, accepting: Callable[[], Accepted]) -> tuple[JoinPlan, Sequence[Quota]]:
        request = self.request
        source = with_claims(reads, self._chosen.pod)
        around = survey(reads, source, request.joining)
        accepted = accepting()
        expected = self._expected(accepted)
        around = self._with_labels(around, reads, expected)
        try:
            join = plan_join(
                source,
                around,
                request.joining,
                request.named_services,
                source if request.same_node else None,
                request.settle,
                _changed(self.copy(accepted.choice), expected),
            )
        except NetshootError as error:
            # The rules know no context.
            error.hint += (
                f"\ntry: kubectl get services -o wide -n {source.namespace} {reads.fetch.flags}".rstrip()
            )
            raise
        return join, around.quotas

    def _with_labels(self, around: Surroundings, reads: Reads, expected: Expected) -> Surroundings:
        """With the labels that the copy will have without our doing, and what may select by those of admission."""
        if expected.copy.labels and not self.request.joining:
            try:
                seen = survey(reads, expected.source, joining=True)
            except ApiError as error:
                if error.code != 403:
                    raise
            else:
                around = replace(around, services=seen.services, controllers=seen.controllers)
        return replace(around, born=expected.born)

    def _expected(self, accepted: Accepted) -> Expected:
        """The copy that is to come: as the server answered, where it did."""
        planned, judged = self._planned(accepted)
        return Expected(parse.pod(self._chosen.sent), parse.pod(planned), self.mark.session, judged)

    def _planned(self, accepted: Accepted) -> tuple[Json, bool]:
        """The same as the API would have it, and whether the server has said so."""
        if accepted.answer:
            with contextlib.suppress(ApiError):
                parse.pod(accepted.answer.object)
                return accepted.answer.object, True
        return self.manifest(accepted.choice), False

    def refusals(self, accepted: Accepted) -> tuple[Hazard, ...]:
        """Those of the API server, what this kubectl brings, and what admission makes of what is set."""
        lost = unstarted(self._chosen.sent, self.copy(accepted.choice)) if self.request.joining else ()
        otherwise = undone(self.request.set_fields, self._planned(accepted)[0])
        return (*super().refusals(accepted), *starting(lost), *_undone(otherwise))

    def notes(self, accepted: Accepted) -> tuple[str, ...]:
        lacking = _lacking(self.copy(accepted.choice), self.request.joining)
        return (*self._chosen.notes, *accepted.choice.notes, *lacking, *accepted.notes)

    def plan(self, edges: Edges, accepted: Accepted, parts: Parts) -> CopyPlan:
        copy, join = self.copy(accepted.choice), parts["join"]
        if copy.custom and not copy.set_fields:
            private_file(copy.custom, json.dumps(custom_container(copy)))
        if join.place.node and not copy.same_node:
            copy = replace(copy, same_node=True)
            note = f"the copy is put on the pod's own node: {bound(join.services)}"
            parts["notes"] = (*parts["notes"], note)
        return CopyPlan(
            **parts,
            name=copy.name,
            where=f"pod {self._chosen.described}",
            command=() if copy.set_fields else edges.kubectl.copy_argv(copy),
            chosen=self._chosen,
            copy=copy,
            expected=self._expected(accepted),
            planned=self._planned(accepted)[0],
            differences=self._differences(accepted),
        )

    @parse.reading("a pod")
    def _differences(self, accepted: Accepted) -> tuple[Difference, ...]:
        if not self.request.set_fields:
            return ()
        found = differences(self._chosen.sent, self._planned(accepted)[0])
        return tuple(difference for difference in found if not difference.of_every_copy)


def _undone(otherwise: Sequence[str]) -> tuple[Hazard, ...]:
    if not otherwise:
        return ()
    return (
        Hazard(
            "not-as-planned",
            Severity.REFUSE,
            f"an admission policy or webhook sets {', '.join(otherwise)} to something else",
            "set what it allows, or accept what this plan shows (--allow not-as-planned)",
        ),
    )


def _lacking(copy: Copy, joining: bool) -> tuple[str, ...]:
    """What an older kubectl cannot do for this copy."""
    notes = []
    if not copy.custom:
        notes.append(
            "this kubectl has no `debug --custom` (1.31 has): the debug container gets no requests and limits, "
            "which a ResourceQuota may refuse"
        )
    if joining and not copy.has_probes:
        notes.append(
            "this kubectl has no `debug --keep-readiness` (1.31 has): the copy counts as ready as soon as its "
            "containers run, perhaps before the application serves"
        )
    return tuple(notes)
