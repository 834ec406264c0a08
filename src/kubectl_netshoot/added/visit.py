"""One stay in added containers, from the request to their end, whatever happens in between."""

from collections.abc import Callable, Sequence
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
    added: list[AddedContainer] = []
    try:
        for one in every:
            one.add()
            added.append(one)
            one.wait_until_it_runs(seconds)
        found = work()
    except Interrupted:
        found = None
    except SecondInterrupt:
        raise
    except BaseException:
        _end(added)
        raise
    _end(added)
    return found


def _end(added: Sequence[AddedContainer]) -> None:
    for one in added:
        one.end()


def _stopped(every: Sequence[AddedContainer]) -> NetshootError:
    names = ", ".join(f"container {one.name} in pod {one.pod}" for one in every)
    error = NetshootError(
        f"stopped by a second Ctrl-C; {names} may still run",
        f"{'it' if len(every) == 1 else 'each'} ends by itself, {every[0].own_end}",
    )
    error.status = ExitStatus.INTERRUPTED
    return error
