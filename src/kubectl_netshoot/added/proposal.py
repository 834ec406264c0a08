"""The container to ask for: the pod it comes into, and the best profile that the API server accepts there."""

import json
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kubectl_netshoot.cluster import Reads, try_ephemeral, was_not_judged
from kubectl_netshoot.config import Pinned, Target, private_file
from kubectl_netshoot.ephemeral import Ephemeral, custom_security, ephemeral_container
from kubectl_netshoot.errors import ApiError, NetshootError, RefusedError
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.model import Pod
from kubectl_netshoot.profiles import Choice, choices, run_as

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
