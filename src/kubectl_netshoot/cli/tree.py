"""The command tree as plain values, and which of it typer has to build for the words of a command line."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from kubectl_netshoot.cli.group import Root, RunsCommand
from kubectl_netshoot.cli.routing import TARGET, split_command
from kubectl_netshoot.completion.grammar import Command, Option

HELP = ["-h", "--help"]


def command_tree(app: typer.Typer) -> Command:
    """The whole tree, hidden commands left out; options in the order of their declaration."""
    root = typer.main.get_command(app)
    assert isinstance(root, Root)
    target = root.commands[TARGET]
    return Command(
        "",
        root.help or "",
        _usage(root),
        _arguments(target),
        tuple(_options(target)),
        runs=True,
        commands=tuple(_below(root)),
    )


def _below(group: Any) -> Iterator[Command]:
    for name, command in group.commands.items():
        if not command.hidden:
            yield Command(
                name,
                command.help or "",
                _usage(command),
                _arguments(command),
                tuple(_options(command)),
                isinstance(command, RunsCommand),
                tuple(_below(command)) if hasattr(command, "commands") else (),
            )


def _usage(command: Any) -> str:
    return " ".join(command.collect_usage_pieces(typer.Context(command)))


def _arguments(command: Any) -> tuple[str, ...]:
    return tuple(p.make_metavar(typer.Context(command)) for p in command.params if not _is_option(p))


def _options(command: Any) -> Iterator[Option]:
    context = typer.Context(command, info_name=command.name, help_option_names=HELP)
    for param in command.get_params(context):
        record = param.get_help_record(context) if _is_option(param) else None
        if record is not None:
            names = tuple(sorted((*param.opts, *param.secondary_opts), key=len, reverse=True))
            metavar = "" if _is_switch(param) else param.metavar or "VALUE"
            yield Option(names, record[1], metavar, bool(param.multiple))


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _is_switch(param: Any) -> bool:
    return bool(param.is_flag or param.count)


def needed(app: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """The application without the commands that these words cannot mean; whole where its help may be asked for."""
    ours, _ = split_command(words)
    if not ours or not set(HELP).isdisjoint(ours):
        return app
    named = {TARGET, *ours}
    smaller = copy.copy(app)
    smaller.registered_commands = [
        command
        for command in app.registered_commands
        if (command.name or getattr(command.callback, "__name__", "")) in named
    ]
    smaller.registered_groups = [group for group in app.registered_groups if group.name in named]
    return smaller
