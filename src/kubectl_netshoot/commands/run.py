"""`run` from the request to its end: planned only, for --dry-run, or carried out as every session is."""

from collections.abc import Callable

from kubectl_netshoot.kube.connection import Connection
from kubectl_netshoot.session.manifest import PodRequest
from kubectl_netshoot.session.session import connected, undertake
from kubectl_netshoot.session.throwaway import PodPlan, make_plan
from kubectl_netshoot.session.visit import ShellVisit
from kubectl_netshoot.terminal import Terminal


def plan_pod(request: PodRequest, connection: Connection, terminal: Terminal) -> PodPlan:
    """The plan alone: reads, changes nothing."""
    with connected(connection, terminal) as (pinned, edges, _):
        return make_plan(request, pinned, edges)


def run_pod(
    request: PodRequest, connection: Connection, terminal: Terminal, show: Callable[[PodPlan], None]
) -> int:
    """The whole session; `show` prints the plan for a person who is asked to accept its warnings.

    The exit status is the shell's or COMMAND's; errors are those of `run_session`.
    """
    return undertake(
        request,
        connection,
        terminal,
        lambda pinned, edges: make_plan(request, pinned, edges),
        show,
        lambda edges, plan: ShellVisit(edges, plan, request),
    )
