"""The root as typer sees it: a group whose hidden member TARGET is what runs when no subcommand is named."""

from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from kubectl_netshoot.cli.routing import TARGET, Flags, route, split_command
from kubectl_netshoot.errors import UsageError

USAGE = "[OPTIONS] [-- COMMAND [ARG]...]"


class RunsCommand(TyperCommand):
    """A command with a COMMAND behind `--`."""


class TargetCommand(RunsCommand):
    """The session command: its usage line is the root's."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return [USAGE]


class AttachCommand(RunsCommand):
    """The one that names its copy."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["NAME", USAGE]


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
        words = route(words, self.flags(), self.commands) or ([TARGET] if command else [])
        if command and words[0] in self.commands and not isinstance(self.commands[words[0]], RunsCommand):
            # Behind kubectl's own `--` names can stand: to ignore them here would be to do something else.
            raise UsageError(f"{words[0]} runs no COMMAND: nothing may stand behind `--`")
        rest: list[str] = super().parse_args(ctx, words)
        return rest

    def flags(self) -> Flags:
        """Every flag of every command, so that a value is never taken for TARGET."""
        valued, plain = {""}, {""}
        for command in _all(self):
            for param in command.params:
                switch = getattr(param, "is_flag", False) or getattr(param, "count", False)
                (plain if switch else valued).update(o for o in param.opts if o.startswith("-"))
        return Flags(frozenset(valued), frozenset(plain))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["TARGET", USAGE]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        target = self.commands[TARGET]
        target.format_options(typer.Context(target, info_name=TARGET, parent=ctx), formatter)
        self.format_commands(ctx, formatter)


def _all(group: TyperGroup) -> Iterator[Any]:
    for command in group.commands.values():
        yield command
        if isinstance(command, TyperGroup):
            yield from _all(command)
