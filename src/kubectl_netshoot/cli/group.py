"""The root as typer sees it: a group whose hidden member TARGET is what runs when no subcommand is named.

What people who know `kubectl debug` type first works too, or the error names our way in one line.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from kubectl_netshoot.cli.defaults import defaults
from kubectl_netshoot.cli.routing import TARGET, Flags, check_one_target, route, split_command
from kubectl_netshoot.errors import UsageError

USAGE = "[OPTIONS] [-- COMMAND [ARG]...]"


class RunsCommand(TyperCommand):
    """A command with a COMMAND behind `--`."""


class ShellCommand(RunsCommand):
    """One that gives a shell: the -it that kubectl wants is taken, and says nothing that is not so anyway."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for names in (["--stdin", "-i"], ["--tty", "-t"]):
            self.params.append(TyperOption(param_decls=names, is_flag=True, expose_value=False, hidden=True))


class TargetCommand(ShellCommand):
    """The session command: its usage line is the root's."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return [USAGE]


class AttachCommand(ShellCommand):
    """The one that names its copy."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["NAME", USAGE]


class RunCommand(ShellCommand):
    """The one that may name its pod."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["[NAME]", USAGE]


class CaptureCommand(RunsCommand):
    """The one that takes a filter there."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["TARGET", "[OPTIONS] [-- TCPDUMP-FILTER...]"]


class Root(TyperGroup):
    """Routes the words; the root's help is that of TARGET with the subcommands below."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words, command = split_command(args)
        ctx.obj = command
        # A COMMAND without a word before it lacks its TARGET; nothing at all asks for help.
        flags, below = self.flags(), {name: getattr(c, "commands", ()) for name, c in self.commands.items()}
        words = route(words, flags, below) or ([TARGET] if command else [])
        if command and words[0] in self.commands and not isinstance(self.commands[words[0]], RunsCommand):
            # Behind kubectl's own `--` names can stand: to ignore them here would be to do something else.
            raise UsageError(f"{words[0]} runs no COMMAND: nothing may stand behind `--`")
        chosen = self.commands.get(words[0]) if words else None
        if chosen is not None:
            # One letter may be a switch here and take a value elsewhere (-i).
            flags = _flags((chosen, *_all(chosen)))
            if not set(ctx.help_option_names) & set(words):
                ctx.default_map = defaults(words, flags, chosen)
        if _takes_target(chosen):
            check_one_target(words[1:], flags)
        rest: list[str] = super().parse_args(ctx, words)
        return rest

    def flags(self) -> Flags:
        """Every flag of every command that the words can mean, so that a value is never taken for TARGET."""
        return _flags(_all(self))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["TARGET", USAGE]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        target = self.commands[TARGET]
        target.format_options(typer.Context(target, info_name=TARGET, parent=ctx), formatter)
        self.format_commands(ctx, formatter)


def _flags(commands: Iterable[Any]) -> Flags:
    valued, plain = {""}, {""}
    for command in commands:
        for param in command.params:
            switch = getattr(param, "is_flag", False) or getattr(param, "count", False)
            (plain if switch else valued).update(o for o in param.opts if o.startswith("-"))
    return Flags(frozenset(valued), frozenset(plain))


def _takes_target(command: Any) -> bool:
    return any(param.metavar in (TARGET, f"[{TARGET}]") for param in getattr(command, "params", ()))


def _all(group: Any) -> Iterator[Any]:
    """All that is below it, nothing where it is no group."""
    for command in getattr(group, "commands", {}).values():
        yield command
        yield from _all(command)


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
