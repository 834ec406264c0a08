"""`--pick`: the pods in a list on the terminal, and the person's answer, a number or a few letters of a name."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.listing import columns, span
from kubectl_netshoot.model import Pod
from kubectl_netshoot.targets import AnyTarget
from kubectl_netshoot.terminal import Terminal

from .choosing import Ask
from .inbox import Inbox

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
    terminal.show(_table(pods, datetime.now(timezone.utc)))
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
        return f"{answer!r} is no number of the list, and in none of the names"
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
