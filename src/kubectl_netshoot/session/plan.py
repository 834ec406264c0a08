"""Everything that is decided before the first change: one way to plan a pod of ours, and what a copy adds to it.

Of several profiles the best is taken that the API server accepts in a dry run.
"""

import contextlib
import getpass
import secrets
import shlex
import socket
import string
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, TypedDict, TypeVar

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.kube.quotas import demand
from kubectl_netshoot.kube.reads import DryRunAnswer, Reads, try_create, was_not_judged
from kubectl_netshoot.model import ENV_MARK, Json, Pod, Quota
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity
from kubectl_netshoot.rules.hazards.join import JoinPlan
from kubectl_netshoot.rules.hazards.quota import Demand, quota
from kubectl_netshoot.rules.hazards.services import bound
from kubectl_netshoot.rules.marks import Mark
from kubectl_netshoot.rules.profiles import ProfileChoice
from kubectl_netshoot.rules.request import Stay, check_time_to_leave
from kubectl_netshoot.rules.rights import Review
from kubectl_netshoot.session.edges import Edges

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
        """What the API server said against it, and what admission would make of it."""
        said = [f"the API server would refuse the {self.noun}: {text}" for text in accepted.refusals]
        if accepted.answer and not self._is_marked(accepted.answer.object):
            said.append(
                f"admission takes the variable {ENV_MARK} off the {self.noun}: nobody could tell whose it is, and it "
                "would never be deleted"
            )
        return tuple(Hazard("admission", Severity.NEVER, what, self.instead) for what in said)

    def _is_marked(self, made: Json) -> bool:
        """Whether it would carry its session's mark; what cannot be read is told when it is there."""
        try:
            return parse.pod(made).session == self.mark.session
        except ApiError:
            return True

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
