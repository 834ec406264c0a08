"""Hides that typer builds every command before it runs one: only those that the words can mean are handed to it.

A command is named by a word of its own, or is the session of a TARGET. A word that is a flag's value may name one too
many, which costs its building and nothing else.
"""

import copy
from collections.abc import Sequence

import typer

from kubectl_netshoot.cli.routing import TARGET, split_command
from kubectl_netshoot.cli.tree import HELP


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
