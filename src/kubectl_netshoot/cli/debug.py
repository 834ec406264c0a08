"""`debug`: a shell or COMMAND in the running pod itself, or on a node."""

from typing import Annotated

import typer

from kubectl_netshoot import request
from kubectl_netshoot.cli.kubectl_words import Stdin, Tty
from kubectl_netshoot.cli.options import (
    DryRun,
    Image,
    LabelSelector,
    Pick,
    Profile,
    PullPolicy,
    Quiet,
    Shell,
    Timeout,
    Verbose,
    Yes,
    connects,
    images,
    pull_policy,
)
from kubectl_netshoot.cli.routing import TARGET
from kubectl_netshoot.config.connection import Connection
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.profiles import PROFILES
from kubectl_netshoot.targets import NODE, parse_target
from kubectl_netshoot.terminal import Terminal


@connects
@images
def debug(
    ctx: typer.Context,
    connection: Connection,
    target: Annotated[
        str,
        typer.Argument(
            metavar=TARGET,
            help="A pod, or deploy/, rs/, sts/, ds/, job/, cronjob/ or svc/NAME: its newest ready pod; or node/NAME.",
            show_default=False,
        ),
    ] = "",
    selector: LabelSelector = "",
    pick: Pick = False,
    share: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="CONTAINER",
            help="Share the processes of this container, '' for none.  [default: the first that runs]",
            show_default=False,
        ),
    ] = None,
    image: Image = request.DEFAULT_IMAGE,
    image_pull_policy: PullPolicy = "",
    profile: Profile = PROFILES[0],
    shell: Shell = "",
    ttl: Annotated[
        str, typer.Option("--ttl", metavar="DURATION", help="It ends after this, whatever happens.")
    ] = "1h",
    timeout: Timeout = "120s",
    dry_run: DryRun = False,
    yes: Yes = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    stdin: Stdin = False,  # noqa: ARG001 (kubectl's words, always so here)
    tty: Tty = False,  # noqa: ARG001
) -> int:
    """Run a shell or COMMAND in the running pod TARGET, or on a node (node/NAME), with the tools of netshoot.

    A container is added to the pod. It sees the pod's network and the processes of one of its containers, and ends
    with the shell; Kubernetes keeps its record as long as the pod. On a node it is a pod with the node's namespaces
    and, at /host, its files, which is deleted at the end.
    """
    from kubectl_netshoot.debugging import DebugRequest, run_debug, show_debug_plan

    terminal = Terminal(quiet=quiet, verbosity=verbose, yes=yes)
    node = _node(target)
    if node:
        raise UsageError("debug node/NAME is not there yet")
    asked = DebugRequest(
        target=parse_target(target, selector, pick),
        pick=pick,
        share=share,
        image=request.check_image(image),
        pull_policy=pull_policy(image_pull_policy),
        profile=request.check_choice(profile, PROFILES, "--profile"),
        shell=request.check_program(shell, "--shell") if shell else "",
        ttl=request.parse_ttl(ttl),
        timeout=request.parse_duration(timeout, "--timeout"),
        command=request.check_command(ctx.obj),
    )
    carry_out = show_debug_plan if dry_run else run_debug
    return carry_out(asked, connection, terminal)


def _node(target: str) -> str:
    """The name behind node/, empty for any other TARGET."""
    kind, _, name = target.partition("/")
    return name if NODE.is_called(kind) else ""
