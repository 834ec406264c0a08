"""What a command line means to the program, without carrying it out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import typer

from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.cli.group import path
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.kube.kubeconfig import Connection

CALLED = "kubectl netshoot"


@dataclass
class Meant:
    """What a line was understood as; `command` has no words for a session."""

    command: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    connection: Connection = field(default_factory=Connection)
    after: tuple[str, ...] = ()


Understand = Callable[[str], Meant]


def understanding() -> Understand:
    """Parses a line as the program does; '' in it is an empty word."""
    root: Any = typer.main.get_command(app)
    found: list[Meant] = []

    def keep(ctx: typer.Context) -> int:
        name = path(ctx).removeprefix(CALLED).strip()
        found.append(Meant(name, ctx.params, connection_of(ctx), ctx.obj))
        return 0

    def replace(group: Any) -> None:
        for command in group.commands.values():
            if hasattr(command, "commands"):
                replace(command)
            else:
                command.invoke = keep

    replace(root)

    def parse(line: str) -> Meant:
        words = [word.replace("''", "") for word in line.split()]
        assert root(words, prog_name=CALLED, standalone_mode=False) == 0
        return found.pop()

    return parse
