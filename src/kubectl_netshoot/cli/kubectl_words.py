"""What people who know `kubectl debug` type first: the same words work, or the error names our way in one line."""

from typing import Annotated, Any

import typer

from kubectl_netshoot.cli.group import RunsCommand
from kubectl_netshoot.errors import UsageError

_COPY = "copies are made by `kubectl netshoot POD`, with --name for the copy's name, and taken away again"
_CONTAINER = "the added container names itself; --target NAME shares the processes of container NAME"
_NO_CHANGE = "other containers are never changed here; `kubectl debug` can do that"
OUR_WAY = {
    "--copy-to": _COPY,
    "--same-node": f"{_COPY}; there is --same-node, too",
    "--share-processes": f"{_COPY}; there is --share-processes, too. In the pod itself: --target NAME",
    "--replace": "no pod that is not ours is ever deleted",
    "--container": _CONTAINER,
    "-c": _CONTAINER,
    "--set-image": _NO_CHANGE,
    "--custom": "--profile and --image are all there is to choose of the container",
    "--env": "give variables to COMMAND: -- env KEY=VALUE COMMAND",
    "--filename": "name the pod instead",
    "-f": "name the pod instead",
    "--arguments-only": "what stands behind `--` is COMMAND, run by exec",
    **dict.fromkeys(
        (
            "--keep-annotations",
            "--keep-init-containers",
            "--keep-labels",
            "--keep-liveness",
            "--keep-readiness",
            "--keep-startup",
        ),
        _COPY,
    ),
}
_HIDDEN = "Nothing to ask for: stdin is always open, and where there is a terminal the shell has it."
Stdin = Annotated[bool, typer.Option("--stdin", "-i", hidden=True, help=_HIDDEN)]
Tty = Annotated[bool, typer.Option("--tty", "-t", hidden=True, help=_HIDDEN)]


class DebugCommand(RunsCommand):
    """Takes the words of `kubectl debug`, or says what ours are."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["TARGET", "[OPTIONS] [-- COMMAND [ARG]...]"]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            rest: list[str] = super().parse_args(ctx, args)
        except typer.TyperException as error:
            flag = getattr(error, "option_name", "") or ""
            if flag in OUR_WAY:
                raise UsageError(f"{flag} of kubectl debug is not taken here: {OUR_WAY[flag]}") from error
            raise
        return rest
