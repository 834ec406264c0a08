"""One stay in added containers, from the request to their end, whatever happens in between."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.session.inbox import SecondInterrupt

from .container import AddedContainer, Interrupted

T = TypeVar("T")


def visit(every: Sequence[AddedContainer], seconds: float, work: Callable[[], T]) -> T | None:
    """Add each, wait until it runs (`seconds` at most), work in them, end them; None where a signal came before that.

    Raises NetshootError where it does not come to work, or after a second Ctrl-C, and what `work` raises: all of them
    end, by us or by their own time.
    """
    try:
        return _visit(every, seconds, work)
    except SecondInterrupt:
        raise _stopped(every) from None


def _visit(every: Sequence[AddedContainer], seconds: float, work: Callable[[], T]) -> T | None:
    try:
        start(every, seconds)
        found = work()
    except Interrupted:
        found = None
    except SecondInterrupt:
        raise
    except BaseException:
        end(every)
        raise
    end(every)
    return found


def start(every: Sequence[AddedContainer], seconds: float) -> None:
    """Add them at once, and wait until each runs (`seconds` at most). Raises NetshootError, Interrupted."""
    for error in start_each(every, seconds):
        if error is not None:
            raise error


def start_each(every: Sequence[AddedContainer], seconds: float) -> list[Exception | None]:
    """The same, and for each what went wrong, in the place of raising the first."""

    def begin(one: AddedContainer) -> None:
        one.add()
        one.wait_until_it_runs(seconds)

    return at_once([partial(begin, one) for one in every])


def end(every: Sequence[AddedContainer]) -> None:
    """End those that were added, at once."""
    at_once([one.end for one in every if one.was_added])


def at_once(every: Sequence[Callable[[], None]]) -> list[Exception | None]:
    """Do all of these side by side; what went wrong with each. A second Ctrl-C waits for none of them."""
    errors: list[Exception | None] = [None] * len(every)

    def do(index: int) -> None:
        try:
            every[index]()
        except Exception as error:  # noqa: BLE001 (whoever asked decides)
            errors[index] = error

    others = [threading.Thread(target=do, args=(index,), daemon=True) for index in range(1, len(every))]
    for thread in others:
        thread.start()
    if every:
        do(0)
    for thread in others:
        thread.join()
    return errors


def _stopped(every: Sequence[AddedContainer]) -> NetshootError:
    names = ", ".join(f"container {one.name} in pod {one.pod}" for one in every)
    error = NetshootError(
        f"stopped by a second Ctrl-C; {names} may still run",
        f"{'it' if len(every) == 1 else 'each'} ends by itself, {every[0].own_end}",
    )
    error.status = ExitStatus.INTERRUPTED
    return error
