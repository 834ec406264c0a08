"""`config`: what is settled for the context in use, where each value is from, and how it is changed."""

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of, current_context
from kubectl_netshoot.cli.group import ClusterCommand, Command, CommandGroup
from kubectl_netshoot.errors import ExitStatus, NetshootError
from kubectl_netshoot.settings import keys
from kubectl_netshoot.settings.keys import Document, Setting
from kubectl_netshoot.terminal import Terminal

config = typer.Typer(cls=CommandGroup, help="Show and change the defaults of flags.", rich_markup_mode=None)


class _Unsettled(Command):
    """A command that takes nothing from the settings, and says itself what is wrong with them."""

    def settled(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 (the same for every command)
        return {}


class ViewCommand(_Unsettled, ClusterCommand):
    """It is for the context in use."""


KeyName = Annotated[str, typer.Argument(metavar="KEY", help=f"One of {', '.join(keys.KEYS)}.")]
ForContext = Annotated[str, typer.Option("--context", metavar="NAME", help="For this context only.")]


@config.command("set", cls=_Unsettled)
def set_(
    key: KeyName,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As its flag takes it.")],
    context: ForContext = "",
) -> int:
    """Set a default in the settings file.

    Everything else in the file stays as it is. No cluster is asked.
    """
    return _change(key, value, context)


@config.command(cls=_Unsettled)
def unset(key: KeyName, context: ForContext = "") -> int:
    """Remove a default from the settings file.

    Everything else in the file stays as it is. No cluster is asked.
    """
    return _change(key, None, context)


def _change(key: str, value: str | None, context: str) -> int:
    from kubectl_netshoot.settings.document import changed, text_of, write

    path = keys.location(os.environ)
    if path is None:
        raise NetshootError("no home folder for a settings file", f"name a file by {keys.CONFIG}")
    text = text_of(path)
    new = changed(text, str(path), key, value, context)
    where = f"{path}{f', context {context}' if context else ''}"
    if new == text:
        Terminal().say(f"{key} is {'not set' if value is None else 'set already'} in {where}")
        return ExitStatus.DONE
    write(path, new)
    Terminal().say(f"{key} {'removed from' if value is None else 'set in'} {where}")
    return ExitStatus.DONE


@config.command(cls=ViewCommand)
def view(ctx: typer.Context, output: options.Output = "text") -> int:
    """Show what holds, and where each value is from.

    It is for the context in use. No cluster is asked.
    """
    json_wanted, terminal = options.as_json(output), Terminal()
    document, connection = keys.load(os.environ), connection_of(ctx)
    context = connection.context
    if document and document.contexts and not context:
        context = current_context(connection.kubeconfig)
    found = keys.in_force(document, context, os.environ)
    for setting in found:
        setting.checked()
    for warning in document.warnings if document else ():
        terminal.warn(warning)
    if json_wanted:
        terminal.data_json(view_json(document, context, found))
        return ExitStatus.DONE
    terminal.table(("KEY", "VALUE", "FROM"), [(s.key.name, s.text or "-", str(s.origin)) for s in found])
    terminal.say(_place(document, context))
    for setting in found:
        if setting.key.note and not setting.origin.is_default:
            terminal.say(f"{setting.key.name}: {setting.key.note}")
    return ExitStatus.DONE


def view_json(document: Document | None, context: str, found: Sequence[Setting]) -> dict[str, Any]:
    """`config view -o json`. Its keys are a promise: a test freezes them."""
    return {
        "schema": "kubectl-netshoot/v1",
        "file": document.path if document else None,
        "context": context or None,
        "settings": [
            {
                "key": s.key.name,
                "value": s.key.argument(s.text) or None,
                "from": s.origin.kind,
                "where": s.origin.where or None,
                "section": s.origin.context or None,
                "variable": s.key.variable,
                "note": s.key.note or None,
            }
            for s in found
        ],
    }


def _place(document: Document | None, context: str) -> str:
    if document is None:
        path = keys.location(os.environ)
        none = f"there is no file {path}: `kubectl netshoot config set KEY VALUE` makes it"
        return none if path else "there is no home folder to look for a file in"
    if not document.contexts:
        return f"file {document.path}, which says nothing by context"
    return f"file {document.path}, context {context or '(none)'}"
