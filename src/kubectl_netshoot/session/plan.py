"""Everything that is decided before the first change: one way to plan a pod of ours, and what a copy adds to it.

Of several profiles the best is taken that the API server accepts in a dry run.
"""

import contextlib
import getpass
import json
import secrets
import shlex
import socket
import string
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypedDict, TypeVar

from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.kubeconfig import Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.private_files import private_file
from kubectl_netshoot.kube.quotas import demand
from kubectl_netshoot.kube.reads import DryRunAnswer, Reads, reviewed, try_create, was_not_judged
from kubectl_netshoot.kube.survey import survey, with_claims
from kubectl_netshoot.model import Birth, Pod, Quota, container_name
from kubectl_netshoot.rules.hazards.copy import Expected, added_labels, surprises, unexpected_labels
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from kubectl_netshoot.rules.hazards.quota import Demand, quota
from kubectl_netshoot.rules.hazards.services import bound
from kubectl_netshoot.rules.hazards.source import starting
from kubectl_netshoot.rules.marks import COPY, Mark, is_ours, mark_of
from kubectl_netshoot.rules.pods import Copy, copied_pod, custom_container, unstarted
from kubectl_netshoot.rules.profiles import ProfileChoice, choices, run_as
from kubectl_netshoot.rules.request import SessionRequest, Stay, check_time_to_leave, default_copy_name
from kubectl_netshoot.rules.resources import container_resources
from kubectl_netshoot.rules.rights import Review, Use
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.driver import Edges

Json = dict[str, Any]
FRESH_SECONDS = 5.0
LETTERS = 5


def suffix() -> str:
    """Letters at random, for the end of a name."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS))


def whoami() -> str:
    """user@host: for the marks of a pod of ours, and to know our own again."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be done; nothing has been changed. `notes` is all that must be known beforehand."""

    target: Target
    rights: Review
    notes: tuple[str, ...] = ()

    def may_begin(self, allow: frozenset[str] = frozenset()) -> bool:  # noqa: ARG002
        """Whether it would be begun: no right is missing, and nothing else stands in the way that is not allowed."""
        return not self.rights.missing

    def pasted(self, command: Sequence[str]) -> str:
        """The command for a person's shell: by their own kubeconfig, without files that are gone by then."""
        words = [word for word in command if not word.startswith(("--kubeconfig=", "--custom="))]
        return shlex.join([*words[:1], *shlex.split(self.target.flags), *words[1:]])


@dataclass(frozen=True, kw_only=True)
class PodPlan(Plan, ABC):
    """The plan of a pod of ours: `name` is what it will be called, `where` what is said of its place, `command` the
    kubectl call that makes it, where there is one.
    """

    name: str
    where: str
    join: JoinPlan
    mark: Mark
    profile: ProfileChoice
    command: tuple[str, ...] = ()
    made: float = field(default_factory=time.monotonic)

    def may_begin(self, allow: frozenset[str] = frozenset()) -> bool:
        return super().may_begin(allow) and not self.join.refused(allow)

    @abstractmethod
    def make(self, edges: Edges) -> Pod | None:
        """Create the pod; the pod itself where the answer tells. Raises NetshootError with the reason."""

    def inspect(self, reads: Reads, pod: Pod) -> tuple[Hazard, ...]:  # noqa: ARG002
        """What was done that was not planned, asked once, right after the pod was made. Raises ApiError."""
        return ()

    def reconsider(self, reads: Reads, pod: Pod, allow: frozenset[str]) -> str:
        """Why the join, judged again on the pod and what is there now, must not be; empty where it still may.

        A plan of a moment ago is not judged again: no look can close the last moment before a change. But the scheduler
        may have put the pod where the plan did not see it, and others labels onto it.
        Only what the others are counts: a source may well have been rolled over while its copy was started.
        """
        if self.is_as_planned(pod) and time.monotonic() - self.made < FRESH_SECONDS:
            return ""
        again = self.again(reads, pod)
        return again if isinstance(again, str) else self.join.turned(again, allow)

    def is_as_planned(self, pod: Pod) -> bool:
        """Whether the pod, as it came to be, is what the plan was made for."""
        return pod.node == self.join.place.node or not bound(self.join.services)

    @abstractmethod
    def again(self, reads: Reads, pod: Pod) -> JoinPlan | str:
        """The same plan made now for this pod, or why there is none any more."""


@dataclass(frozen=True)
class Accepted:
    """The choice that the API server takes, and its `answer` where it has given one; `notes` are what it said.

    Where it takes none: the first choice, and all its `refusals`.
    """

    choice: ProfileChoice
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    answer: DryRunAnswer | None = None


