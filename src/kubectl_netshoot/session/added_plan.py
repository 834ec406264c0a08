"""A container before it is added: its pod, the profile that the API server accepts there, and what is said of it."""

import json
import secrets
import shlex
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kubectl_netshoot.errors import ApiError, ExitStatus, NetshootError, RefusedError
from kubectl_netshoot.kube.changes import try_ephemeral, was_not_judged
from kubectl_netshoot.kube.connection import Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp, Kubectl
from kubectl_netshoot.kube.private_files import private_file
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.pods import Ephemeral, custom_security, ephemeral_container
from kubectl_netshoot.rules.profiles import Choice, choices, run_as
from kubectl_netshoot.rules.rights import Review
from kubectl_netshoot.rules.targets import AnyTarget, named_pod
from kubectl_netshoot.session.access import Wanted, reviewed
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.terminal import Terminal

Json = dict[str, Any]
LETTERS = 5
# The kubelet's copy of a pod that it reads from a file of its own; nobody else can change such a pod.
MIRROR = "kubernetes.io/config.mirror"


@dataclass(frozen=True)
class Wish:
    """How the container is to be: `life` is its time in the pod; `raw_sockets`: without them it is no use."""

    image: str
    profile: str
    pull_policy: str
    life: timedelta
    raw_sockets: bool = False


@dataclass(frozen=True)
class Candidate:
    """A pod and the container that it would get; `notes` are to be said beforehand."""

    pod: Pod
    container: Ephemeral
    choice: Choice
    notes: tuple[str, ...] = ()


class NoRawSocketsError(NetshootError):
    """Whatever is allowed here, tcpdump would not work in it; the message says why."""


def check_addable(pod: Pod, target: Target) -> None:
    """Raises NetshootError where nothing can be added to this pod, with the reason."""
    name = pod.name
    if pod.finished:
        why = f" ({pod.reason})" if pod.reason else ""
        raise NetshootError(
            f"pod {name} has ended, {pod.phase}{why}: no container can be added any more",
            f"`kubectl netshoot {name} {target.words}` makes a copy of it that runs",
        )
    if pod.terminating:
        raise NetshootError(f"pod {name} is being deleted: no container is added any more")
    if not pod.node:
        raise NetshootError(
            f"pod {name} is not on a node yet, and so runs nothing",
            f"`kubectl describe pod {name} -n {target.namespace}` says why",
        )
    if MIRROR in pod.annotations:
        raise RefusedError(
            f"pod {name} is a static pod: the API server lets nobody add a container to it",
            f"its node can be looked at instead: kubectl netshoot debug node/{pod.node} {target.words}",
        )


@dataclass(frozen=True)
class Proposing:
    """Tries the profiles that come into question, best first."""

    wish: Wish
    reads: Reads
    debug: DebugHelp
    pinned: Pinned

    def propose(self, pod: Pod, sent: Json, level: str, target: str = "") -> Candidate:
        """The best container that the API server accepts in a dry run; it shares the processes of `target`.

        `level` is the PodSecurity level that the namespace enforces, empty where it is not known. Raises
        RefusedError where every profile is refused, NoRawSocketsError where none that is allowed would be of use.
        """
        customizable = "--custom" in self.debug.flags
        found = choices(self.wish.profile, level, run_as(sent["spec"]), self.debug.profiles, customizable)
        useful = [c for c in found if not (self.wish.raw_sockets and c.rules_out_raw_sockets)]
        said: list[str] = []
        for choice in useful:
            container = self._container(pod, choice, target)
            try:
                warnings = try_ephemeral(self.reads.fetch, pod.name, ephemeral_container(container)).warnings
            except ApiError as error:
                unjudged = was_not_judged(error)
                if unjudged:
                    note = f"the API server did not judge the container beforehand: {unjudged}"
                    return Candidate(pod, container, choice, (*choice.notes, note))
                said.append(error.message)
                continue
            notes = tuple(f"the API server warns: {text}" for text in warnings)
            return Candidate(pod, container, choice.after(said), (*choice.notes, *notes))
        raise self._refusal(found, said)

    def _refusal(self, found: Sequence[Choice], said: Sequence[str]) -> NetshootError:
        if self.wish.raw_sockets:
            useless = [c for c in found if c.rules_out_raw_sockets]
            why = [f"{c.notes[0]} (profile {c.profile}: {c.reason})" for c in useless]
            return NoRawSocketsError([*said, *why][0])
        return RefusedError(
            f"the API server would refuse the container: {'; '.join(dict.fromkeys(said))}",
            "nothing was changed; try another --profile, or change what it objects to",
        )

    def _container(self, pod: Pod, choice: Choice, target: str) -> Ephemeral:
        letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS))
        custom = None
        if choice.user is not None:
            custom = self.pinned.folder / f"{letters}.json"
            private_file(custom, json.dumps(custom_security(choice.user)))
        return Ephemeral(
            pod=pod.name,
            name=f"netshoot-{letters}",
            image=self.wish.image,
            profile=choice.profile,
            life=self.wish.life,
            pull_policy=self.wish.pull_policy,
            custom=custom,
            user=choice.user,
            target=target,
        )


