"""`wireshark`: puts the script that lists pods where Wireshark looks, takes it away, says how it stands."""

import os
import shlex
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.completion import named, plugin
from kubectl_netshoot.cli.group import Command, CommandGroup
from kubectl_netshoot.completion import extcap, installation
from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.rules.listing import span
from kubectl_netshoot.terminal import Terminal

Dir = Annotated[
    str,
    typer.Option("--dir", metavar="DIR", help="This folder, not the one where Wireshark looks by itself."),
]
AGAIN = "kubectl netshoot wireshark install"
INSTALL = f"try: {AGAIN}"

wireshark = typer.Typer(
    cls=CommandGroup, rich_markup_mode=None, help="Show pods among Wireshark's interfaces."
)


@wireshark.command(cls=Command)
def install(folder: Dir = "") -> int:
    """Put the entry where Wireshark looks, and list what there is.

    Wireshark then shows the workloads, Services and pods of the current context and namespace as interfaces. Run it
    again where kubectl-netshoot, KUBECONFIG or PATH have moved.
    """
    terminal = Terminal()
    text = extcap.script(plugin(), os.environ)
    where = named(folder) if folder else _made(next(extcap.folders(os.environ)))
    instead = AGAIN if folder else f"ls -ld {shlex.quote(str(where))}"
    path = installation.install(text, where, instead, extcap.NAME)
    _made(extcap.list_file(os.environ).parent)
    terminal.data(f"installed {path}")
    terminal.progress("asking the cluster what there is to list")
    found = extcap.refresh(path, os.environ)
    if found is None:
        terminal.warn("nothing is listed yet: no cluster answered, or its namespace has no pods")
    else:
        terminal.say(_counted(found))
    terminal.say("Wireshark shows it after a restart, or after F5; `tshark -D` at once")
    return ExitStatus.DONE


@wireshark.command(cls=Command)
def uninstall(folder: Dir = "") -> int:
    """Take the entry away again, and its list."""
    gone = installation.uninstall(iter(_folders(folder)), extcap.NAME)
    terminal = Terminal()
    for path in gone:
        terminal.data(f"took away {path}")
    if not gone:
        terminal.say(f"no {extcap.NAME} made by kubectl-netshoot was found")
    extcap.forget(os.environ)
    return ExitStatus.DONE


@wireshark.command(cls=Command)
def status(folder: Dir = "") -> int:
    """Say where the entry is, what it runs and what it lists."""
    terminal = Terminal()
    entries = [where / extcap.NAME for where in _folders(folder)]
    found = [entry for entry in entries if installation.version_of(entry)]
    if not found:
        raise NetshootError(f"no {entries[0]} made by kubectl-netshoot was found", INSTALL)
    for entry in found:
        terminal.data_row(f"entry    {entry}")
        program, version = extcap.program_of(entry), installation.version_of(entry)
        terminal.data_row(f"runs     {program}")
        if not os.access(program, os.X_OK):
            terminal.warn(f"{program} is not there any more; {INSTALL}")
        if version != __version__:
            terminal.warn(f"{entry} was made by version {version}, this is {__version__}; {INSTALL}")
    listed = extcap.listed(os.environ)
    terminal.data_row(f"list     {_counted(listed) if listed else 'empty'}")
    return ExitStatus.DONE


def _counted(found: extcap.Listed) -> str:
    targets = f"{found.count} target{'' if found.count == 1 else 's'}"
    age = span(timedelta(seconds=max(0, round(time.time() - found.at))))
    return f"{targets} of {found.place}, {age} old"


def _folders(folder: str) -> list[Path]:
    return [named(folder)] if folder else list(dict.fromkeys(extcap.folders(os.environ)))


def _made(folder: Path) -> Path:
    """Wireshark makes none of its folders."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NetshootError(
            f"{folder} cannot be made: {error.strerror}", f"try: ls -ld {shlex.quote(str(folder.parent))}"
        ) from error
    return folder
