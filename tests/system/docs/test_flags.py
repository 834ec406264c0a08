"""Every flag of every command, with its default: README's tables against the program's own tree."""

import re
from collections.abc import Iterator

import pytest

from kubectl_netshoot.cli.connection import FLAGS
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.cli.tree import TARGET, command_tree
from kubectl_netshoot.completion.grammar import Command
from tools.markdown import README, code

Flags = dict[tuple[str, ...], str]
# Every command has them, and README says so once.
OF_ALL = {"--help", "--help-all"}
_DEFAULT = re.compile(r"\[default: (.+)\]")


def commands(of: Command, above: str = "") -> Iterator[tuple[str, Command]]:
    """Every command that can be run, by its words; the session is TARGET."""
    for command in of.commands:
        words = f"{above} {command.name}".strip()
        yield from commands(command, words) if command.commands else [(words, command)]


TREE = command_tree(app)
COMMANDS = {TARGET: TREE, **dict(commands(TREE))}


def in_program(command: str) -> Flags:
    """The flags of a command, the short name first, with the default that its help states."""
    options = [option for option in COMMANDS[command].options if not OF_ALL & set(option.names)]
    found = {tuple(reversed(option.names)): _DEFAULT.search(option.help) for option in options}
    return {names: default[1] if default else "" for names, default in found.items()}


def in_readme(heading: str) -> Flags:
    return {tuple(code(row[0])): "".join(code(row[1])) for row in README.table(heading)}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_readme_has_the_flags_and_defaults_of_the_program(command: str) -> None:
    connects = any("--kubeconfig" in option.names for option in COMMANDS[command].options)
    shared = in_readme("Connection") if connects else {}
    assert in_readme(command) | shared == in_program(command)


def test_no_table_is_shorter_than_what_it_is_compared_with() -> None:
    """A pattern that reads nothing would find two empty sides equal."""
    assert len(in_readme("Connection")) == len(FLAGS)
    assert {command for command in COMMANDS if not in_program(command)} == {"completion script", "help"}
