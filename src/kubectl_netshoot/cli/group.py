"""The root and its commands, as typer parses them: flags stand anywhere, COMMAND after `--`, and what is no command's
name is TARGET; and the tree of them as plain values, for help, TAB and the manual page.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from kubectl_netshoot import __version__
from kubectl_netshoot.cli import connection, pager
from kubectl_netshoot.cli.help import RARE, columns, page
from kubectl_netshoot.cli.usage import is_unknown_flag
from kubectl_netshoot.completion.grammar import Argument, Option, Subcommand
from kubectl_netshoot.errors import NotThereError, UnknownWordError, UsageError, near
from kubectl_netshoot.rules.targets import is_kind
from kubectl_netshoot.settings.keys import defaults
from kubectl_netshoot.terminal import Terminal

# Nobody can name a pod or a subcommand so: names in Kubernetes are lower case.
TARGET = "TARGET"
HELP = ["-h", "--help"]
# Asked for these, a command does nothing else, and needs no settings.
EAGER = {"help", "help_all", "version"}
# What a filter goes on with (pcap-filter(7)) where its `--` was forgotten; a pod of such a name is pod/NAME.
FILTER_WORDS = {
    "arp",
    "dst",
    "ether",
    "greater",
    "host",
    "icmp",
    "icmp6",
    "ip",
    "ip6",
    "less",
    "net",
    "not",
    "port",
    "portrange",
    "proto",
    "src",
    "tcp",
    "udp",
    "vlan",
}


class UnexpectedArgument(UsageError):
    """A word that the command has no place for."""


def _eager(flag: str, text: str, show: Callable[[typer.Context], None], panel: str = "") -> TyperOption:
    def shown(ctx: typer.Context, _param: TyperOption, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            show(ctx)
            raise typer.Exit

    return TyperOption(
        param_decls=[flag],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        help=text,
        callback=shown,
        rich_help_panel=panel or None,
    )


def _show_all(ctx: typer.Context) -> None:
    pager.show(_page(ctx.command, ctx, everything=True), Terminal())


HELP_ALL = _eager("--help-all", "All flags, and exit status.", _show_all)
HELP_ALL_OF_CLUSTER = _eager("--help-all", "All flags, also -n and --context; exit status.", _show_all)
VERSION = _eager("--version", "Show the version.", lambda _: Terminal().data(version()), RARE)


class Command(TyperCommand):
    """A command whose defaults are the settings. `after`: what may stand after `--`."""

    allow_extra_args = True
    after = ""
    help_all = HELP_ALL

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(self.help_all)

    def get_help(self, ctx: Any) -> str:
        return _page(self, ctx)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        with self._pointing(parent, info_name or ""):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        with self._pointing(ctx.parent, ctx.info_name):
            return super().invoke(ctx)

    @contextmanager
    def _pointing(self, parent: typer.Context, name: str) -> Iterator[None]:
        """A usage error that names no command to run next points to the help that tells of its flag."""
        try:
            yield
        except UsageError as error:
            if error.again is None and "try: " not in error.hint:
                flag = error.message.split(":")[0].split(" ")[0]
                rare = any(flag in p.opts and getattr(p, "rich_help_panel", "") for p in self.params)
                called = path(typer.Context(self, info_name=name, parent=parent))
                help_of = f"try: {called} {HELP_ALL.opts[0] if rare else HELP[-1]}"
                error.hint = f"{error.hint}\n{help_of}".lstrip()
            raise

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # Settings can depend on --context, so the flags are read before their defaults are known.
        first = typer.Context(self, parent=ctx.parent, resilient_parsing=True)
        given, _, _ = self.make_parser(first).parse_args(list(args))
        if EAGER.isdisjoint(given):
            ctx.default_map = self.settled(given)
        rest: list[str] = super().parse_args(ctx, list(args)) or _misplaced(_targets(ctx))
        if rest:
            raise UnexpectedArgument(*self._unexpected(ctx, args, rest))
        return rest

    def settled(self, given: dict[str, Any]) -> dict[str, Any]:
        """The parameters that have another default by the settings; `given` are those on the command line."""
        return defaults({str(param.name) for param in self.params}, given, connection.current_context)

    def _unexpected(self, ctx: typer.Context, args: list[str], rest: list[str]) -> tuple[str, str]:
        *_, target = [""] + [word for word in _targets(ctx) if word not in rest]
        if target and is_kind(target):
            words = [f"{target}/{rest[0]}" if word == target else word for word in args if word != rest[0]]
            return (
                f"TARGET is one word: {target}/{rest[0]}",
                f"try: {shlex.join([*path(ctx).split(), *words])}",
            )
        kept = list(args)
        for word in rest:
            kept.remove(word)
        line = shlex.join([*path(ctx).split(), *kept, "--", *rest])
        return f'unexpected argument "{rest[0]}"', f"try: {line}" if self.after else ""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        names = [p.make_metavar(ctx) for p in self.params if p.param_type_name == "argument"]
        return [*names, "[OPTIONS]", *([f"[-- {self.after}]"] if self.after else [])]


def _targets(ctx: typer.Context) -> list[str]:
    found = ctx.params.get("target") or ()
    return [found] if isinstance(found, str) else list(found)


def _misplaced(targets: list[str]) -> list[str]:
    """Of several TARGETs those that are none: a word of a filter, or what stands behind one that has lost its slash."""
    for number, word in enumerate(targets[1:], start=1):
        if word in FILTER_WORDS or is_kind(targets[number - 1]):
            return targets[number:]
    return []


class ClusterCommand(Command):
    """One that asks a cluster."""

    help_all = HELP_ALL_OF_CLUSTER

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += connection.FLAGS


class FilterCommand(ClusterCommand):
    """One that takes a filter of tcpdump."""

    after = "TCPDUMP-FILTER..."


class ShellCommand(ClusterCommand):
    """One that gives a shell: the -it that kubectl wants is taken, and says nothing that is not so anyway."""

    after = "COMMAND [ARG]..."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for names in (["--stdin", "-i"], ["--tty", "-t"]):
            self.params.append(TyperOption(param_decls=names, is_flag=True, expose_value=False, hidden=True))


class TargetCommand(ShellCommand):
    """The session's; its help is the root's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(VERSION)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except (UnexpectedArgument, typer.TyperException) as error:
            root = ctx.parent.command
            word = next(iter(root.at_first_word(ctx.parent, args)[1]), "")
            meant = root.near(word)
            if not meant or not (isinstance(error, UnexpectedArgument) or _has(root.commands[meant], error)):
                raise
            raise root.unknown(ctx.parent, word) from None

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NotThereError as error:
            meant = ctx.parent.command.near(error.typed)
            if error.meant or error.typed != ctx.params["target"] or not meant:
                raise
            guess = f'{error.message}; did you mean the command "{meant}"?'
            raise NotThereError(guess, error.typed, instead=meant) from None


