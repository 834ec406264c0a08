"""Hides how the program's own tables become Markdown."""

import re
from collections.abc import Iterable, Iterator

from kubectl_netshoot.cli.connection import PANEL
from kubectl_netshoot.cli.group import TARGET
from kubectl_netshoot.cli.help import EXAMPLES, EXIT_STATUS, flags
from kubectl_netshoot.completion.grammar import Option, Subcommand
from kubectl_netshoot.settings.keys import KEYS, Form
from tools.markdown import GUIDE

PROGRAM = "kubectl netshoot"
# Every command has them, and the template says so once.
OF_ALL = {"--help", "--help-all"}
_DEFAULT = re.compile(r" ?\[default: (.+)\]")
_PLACE = re.compile(r"^\{\{(.+)\}\}$", re.MULTILINE)


def page(template: str, tree: Subcommand) -> str:
    """The template with each `{{PLACE}}` filled. Raises KeyError for a place that is none."""
    places = {
        "commands": "\n\n".join(section(name, command) for name, command in commands(tree)),
        "connection flags": table(("Flag", "Default", ""), map(flag, shared(tree))),
        "settings": table(("Key", "Variable", "Default", "Flag", "In the file"), settings(tree)),
        "exit status": table(
            ("Status", "Meaning"), ((code(s) if s.isdigit() else s, text) for s, text in EXIT_STATUS)
        ),
    }
    return _PLACE.sub(lambda found: places[found[1]], template)


def commands(tree: Subcommand, above: str = "") -> Iterator[tuple[str, Subcommand]]:
    """Every command that can be run, by its words, in the order of the help; the session is TARGET."""
    if not above:
        yield TARGET, tree
    for command in tree.commands:
        words = f"{above} {command.name}".strip()
        yield from commands(command, words) if command.commands else [(words, command)]


def own(command: Subcommand) -> list[Option]:
    """The flags that are this command's alone."""
    return [o for o in command.options if not OF_ALL & set(o.names) and not connects(o)]


def shared(tree: Subcommand) -> list[Option]:
    """The flags that mean the same for every command that asks a cluster."""
    return [option for option in tree.options if connects(option)]


def connects(option: Option) -> bool:
    """Whether it is one of kubectl's own; `rbac -n` is not."""
    return option.panel == PANEL


def section(name: str, command: Subcommand) -> str:
    """A heading and all that the program says of the command."""
    words = "" if name == TARGET else name
    summary, *more = command.help.split("\n\n")
    parts = [
        f"### {name}",
        f"```text\n{PROGRAM} {f'{words} {command.usage}'.strip()}\n```",
        " ".join([prose(summary), *also(name, command)]),
        *map(prose, more),
        "\n".join(f"- {code(f'{PROGRAM} {line}')}: {text}" for line, text in EXAMPLES.get(words, ())),
        table(("Argument", "Default", ""), (row(a.metavar, a.help) for a in command.arguments)),
        table(("Flag", "Default", ""), map(flag, own(command))),
    ]
    return "\n\n".join(filter(None, parts))


def also(name: str, command: Subcommand) -> Iterator[str]:
    """Other names, the flags that it shares, and where more is told."""
    if command.aliases:
        yield f"Also {', '.join(map(code, command.aliases))}."
    if any(map(connects, command.options)):
        yield "Takes the [connection flags](#connection-flags)."
    if name in GUIDE.headings():
        yield f"See the [guide](guide.md#{name.replace(' ', '-')})."


def flag(option: Option) -> tuple[str, ...]:
    """Its row."""
    return row(flags(option), option.help)


def row(name: str, text: str) -> tuple[str, ...]:
    """A name, its default, and what it means."""
    default = _DEFAULT.search(text)
    return code(name), code(default[1]) if default else "", prose(_DEFAULT.sub("", text))


def settings(tree: Subcommand) -> Iterator[tuple[str, ...]]:
    """One row a key, in the order of `config view`."""
    names = {o.names[0] for _, command in commands(tree) for o in command.options}
    for key in KEYS.values():
        name = f"--{key.parameter.replace('_', '-')}"
        form = "" if key.form is Form.TEXT else f"{key.form.value}"
        yield (
            code(key.name),
            code(key.variable),
            code(key.default) if key.default else "",
            code(name) if name in names else "",
            ". ".join(part[:1].upper() + part[1:] for part in (form, key.note) if part),
        )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Nothing where there is no row."""
    lines = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(map(line, [head, ["---"] * len(head), *lines])) if lines else ""


def line(cells: Iterable[str]) -> str:
    """One row as Markdown writes it."""
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def prose(text: str) -> str:
    """A paragraph in one line."""
    return " ".join(text.split())


def code(text: str) -> str:
    """In backquotes."""
    return f"`{text}`"
