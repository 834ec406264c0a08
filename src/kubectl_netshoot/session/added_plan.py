"""A container before it is added: its pod, the profile that the API server accepts there, and what is said of it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from kubectl_netshoot.errors import NetshootError, RefusedError
from kubectl_netshoot.kube.kubeconfig import Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.private_files import private_file
from kubectl_netshoot.kube.reads import DryRunAnswer, reviewed, try_ephemeral
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.pods import Ephemeral, custom_security, ephemeral_container, runs_alike
from kubectl_netshoot.rules.profiles import ProfileChoice, choices, run_as
from kubectl_netshoot.rules.rights import Review, Use
from kubectl_netshoot.rules.targets import AnyTarget, TargetGroup, named_pod
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Accepted, Plan, first_accepted, suffix
from kubectl_netshoot.terminal import Terminal

# The kubelet's copy of a pod that it reads from a file of its own; nobody else can change such a pod.
MIRROR = "kubernetes.io/config.mirror"
RECORD = "its record stays in the pod's spec"


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
    """A pod and the container that it would get, by this kubectl `command`; `notes` are to be said beforehand.
    `running` is one of ours that runs there already and would do as well, empty without one.
    """

    chosen: Chosen
    container: Ephemeral
    choice: ProfileChoice
    command: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    running: str = ""

    @property
    def pod(self) -> Pod:
        """The pod, as it was when it was chosen."""
        return self.chosen.pod


@dataclass(frozen=True, kw_only=True)
class AddedPlan(Plan):
    """What would be added, and where. `manner` is to be said of each container; `details` are more, each with its
    name.
    """

    candidates: tuple[Candidate, ...]
    manner: str = ""
    details: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        target: Target,
        rights: Review,
        candidates: Sequence[Candidate],
        remarks: Iterable[str],
        details: tuple[tuple[str, str], ...] = (),
    ) -> "AddedPlan":
        """With all that must be known beforehand: of the choice, the `remarks` of the pods, and of the containers."""
        chosen = (note for candidate in candidates for note in candidate.chosen.notes)
        told = (*chosen, *remarks, *(note for candidate in candidates for note in candidate.notes))
        return cls(
            target=target,
            rights=rights,
            notes=(*dict.fromkeys(told), *rights.notes),
            candidates=tuple(candidates),
            details=details,
        )

    @property
    def candidate(self) -> Candidate:
        """The only one, or the first."""
        return self.candidates[0]


class NoRawSocketsError(NetshootError):
    """Whatever is allowed here, tcpdump would not work in it; the message says why."""


def check_addable(pod: Pod, target: Target) -> None:
    """Raises NetshootError where nothing can be added to this pod, with the reason."""
    name = pod.name
    if pod.finished:
        why = f" ({pod.reason})" if pod.reason else ""
        raise NetshootError(
            f"pod {name} has ended, {pod.phase}{why}: no container can be added",
            f"a copy of it would run\ntry: kubectl netshoot {name} {target.words}",
        )
    if pod.terminating:
        raise NetshootError(
            f"pod {name} is being deleted: no container can be added",
            f"try: kubectl get pods {target.words}",
        )
    if not pod.node:
        raise NetshootError(
            f"pod {name} is not on a node yet, and runs nothing",
            f"try: kubectl describe pod {name} {target.words}",
        )
    if MIRROR in pod.annotations:
        raise RefusedError(
            f"pod {name} is a static pod: the API server allows no container to be added to it",
            f"look at its node instead\ntry: kubectl netshoot debug node/{pod.node} {target.words}",
        )


@dataclass(frozen=True)
class Proposal:
    """A container for one pod: the best that the API server accepts in a dry run; or one that runs there already, and
    has that much time `left`, where one is given.
    """

    wish: Wish
    edges: Edges
    debug: DebugHelp
    pinned: Pinned
    left: timedelta | None = None

    def candidate(self, chosen: Chosen, level: str, target: str = "") -> Candidate:
        """It shares the processes of `target`; `level` is what the namespace enforces, empty where not known.

        Raises RefusedError where every profile is refused, NoRawSocketsError where none that is allowed would be of
        use.
        """
        customizable = "--custom" in self.debug.flags
        source = run_as(chosen.sent["spec"])
        found = choices(self.wish.profile, level, source, self.debug.profiles, customizable)
        useful = [c for c in found if not (self.wish.raw_sockets and c.rules_out_raw_sockets)]
        make = partial(self._container, chosen.pod.name, suffix(), target)

        def attempt(choice: ProfileChoice) -> DryRunAnswer:
            return try_ephemeral(self.edges.reads.fetch, chosen.pod.name, ephemeral_container(make(choice)))

        accepted = first_accepted(useful, attempt, "container") if useful else None
        if accepted is None or accepted.refusals:
            raise self._refusal(found, accepted.refusals if accepted else ())
        return self._accepted(chosen, make(accepted.choice), accepted)

    def _accepted(self, chosen: Chosen, container: Ephemeral, accepted: Accepted) -> Candidate:
        if container.custom and container.user is not None:
            private_file(container.custom, json.dumps(custom_security(container.user)))
        command = self.edges.kubectl.ephemeral_argv(container)
        notes = (*accepted.choice.notes, *accepted.notes)
        return Candidate(chosen, container, accepted.choice, command, notes, self._running(chosen, container))

    def _running(self, chosen: Chosen, container: Ephemeral) -> str:
        known = self.edges.reads.server_time()
        return runs_alike(chosen.sent, container, known, self.left) if known and self.left else ""

    def _refusal(self, found: Sequence[ProfileChoice], said: Sequence[str]) -> NetshootError:
        if self.wish.raw_sockets:
            useless = [c for c in found if c.rules_out_raw_sockets]
            why = [f"{c.notes[0]} (profile {c.profile}: {c.reason})" for c in useless]
            return NoRawSocketsError([*said, *why][0])
        return RefusedError(
            f"the API server would refuse the container: {'; '.join(said)}",
            "nothing was changed; try another --profile, or change what it objects to",
        )

    def _container(self, pod: str, letters: str, target: str, choice: ProfileChoice) -> Ephemeral:
        return Ephemeral(
            pod=pod,
            name=f"netshoot-{letters}",
            image=self.wish.image,
            profile=choice.profile,
            life=self.wish.life,
            pull_policy=self.wish.pull_policy,
            custom=None if choice.user is None else self.pinned.folder / f"{letters}.json",
            user=choice.user,
            target=target,
        )


@dataclass(frozen=True)
class Addition:
    """What to add, and to what: to the pod that each TARGET means (`pick`: a person chooses), or to those of `find`.

    `use` is what it is for. `share` looks at each chosen pod, and says whose processes the container shares; what
    it raises ends the plan. `remarks` are what must be known of the pod.
    """

    target: AnyTarget | TargetGroup
    pick: bool
    wish: Wish
    use: Use
    share: Callable[[Chosen], str] = lambda _: ""
    remarks: Callable[[Pod], Iterable[str]] = lambda _: ()
    find: Callable[[Target, Edges], Sequence[Chosen]] | None = None

    def plan(self, pinned: Pinned, edges: Edges, debug: Callable[[], DebugHelp]) -> AddedPlan:
        """Raises NetshootError where there is no such pod or none to add to, RefusedError for what the API refuses."""
        reads, place = edges.reads, pinned.target
        with reviewed(reads.fetch, self.use, target=self.target, name=named_pod(self.target)) as asked:
            every = self._chosen(place, edges)
            for chosen in every:
                check_addable(chosen.pod, place)
            shared = [self.share(chosen) for chosen in every]
            level, adding = reads.enforced_level(), Proposal(self.wish, edges, debug(), pinned)
            candidates = tuple(
                adding.candidate(chosen, level, target) for chosen, target in zip(every, shared, strict=True)
            )
            review = asked.result()
        remarks = (note for chosen in every for note in self.remarks(chosen.pod))
        return AddedPlan.of(place, review, candidates, remarks)

    def _chosen(self, place: Target, edges: Edges) -> Sequence[Chosen]:
        if self.find:
            return self.find(place, edges)
        each = self.target.targets if isinstance(self.target, TargetGroup) else (self.target,)
        ask = asker(self.pick, edges.terminal, edges.inbox)
        chosen = (choose(target, edges.reads, ask) for target in each)
        return list({one.pod.uid: one for one in chosen}.values())


def announce(plan: AddedPlan, terminal: Terminal) -> None:
    """Say where it will be, and all that must be known beforehand. Raises NetshootError for missing rights."""
    plan.rights.demand(plan.target.namespace)
    names = ", ".join(candidate.chosen.described for candidate in plan.candidates)
    terminal.say(f"{plan.target.place} · pod {names}")
    for note in plan.notes:
        terminal.warn(note)
