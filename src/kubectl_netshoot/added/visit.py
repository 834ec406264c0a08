"""One stay in an added container, from the request to its end, whatever happens in between."""

from collections.abc import Callable

from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.session.attachment import Ended
from kubectl_netshoot.session.inbox import SecondInterrupt

from .container import AddedContainer, Interrupted


def visit(added: AddedContainer, seconds: float, work: Callable[[AddedContainer], Ended]) -> Ended | None:
    """Add it, wait until it runs (`seconds` at most), work in it, end it; None where a signal came before the work.

    Raises NetshootError where it does not come to work, or after a second Ctrl-C, and what `work` raises: the container
    ends all the same, by us or by its own time.
    """
    try:
        return _visit(added, seconds, work)
    except SecondInterrupt:
        raise _stopped(added) from None


def _visit(added: AddedContainer, seconds: float, work: Callable[[AddedContainer], Ended]) -> Ended | None:
    try:
        added.add()
    except Interrupted:
        return None
    try:
        added.wait_until_it_runs(seconds)
        ended = work(added)
    except Interrupted:
        ended = None
    except SecondInterrupt:
        raise
    except BaseException:
        added.end()
        raise
    added.end()
    return ended


def _stopped(added: AddedContainer) -> NetshootError:
    error = NetshootError(
        f"stopped by a second Ctrl-C; container {added.name} in pod {added.pod} may still run",
        f"it ends by itself, {round(added.candidate.container.life.total_seconds())} seconds after its start",
    )
    error.status = ExitStatus.INTERRUPTED
    return error
