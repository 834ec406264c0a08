"""What can go wrong, in our own words: one error class for people, and the exit status it stands for."""

from collections.abc import Iterable, Sequence
from enum import IntEnum


class ExitStatus(IntEnum):
    """The process's exit status; scripts rely on it, docs/reference.md lists it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BUG = 3
    REFUSED = 4
    # As timeout(1) says it.
    EXPIRED = 124
    INTERRUPTED = 130


class NetshootError(Exception):
    """An expected failure: what happened, and in `hint` what is left and what to run next. `again`, where it is given,
    are words that the same command line would work with.
    """

    status: int = ExitStatus.FAILED

    def __init__(self, message: str, hint: str = "", again: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.again = again


class UsageError(NetshootError):
    """Bad input, found before anything was changed."""

    status = ExitStatus.USAGE


class ExpiredError(NetshootError):
    """The session left by itself, in good order, before the cluster would have ended its copy."""

    status = ExitStatus.EXPIRED


class RefusedError(NetshootError):
    """The guard said no, or something was left behind on purpose."""

    status = ExitStatus.REFUSED


class NotThereError(NetshootError):
    """What was named is not there. `typed` is its name as it was given, as the value of one of `flags` where it was not
    TARGET or another argument; `meant` what the person probably wanted, as it would be given, empty where nobody knows.
    `instead` is the same where the message says it already.
    """

    def __init__(
        self,
        message: str,
        typed: str,
        meant: str = "",
        hint: str = "",
        flags: tuple[str, ...] = (),
        instead: str = "",
    ) -> None:
        super().__init__(f"{message}; did you mean {meant}?" if meant else message, hint)
        self.typed = typed
        self.meant = meant or instead
        self.flags = flags


class UnknownWordError(NotThereError, UsageError):
    """The same for a word that nothing is called by: a kind, a command."""

    status = ExitStatus.USAGE


class DeclinedError(NetshootError):
    """A person said no when they were asked: what is shown is no error."""

    status: int = ExitStatus.REFUSED


class ApiError(NetshootError):
    """The API server answered with an error, or could not be reached (`code` 0).

    `code` is the HTTP status, `reason` Kubernetes' own word for it (NotFound, Conflict, Invalid ...),
    `retry_after` the seconds that the server asked us to wait, 0 where it did not. `lasting`: where nothing has been
    answered before, the same request would not be either.
    """

    def __init__(
        self,
        message: str,
        code: int = 0,
        reason: str = "",
        retry_after: float = 0.0,
        hint: str = "",
        lasting: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after
        self.lasting = lasting

    @property
    def transient(self) -> bool:
        """Whether the same request may well succeed a moment later."""
        return self.code in (0, 408, 410, 429, 500, 502, 503, 504)

    @property
    def not_found(self) -> bool:
        """Whether the API server itself says that there is no such object: what is in front of it answers 404, too."""
        return self.code == 404 and self.reason == "NotFound"

    @property
    def lost_race(self) -> bool:
        """Whether what we had seen was no longer true: look again, then decide again.

        409 is a stale resourceVersion or a failed precondition; 422 is what a failed JSON patch `test` gives.
        """
        return self.code in (409, 422)


def near(word: str, names: Iterable[str]) -> str:
    """The one of these names that was probably meant: begun like this, or a letter or two away; empty without one."""
    from difflib import get_close_matches

    known = list(names)
    alike = [name for name in known if abs(len(name) - len(word)) < 2]
    begun = [name for name in known if len(word) > 2 and name.startswith(word)]
    return next(iter(get_close_matches(word, alike, 1, 0.7) or begun), "")
