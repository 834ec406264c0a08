"""The manual page says all that the help says, in a form that every reader of manual pages takes."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.help import EXAMPLES
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.completion.grammar import Subcommand
from tools.manpage.__main__ import manual, released_on
from tools.manpage.page import walk
from tools.manpage.roff import literal, prose
from tools.markdown import GUIDE, REFERENCE, Document, code
from tools.prerequisites.pytest_plugin import program


@pytest.fixture(scope="module")
def page() -> str:
    return manual()


def every(command: Subcommand) -> Iterator[Subcommand]:
    yield command
    for below in command.commands:
        yield from every(below)


def section(page: str, title: str) -> str:
    """What stands below this heading."""
    found = re.search(
        rf'^\.S[SH] "?{re.escape(title)}.*\n(?P<body>(?:(?!\.S[SH] ).*\n)*)', page, re.MULTILINE
    )
    assert found is not None, title
    return found["body"]


def test_every_command_has_its_usage_and_its_help(page: str) -> None:
    commands = list(every(command_tree(app)))
    assert len(commands) > 10
    for command in commands:
        first = command.help.split("\n\n")[0]
        assert " ".join(prose(first).split()) in " ".join(page.split())
        assert command.commands or command.usage in page


def test_every_command_has_its_examples(page: str) -> None:
    for name, command in walk(command_tree(app)):
        shown = section(page, f"{name} {command.usage}" if not command.commands else name)
        assert EXAMPLES[name]
        for line, what in EXAMPLES[name]:
            assert literal(f"kubectl netshoot {line}") in shown
            assert prose(what) in shown


def test_every_flag_is_there(page: str) -> None:
    for command in every(command_tree(app)):
        for option in command.options:
            assert all(literal(name) in page for name in option.names), option
            assert prose(option.help) in page, option


def test_a_flag_that_means_something_else_elsewhere_is_told_there(page: str) -> None:
    assert prose("Namespace of the Role.") in section(page, "rbac")
    assert prose("Namespace of the Role.") not in section(page, "CONNECTION OPTIONS")


@pytest.mark.parametrize(
    ("heading", "column"), [("Exit status", 0), ("Files and environment", 0), ("Settings", 1)]
)
def test_the_references_tables_are_there(page: str, heading: str, column: int) -> None:
    names = [code(row[column]) for row in REFERENCE.table(heading) if code(row[column])]
    assert len(names) > 4
    # In the line of the term, so that it is not taken for what it means.
    terms = re.findall(r"^\.TP\n(.*)$", page, re.MULTILINE)
    assert [some for some in names if not any(all(literal(n) in term for n in some) for term in terms)] == []


def test_every_example_of_a_session_is_there(page: str) -> None:
    examples = GUIDE.section("Sessions")
    typed = [line for line in examples.splitlines() if line.startswith("kubectl netshoot ")]
    assert typed
    assert [line for line in typed if literal(line) not in section(page, "EXAMPLES")] == []


def test_it_names_its_version_and_is_ascii(page: str) -> None:
    assert page.splitlines()[0].startswith(".TH KUBECTL\\-NETSHOOT 1 ")
    assert f'"kubectl-netshoot {__version__}"' in page.splitlines()[0]
    assert page.isascii()


def test_its_date_is_the_releases(tmp_path: Path) -> None:
    log = tmp_path / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2027-01-31\n\n## [1.1.0] - 2026-12-01\n")
    # A path that is absolute stays what it is below the repository's own.
    assert released_on(Document(str(log)), "1.2.0") == "2027-01-31"
    assert released_on(Document(str(log)), "1.3.0") == ""


def test_mandoc_finds_no_fault(page: str, tmp_path: Path) -> None:
    path = tmp_path / "kubectl-netshoot.1"
    # Only a released version has a date.
    path.write_text(page.replace(' 1 "" ', ' 1 "2026-11-23" ', 1))
    done = subprocess.run(
        [program("mandoc"), "-T", "lint", "-W", "style", path], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""