class CommandGroup(TyperGroup):
    """Its commands' flags may stand before the command's name, as kubectl's may."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(HELP_ALL)

    def get_help(self, ctx: Any) -> str:
        return _page(self, ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return ["COMMAND"]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        before, rest = self.at_first_word(ctx, args or HELP[:1])
        words: list[str] = super().parse_args(ctx, self.ordered(before, rest))
        return words

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands:
            raise self.unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def near(self, word: str) -> str:
        """The command that was probably meant; empty without one."""
        return near(word, [name for name, command in self.commands.items() if not command.hidden])

    def unknown(self, ctx: typer.Context, word: str) -> UnknownWordError:
        """What to raise for a word that is none of the commands."""
        meant = self.near(word)
        guess = f'; did you mean "{meant}"?' if meant else ""
        hint = f"try: {path(ctx)} {meant or HELP[-1]}"
        return UnknownWordError(f'unknown command "{word}"{guess}', word, hint=hint, instead=meant)

    def ordered(self, before: list[str], rest: list[str]) -> list[str]:
        """The words with the command's name first; `rest` begins with what may be one."""
        return [rest[0], *before, *rest[1:]] if rest and rest[0] in self.commands else [*before, *rest]

    def at_first_word(self, ctx: typer.Context, args: list[str]) -> tuple[list[str], list[str]]:
        """The words cut before the first that is neither a flag nor a flag's value."""
        parser = self.make_parser(ctx)
        # One letter can be a switch here and take a value there (-i): the last one added counts.
        for option in sorted(options(self), key=is_switch, reverse=True):
            option.add_to_parser(parser, ctx)
        parser.ignore_unknown_options = True
        _, left, _ = parser.parse_args(list(args))
        # It stops there. What is left begins with the flags that it does not know.
        at = next((i for i, word in enumerate(left) if word == "-" or not word.startswith("-")), len(left))
        at += len(args) - len(left)
        return args[:at], args[at:]


