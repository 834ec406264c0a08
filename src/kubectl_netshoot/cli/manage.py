"""What is done with copies that exist already: list them, attach to one, take them out of service, clean up."""

from typing import Annotated, Any

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.errors import ExitStatus, UsageError
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.targets import check_pods
from kubectl_netshoot.terminal import Terminal

# As kubectl get has them.
FORMS = ("text", "wide", "json", "yaml", "name")


def list_(
    ctx: typer.Context,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="In every namespace.")
    ] = False,
    quiet: options.Quiet = False,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="|".join(FORMS), help="Form of the list.")
    ] = FORMS[0],
) -> int:
    """List copies, their Services and time left."""
    from kubectl_netshoot.cli.copies import copies_json, copies_text, copies_yaml
    from kubectl_netshoot.session.copies import list_copies

    terminal, form = Terminal(quiet=quiet), request.check_choice(output, FORMS, "--output")
    copies = list_copies(connection_of(ctx), terminal, all_namespaces)
    if form == "json":
        terminal.data_json(copies_json(copies))
    elif form == "yaml":
        terminal.data(copies_yaml(copies))
    elif form == "name":
        for status in copies:
            terminal.data(f"pod/{status.pod.name}")
    else:
        copies_text(copies, all_namespaces, terminal, is_wide=form == "wide")
    return ExitStatus.DONE


def attach(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The copy.")],
    shell: options.Shell = "",
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> int:
    """Run a shell in a copy that exists.

    The copy stays as it is when the shell or COMMAND ends.
    """
    from kubectl_netshoot.commands import manage

    copy, command = check_pods([name], "NAME")[0], request.check_command(ctx.obj)
    if shell:
        request.check_program(shell, "--shell")
    return manage.attach(copy, shell, command, connection_of(ctx), Terminal(quiet=quiet, verbosity=verbose))


def leave(
    ctx: typer.Context,
    name: Annotated[list[str], typer.Argument(metavar="NAME...", help="The copies.")],
    timeout: options.Patience = "120s",
    allow: options.Allow = [],  # noqa: B006
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    output: options.Output = "text",
) -> int:
    """Remove copies from Services, and keep them."""
    from kubectl_netshoot.commands.manage import CleanupRequest
    from kubectl_netshoot.rules.steps import Goal

    asked = CleanupRequest(
        check_pods(name, "NAME"),
        goal=Goal.OUT,
        timeout=request.parse_duration(timeout, "--timeout"),
        allow=options.allowed(allow),
    )
    return _clean_up(
        asked, connection_of(ctx), Terminal(quiet=quiet, verbosity=verbose), options.as_json(output)
    )


def cleanup(
    ctx: typer.Context,
    name: Annotated[list[str], typer.Argument(metavar="[NAME...]", help="The copies.")] = [],  # noqa: B006
    mine: Annotated[bool, typer.Option("--mine", help="All that you made (the default).")] = False,
    all_: Annotated[bool, typer.Option("--all", help="All that anybody made, in the namespace.")] = False,
    expired: Annotated[bool, typer.Option("--expired", help="All whose deadline is over.")] = False,
    timeout: options.Patience = "120s",
    wait: options.Wait = False,
    allow: options.Allow = [],  # noqa: B006
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    output: options.Output = "text",
) -> int:
    """Remove copies from Services; delete them.

    The same checks as at the end of a session: clients are waited for, and a Service is never left without endpoints.
    """
    from kubectl_netshoot.commands.manage import CleanupRequest

    if (bool(name) + mine + all_ + expired) > 1:
        raise UsageError("give either copy names or one of --mine, --all and --expired")
    asked = CleanupRequest(
        check_pods(name, "NAME"),
        whose="all" if all_ else "expired" if expired else "mine",
        timeout=request.parse_duration(timeout, "--timeout"),
        allow=options.allowed(allow),
        wait=wait,
    )
    return _clean_up(
        asked, connection_of(ctx), Terminal(quiet=quiet, verbosity=verbose, yes=yes), options.as_json(output)
    )


def _clean_up(asked: Any, connection: Connection, terminal: Terminal, json_wanted: bool) -> int:
    from kubectl_netshoot.cli.copies import cleaned_json
    from kubectl_netshoot.commands.manage import clean_up

    results = clean_up(asked, connection, terminal)
    if json_wanted:
        terminal.data_json(cleaned_json(results))
    failed = [result for result in results if result.error is not None]
    for result in failed:
        assert result.error is not None
        terminal.error(result.error.message, result.error.hint)
    return max((int(r.error.status) for r in failed if r.error), default=int(ExitStatus.DONE))
