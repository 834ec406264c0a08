"""Every flag of every command, with its default: README's tables against the program's own help."""

import re
from typing import Any

import pytest
import typer
from typer.main import get_command

from kubectl_netshoot.cli.connection import FLAGS
from kubectl_netshoot.cli.group import TARGET, Root
from kubectl_netshoot.cli.root import app
from tools.markdown import README, code

Flags = dict[tuple[str, ...], str]
HELP = ("-h", "--help")
WIDE = 1000
_OPTION = re.compile(r"^  (-\S+?)(?:, (--\S+))?(?: \S+)?(?:  +(.*))?$")
_DEFAULT = re.compile(r"\[(?:env var: \w+; )?default: (.+)\]")


def root() -> Root:
    found = get_command(app)
    assert isinstance(found, Root)
    return found


def root_context() -> typer.Context:
    """Width and names of --help come down from here to every command."""
    return typer.Context(
        root(),
        info_name="kubectl netshoot",
        help_option_names=list(HELP),
        terminal_width=WIDE,
        max_content_width=WIDE,
    )


def commands() -> dict[str, Any]:
    """Every command by its words, those below another included; a group alone is none."""
    found: dict[str, Any] = {}
    for name, command in root().commands.items():
        below = getattr(command, "commands", None)
        found |= {f"{name} {word}": c for word, c in below.items()} if below else {name: command}
    return found


def in_help(command: str) -> Flags:
    """The flags that `--help` of this command shows, short name first, with the default that it states."""
    found = commands()[command]
    context = typer.Context(found, info_name=command, parent=root_context())
    # A flag that is too long for its column has its text on the next line.
    lines = re.sub(r"\n {4,}", "  ", found.get_help(context)).splitlines()
    options = [match for line in lines if (match := _OPTION.match(line))]
    flags = {tuple(name for name in match.group(1, 2) if name): match[3] or "" for match in options}
    defaults = {names: _DEFAULT.search(text) for names, text in flags.items() if names != HELP}
    return {names: default[1] if default else "" for names, default in defaults.items()}


def in_readme(heading: str) -> Flags:
    return {tuple(code(row[0])): "".join(code(row[1])) for row in README.table(heading)}


@pytest.mark.parametrize("command", sorted(commands()))
def test_readme_has_the_flags_and_defaults_of_help(command: str) -> None:
    connects = any(param.name == "context" for param in commands()[command].params)
    shared = in_readme("Connection") if connects else {}
    assert in_readme(command) | shared == in_help(command)


def test_no_table_is_shorter_than_what_it_is_compared_with() -> None:
    """A pattern that reads nothing would find two empty sides equal."""
    assert len(in_readme("Connection")) == len(FLAGS)
    assert {command for command in commands() if not in_help(command)} == {"completion script"}


def test_root_help_is_that_of_target() -> None:
    shown = root().get_help(root_context())
    assert all(names[-1] in shown for names in in_help(TARGET))