def first_accepted(
    found: Sequence[ProfileChoice],
    attempt: Callable[[ProfileChoice], DryRunAnswer],
    noun: str,
    rename: str = "",
) -> Accepted:
    """The best of these profiles that the API server takes; `attempt` is the dry run of one, or raises ApiError.

    An error that says nothing of the pod itself ends the search: the choice is taken, and a note says why. `noun` is
    what people call what is tried, `rename` how they give it another name. Raises NetshootError for a name that is
    taken.
    """
    said: list[str] = []
    for choice in found:
        try:
            answer = attempt(choice)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                raise NetshootError(error.message, f"give the {noun} another {rename}") from error
            if unjudged := was_not_judged(error):
                return Accepted(choice, (f"the API server did not judge the {noun} beforehand: {unjudged}",))
            said.append(error.message)
        else:
            notes = tuple(f"the API server warns: {text}" for text in answer.warnings)
            return Accepted(choice.after(said), notes, answer=answer)
    return Accepted(found[0], refusals=tuple(dict.fromkeys(said)))


P = TypeVar("P", bound=PodPlan)


class Parts(TypedDict):
    """What every plan of a pod has, whatever pod it is."""

    target: Target
    rights: Review
    notes: tuple[str, ...]
    join: JoinPlan
    mark: Mark
    profile: ProfileChoice


class Draft(ABC, Generic[P]):
    """A pod of ours before its profile is known, and before it is known what it would join.

    `noun` is what people call it, `rename` how they give it another name, `instead` what to do where the API server
    takes none. `mark` is without its Services.
    """

    noun: ClassVar[str]
    rename: ClassVar[str]
    instead: str = "change what it objects to, or try another --profile"
    request: Stay
    mark: Mark

    @abstractmethod
    def choices(self, level: str) -> Sequence[ProfileChoice]:
        """The profiles to try, best first; `level` is what the namespace enforces, empty where that is not known."""

    @abstractmethod
    def manifest(self, choice: ProfileChoice) -> Json:
        """The pod as it would be sent."""

    def aside(self, reads: Reads) -> tuple[tuple[Hazard, ...], tuple[str, ...]]:  # noqa: ARG002
        """Hazards and notes of what is read for this pod alone."""
        return (), ()

    @abstractmethod
    def judged(self, reads: Reads, accepting: Callable[[], Accepted]) -> tuple[JoinPlan, Sequence[Quota]]:
        """What it would join and what there is to say against that, and the quotas; `accepting` waits for the dry run.

        Raises NetshootError where there is nothing to plan for.
        """

    def demand(self, choice: ProfileChoice) -> Demand:
        """What it takes of a quota. Raises ApiError for what is no pod."""
        return demand(self.manifest(choice))

    def refusals(self, accepted: Accepted) -> tuple[Hazard, ...]:
        """Hazards that the API server itself named."""
        return tuple(
            Hazard(
                "admission",
                Severity.NEVER,
                f"the API server would refuse the {self.noun}: {said}",
                self.instead,
            )
            for said in accepted.refusals
        )

    def notes(self, accepted: Accepted) -> tuple[str, ...]:
        """What must be known beforehand, apart from hazards."""
        return (*accepted.choice.notes, *accepted.notes)

    @abstractmethod
    def plan(self, edges: Edges, accepted: Accepted, parts: Parts) -> P:
        """The plan of these parts."""

    def accepted(self, reads: Reads, level: str) -> Accepted:
        """The dry runs of its profiles. Raises NetshootError for a name that is taken."""
        return first_accepted(
            self.choices(level),
            lambda choice: try_create(reads.fetch, self.manifest(choice)),
            self.noun,
            self.rename,
        )


