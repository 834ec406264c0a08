"""docs/reference.md is what tools/reference writes, with every flag of every command and its default."""

import re
from collections.abc import Iterator

import pytest

from kubectl_netshoot.cli.connection import FLAGS
from kubectl_netshoot.cli.group import TARGET, command_tree
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.completion.grammar import Subcommand
from tools.markdown import GUIDE, REFERENCE, code
from tools.reference.__main__ import reference

Flags = dict[tuple[str, ...], str]
# Every command has them, and the document says so once.
OF_ALL = {"--help", "--help-all"}
_DEFAULT = re.compile(r"\[default: (.+)\]")
_NAME = re.compile(r"(?<![\w-])--?\w[\w-]*")


def commands(of: Subcommand, above: str = "") -> Iterator[tuple[str, Subcommand]]:
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


def in_reference(heading: str) -> Flags:
    """The rows of its tables that begin with a flag; what stands behind the names is the value's."""
    rows = [row for row in REFERENCE.table(heading) if row[0].startswith("`-")]
    return {tuple(_NAME.findall(row[0])): "".join(code(row[1])) for row in rows}


def test_it_is_what_the_tool_writes() -> None:
    """Where this fails: .venv/bin/python -m tools.reference"""
    assert REFERENCE.text == reference()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_it_has_the_flags_and_defaults_of_the_program(command: str) -> None:
    connects = any("--kubeconfig" in option.names for option in COMMANDS[command].options)
    shared = in_reference("Connection flags") if connects else {}
    assert in_reference(command) | shared == in_program(command)


def test_no_table_is_shorter_than_what_it_is_compared_with() -> None:
    """A pattern that reads nothing would find two empty sides equal."""
    assert len(in_reference("Connection flags")) == len(FLAGS)
    assert {command for command in COMMANDS if not in_program(command)} == {"completion script", "help"}


def test_the_guide_tells_more_of_commands() -> None:
    told = [heading for heading in GUIDE.headings() if heading in COMMANDS]
    assert told == ["why", "debug", "run", "capture", "explain", "check"]
    assert all(f"(guide.md#{heading})" in REFERENCE.section(heading) for heading in told)
