"""Everything that is decided before the first change: the plan, the copy to ask for, and the marks it will carry.

Of several profiles the best is taken that the API server accepts in a dry run.
"""

import contextlib
import json
import secrets
import string
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.changes import try_create, was_not_judged
from kubectl_netshoot.kube.connection import Pinned, Target
from kubectl_netshoot.kube.fetch import Fetch
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.private_files import private_file
from kubectl_netshoot.kube.quotas import demand
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.survey import survey, with_claims
from kubectl_netshoot.model import Birth, Pod, container_name
from kubectl_netshoot.rules.guard import is_ours
from kubectl_netshoot.rules.hazards.copy import Expected, added_labels, surprises, unexpected_labels
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import JoinPlan, plan_join
from kubectl_netshoot.rules.hazards.quota import quota
from kubectl_netshoot.rules.hazards.source import starting
from kubectl_netshoot.rules.hazards.topology import bound
from kubectl_netshoot.rules.marks import COPY, Mark, mark_of
from kubectl_netshoot.rules.pods import Copy, copied_pod, custom_container, unstarted
from kubectl_netshoot.rules.profiles import Choice, choices, run_as
from kubectl_netshoot.rules.request import SessionRequest, check_time_to_leave, default_copy_name
from kubectl_netshoot.rules.resources import container_resources
from kubectl_netshoot.rules.rights import Review
from kubectl_netshoot.session.access import Wanted, of_session, reviewed
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.identity import whoami