@dataclass(frozen=True)
class AddedPlan:
    """What would be done. Nothing has been changed."""

    place: Target
    chosen: Chosen
    candidate: Candidate
    rights: Review
    wanted: Wanted

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known beforehand."""
        return (*self.chosen.notes, *self.candidate.notes, *self.rights.notes)


@dataclass(frozen=True)
class Planning:
    """Finds the pod that TARGET means (`pick`: a person chooses) and what to ask for; `wanted` is what will be done.

    `share` looks at the chosen pod, and says whose processes the container shares; what it raises ends the plan.
    """

    target: AnyTarget
    pick: bool
    wish: Wish
    wanted: Wanted
    share: Callable[[Chosen], str] = lambda _: ""

    def plan(self, pinned: Pinned, edges: Edges, debug: DebugHelp) -> AddedPlan:
        """Raises NetshootError where there is no such pod or none to add to, RefusedError for what the API refuses."""
        reads, place = edges.reads, pinned.target
        with reviewed(reads, self.wanted, place, named_pod(self.target)) as asked:
            chosen = choose(self.target, reads, place, asker(self.pick, edges.terminal, edges.inbox))
            check_addable(chosen.pod, place)
            shared = self.share(chosen)
            candidate = Proposing(self.wish, reads, debug, pinned).propose(
                chosen.pod, chosen.sent, reads.enforced_level(), shared
            )
            return AddedPlan(place, chosen, candidate, asked.result(), self.wanted)


RECORD = "its record stays in the pod's spec"


def place_lines(place: Target) -> Iterator[str]:
    """Where it would be."""
    yield f"context    {place.context or '(none)'}"
    yield f"namespace  {place.namespace}"


def candidate_lines(chosen: Chosen, candidate: Candidate, kubectl: Kubectl, more: str = "") -> Iterator[str]:
    """The pod and the container that it would get; `more` is to be said of the container."""
    container = candidate.container
    yield f"pod        {chosen.described} on {candidate.pod.node}"
    yield f"container  {container.name}, image {container.image}; {more}{RECORD}"
    yield f"profile    {container.profile}: {candidate.choice.reason}"
    yield f"command    {shlex.join(kubectl.ephemeral_argv(container))}"


def closing_lines(rights: Review, notes: Iterable[str]) -> Iterator[str]:
    """What is in the way, and what must be known."""
    for right in rights.missing:
        yield f"missing    the right to {right}: {right.purpose}"
    for note in notes:
        yield f"note       {note}"
    yield "nothing was changed (--dry-run)"


def show_lines(lines: Iterable[str], rights: Review, terminal: Terminal) -> int:
    """Print the plan; the exit status is 4 where rights are missing."""
    for line in lines:
        terminal.data_row(line)
    return ExitStatus.REFUSED if rights.missing else ExitStatus.DONE


def announce(place: Target, chosen: Iterable[Chosen], notes: Iterable[str], terminal: Terminal) -> None:
    """Say where it will be, and all that must be known beforehand."""
    names = ", ".join(one.described for one in chosen)
    terminal.say(f"context {place.context or '(none)'}, namespace {place.namespace}, pod {names}")
    for note in notes:
        terminal.warn(note)
