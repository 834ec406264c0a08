"""What people who know `kubectl debug` type first: the same words work, or the error names our way in one line."""

from typing import Any

from typer.core import TyperOption

from kubectl_netshoot.cli.group import ShellCommand
from kubectl_netshoot.errors import UsageError

_COPY = "copies are made by `kubectl netshoot POD`, with --name for the copy's name, and taken away again"
_CONTAINER = "the added container names itself; --target NAME shares the processes of container NAME"
_FILE = "name the pod instead"
VALUED = {
    "--copy-to": _COPY,
    "--container": _CONTAINER,
    "-c": _CONTAINER,
    "--set-image": "other containers are never changed here; `kubectl debug` can do that",
    "--custom": "--profile and --image are all there is to choose of the container",
    "--env": "give variables to COMMAND: -- env KEY=VALUE COMMAND",
    "--filename": _FILE,
    "-f": _FILE,
}
SWITCHES = {
    "--same-node": f"{_COPY}; there is --same-node, too",
    "--share-processes": f"{_COPY}; there is --share-processes, too. In the pod itself: --target NAME",
    "--replace": "no pod that is not ours is ever deleted",
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


class DebugCommand(ShellCommand):
    """Takes the words of `kubectl debug`, or says what ours are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [_refused(flag, way, valued=True) for flag, way in VALUED.items()]
        self.params += [_refused(flag, way, valued=False) for flag, way in SWITCHES.items()]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["TARGET", "[OPTIONS] [-- COMMAND [ARG]...]"]


def _refused(flag: str, way: str, valued: bool) -> TyperOption:
    def refuse(value: object) -> None:
        if value:
            raise UsageError(f"{flag} of kubectl debug is not taken here: {way}")

    return TyperOption(
        param_decls=[flag, f"kubectls{flag.replace('-', '_')}"],
        callback=lambda _ctx, _param, value: refuse(value),
        is_flag=not valued,
        expose_value=False,
        hidden=True,
    )
