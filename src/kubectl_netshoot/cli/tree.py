"""The command tree as plain values, for help, TAB and the manual page."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from kubectl_netshoot.completion.grammar import Argument, Option, Subcommand

# Nobody can name a pod or a subcommand so: names in Kubernetes are lower case.
TARGET = "TARGET"
HELP = ["-h", "--help"]


def command_tree(app: typer.Typer) -> Subcommand:
    """The whole tree, hidden commands left out; options in the order of their declaration. The root has TARGET's."""
    return described("", typer.main.get_command(app))


def described(name: str, command: Any, aliases: tuple[str, ...] = ()) -> Subcommand:
    """A command of typer's with all that is below it."""
    context = typer.Context(command, help_option_names=HELP)
    below = getattr(command, "commands", {})
    of = below.get(TARGET, command)
    return Subcommand(
        name,
        command.help or "",
        " ".join(command.collect_usage_pieces(context)),
        tuple(_arguments(of, context)),
        tuple(_options(of, context)),
        bool(getattr(of, "after", "")),
        tuple(described(n, c, tuple(_aliases(c, below))) for n, c in below.items() if not c.hidden),
        command.rich_help_panel or "",
        aliases,
    )


def is_switch(option: Any) -> bool:
    """Whether no value follows this option of typer's."""
    return bool(option.is_flag or option.count)


def _aliases(command: Any, siblings: Mapping[str, Any]) -> Iterator[str]:
    """Other names of it: hidden commands made from the same function."""
    for name, other in siblings.items():
        if other.hidden and _function(other) is _function(command):
            yield name


def _function(command: Any) -> Any:
    return getattr(command.callback, "__wrapped__", command)


def _arguments(command: Any, context: typer.Context) -> Iterator[Argument]:
    for param in command.params:
        if param.param_type_name == "argument":
            yield Argument(param.make_metavar(context), param.help or "")


def _options(command: Any, context: typer.Context) -> Iterator[Option]:
    for param in command.get_params(context):
        record = param.get_help_record(context) if param.param_type_name == "option" else None
        if record is not None:
            yield Option(
                tuple(sorted(param.opts, key=len, reverse=True)),
                record[1],
                "" if is_switch(param) else param.metavar or "VALUE",
                bool(param.multiple),
                param.rich_help_panel or "",
            )
