"""The command from the request to its exit status: in a copy by a session, or live; planned only, for --dry-run."""

from collections.abc import Callable

from kubectl_netshoot.config import Connection
from kubectl_netshoot.session import Plan, run_session, show_session_plan
from kubectl_netshoot.terminal import Terminal

from .explaining import Show
from .live import run_live, show_live_plan
from .outputs import check_beforehand
from .request import CaptureRequest, Where
from .visiting import capturing


def run_capture(
    request: CaptureRequest,
    connection: Connection,
    terminal: Terminal,
    show: Callable[[Plan], None],
    explain: Show,
) -> int:
    """The exit status. `show` prints the plan of a copy, `explain` what the packets mean.

    Raises UsageError for a filter that tcpdump does not take, and what run_session raises.
    """
    check_beforehand(request)
    dry = request.session.dry_run
    if request.where is Where.LIVE:
        if dry:
            return show_live_plan(request, connection, terminal)
        return run_live(request, connection, terminal, explain)
    session = request.session
    if not dry:
        return run_session(session, connection, terminal, show, capturing(request, explain))
    return show_session_plan(session, connection, terminal, show)
