"""Before the first change: what does the API server say of it in a dry run."""

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.reads import Answer, was_not_judged
from kubectl_netshoot.rules.profiles import Choice

LETTERS = 5


def suffix() -> str:
    """Letters at random, for the end of a name."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS))


@dataclass(frozen=True)
class Accepted:
    """The choice that the API server takes, and its `answer` where it has given one; `notes` are what it said.

    Where it takes none: the first choice, and all its `refusals`.
    """

    choice: Choice
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    answer: Answer | None = None


def first_accepted(
    found: Sequence[Choice], attempt: Callable[[Choice], Answer], noun: str, rename: str = ""
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
