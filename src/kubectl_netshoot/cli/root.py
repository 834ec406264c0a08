"""The application: the session of a TARGET, and every other command by its name.

Each command turns its options into a request, runs the use case, and renders what comes back.
"""

from functools import partial
from typing import Annotated

import typer

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.capture import capture
from kubectl_netshoot.cli.check import check
from kubectl_netshoot.cli.completion import completion
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.cli.debug import debug
from kubectl_netshoot.cli.doctor import doctor
from kubectl_netshoot.cli.explain import explain
from kubectl_netshoot.cli.group import (
    HELP,
    TARGET,
    ClusterCommand,
    Command,
    FilterCommand,
    Root,
    ShellCommand,
    TargetCommand,
)
from kubectl_netshoot.cli.manage import attach, cleanup, leave, list_
from kubectl_netshoot.cli.options import (
    Allow,
    CopyName,
    Drain,
    DryRun,
    Image,
    ImageName,
    ImageTag,
    JoinService,
    LabelSelector,
    Output,
    Pick,
    Profile,
    PullPolicy,
    Quiet,
    Requests,
    Rerun,
    SameNode,
    Services,
    Settle,
    Shell,
    TargetWord,
    Timeout,
    Ttl,
    Verbose,
    Yes,
    allowed,
    as_json,
    asked_settle,
    plan_as_json,
    pull_policy,
    requested,
    whole_image,
)
from kubectl_netshoot.cli.rbac import rbac
from kubectl_netshoot.cli.run import run
from kubectl_netshoot.cli.settings import config
from kubectl_netshoot.cli.why import why
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.targets import check_names, parse_target
from kubectl_netshoot.terminal import Terminal

app = typer.Typer(
    cls=Root,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP, "max_content_width": 100},
)


@app.callback()
def root() -> None:
    """Put a copy of a pod, with netshoot in it, behind the pod's Service; take it out again safely.

    TARGET is a pod, or what stands for its pods, as deploy/NAME or svc/NAME: the newest ready one. The copy gets a
    shell (or runs COMMAND), and when that ends it leaves the Service, is drained, and is deleted, each step behind
    a check.
    """


@app.command(TARGET, cls=TargetCommand, hidden=True)
def session(
    ctx: typer.Context,
    target: TargetWord = "",
    selector: LabelSelector = "",
    pick: Pick = False,
    join_service: JoinService = False,
    service: Services = [],  # noqa: B006
    name: CopyName = "",
    image: Image = request.DEFAULT_IMAGE,
    image_name: ImageName = "",
    image_tag: ImageTag = "",
    image_pull_policy: PullPolicy = "",
    requests: Requests = "",
    profile: Profile = PROFILES[0],
    shell: Shell = "",
    share_processes: Annotated[
        bool, typer.Option("--share-processes", help="Share the process namespace of the copy's containers.")
    ] = False,
    same_node: SameNode = False,
    ttl: Ttl = "1h",
    settle: Settle = "5s",
    drain: Drain = "60s",
    timeout: Timeout = "120s",
    rerun: Rerun = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the Service but keep the copy.")] = False,
    allow: Allow = [],  # noqa: B006
    dry_run: DryRun = False,
    yes: Yes = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    output: Output = "text",
) -> int:
    """Copy the pod TARGET, join its Service where asked, run a shell or COMMAND, leave, delete."""
    asked = request.SessionRequest(
        target=parse_target(target, selector, pick),
        pick=pick,
        join=join_service,
        services=check_names(service, "--service"),
        name=request.check_copy_name(name) if name else "",
        image=whole_image(ctx, image, image_name, image_tag),
        pull_policy=pull_policy(image_pull_policy),
        requests=requested(requests),
        profile=request.check_choice(profile, PROFILES, "--profile"),
        shell=request.check_program(shell, "--shell") if shell else "",
        share_processes=share_processes,
        same_node=same_node,
        ttl=request.parse_ttl(ttl),
        settle=asked_settle(ctx, settle),
        drain=request.parse_duration(drain, "--drain"),
        timeout=request.parse_duration(timeout, "--timeout"),
        rerun=rerun,
        keep=keep,
        allow=allowed(allow),
        command=request.check_command(ctx.obj),
    )
    if asked.joining:
        request.check_time_to_leave(asked.ttl, asked.settle, asked.drain)
    terminal, json_wanted = Terminal(quiet=quiet, verbosity=verbose, yes=yes), plan_as_json(output, dry_run)
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.session.session import plan_session, run_session

    if dry_run:
        plan = plan_session(asked, connection_of(ctx), terminal)
        return render.dry_run(plan, terminal, asked.allow, json_wanted)
    return run_session(asked, connection_of(ctx), terminal, partial(render.show, terminal, asked.allow))


app.command("list", cls=ClusterCommand)(list_)
app.command(cls=ShellCommand)(attach)
app.command(cls=ClusterCommand)(leave)
app.command(cls=ClusterCommand)(cleanup)


@app.command(cls=Command)
def version(output: Output = "text") -> int:
    """Show the version."""
    terminal = Terminal()
    if as_json(output):
        terminal.data_json({"version": __version__})
    else:
        terminal.data(f"kubectl-netshoot {__version__}")
    return ExitStatus.DONE


app.command(cls=ClusterCommand)(why)
app.command(cls=FilterCommand)(capture)
app.command(cls=ClusterCommand)(check)
app.command(cls=ShellCommand)(debug)
app.add_typer(config, name="config")
app.command(cls=ClusterCommand)(doctor)
app.command(cls=Command)(explain)
app.command(cls=Command)(rbac)
app.command(cls=ShellCommand)(run)
app.add_typer(completion, name="completion")
