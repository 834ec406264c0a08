"""`config view`: what is settled for the context in use, and where each value is from."""

import os
from collections.abc import Sequence
from typing import Any

import typer

from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.cli.defaults import current_context
from kubectl_netshoot.cli.group import ClusterCommand, Group
from kubectl_netshoot.cli.options import Output, as_json
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.settings import file, keys
from kubectl_netshoot.settings.keys import Document, Setting
from kubectl_netshoot.terminal import Terminal

config = typer.Typer(cls=Group, help="Show the defaults of flags.", rich_markup_mode=None)


@config.callback()
def _group() -> None:
    """Without it typer would take a single command for the group itself."""


class ViewCommand(ClusterCommand):
    """It says itself what is wrong with the settings."""

    def settled(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 (the same for every command)
        return {}


@config.command(cls=ViewCommand)
def view(ctx: typer.Context, output: Output = "text") -> int:
    """Show what holds, and where each value is from.

    It is for the context in use. No cluster is asked.
    """
    json_wanted, terminal = as_json(output), Terminal()
    document, connection = file.load(os.environ), connection_of(ctx)
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
        path = file.location(os.environ)
        return f"there is no file {path}" if path else "there is no home folder to look for a file in"
    if not document.contexts:
        return f"file {document.path}, which says nothing by context"
    return f"file {document.path}, context {context or '(none)'}"
