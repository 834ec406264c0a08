"""`debug`: a shell or COMMAND in the running pod itself, or on a node."""

from datetime import timedelta
from typing import Annotated, TypedDict

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.cli.group import TARGET
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.targets import NODE, check_name, check_names, parse_target
from kubectl_netshoot.terminal import Terminal


def debug(
    ctx: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar=TARGET,
            help="A pod, or deploy/, rs/, sts/, ds/, job/, cronjob/ or svc/NAME: its newest ready pod; or node/NAME.",
            show_default=False,
        ),
    ] = "",
    selector: options.LabelSelector = "",
    pick: options.Pick = False,
    share: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="CONTAINER",
            help="Share the processes of this container, '' for none.  [default: the first that runs]",
            show_default=False,
        ),
    ] = None,
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    image_pull_policy: options.PullPolicy = "",
    image_pull_secret: options.PullSecrets = [],  # noqa: B006
    requests: options.Requests = "",
    profile: options.Profile = PROFILES[0],
    shell: options.Shell = "",
    ttl: Annotated[
        str, options.rare("--ttl", metavar="DURATION", help="It ends after this, whatever happens.")
    ] = "1h",
    timeout: Annotated[
        str, options.rare("--timeout", metavar="DURATION", help="Longest wait until it runs.")
    ] = "120s",
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> int:
    """Run a shell in a running pod or on a node.

    A container is added to the pod. It sees the pod's network and the processes of one of its containers, and ends
    with the shell; Kubernetes keeps its record as long as the pod. On a node it is a pod with the node's namespaces
    and, at /host, its files, which is deleted at the end.
    """
    terminal = Terminal(quiet=quiet, verbosity=verbose, yes=yes)
    wish = _Wish(
        image=options.whole_image(ctx, image, image_name, image_tag),
        pull_policy=options.pull_policy(image_pull_policy),
        profile=request.check_choice(profile, PROFILES, "--profile"),
        shell=request.check_program(shell, "--shell") if shell else "",
        ttl=request.parse_ttl(ttl),
        timeout=request.parse_duration(timeout, "--timeout"),
        command=request.check_command(ctx.obj),
    )
    kind, slash, name = target.partition("/")
    if slash and NODE.is_called(kind):
        if selector or pick or share is not None:
            raise UsageError("-l, --pick and --target do not apply to node/NAME")
        from kubectl_netshoot.cli.run import carry_out
        from kubectl_netshoot.rules.manifest import PodRequest
        from kubectl_netshoot.rules.marks import NODE as ON_NODE

        pod = PodRequest(
            kind=ON_NODE,
            node=check_name(name, "TARGET"),
            pull_secrets=check_names(image_pull_secret, "--image-pull-secret"),
            requests=options.requested(requests),
            dry_run=dry_run,
            **wish,
        )
        return carry_out(pod, connection_of(ctx), terminal)
    if options.given(ctx, "image_pull_secret") or options.given(ctx, "requests"):
        raise UsageError(
            "--image-pull-secret and --requests apply to node/NAME only, not to a container that is added to a pod"
        )
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.commands.debug import DebugRequest, plan_debug, run_debug

    asked = DebugRequest(target=parse_target(target, selector, pick), pick=pick, share=share, **wish)
    if dry_run:
        return render.dry_run(plan_debug(asked, connection_of(ctx), terminal), terminal)
    return run_debug(asked, connection_of(ctx), terminal)


class _Wish(TypedDict):
    """What is the same for a pod and a node, as both requests call it."""

    image: str
    pull_policy: str
    profile: str
    shell: str
    ttl: timedelta
    timeout: timedelta
    command: tuple[str, ...]
