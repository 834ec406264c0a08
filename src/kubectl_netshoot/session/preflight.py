"""Before the first change: may the user do all of it, and what does the API server say of it in a dry run."""

import secrets
import string
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.connection import Target
from kubectl_netshoot.kube.reads import Answer, Reads, review, was_not_judged
from kubectl_netshoot.rules.profiles import Choice
from kubectl_netshoot.rules.rights import Review, Right, role_yaml

LETTERS = 5


def suffix() -> str:
    """Letters at random, for the end of a name."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(LETTERS))


@dataclass(frozen=True)
class Wanted:
    """The rights that something uses, and the flag of `rbac` that prints a Role with them."""

    rights: tuple[Right, ...]
    flag: str


@contextmanager
def reviewed(reads: Reads, wanted: Wanted, target: Target, name: str = "") -> Iterator[Future[Review]]:
    """The review, under way while the body reads; a read that is refused is told with all else that is missing.

    `name` is that of the pod that rights are used on, where it is known.
    """
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(review, reads.fetch, wanted.rights, name)
        try:
            yield asked
        except ApiError as error:
            if error.code == 403:
                demand(asked.result(), wanted, target, error.message)
            raise


def demand(found: Review, wanted: Wanted, target: Target, said: str = "") -> None:
    """Raise NetshootError with every needed right that is missing, and the smallest Role that would do.

    `said` are the server's own words where it has refused something already.
    """
    if not found.missing:
        return
    count, namespace = len(found.missing), target.namespace
    needed = [right for right in wanted.rights if right.needed]
    rbac = f"kubectl netshoot rbac{wanted.flag} -n {namespace}"
    lines = [
        *([said] if said else []),
        *(f"you may not {right}: {right.purpose}" for right in found.missing),
        f"this Role would do; `{rbac}` adds what is useful beside it:",
        *role_yaml(needed, namespace).splitlines(),
    ]
    what = "1 right is missing" if count == 1 else f"{count} rights are missing"
    raise NetshootError(f"{what} in namespace {namespace}, and nothing was changed", "\n".join(lines))


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
