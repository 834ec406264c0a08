"""From TARGET to one pod: the newest ready one of what was named, or the one that a person picks; and why that one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubectl_netshoot.cluster import Reads, pods_of
from kubectl_netshoot.config import Target
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import Pod
from kubectl_netshoot.targets import AnyTarget, named_pod

Ask = Callable[[AnyTarget, Sequence[Pod]], Pod]


@dataclass(frozen=True)
class Chosen:
    """The pod, and `sent`: all that the API says of it. `how` tells why it is this one, and is empty for a pod that
    was named; `notes` must be known beforehand.
    """

    pod: Pod
    sent: dict[str, Any] = field(repr=False)
    target: AnyTarget
    how: str = ""
    notes: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """Its name, and why it is this one."""
        return f"{self.pod.name} ({self.how})" if self.how else self.pod.name


def choose(target: AnyTarget, reads: Reads, place: Target, ask: Ask | None = None) -> Chosen:
    """The pod as it is now; `ask` lets a person pick where there are several.

    Raises NetshootError where there is none or it went away meanwhile, what `pods_of` raises, and what `ask` does.
    """
    if name := named_pod(target):
        return Chosen(*_find(reads, place, name), target)
    pods = pods_of(reads, target)
    picked = ask is not None and len(pods) > 1
    seen = ask(target, pods) if ask is not None and picked else pods[0]
    how = _how(target, pods, picked)
    notes = () if seen.ready or picked else (_none_ready(target, pods),)
    return Chosen(*look_again(reads, seen, how), target, how, notes)


def look_again(reads: Reads, seen: Pod, how: str) -> tuple[Pod, dict[str, Any]]:
    """The pod that was in a list, as it is now, and all that the API says of it; `how` it came to be looked at.

    Raises NetshootError where it went away: another pod of the same name is another pod.
    """
    found = reads.pod_as_sent(seen.name)
    if found is None or found[0].uid != seen.uid or found[0].terminating:
        raise NetshootError(
            f"pod {seen.name} ({how}) went away just now, and nothing was changed", "run the command again"
        )
    return found


def _find(reads: Reads, place: Target, name: str) -> tuple[Pod, dict[str, Any]]:
    """The pod of this name, and all that the API says of it. Raises NetshootError where there is none."""
    found = reads.pod_as_sent(name)
    if found is None:
        raise NetshootError(
            f"there is no pod {name} in namespace {place.namespace} (context {place.context or 'none'})",
            f"see `kubectl get pods -n {place.namespace}`",
        )
    return found


def _how(target: AnyTarget, pods: Sequence[Pod], picked: bool) -> str:
    if picked:
        return f"picked from {len(pods)} {target.of_which}"
    ready = sum(pod.ready for pod in pods)
    count, state = (ready, "ready") if ready else (len(pods), "running, none ready,")
    return f"{'the only one' if count == 1 else f'newest of {count}'} {state} {target.of_which}"


def _none_ready(target: AnyTarget, pods: Sequence[Pod]) -> str:
    return f"no pod {target.of_which} is ready: {pods[0].name} is the newest that runs"
