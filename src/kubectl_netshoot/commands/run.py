"""`run` from the request to its end: planned only, for --dry-run, or carried out as every session is."""

from collections.abc import Callable

from kubectl_netshoot.kube.connection import Connection
from kubectl_netshoot.rules.manifest import PodRequest
from kubectl_netshoot.session.session import connected, run_planned
from kubectl_netshoot.session.throwaway import ThrowawayPlan, plan_throwaway
from kubectl_netshoot.terminal import Terminal


def plan_pod(request: PodRequest, connection: Connection, terminal: Terminal) -> ThrowawayPlan:
    """The plan alone: reads, changes nothing."""
    with connected(connection, terminal) as (pinned, edges, _):
        return plan_throwaway(request, pinned.target, edges)


def run_pod(
    request: PodRequest, connection: Connection, terminal: Terminal, show: Callable[[ThrowawayPlan], None]
) -> int:
    """The whole session; `show` prints the plan for a person who is asked to accept its warnings.

    The exit status is the shell's or COMMAND's; errors are those of `run_session`.
    """
    return run_planned(
        request,
        connection,
        terminal,
        lambda pinned, edges: plan_throwaway(request, pinned.target, edges),
        show,
    )
