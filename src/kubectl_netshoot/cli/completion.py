"""`completion`: puts the script for TAB where kubectl finds it, takes it away, or prints it."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kubectl_netshoot.cli.group import Command, CommandGroup
from kubectl_netshoot.completion import grammar, installation
from kubectl_netshoot.completion.script import SHELLS, kubectl_script, registration, shell_of
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules.request import check_choice
from kubectl_netshoot.terminal import Terminal

Dir = Annotated[
    str,
    typer.Option(
        "--dir",
        metavar="DIR",
        help="This folder, not the plugin's own or the first on PATH that is yours.",
    ),
]

completion = typer.Typer(cls=CommandGroup, rich_markup_mode=None, help="Install TAB for kubectl netshoot.")


@completion.command(cls=Command)
def install(folder: Dir = "") -> int:
    """Put kubectl_complete-netshoot where kubectl finds it."""
    terminal = Terminal()
    where = named(folder) if folder else installation.folder_for(plugin(), os.environ)
    instead = installation.AGAIN if folder else installation.ELSEWHERE
    path = installation.install(kubectl_script(_tree()), where, instead)
    terminal.data(f"installed {path}")
    first = installation.installed()
    if first is None or not first.samefile(path):
        terminal.warn(
            f"kubectl will not run it: {f'{first} comes first' if first else f'{where} is not'} on PATH"
        )
    terminal.say(
        "TAB completes `kubectl netshoot` wherever it completes kubectl: see `kubectl completion --help`"
    )
    terminal.say("`kubectl netshoot completion uninstall` removes it; do so before `kubectl krew uninstall`")
    shell = shell_of(os.environ.get("SHELL", ""))
    if shell:
        terminal.say(f"for the plain `kubectl-netshoot`, too: {SHELLS[shell].keep}")
    return ExitStatus.DONE


@completion.command(cls=Command)
def uninstall(folder: Dir = "") -> int:
    """Take kubectl_complete-netshoot away again."""
    folders = [named(folder)] if folder else [plugin().parent, *installation.on_path(os.environ)]
    gone = installation.uninstall(iter(dict.fromkeys(folders)))
    terminal = Terminal()
    for path in gone:
        terminal.data(f"removed {path}")
    if not gone:
        terminal.say(f"no {installation.NAME} made by kubectl-netshoot was found")
    return ExitStatus.DONE


@completion.command(cls=Command)
def script(
    shell: Annotated[
        str,
        typer.Argument(
            metavar=f"[{'|'.join(SHELLS)}]",
            help="For the plain `kubectl-netshoot`, in this shell.",
            show_default=False,
        ),
    ] = "",
) -> int:
    """Print the script for TAB.

    With a shell's name: what makes TAB work after the plain `kubectl-netshoot` there.
    """
    text = registration(check_choice(shell, tuple(SHELLS), "SHELL")) if shell else kubectl_script(_tree())
    Terminal().data(text.removesuffix("\n"))
    return ExitStatus.DONE


def named(folder: str) -> Path:
    """The folder that --dir names; who has no home has none called ~ either."""
    return Path(os.path.expanduser(folder))


def plugin() -> Path:
    """What kubectl ran, by the name that it has on PATH: not what that is a link to."""
    return Path(os.path.abspath(sys.argv[0]))


def _tree() -> grammar.Subcommand:
    # The commands import this module.
    from kubectl_netshoot.cli.group import command_tree
    from kubectl_netshoot.cli.root import app

    return command_tree(app)
