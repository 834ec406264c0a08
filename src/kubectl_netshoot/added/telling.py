"""What is said of a container before it is added: the plan of --dry-run, and the lines before it begins."""

import shlex
from collections.abc import Iterable, Iterator

from kubectl_netshoot.config import Target
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.kubectl import Kubectl
from kubectl_netshoot.rights import Review
from kubectl_netshoot.session.choosing import Chosen
from kubectl_netshoot.terminal import Terminal

from .proposal import Candidate

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
