"""Hides how the program's help becomes files in the archive: the program makes each one, at every
width that it can have.

The program asked is the one in the tree that is being packed, in a Python that sees nothing else: this file is run
there as a script.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typer import Context

FOLDER = "told/"
PROGRAM = "kubectl netshoot"


def told_entries(site: Path) -> dict[str, bytes]:
    """The archive's entries for the version and for each command's help, asked of the program below `site`."""
    from tools.zipapp.entry.told import BETWEEN, NARROWEST, WIDEST

    command = [sys.executable, "-I", "-S", __file__, str(site), str(NARROWEST), str(WIDEST)]
    done = subprocess.run(command, env={}, stdout=subprocess.PIPE, check=True)
    told: dict[str, list[str]] = json.loads(done.stdout)
    return {FOLDER + name: BETWEEN.join(texts).encode() for name, texts in told.items()}


def ask(narrowest: int, widest: int) -> dict[str, list[str]]:
    """The name of each entry with its text, for a help one at each width."""
    from typer.main import get_command

    from kubectl_netshoot import __version__
    from kubectl_netshoot.cli.root import app

    told = {"version": [f"kubectl-netshoot {__version__}\n"]}
    for context in contexts(get_command(app), PROGRAM):
        name = "help" + context.command_path[len(PROGRAM) :]
        told[name] = [help_at(context, width) for width in range(narrowest, widest + 1)]
    return told


def contexts(command: Any, name: str, above: "Context | None" = None) -> "Iterator[Context]":
    """Of a command and all below it that are not hidden, what typer makes a help from."""
    from typer import Context

    context = Context(command, parent=above, info_name=name, **command.context_settings)
    yield context
    for below in getattr(command, "commands", {}).values():
        if not below.hidden:
            yield from contexts(below, below.name, context)


def help_at(context: "Context", width: int) -> str:
    """A help as the program prints it where lines may have so many columns."""
    context.terminal_width = width
    return context.get_help() + "\n"


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print(json.dumps(ask(*map(int, sys.argv[2:]))))