@dataclass(frozen=True)
class Accepted:
    """The choice that was accepted, else the first one with all `refusals`; `notes` are to be said beforehand."""

    choice: Choice
    notes: tuple[str, ...] = ()
    refusals: tuple[Hazard, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """What is tried: `noun` is what people call the pod, `rename` how they give it another name."""

    noun: str
    rename: str
    attempt: Callable[[Choice], Sequence[str]]

    def first_accepted(self, found: Sequence[Choice]) -> Accepted:
        """`attempt` is the dry run of a choice: it returns the server's warnings, or raises ApiError.

        An error that says nothing of the pod itself ends the search: the choice is taken, and a note says why.
        Raises NetshootError for a name that is taken.
        """
        said: list[str] = []
        for choice in found:
            try:
                warnings = self.attempt(choice)
            except ApiError as error:
                if error.reason == "AlreadyExists":
                    raise NetshootError(
                        error.message, f"give the {self.noun} another {self.rename}"
                    ) from error
                unjudged = was_not_judged(error)
                if unjudged:
                    note = f"the API server did not judge the {self.noun} beforehand: {unjudged}"
                    return Accepted(choice, (note,))
                said.append(error.message)
            else:
                notes = tuple(f"the API server warns: {text}" for text in warnings)
                return Accepted(choice.after(said), notes)
        return Accepted(found[0], refusals=tuple(map(self._refusal, dict.fromkeys(said))))

    def _refusal(self, message: str) -> Hazard:
        return Hazard(
            "admission",
            Severity.NEVER,
            f"the API server would refuse the {self.noun}: {message}",
            "change what it objects to, or try another --profile",
        )


NAME_LETTERS = 5


@dataclass(frozen=True)
class Proposal:
    """`refusals` are hazards that the API server itself named, or that this kubectl brings; `notes` what else must be
    known beforehand; `expected` is what the copy is held against.
    """

    copy: Copy
    choice: Choice
    expected: Expected
    notes: tuple[str, ...] = ()
    refusals: tuple[Hazard, ...] = ()


@dataclass(frozen=True)
class Proposing:
    """Tries the profiles that come into question, best first. `folder` is private: the --custom file goes there."""

    request: SessionRequest
    session: str
    debug: DebugHelp
    fetch: Fetch
    folder: Path

    def propose(self, source: dict[str, Any], level: str) -> Proposal:
        """The copy of this source (as the API has it) that the server accepts in a dry run, else the first choice.

        `level` is the PodSecurity level that the namespace enforces, empty where it is not known.
        """
        basis, customizable = self._basis(source), "--custom" in self.debug.flags
        found = choices(
            self.request.profile, level, run_as(source["spec"]), self.debug.profiles, customizable
        )

        def made(choice: Choice) -> Copy:
            return replace(basis, profile=choice.profile, user=choice.user)

        answers: dict[str, dict[str, Any]] = {}

        def attempt(choice: Choice) -> Sequence[str]:
            answers.clear()
            answer = try_create(self.fetch, copied_pod(source, made(choice)))
            answers[choice.profile] = answer.object
            return answer.warnings

        accepted = Candidate("copy", "--name", attempt).first_accepted(found)
        choice = accepted.choice
        copy = made(choice)
        if copy.custom:
            copy.custom.unlink(missing_ok=True)
            private_file(copy.custom, json.dumps(custom_container(copy)))
        unready = starting(unstarted(source, copy)) if self.request.joining else ()
        return Proposal(
            copy,
            choice,
            self._expected(source, copy, answers.get(choice.profile)),
            (*choice.notes, *_lacking(copy, self.request.joining), *accepted.notes),
            (*accepted.refusals, *unready),
        )

    def _expected(self, source: Mapping[str, Any], copy: Copy, answer: Mapping[str, Any] | None) -> Expected:
        """The copy that is to come: as the server answered, where it did."""
        before, built = parse.pod(dict(source)), parse.pod(copied_pod(dict(source), copy))
        with contextlib.suppress(ApiError):
            if answer is not None:
                return Expected(before, parse.pod(dict(answer)), self.session, judged=True)
        return Expected(before, built, self.session)

    def _basis(self, sent: Mapping[str, Any]) -> Copy:
        metadata, spec = sent["metadata"], sent["spec"]
        request, flags, source = self.request, self.debug.flags, str(metadata["name"])
        letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(NAME_LETTERS))
        name = request.name or default_copy_name(source, letters)
        return Copy(
            source=source,
            name=name,
            image=request.image,
            profile="",
            birth=Birth(self.session, name, str(metadata.get("uid", "")), owner=whoami()),
            pull_policy=request.pull_policy,
            share_processes=request.share_processes,
            same_node=request.same_node,
            keep_readiness="--keep-readiness" in flags,
            keep_startup=request.joining and "--keep-startup" in flags,
            # kubectl changes a container, and an init container too, that has the name which it is given.
            container=container_name(
                {c["name"] for kind in ("containers", "initContainers") for c in spec.get(kind) or ()}
            ),
            custom=self.folder / "container.json" if "--custom" in flags else None,
            requests=request.requests,
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
    expected: Expected
    notes: tuple[str, ...] = ()
    rights: Review = field(default_factory=Review)
    made: float = field(default_factory=time.monotonic)

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
        expected, around = self.expected, None
        if added_labels(expected, copy):
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
        as_planned = is_there and not unexpected_labels(self.expected, copy)
        if as_planned and time.monotonic() - self.made < FRESH_SECONDS:
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
        around = _with_labels(around, reads, proposal.expected, joining)
        join = plan_join(source, around, joining, request.named_services, beside, request.settle)
    mark = _mark(request, session, join)
    if joining:
        check_time_to_leave(mark.ttl, mark.settle, mark.drain)
    charged = quota(lambda: demand(copied_pod(chosen.sent, proposal.copy)), around.quotas)
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
        proposal.expected,
        notes,
        rights,
    )


def _is_a_copy(pod: Pod, target: Target) -> UsageError:
    mark = mark_of(pod)
    what = f"a copy of pod {mark.source}" if mark.kind == COPY and mark.source else "one of our own pods"
    return UsageError(
        f"pod {pod.name} is {what}, and gets no copy",
        f"try: kubectl netshoot attach {pod.name} {target.words}",
    )


def _with_labels(around: Surroundings, reads: Reads, expected: Expected, joining: bool) -> Surroundings:
    """With the labels that the copy will have without our doing, and what may select by those of admission."""
    if expected.copy.labels and not joining:
        try:
            seen = survey(reads, expected.source, joining=True)
        except ApiError as error:
            if error.code != 403:
                raise
        else:
            around = replace(around, services=seen.services, controllers=seen.controllers)
    return replace(around, born=expected.born)


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
