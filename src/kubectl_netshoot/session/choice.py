"""From TARGET to one pod: the newest ready one of what was named, or the one that a person picks. And a pod of ours."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from kubectl_netshoot.errors import NetshootError, RefusedError, UsageError
from kubectl_netshoot.kube.missing import no_copy, no_object
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.workloads import pods_of
from kubectl_netshoot.model import Json, Pod
from kubectl_netshoot.rules.listing import columns, span
from kubectl_netshoot.rules.marks import is_ours
from kubectl_netshoot.rules.targets import POD, AnyTarget, TargetName, named_pod
from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.terminal import Terminal

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


def choose(target: AnyTarget, reads: Reads, ask: Ask | None = None, failing: bool = False) -> Chosen:
    """The pod as it is now; `ask` lets a person pick where there are several, `failing` says that it need not be ready,
    nor run.

    Raises NetshootError where there is none or it went away meanwhile, what `pods_of` raises, and what `ask` does.
    """
    if name := named_pod(target):
        found = reads.pod_as_sent(name)
        if found is None:
            raise no_object(reads.fetch, TargetName(POD, name))
        return Chosen(*found, target)
    pods = pods_of(reads, target, failing)
    picked = ask is not None and len(pods) > 1
    seen = ask(target, pods) if ask is not None and picked else pods[0]
    how = _how(target, pods, picked)
    notes = () if seen.ready or picked or failing else (_none_ready(target, pods),)
    return Chosen(*look_again(reads, seen, how), target, how, notes)


def look_again(reads: Reads, seen: Pod, how: str) -> tuple[Pod, dict[str, Any]]:
    """The pod that was in a list, as it is now, and all that the API says of it; `how` it came to be looked at.

    Raises NetshootError where it went away: another pod of the same name is another pod.
    """
    found = reads.pod_as_sent(seen.name)
    if found is None or found[0].uid != seen.uid or found[0].terminating:
        raise NetshootError(f"pod {seen.name} ({how}) is gone; nothing was changed", again=())
    return found


def _how(target: AnyTarget, pods: Sequence[Pod], picked: bool) -> str:
    if picked:
        return f"picked from {len(pods)} {target.of_which}"
    ready = sum(pod.ready for pod in pods)
    of_failing = "running, none ready," if all(pod.phase == "Running" for pod in pods) else "unready"
    count, state = (ready, "ready") if ready else (len(pods), of_failing)
    return f"{'the only one' if count == 1 else f'newest of {count}'} {state} {target.of_which}"


def _none_ready(target: AnyTarget, pods: Sequence[Pod]) -> str:
    return f"no pod {target.of_which} is ready: {pods[0].name} is the newest that runs"


# What a screen holds; the letters find the others too.
SHOWN = 30
LEAVE = ("q", "quit")


def asker(pick: bool, terminal: Terminal, inbox: Inbox) -> Ask | None:
    """What `choose` asks by; None without --pick. A signal in the inbox ends the question."""
    if not pick:
        return None
    return lambda target, pods: _ask(target, pods, terminal, lambda: inbox.signal)


def _ask(target: AnyTarget, pods: Sequence[Pod], terminal: Terminal, signalled: Callable[[], int]) -> Pod:
    """Raises UsageError without a terminal, NetshootError when nothing is picked or a signal came."""
    names = [pod.name for pod in pods]
    if not terminal.talks_to_person:
        raise UsageError(
            f"--pick asks on a terminal, and this is none; the pods {target.of_which}:",
            "\n".join([*names, "give one of them as TARGET"]),
        )
    terminal.show(_table(pods, datetime.now(timezone.utc)), whole=True)
    while True:
        question = f"which pod {target.of_which}? [1-{len(pods)}, letters of its name, q leaves] "
        answer = terminal.answer_within(question, math.inf, lambda: bool(signalled()))
        if answer is None or answer in LEAVE:
            raise _unpicked(signalled())
        found = meant(answer, names)
        if len(found) == 1:
            return pods[found[0]]
        terminal.show([_unclear(answer, [names[index] for index in found])])


def _unpicked(signal: int) -> NetshootError:
    error = NetshootError("no pod was picked, and nothing was changed")
    if signal:
        error.status = 128 + signal
    return error


def meant(answer: str, names: Sequence[str]) -> tuple[int, ...]:
    """The indices of all names that this may mean: the one with that number or that whole name, else all with these
    letters in them.
    """
    if not answer:
        return ()
    for whole in ([str(number) for number in range(1, len(names) + 1)], list(names)):
        if answer in whole:
            return (whole.index(answer),)
    return tuple(index for index, name in enumerate(names) if answer in name)


def _unclear(answer: str, names: Sequence[str]) -> str:
    if not names:
        return f"{answer!r} is neither a number of the list nor part of a name"
    return f"{answer!r} may be any of {len(names)}: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"


def _table(pods: Sequence[Pod], now: datetime) -> list[str]:
    rows = [_row(number, pod, now) for number, pod in enumerate(pods[:SHOWN], start=1)]
    lines = columns(("", "NAME", "READY", "RESTARTS", "AGE", "NODE"), rows)
    more = len(pods) - len(rows)
    return [*lines, f"and {more} more, by letters of their names"] if more else lines


def _row(number: int, pod: Pod, now: datetime) -> tuple[str, ...]:
    ready = f"{sum(c.ready for c in pod.containers)}/{len(pod.containers)}"
    age = span(now - pod.created) if pod.created else "?"
    return (str(number), pod.name, ready, str(pod.restarts), age, pod.node or "<none>")


def own_pod(reads: Reads, name: str) -> tuple[Pod, Json]:
    """The pod of ours that is called so, and all that the API says of it.

    Raises NotThereError where there is none, RefusedError for a pod of somebody else.
    """
    found = reads.pod_as_sent(name)
    if found is None:
        raise no_copy(reads.fetch, name, [copy.name for copy in reads.copies()])
    if not is_ours(found[0]):
        raise RefusedError(
            f"pod {name} was not made by kubectl-netshoot, and was not touched",
            f"try: kubectl netshoot list -n {found[0].namespace} {reads.fetch.flags}".rstrip(),
        )
    return found
