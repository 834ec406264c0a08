"""The command from the request to its exit status: in a copy by a session, or live; planned only, for --dry-run."""

from collections.abc import Callable

from kubectl_netshoot.config import Connection
from kubectl_netshoot.session import Plan, run_session, show_session_plan
from kubectl_netshoot.terminal import Terminal

from .live import run_live, show_live_plan
from .report import Show
from .request import CheckRequest
from .visiting import checking


def run_check(
    request: CheckRequest,
    connection: Connection,
    terminal: Terminal,
    show_plan: Callable[[Plan], None],
    show: Show,
) -> int:
    """0 where all is well, 1 where something is not. Raises what run_session raises."""
    dry = request.session.dry_run
    if request.live:
        if dry:
            return show_live_plan(request, connection, terminal)
        return run_live(request, connection, terminal, show)
    if not dry:
        return run_session(request.session, connection, terminal, show_plan, checking(request, show))
    return show_session_plan(request.session, connection, terminal, show_plan)