def make_plan(
    begin: Callable[[], Draft[P]],
    rights: contextlib.AbstractContextManager[Future[Review]],
    target: Target,
    edges: Edges,
) -> P:
    """Read what is needed, all of it side by side, and plan the pod that `begin` drafts; `rights` asks for them.

    Raises NetshootError where there is nothing to plan for, UsageError for what is asked for and cannot be.
    """
    reads = edges.reads
    with ThreadPoolExecutor(3) as pool, rights as asked:
        level = pool.submit(reads.enforced_level)
        draft = begin()
        accepting = pool.submit(lambda: draft.accepted(reads, level.result()))
        reading = pool.submit(draft.aside, reads)
        join, quotas = draft.judged(reads, accepting.result)
        accepted, (hazards, notes), review = accepting.result(), reading.result(), asked.result()
    mark = replace(
        draft.mark,
        services=tuple(service.name for service in join.services),
        labels=dict(join.labels),
        ports=join.ports,
        uncounted=join.uncounted,
        ready_before=dict(join.ready_before),
        settle=join.settle,
    )
    if mark.labels:
        check_time_to_leave(mark.ttl, mark.settle, mark.drain)
    charged = quota(draft.demand(accepted.choice), quotas, draft.noun) if quotas else ()
    join = replace(join, hazards=(*draft.refusals(accepted), *hazards, *join.hazards, *charged))
    return draft.plan(
        edges,
        accepted,
        Parts(
            target=target,
            rights=review,
            notes=(*draft.notes(accepted), *notes, *review.notes),
            join=join,
            mark=mark,
            profile=accepted.choice,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class CopyPlan(PodPlan):
    """The plan of a copy of the `chosen` pod; `expected` is what the copy is held against."""

    chosen: Chosen
    copy: Copy
    expected: Expected

    def make(self, edges: Edges) -> Pod | None:
        """Make the copy; kubectl does not tell its uid. Raises NetshootError with kubectl's reason."""
        birth = replace(self.copy.birth, made=edges.reads.server_seconds())
        edges.kubectl.make_copy(replace(self.copy, birth=birth))
        return None

    def inspect(self, reads: Reads, pod: Pod) -> tuple[Hazard, ...]:
        """What kubectl did that was not planned. Raises ApiError."""
        expected, around = self.expected, None
        if added_labels(expected, pod):
            try:
                around = survey(reads, expected.source)
            except ApiError as error:
                if error.transient:
                    raise
        return surprises(expected, pod, reads.pod(expected.source.name), around)

    def is_as_planned(self, pod: Pod) -> bool:
        return super().is_as_planned(pod) and not unexpected_labels(self.expected, pod)

    def again(self, reads: Reads, pod: Pod) -> JoinPlan | str:
        source = self.join.source
        try:
            around = replace(survey(reads, source), born=dict(pod.labels))
            again = plan_join(source, around, True, self.mark.services, pod, self.mark.settle)
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


def plan_copy(
    request: SessionRequest, pinned: Pinned, edges: Edges, debug: Callable[[], DebugHelp]
) -> CopyPlan:
    """The plan of a session. Raises what `make_plan` raises.

    `debug` waits for kubectl's help, asked for since the start: its answer takes longer than all the reads.
    """
    use = Use.JOINED_COPY if request.joining else Use.COPY

    def begin() -> CopyDraft:
        ask = asker(request.pick, edges.terminal, edges.inbox)
        chosen = choose(request.target, edges.reads, ask)
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


class CopyDraft(Draft[CopyPlan]):
    """A copy of this pod. `folder` is private: the --custom file goes there."""

    noun, rename = "copy", "--name"

    def __init__(
        self,
        request: SessionRequest,
        chosen: Chosen,
        session: str,
        debug: Callable[[], DebugHelp],
        folder: Path,
    ) -> None:
        self.request: SessionRequest = request
        self._chosen, self._debug, self._folder = chosen, debug, folder
        source = chosen.pod
        self.mark = Mark(
            session=session,
            owner=whoami(),
            source=source.name,
            source_uid=source.uid,
            ttl=request.ttl,
            drain=request.drain,
        )
        self.name = request.name or default_copy_name(source.name, suffix())

    def choices(self, level: str) -> Sequence[ProfileChoice]:
        debug = self._debug()
        source = run_as(self._chosen.sent["spec"])
        return choices(self.request.profile, level, source, debug.profiles, "--custom" in debug.flags)

    def manifest(self, choice: ProfileChoice) -> Json:
        return copied_pod(self._chosen.sent, self.copy(choice))

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
        )

    def judged(self, reads: Reads, accepting: Callable[[], Accepted]) -> tuple[JoinPlan, Sequence[Quota]]:
        request = self.request
        source = with_claims(reads, self._chosen.pod)
        around = survey(reads, source, request.joining)
        around = self._with_labels(around, reads, self._expected(accepting()))
        beside = source if request.same_node else None
        join = plan_join(source, around, request.joining, request.named_services, beside, request.settle)
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
        before = parse.pod(self._chosen.sent)
        if accepted.answer:
            with contextlib.suppress(ApiError):
                return Expected(before, parse.pod(accepted.answer.object), self.mark.session, judged=True)
        return Expected(before, parse.pod(self.manifest(accepted.choice)), self.mark.session)

    def refusals(self, accepted: Accepted) -> tuple[Hazard, ...]:
        """Those of the API server, and what this kubectl brings."""
        lost = unstarted(self._chosen.sent, self.copy(accepted.choice)) if self.request.joining else ()
        return (*super().refusals(accepted), *starting(lost))

    def notes(self, accepted: Accepted) -> tuple[str, ...]:
        lacking = _lacking(self.copy(accepted.choice), self.request.joining)
        return (*self._chosen.notes, *accepted.choice.notes, *lacking, *accepted.notes)

    def plan(self, edges: Edges, accepted: Accepted, parts: Parts) -> CopyPlan:
        copy, join = self.copy(accepted.choice), parts["join"]
        if copy.custom:
            private_file(copy.custom, json.dumps(custom_container(copy)))
        if join.place.node and not copy.same_node:
            copy = replace(copy, same_node=True)
            note = f"the copy is put on the pod's own node: {bound(join.services)}"
            parts["notes"] = (*parts["notes"], note)
        return CopyPlan(
            **parts,
            name=copy.name,
            where=f"pod {self._chosen.described}",
            command=edges.kubectl.copy_argv(copy),
            chosen=self._chosen,
            copy=copy,
            expected=self._expected(accepted),
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