class Root(CommandGroup):
    """TARGET is a hidden command of it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[at + 1 :])
        words = list(_as_typer_spells(args[:at], list(options(self))))
        # A COMMAND without a word before it lacks its TARGET.
        return super().parse_args(ctx, words or ([TARGET] if ctx.obj else []))

    def ordered(self, before: list[str], rest: list[str]) -> list[str]:
        if rest[:1] == [TARGET]:
            return [TARGET, *before, *rest[1:]]
        is_command = rest and rest[0] in self.commands
        return super().ordered(before, rest) if is_command else [TARGET, *before, *rest]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if ctx.obj and not getattr(command, "after", ""):
            # Names can stand after kubectl's own `--`: to ignore them here would be to do something else.
            raise UsageError(f"{name} takes no COMMAND after `--`", f"try: {path(ctx)} {name} --help")
        return name, command, rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return self.commands[TARGET].collect_usage_pieces(ctx)


def _page(command: Any, ctx: typer.Context, everything: bool = False) -> str:
    root = ctx.find_root()
    if command.name == TARGET:
        command = root.command
    program = root.info_name or ""
    words = path(ctx).removeprefix(program).strip()
    return page(described(words, command), program, words, ctx.terminal_width or columns(), everything)


def version() -> str:
    """The program's name and version."""
    return f"kubectl-netshoot {__version__}"


def path(ctx: typer.Context) -> str:
    """The words that call this command; a session's are the program's own."""
    return ctx.command_path.removesuffix(f" {TARGET}")


def options(group: Any) -> Iterator[Any]:
    """The flags of all commands of a group and below."""
    for command in group.commands.values():
        if hasattr(command, "commands"):
            yield from options(command)
        else:
            yield from (param for param in command.params if param.param_type_name == "option")


def _has(command: Any, error: typer.TyperException) -> bool:
    """Whether this command has the flag that another has not."""
    flag = getattr(error, "option_name", "")
    return is_unknown_flag(error) and any(flag in param.opts for param in command.params)


def _as_typer_spells(words: Sequence[str], flags: Sequence[Any]) -> Iterator[str]:
    """kubectl takes -n=shop, and --flag=true and --flag=false for a switch; typer neither."""
    switches = {name for option in flags if is_switch(option) for name in option.opts}
    valued = {name for option in flags if not is_switch(option) for name in option.opts}
    for word in words:
        name, equals, value = word.partition("=")
        if equals and len(name) == 2 and name in valued:
            yield from (name, value)
        elif not (equals and name in switches and value in ("true", "false")):
            yield word
        elif value == "true":
            yield name


def command_tree(app: typer.Typer) -> Subcommand:
    """The whole tree, hidden commands left out; options in the order of their declaration. The root has TARGET's."""
    return described("", typer.main.get_command(app))


def described(name: str, command: Any, aliases: tuple[str, ...] = ()) -> Subcommand:
    """A command of typer's with all that is below it."""
    context = typer.Context(command, help_option_names=HELP)
    below = getattr(command, "commands", {})
    of = below.get(TARGET, command)
    return Subcommand(
        name,
        command.help or "",
        " ".join(command.collect_usage_pieces(context)),
        tuple(_arguments(of, context)),
        tuple(_options(of, context)),
        bool(getattr(of, "after", "")),
        tuple(described(n, c, tuple(_aliases(c, below))) for n, c in below.items() if not c.hidden),
        command.rich_help_panel or "",
        aliases,
    )


def is_switch(option: Any) -> bool:
    """Whether no value follows this option of typer's."""
    return bool(option.is_flag or option.count)


def _aliases(command: Any, siblings: Mapping[str, Any]) -> Iterator[str]:
    """Other names of it: hidden commands made from the same function."""
    for name, other in siblings.items():
        if other.hidden and _function(other) is _function(command):
            yield name


def _function(command: Any) -> Any:
    return getattr(command.callback, "__wrapped__", command)


def _arguments(command: Any, context: typer.Context) -> Iterator[Argument]:
    for param in command.params:
        if param.param_type_name == "argument":
            yield Argument(param.make_metavar(context), param.help or "")


def _options(command: Any, context: typer.Context) -> Iterator[Option]:
    for param in command.get_params(context):
        record = param.get_help_record(context) if param.param_type_name == "option" else None
        if record is not None:
            yield Option(
                tuple(sorted(param.opts, key=len, reverse=True)),
                record[1],
                "" if is_switch(param) else param.metavar or "VALUE",
                bool(param.multiple),
                param.rich_help_panel or "",
            )
