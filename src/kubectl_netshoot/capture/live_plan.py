"""A passive capture before anything is changed: the pods, the container for each, and what must be known of both."""

import json
import secrets
import string
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kubectl_netshoot.cluster import Reads, pods_of, review, try_ephemeral, was_not_judged
from kubectl_netshoot.config import Pinned, Target, private_file
from kubectl_netshoot.ephemeral import Ephemeral, custom_security, ephemeral_container
from kubectl_netshoot.errors import ApiError, NetshootError, RefusedError
from kubectl_netshoot.join.source import mesh
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.model import Pod
from kubectl_netshoot.profiles import Choice, choices, run_as
from kubectl_netshoot.rights import Review, rights_of_capture
from kubectl_netshoot.targets import POD

from .request import CaptureRequest
from .silence import Place
from .tcpdump import no_raw_sockets

Json = dict[str, Any]
LETTERS = 5
# Between the container's start and tcpdump's; several pods wait for the slowest image.
START = timedelta(minutes=1)
ON_NODE = "pod {} is in its node's network: the capture holds what all of the node sends and receives"


@dataclass(frozen=True)
class Candidate:
    """A running pod and the container that it would get; `notes` are to be said beforehand."""

    pod: Pod
    container: Ephemeral
    choice: Choice
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LivePlan:
    """What would be done. Nothing has been changed."""

    target: Target
    candidates: tuple[Candidate, ...]
    rights: Review

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known, each once."""
        return (*dict.fromkeys(n for c in self.candidates for n in c.notes), *self.rights.notes)

    def place(self, request: CaptureRequest) -> Place:
        """Where it listens, for the reasons of silence."""
        hazards = tuple((h.id, h.what) for c in self.candidates for h in mesh(c.pod))
        return Place(True, request.interface, request.filter, hazards=tuple(dict.fromkeys(hazards)))


def make_live_plan(request: CaptureRequest, pinned: Pinned, reads: Reads, debug: DebugHelp) -> LivePlan:
    """Raises NetshootError where there is no such pod, or none that tcpdump could work in."""
    pods = _chosen(request, reads)
    level = reads.enforced_level()
    proposing = _Proposing(request, reads, debug, pinned, len(pods))
    candidates = tuple(proposing.candidate(name, level) for name in pods)
    found = review(reads.fetch, rights_of_capture(), pods[0])
    return LivePlan(pinned.target, candidates, found)


def _chosen(request: CaptureRequest, reads: Reads) -> tuple[str, ...]:
    if request.target.kind == POD:
        return (request.target.name,)
    pods = tuple(pod.name for pod in pods_of(reads, request.target))
    if not request.all_pods:
        return pods[:1]
    if len(pods) > request.max_pods:
        raise RefusedError(
            f"{request.target} has {len(pods)} pods, and nothing was changed",
            f"--max-pods {len(pods)} captures in all of them; without --all-pods it is the newest ready one",
        )
    return pods


@dataclass(frozen=True)
class _Proposing:
    request: CaptureRequest
    reads: Reads
    debug: DebugHelp
    pinned: Pinned
    pods: int

    def candidate(self, name: str, level: str) -> Candidate:
        found = self.reads.pod_as_sent(name)
        if found is None:
            raise NetshootError(
                f"there is no pod {name} in namespace {self.pinned.target.namespace} "
                f"(context {self.pinned.target.context or 'none'})",
                f"see `kubectl get pods -n {self.pinned.target.namespace}`",
            )
        pod, sent = found
        if pod.phase != "Running" or pod.terminating:
            state = "is being deleted" if pod.terminating else f"is {pod.phase or 'unknown'}"
            raise NetshootError(f"pod {name} {state}: only a running pod can be listened to")
        notes = (ON_NODE.format(name),) if pod.host_network else ()
        container, choice, warnings = self._container(pod, sent, level)
        return Candidate(pod, container, choice, (*choice.notes, *notes, *warnings))

    def _container(self, pod: Pod, sent: Json, level: str) -> tuple[Ephemeral, Choice, tuple[str, ...]]:
        """The best that the API server accepts in a dry run."""
        session = self.request.session
        found = choices(
            session.profile, level, run_as(sent["spec"]), self.debug.profiles, "--custom" in self.debug.flags
        )
        said = ""
        for choice in found:
            if choice.rules_out_raw_sockets:
                said = said or f"{choice.notes[0]} (profile {choice.profile}: {choice.reason})"
                continue
            container = self._with(pod, choice)
            try:
                warnings = try_ephemeral(self.reads.fetch, pod.name, ephemeral_container(container))
            except ApiError as error:
                unjudged = was_not_judged(error)
                if unjudged:
                    note = f"the API server did not judge the container beforehand: {unjudged}"
                    return container, choice, (note,)
                said = said or error.message
                continue
            return container, choice, tuple(f"the API server warns: {text}" for text in warnings)
        raise no_raw_sockets(said)

    def _with(self, pod: Pod, choice: Choice) -> Ephemeral:
        session = self.request.session
        letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS))
        waiting = session.timeout if self.pods > 1 else timedelta()
        custom = None
        if choice.user is not None:
            custom = self.pinned.folder / f"{letters}.json"
            private_file(custom, json.dumps(custom_security(choice.user)))
        return Ephemeral(
            pod=pod.name,
            name=f"netshoot-{letters}",
            image=session.image,
            profile=choice.profile,
            life=self.request.bounds.duration + START + waiting,
            pull_policy=session.pull_policy,
            custom=custom,
            user=choice.user,
        )
