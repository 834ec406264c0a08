"""Which of several profiles the API server takes for a new pod: each is tried by a dry run, best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubectl_netshoot.cluster import was_not_judged
from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.join import Hazard, Severity
from kubectl_netshoot.profiles import Choice


@dataclass(frozen=True)
class Accepted:
    """The choice that was accepted, else the first one with all `refusals`; `notes` are to be said beforehand."""

    choice: Choice
    notes: tuple[str, ...] = ()
    refusals: tuple[Hazard, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """What is tried: `noun` is what people call the pod, `rename` how they give it another name."""

    noun: str
    rename: str
    attempt: Callable[[Choice], Sequence[str]]

    def first_accepted(self, found: Sequence[Choice]) -> Accepted:
        """`attempt` is the dry run of a choice: it returns the server's warnings, or raises ApiError.

        An error that says nothing of the pod itself ends the search: the choice is taken, and a note says why.
        Raises NetshootError for a name that is taken.
        """
        said: list[str] = []
        for choice in found:
            try:
                warnings = self.attempt(choice)
            except ApiError as error:
                if error.reason == "AlreadyExists":
                    raise NetshootError(
                        error.message, f"give the {self.noun} another {self.rename}"
                    ) from error
                unjudged = was_not_judged(error)
                if unjudged:
                    note = f"the API server did not judge the {self.noun} beforehand: {unjudged}"
                    return Accepted(choice, (note,))
                said.append(error.message)
            else:
                notes = tuple(f"the API server warns: {text}" for text in warnings)
                return Accepted(choice.after(said), notes)
        return Accepted(found[0], refusals=tuple(map(self._refusal, dict.fromkeys(said))))

    def _refusal(self, message: str) -> Hazard:
        return Hazard(
            "admission",
            Severity.NEVER,
            f"the API server would refuse the {self.noun}: {message}",
            "change what it objects to, or try another --profile",
        )
