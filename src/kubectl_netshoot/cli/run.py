"""`run`: a throwaway pod of our own; and what every pod of our own has in common on the command line."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.targets import check_name, check_names
from kubectl_netshoot.terminal import Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.rules.manifest import PodRequest


def run(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]", help="Name of the pod.  [default: netshoot-xxxxx]", show_default=False
        ),
    ] = "",
    labels: Annotated[
        list[str],
        typer.Option(
            "--labels",
            "-l",
            metavar="KEY=VALUE,...",
            help="Labels for the pod, e.g. to try a NetworkPolicy; judged as a join is; can be repeated.",
        ),
    ] = [],  # noqa: B006
    host_network: Annotated[bool, typer.Option("--host-network", help="In the network of its node.")] = False,
    node: Annotated[str, typer.Option("--node", metavar="NAME", help="Put it on this node.")] = "",
    node_selector: Annotated[
        list[str],
        options.rare(
            "--node-selector",
            metavar="KEY=VALUE,...",
            help="Put it on a node with these labels; can be repeated.",
        ),
    ] = [],  # noqa: B006
    service_account: Annotated[
        str, options.rare("--service-account", metavar="NAME", help="Service account that it runs as.")
    ] = "",
    overrides: Annotated[
        str,
        options.rare(
            "--overrides",
            metavar="JSON",
            help="Override fields of the pod, as kubectl run does; containers are merged by name.",
        ),
    ] = "",
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    image_pull_policy: options.PullPolicy = "",
    image_pull_secret: options.PullSecrets = [],  # noqa: B006
    requests: options.Requests = "",
    profile: options.Profile = PROFILES[0],
    shell: options.Shell = "",
    ttl: Annotated[
        str,
        typer.Option(
            "--ttl", metavar="DURATION", help="The cluster ends the pod after this, whatever happens."
        ),
    ] = "1h",
    settle: options.Settle = "5s",
    drain: options.Drain = "60s",
    timeout: options.Timeout = "120s",
    rerun: options.Rerun = False,
    wait: options.Wait = False,
    summary: options.Summary = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the pod, without its labels.")] = False,
    allow: options.Allow = [],  # noqa: B006
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    output: options.PlanOutput = "text",
    rm: Annotated[bool, typer.Option("--rm", hidden=True, help="It is always deleted.")] = False,  # noqa: ARG001
) -> int:
    """Run a shell in a throwaway pod.

    It is no copy of anything: netshoot alone, with a deadline that the cluster keeps. With --labels it can be on
    either side of a NetworkPolicy; labels that a Service or a controller selects are judged as a join is.
    """
    from kubectl_netshoot.rules import manifest
    from kubectl_netshoot.rules.overrides import parse_overrides

    asked = manifest.PodRequest(
        name=manifest.check_pod_name(name) if name else "",
        node=check_name(node, "--node") if node else "",
        node_selector=manifest.parse_node_selector(node_selector),
        labels=manifest.parse_labels(labels),
        host_network=host_network,
        service_account=check_name(service_account, "--service-account") if service_account else "",
        overrides=parse_overrides(overrides),
        image=options.whole_image(ctx, image, image_name, image_tag),
        pull_policy=options.pull_policy(image_pull_policy),
        pull_secrets=check_names(image_pull_secret, "--image-pull-secret"),
        requests=options.requested(requests),
        profile=request.check_choice(profile, PROFILES, "--profile"),
        shell=request.check_program(shell, "--shell") if shell else "",
        ttl=request.parse_ttl(ttl),
        settle=options.asked_settle(ctx, settle),
        drain=request.parse_duration(drain, "--drain"),
        timeout=request.parse_duration(timeout, "--timeout"),
        rerun=rerun,
        keep=keep,
        wait=wait,
        summary=options.summary_file(summary),
        dry_run=dry_run,
        allow=options.allowed(allow),
        command=request.check_command(ctx.obj),
    )
    if asked.labels:
        request.check_time_to_leave(asked.ttl, asked.settle, asked.drain)
    terminal = Terminal(quiet=quiet, verbosity=verbose, yes=yes)
    return carry_out(asked, connection_of(ctx), terminal, json_wanted=options.plan_as_json(output, dry_run))


def carry_out(
    asked: "PodRequest", connection: Connection, terminal: Terminal, json_wanted: bool = False
) -> int:
    """Carry out what was asked for, or show its plan (as JSON where that is wanted); the exit status."""
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.session.throwaway import plan_pod, run_pod

    if asked.dry_run:
        return render.dry_run(plan_pod(asked, connection, terminal), terminal, asked.allow, json_wanted)
    return run_pod(asked, connection, terminal, partial(render.show, terminal))
