"""The application: the session of a TARGET, and every other command by its name.

Each command turns its options into a request, runs the use case, and renders what comes back.
"""

from functools import partial
from typing import Annotated, Any

import typer

from kubectl_netshoot import __version__
from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.capture import capture
from kubectl_netshoot.cli.check import check
from kubectl_netshoot.cli.completion import completion
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.cli.debug import debug
from kubectl_netshoot.cli.diff import diff
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
from kubectl_netshoot.cli.group import (
    version as name_and_version,
)
from kubectl_netshoot.cli.help import GROUPS
from kubectl_netshoot.cli.manage import attach, cleanup, leave, list_
from kubectl_netshoot.cli.rbac import rbac
from kubectl_netshoot.cli.run import run
from kubectl_netshoot.cli.settings import config
from kubectl_netshoot.cli.why import why
from kubectl_netshoot.cli.wireshark import wireshark
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.set_fields import parse_set_fields
from kubectl_netshoot.rules.targets import check_services, parse_target
from kubectl_netshoot.terminal import Terminal

app = typer.Typer(
    cls=Root,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP},
)


@app.callback()
def root() -> None:
    """Debug a live pod from a copy of it, behind its Service and safely removed.

    TARGET is a pod, or what selects pods, as deploy/NAME or svc/NAME: the newest ready one. The copy gets a shell (or
    runs COMMAND); when that ends the copy leaves the Service, is drained, and is deleted, each step checked.
    """


@app.command(TARGET, cls=TargetCommand, hidden=True)
def session(
    ctx: typer.Context,
    target: options.TargetWord = "",
    selector: options.LabelSelector = "",
    pick: options.Pick = False,
    join_service: options.JoinService = False,
    service: options.Services = [],  # noqa: B006
    name: options.CopyName = "",
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    image_pull_policy: options.PullPolicy = "",
    requests: options.Requests = "",
    profile: options.Profile = PROFILES[0],
    shell: options.Shell = "",
    share_processes: Annotated[
        bool, options.rare("--share-processes", help="Share the process namespace of the copy's containers.")
    ] = False,
    same_node: options.SameNode = False,
    set_image: options.SetImage = [],  # noqa: B006
    set_env: options.SetEnv = [],  # noqa: B006
    set_command: options.SetCommand = [],  # noqa: B006
    set_args: options.SetArgs = [],  # noqa: B006
    ttl: options.Ttl = "1h",
    settle: options.Settle = "5s",
    drain: options.Drain = "60s",
    timeout: options.Timeout = "120s",
    rerun: options.Rerun = False,
    wait: options.Wait = False,
    summary: options.Summary = "",
    keep: Annotated[bool, options.rare("--keep", help="Leave the Service but keep the copy.")] = False,
    allow: options.Allow = [],  # noqa: B006
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    output: options.PlanOutput = "text",
) -> int:
    """Copy the pod TARGET, join its Service where asked, run a shell or COMMAND, leave, delete."""
    asked = request.SessionRequest(
        target=parse_target(target, selector, pick),
        pick=pick,
        join=join_service,
        services=check_services(service),
        name=request.check_copy_name(name) if name else "",
        image=options.whole_image(ctx, image, image_name, image_tag),
        pull_policy=options.pull_policy(image_pull_policy),
        requests=options.requested(requests),
        profile=request.check_choice(profile, PROFILES, "--profile"),
        shell=request.check_program(shell, "--shell") if shell else "",
        share_processes=share_processes,
        same_node=same_node,
        set_fields=parse_set_fields(set_image, set_env, set_command, set_args),
        ttl=request.parse_ttl(ttl),
        settle=options.asked_settle(ctx, settle),
        drain=request.parse_duration(drain, "--drain"),
        timeout=request.parse_duration(timeout, "--timeout"),
        rerun=rerun,
        keep=keep,
        wait=wait,
        summary=options.summary_file(summary),
        allow=options.allowed(allow),
        command=request.check_command(ctx.obj),
    )
    if asked.joining:
        request.check_time_to_leave(asked.ttl, asked.settle, asked.drain)
    terminal, json_wanted = (
        Terminal(quiet=quiet, verbosity=verbose, yes=yes),
        options.plan_as_json(output, dry_run),
    )
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.session.session import plan_session, run_session

    if dry_run:
        plan = plan_session(asked, connection_of(ctx), terminal)
        return render.dry_run(plan, terminal, asked.allow, json_wanted)
    return run_session(asked, connection_of(ctx), terminal, partial(render.show, terminal))


DIAGNOSE, COPIES, SETUP = GROUPS
app.command(cls=ClusterCommand, rich_help_panel=DIAGNOSE)(why)
app.command(cls=FilterCommand, rich_help_panel=DIAGNOSE)(capture)
app.command(cls=ClusterCommand, rich_help_panel=DIAGNOSE)(check)
app.command(cls=ShellCommand, rich_help_panel=DIAGNOSE)(debug)
app.command(cls=Command, rich_help_panel=DIAGNOSE)(explain)
app.command(cls=ShellCommand, rich_help_panel=DIAGNOSE)(run)
app.command("list", cls=ClusterCommand, rich_help_panel=COPIES)(list_)
app.command("ls", cls=ClusterCommand, hidden=True)(list_)
app.command(cls=ClusterCommand, rich_help_panel=COPIES)(diff)
app.command(cls=ShellCommand, rich_help_panel=COPIES)(attach)
app.command(cls=ClusterCommand, rich_help_panel=COPIES)(leave)
app.command(cls=ClusterCommand, rich_help_panel=COPIES)(cleanup)
app.command(cls=ClusterCommand, rich_help_panel=SETUP)(doctor)
app.command(cls=Command, rich_help_panel=SETUP)(rbac)
app.add_typer(config, name="config", rich_help_panel=SETUP)
app.add_typer(completion, name="completion", rich_help_panel=SETUP)
app.add_typer(wireshark, name="wireshark", rich_help_panel=SETUP)


@app.command(cls=Command)
def version(output: options.Output = "text") -> int:
    """Show the version."""
    terminal = Terminal()
    if options.as_json(output):
        terminal.data_json({"version": __version__})
    else:
        terminal.data(name_and_version())
    return ExitStatus.DONE


@app.command("help", cls=Command)
def help_(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="[COMMAND...]", help="The command.")] = [],  # noqa: B006
) -> int:
    """Show the help of a command."""
    context = ctx.find_root()
    for word in words:
        group: Any = context.command
        below = getattr(group, "commands", {}).get(word)
        if below is None or word == TARGET:
            raise group.unknown(context, word)
        context = typer.Context(below, info_name=word, parent=context)
    Terminal().data(context.get_help())
    return ExitStatus.DONE
