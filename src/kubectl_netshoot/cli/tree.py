"""The command tree as plain values, for TAB and the manual page."""

from collections.abc import Iterator
from typing import Any

import typer

from kubectl_netshoot.cli.group import HELP, TARGET, is_switch
from kubectl_netshoot.completion.grammar import Command, Option


def command_tree(app: typer.Typer) -> Command:
    """The whole tree, hidden commands left out; options in the order of their declaration. The root has TARGET's."""
    root = typer.main.get_command(app)
    target = root.commands[TARGET]  # type: ignore[attr-defined]
    return _command("", root, target)


def _command(name: str, command: Any, target: Any = None) -> Command:
    context = typer.Context(command, help_option_names=HELP)
    of = target or command
    return Command(
        name,
        command.help or "",
        " ".join(command.collect_usage_pieces(context)),
        tuple(p.make_metavar(context) for p in of.params if p.param_type_name == "argument"),
        tuple(_options(of, context)),
        bool(getattr(of, "after", "")),
        tuple(_command(n, c) for n, c in getattr(command, "commands", {}).items() if not c.hidden),
    )


def _options(command: Any, context: typer.Context) -> Iterator[Option]:
    for param in command.get_params(context):
        record = param.get_help_record(context) if param.param_type_name == "option" else None
        if record is not None:
            names = tuple(sorted(param.opts, key=len, reverse=True))
            yield Option(
                names, record[1], "" if is_switch(param) else param.metavar or "VALUE", bool(param.multiple)
            )
